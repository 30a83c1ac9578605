import { expect, it } from 'vitest';
import { reciprocalRankFusion, weightedFusion } from './fusion.ts';

const one = [
  { id: 'a', score: 9 },
  { id: 'b', score: 5 },
  { id: 'c', score: 1 },
];
const two = [
  { id: 'c', score: 0.2 },
  { id: 'd', score: 0.1 },
];

it('reciprocal ranks', () => {
  expect(reciprocalRankFusion([one, two])).toEqual([
    { id: 'c', score: 1 / 63 + 1 / 61 },
    { id: 'a', score: 1 / 61 },
    { id: 'b', score: 1 / 62 },
    { id: 'd', score: 1 / 62 },
  ]);
  expect(reciprocalRankFusion([one, two], { weights: [1, 0] })[0]).toEqual({ id: 'a', score: 1 / 61 });
});

it('weighted scores, each result from 0 to 1', () => {
  expect(weightedFusion([one, two], [1, 0.75])).toEqual([
    { id: 'a', score: 1 },
    { id: 'c', score: 0.75 },
    { id: 'b', score: 0.5 },
    { id: 'd', score: 0 },
  ]);
  const from0 = weightedFusion([one, two], [1, 0.75], { floor: 0 });
  expect(from0.map(({ id }) => id)).toEqual(['a', 'c', 'b', 'd']);
  expect(from0.map(({ score }) => score)).toEqual([1, 1 / 9 + 0.75, 5 / 9, 0.375]);
  expect(weightedFusion([[], two.slice(1)], [1, 1])).toEqual([{ id: 'd', score: 1 }]);
  expect(() => weightedFusion([one], [])).toThrow('expected 1 weights, got 0');
});
