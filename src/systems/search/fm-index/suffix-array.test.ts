import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { suffixArray } from './suffix-array.ts';

describe('suffixArray', () => {
  it('sorts a known text', () => {
    // mississippi
    expect([...suffixArray(Uint8Array.from([1, 0, 3, 3, 0, 3, 3, 0, 2, 2, 0]), 4)]).toEqual([
      10, 7, 4, 1, 0, 9, 8, 6, 3, 5, 2,
    ]);
  });

  it.each([
    ['nothing', []],
    ['one symbol', [3]],
    ['all alike', Array(100).fill(2)],
    ['falling', [5, 4, 3, 2, 1, 0]],
    ['rising', [0, 1, 2, 3, 4, 5]],
    ['a period', Array.from({ length: 99 }, (_, i) => i % 3)],
    ['a Fibonacci word', fibonacci(400)],
  ])('sorts %s', (_, text) => {
    expect(suffixArray(Uint16Array.from(text), 6)).toEqual(sorted(text));
  });

  it.each([1, 2, 3, 10, 255, 60_000])('is the sorted suffixes over %i symbols', (symbols) => {
    fc.assert(
      fc.property(fc.array(fc.nat(symbols - 1), { maxLength: 300, size: 'max' }), (text) => {
        expect(suffixArray(Int32Array.from(text), symbols)).toEqual(sorted(text));
      }),
      { numRuns: 200 },
    );
  });

  it('goes down several levels of names', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom([0, 1, 0, 2], [0, 1, 0, 2, 0, 1], [0, 2]), { maxLength: 60 }), (parts) => {
        const text = parts.flat();
        expect(suffixArray(Uint8Array.from(text), 3)).toEqual(sorted(text));
      }),
    );
  });
});

function fibonacci(length: number): number[] {
  let [a, b] = [[0], [0, 1]];
  while (b.length < length) [a, b] = [b, [...b, ...a]];
  return b;
}

/** The definition. */
function sorted(text: readonly number[]): Int32Array {
  const compare = (a: number, b: number): number => {
    while (a < text.length && b < text.length) {
      if (text[a] !== text[b]) return text[a]! - text[b]!;
      a++;
      b++;
    }
    return b - a;
  };
  return Int32Array.from(text.keys()).sort(compare);
}
