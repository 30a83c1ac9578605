import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exampleSizes, examplesNeeded, formatSize, type Size, SizeSolver, valueOf } from './sizes.ts';

const names = ['batch', 'tokens', 'past', 'heads'];
const examples = exampleSizes(names, new Set([12, 64, 768]), examplesNeeded);
const solver = new SizeSolver(examples);
const solve = (size: Size) => solver.solve(examples.map((sizes) => valueOf(size, sizes)));

describe('SizeSolver', () => {
  it('finds any sum of up to three products of up to three names', () => {
    const product = fc.array(fc.constantFrom(...names), { maxLength: 3 }).map((list) => list.sort());
    const term = fc.record({ names: product, factor: fc.integer({ min: -4096, max: 4096 }).filter((f) => f !== 0) });
    const size = fc.uniqueArray(term, { minLength: 1, maxLength: 3, selector: (t) => t.names.join() });
    fc.assert(
      fc.property(size, (wanted) => {
        const elsewhere = { batch: 3, tokens: 1, past: 1000, heads: 2 };
        expect(valueOf(solve(wanted)!, elsewhere)).toBe(valueOf(wanted, elsewhere));
      }),
    );
  });

  it('finds nothing for what is no such sum', () => {
    for (const f of [Math.log2, Math.sqrt, (n: number) => Math.floor(n / 2), (n: number) => Math.min(n, 10)])
      expect(solver.solve(examples.map(({ tokens }) => f(tokens!)))).toBeUndefined();
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 5, maxLength: 5 }), (values) => {
        const found = solver.solve(values);
        if (found) for (const [i, sizes] of examples.entries()) expect(valueOf(found, sizes)).toBe(values[i]);
      }),
      { numRuns: 5 },
    );
  });
});

describe('exampleSizes', () => {
  it('gives small primes, of which no size, sum or product of two is taken', () => {
    const taken = new Set([5, 18, 77]);
    const sets = exampleSizes(['a', 'b'], taken, 4).map((sizes) => Object.values(sizes));
    for (const i of [0, 1]) expect(new Set(sets.map((set) => set[i])).size).toBe(4);
    expect(Math.max(...sets.flat())).toBeLessThan(50);
    for (const [a, b] of sets) for (const n of [a!, b!, a! + b!, a! * b!]) expect(taken.has(n)).toBe(false);
  });
});

it('formats sizes as one writes them', () => {
  const text = (size: Size) => formatSize(size);
  expect(
    text([
      { factor: 1, names: ['past'] },
      { factor: 1, names: ['tokens'] },
    ]),
  ).toBe('past + tokens');
  expect(
    text([
      { factor: 1, names: [] },
      { factor: -12, names: ['batch', 'tokens'] },
    ]),
  ).toBe('-12*batch*tokens + 1');
  expect(
    text([
      { factor: -1, names: [] },
      { factor: 1, names: ['past'] },
    ]),
  ).toBe('past - 1');
  expect(text([{ factor: 7, names: [] }])).toBe('7');
});
