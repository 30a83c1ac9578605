import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Draws } from './draws.ts';
import { packRows } from './packing.ts';

it('takes every example once, and never overfills', () => {
  const size = fc.record({ source: fc.nat(40), row: fc.integer({ min: 1, max: 12 }) });
  fc.assert(
    fc.property(fc.array(size, { maxLength: 120 }), (sizes) => {
      const capacity = { source: 50, row: 14 };
      const rows = packRows(sizes, capacity);
      expect(rows.flat().sort((a, b) => a - b)).toEqual(sizes.map((_, i) => i));
      for (const row of rows) {
        expect(row.reduce((sum, i) => sum + sizes[i]!.source, 0)).toBeLessThanOrEqual(capacity.source);
        expect(row.reduce((sum, i) => sum + sizes[i]!.row, 0)).toBeLessThanOrEqual(capacity.row);
      }
    }),
    { numRuns: 80 },
  );
});

it('wastes next to nothing of a decoder’s rows, and little of two', () => {
  const draws = Draws.of(7);
  const sizes = Array.from({ length: 2000 }, () => ({ inputs: 12 + draws.below(60), targets: 2 + draws.below(6) }));
  const total = sizes.reduce((sum, { inputs, targets }) => sum + inputs + targets, 0);
  const joined = packRows(
    sizes.map(({ inputs, targets }) => ({ source: 0, row: inputs + targets })),
    { source: 0, row: 128 },
  );
  expect(1 - total / (joined.length * 128)).toBeLessThan(0.005);
  const apart = packRows(
    sizes.map(({ inputs, targets }) => ({ source: inputs, row: targets })),
    { source: 115, row: 13 },
  );
  expect(1 - total / (apart.length * 128)).toBeLessThan(0.02);
});

it('puts the oldest example into every row', () => {
  const sizes = [90, 20, 30, 70, 10, 100].map((row) => ({ source: 0, row }));
  expect(packRows(sizes, { source: 0, row: 100 })).toEqual([[0, 4], [1, 3], [2], [5]]);
});

it('refuses an example larger than a row', () => {
  expect(() => packRows([{ source: 0, row: 9 }], { source: 0, row: 8 })).toThrow(
    'packRows: expected examples of at most 0 + 8 tokens, got 0 + 9 in example 0',
  );
});
