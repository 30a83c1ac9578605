import { describe, expect, test } from 'vitest';
import { Ngrams } from './ngram.ts';

const row = Int32Array.from('abracadabra abracadabra abba'.split('').map((c) => c.charCodeAt(0) % 8));

describe.each([2, 3, 4])('order %i', (order) => {
  const model = new Ngrams(row, 8, order);

  test('is a distribution after every context, seen or not', () => {
    for (const context of [
      [1, 2, 2],
      [2, 1, 3],
      [7, 7, 7],
      [5, 5, 6],
    ]) {
      const own = context.slice(3 - (order - 1));
      const p = Array.from({ length: 8 }, (_, token) => Math.exp(-model.losses([...own, token])[0]!));
      expect(p.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
      expect(Math.min(...p)).toBeGreaterThan(0);
    }
  });

  test('expects what it has seen', () => {
    const own = Array.from(row.slice(0, 12));
    const mean = (tokens: readonly number[]) => model.losses(tokens).reduce((a, b) => a + b, 0) / tokens.length;
    expect(mean(own)).toBeLessThan(mean(own.map((_, i) => own[(i * 5) % 12]!)));
  });
});

test('by hand: a bigram', () => {
  // 0 1 0 1 0 2: bigrams 01 ×2, 10 ×2, 02 ×1; unigrams by predecessors: 0 ×1, 1 ×1, 2 ×1
  const model = new Ngrams(Int32Array.from([0, 1, 0, 1, 0, 2]), 4, 2);
  const discount = 1 / (1 + 2 * 2);
  const low = (0.5 * 0 + (1 - 1)) / 3; // D of the unigrams is 3 / (3 + 0) = 1
  const unigram = low + (1 * 3 * (1 / 4)) / 3;
  const p = (2 - discount) / 3 + ((discount * 2) / 3) * unigram;
  expect(Math.exp(-model.losses([0, 1])[0]!)).toBeCloseTo(p, 12);
});

test('an order whose grams would not be exact is refused', () => {
  expect(() => new Ngrams(row, 4096, 5)).toThrow('ngrams: expected an order from 2 to 4, got 5');
});
