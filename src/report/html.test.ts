import fc from 'fast-check';
import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { html, raw } from './html.ts';

test('strings are escaped, HTML is not, nothing is left by nothing', () => {
  const list = ['a', html`<i>b</i>`, false, null, undefined, 3] as const;
  expect(html`<p title="${'"<&>\''}">${list}${raw('<br>')}</p>`.html).toBe(
    '<p title="&#34;&#60;&#38;&#62;&#39;">a<i>b</i>3<br></p>',
  );
});

test('any text comes back as it went in', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const { document } = parseHTML(html`<!doctype html><body><p title="${text}">${text}</p></body>`.html);
      const p = document.querySelector('p')!;
      expect(p.textContent).toBe(text);
      expect(p.getAttribute('title')).toBe(text);
    }),
  );
});
