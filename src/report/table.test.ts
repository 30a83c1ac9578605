import { expect, test } from 'vitest';
import { formatColumn } from './table.ts';

const plain = (texts: string[]) => texts.map((text) => text.replaceAll('\u00a0', ' '));

test('bounds are two numbers of the column’s digits, one where they agree, and open where there is none above', () => {
  const column = { name: 'information', type: 'bounds', unit: 'bit', decimals: 2 } as const;
  expect(plain(formatColumn(column, [[0.553, 0.751], [1.001, 1.003], [9.912, null], null]))).toEqual([
    '0.55–0.75',
    '1.00',
    '≥ 9.91',
    '–',
  ]);
});

test('without a word on digits, the largest number of a column decides', () => {
  expect(formatColumn({ name: 'x', type: 'number' }, [12.345, 0.1])).toEqual(['12.3', '0.1']);
  expect(formatColumn({ name: 'x', type: 'bounds' }, [[12.345, 14.1]])).toEqual(['12.3–14.1']);
});
