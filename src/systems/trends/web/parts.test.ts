import { expect, test } from 'vitest';
import { html } from '../../../report/index.ts';
import { signalList, withLinks } from './parts.ts';

test('addresses in a text are links, without what closes the sentence around them; the rest stays text', () => {
  const link = (address: string) => `<a href="${address}" rel="noreferrer noopener">${address}</a>`;
  const said = (text: string) => html`${withLinks(text)}`.html;
  expect(said('Code (https://github.com/a/b) is at https://a.org/x_y?z=1. Not <b>javascript:alert(1)</b>.')).toBe(
    `Code (${link('https://github.com/a/b')}) is at ${link('https://a.org/x_y?z=1')}. Not &#60;b&#62;javascript:alert(1)&#60;/b&#62;.`,
  );
  expect(said('none')).toBe('none');
  expect(said('https://')).toBe('https://');
});

test('signals are shown where any is known', () => {
  expect(signalList({})).toBe(false);
  expect(html`${signalList({ code: 3 })}`.html).toContain('<b>3</b>');
});
