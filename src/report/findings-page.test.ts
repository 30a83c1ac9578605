import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { figure } from './figure.ts';
import { renderFindings } from './findings-page.ts';

test('findings are told in order, escaped, and nothing in them runs', () => {
  const page = renderFindings({
    title: 'What tells <b>',
    deck: 'Little & less.',
    facts: { Table: '<script>a.csv</script>' },
    notes: ['One note.', 'Another.'],
    tables: [
      {
        id: 't',
        title: 'Bits',
        caption: 'Both bounds.',
        columns: { name: { name: 'column', type: 'text' }, bits: { name: 'bits', type: 'bounds', unit: 'bit' } },
        rows: [{ name: '<img src=x>', bits: [0.5, 0.75] }],
      },
    ],
    figures: [figure({ id: 'f', title: 'Plane', caption: 'A curve.', description: 'It falls.', plot: {} })],
  });
  const { document } = parseHTML(page);
  expect(document.title).toBe('What tells <b>');
  expect(document.querySelector('h1')!.textContent).toBe('What tells <b>');
  expect(document.querySelector('.notice')!.textContent).toBe('One note. Another.');
  expect([...document.querySelectorAll('td')].map((cell) => cell.textContent)).toEqual(['<img src=x>', '0.500–0.750']);
  expect([...document.querySelectorAll('figure')].map(({ id }) => id)).toEqual(['t', 'f']);
  expect(document.querySelector('figcaption b')!.textContent).toBe('Table 1. Bits.');
  expect(document.querySelectorAll('script, img').length).toBe(0);
});
