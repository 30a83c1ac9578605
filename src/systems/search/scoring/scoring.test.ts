import { expect, it } from 'vitest';
import { KeySet, type Part } from './intersective.ts';
import { type Key, ngramWeight } from './keys.ts';

const letters = (text: string): number[] => Array.from(text.replaceAll(' ', ''), (letter) => letter.charCodeAt(0));

/** A key of a corpus of 1,000 tokens. */
function key(text: string, probability: number, count: number, source: Key['source'] = 'body'): Key {
  const logProb = Math.log(probability);
  return { tokens: letters(text), source, logProb, state: [], count, weight: ngramWeight(logProb, count, 1000) };
}

function scored(set: KeySet, document: readonly number[], by = { alpha: 2, beta: 0.8 }) {
  const parts: Part[] = [];
  const score = set.score(document, by, parts);
  expect(parts.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(score, 9);
  return { score, parts };
}

const toy = [key('a b c', 0.2, 4), key('b c d', 0.1, 20), key('d e', 0.05, 40), key('q', 0.001, 100)];

it('weighs keys as Eq. 2 does, with and without smoothing', () => {
  const smoothed = [3.320228, 1.471452, 0.115832, 0];
  const plain = [4.131159, 1.694596, 0.233615, 0];
  for (const [i, { logProb, count, weight }] of toy.entries()) {
    expect(weight).toBeCloseTo(smoothed[i]!, 6);
    expect(ngramWeight(logProb, count, 1000, 0)).toBeCloseTo(plain[i]!, 6);
  }
  expect(ngramWeight(0, 3, 1000)).toBeLessThan(30); // a certain n-gram weighs much, not infinitely much
  expect(ngramWeight(Number.NEGATIVE_INFINITY, 3, 1000)).toBe(0);
});

it('adds up what does not overlap, less for tokens that were there', () => {
  const document = letters('x a b c x b c d x d e x q x');
  const { score, parts } = scored(new KeySet(toy.filter(({ weight }) => weight > 0)), document);
  expect(parts.map(({ cover }) => cover)).toEqual([1, expect.closeTo(0.466667, 5), expect.closeTo(0.6, 5)]);
  const terms = parts.map(({ contribution }) => contribution);
  expect(terms).toEqual([expect.closeTo(11.023916, 5), expect.closeTo(1.010413, 5), expect.closeTo(0.00805, 5)]);
  expect(score).toBeCloseTo(12.04238, 5);
  expect(parts[0]!.places).toEqual([[1, 4]]);
});

it('leaves out a key that stands only where a better one does', () => {
  const set = new KeySet(toy);
  const best = (text: string) => scored(set, letters(text)).score;
  const alone = best('a b c');
  expect(best('a b c d')).toBe(alone);
  expect(best('a b c b c d')).toBeGreaterThan(alone);
  expect(best('z')).toBe(0);
});

it('counts single tokens last, as they are, where nothing else stands', () => {
  const single = key('c', 0.2, 4, 'unigram');
  const set = new KeySet([single, key('a b', 0.01, 4)]);
  const { parts } = scored(set, letters('a b c c'));
  expect(parts).toHaveLength(2);
  expect(parts.find(({ key }) => key === single)).toMatchObject({
    contribution: single.weight,
    places: [
      [2, 3],
      [3, 4],
    ],
  });
});

it('takes a title for what it is only at the beginning, a pseudo-query only between marks', () => {
  const [end, mark] = [1000, 1001];
  const whole = (source: 'title' | 'queries', text: string, last: number): Key => {
    const one = key(text, 0.5, 1, source);
    return { ...one, tokens: [...one.tokens, last] };
  };
  const set = new KeySet([whole('title', 'a b', end), whole('queries', 'a b', mark)]);
  const score = (tokens: number[]) => scored(set, tokens, { alpha: 1, beta: 0 }).parts.map(({ key }) => key.source);
  expect(score([...letters('a b'), end, ...letters('c')])).toEqual(['title']);
  expect(score([...letters('x a b'), end, ...letters('c')])).toEqual([]);
  expect(score([...letters('x'), end, mark, ...letters('a b'), mark])).toEqual(['queries']);
  expect(score([...letters('x'), end, mark, ...letters('x a b'), mark])).toEqual([]);
});
