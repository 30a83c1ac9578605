import { describe, expect, it } from 'vitest';
import {
  averagePrecision,
  evaluate,
  hits,
  meanOver,
  ndcg,
  ranked,
  recall,
  reciprocalRank,
  rPrecision,
  usualMeasures,
} from './measures.ts';

// Grades and ranking of Järvelin and Kekäläinen's kind, worked out by hand.
const judged = new Map([
  ['a', 3],
  ['b', 2],
  ['c', 0],
  ['d', 1],
  ['e', -1],
]);
const ranking = ['x', 'a', 'c', 'd', 'e'];

describe('measures of one query', () => {
  it('takes scores in single precision, ties by falling id', () => {
    const result = [
      { id: 'a', score: 1 },
      { id: 'c', score: 1 + 1e-9 },
      { id: 'b', score: 1 },
      { id: 'z', score: 2 },
    ];
    expect(ranked(result)).toEqual(['z', 'c', 'b', 'a']);
  });

  it('nDCG', () => {
    const best = 3 / Math.log2(2) + 2 / Math.log2(3) + 1 / Math.log2(4);
    expect(ndcg(ranking, judged)).toBeCloseTo((3 / Math.log2(3) + 1 / Math.log2(5)) / best, 12);
    expect(ndcg(ranking, judged, 2)).toBeCloseTo(3 / Math.log2(3) / (3 + 2 / Math.log2(3)), 12);
    expect(ndcg(['a', 'b', 'd'], judged)).toBe(1);
    expect(ndcg(ranking, new Map())).toBe(0);
  });

  it('average precision', () => expect(averagePrecision(ranking, judged)).toBeCloseTo((1 / 2 + 2 / 4) / 3, 12));
  it('reciprocal rank', () => {
    expect(reciprocalRank(ranking, judged)).toBe(1 / 2);
    expect(reciprocalRank(ranking, judged, 1)).toBe(0);
  });
  it('recall, hits and R-precision', () => {
    expect(recall(ranking, judged, 2)).toBeCloseTo(1 / 3, 12);
    expect(hits(ranking, judged, 1)).toBe(0);
    expect(hits(ranking, judged, 2)).toBe(1);
    expect(rPrecision(ranking, judged)).toBeCloseTo(1 / 3, 12);
  });
});

describe('means, as trec_eval takes them', () => {
  const qrels = new Map([
    ['1', judged],
    ['2', new Map([['a', 1]])],
    ['3', new Map([['a', 0]])],
  ]);
  const results = new Map([
    ['2', [{ id: 'a', score: 1 }]],
    ['3', [{ id: 'a', score: 1 }]],
    ['never judged', [{ id: 'a', score: 1 }]],
  ]);

  it('over all judged queries', () => expect(meanOver(qrels, results, averagePrecision)).toBe(1 / 3));
  it('over those with a result', () => {
    expect(meanOver(qrels, results, averagePrecision, { complete: false })).toBe(1 / 2);
  });
  it('with the values of each', () => {
    const { queries, missing, means, perQuery } = evaluate(qrels, results, usualMeasures);
    expect([queries, missing]).toEqual([3, ['1']]);
    expect(means['hits@1']).toBe(1 / 3);
    expect(perQuery.get('2')).toMatchObject({ 'nDCG@10': 1, MAP: 1, MRR: 1, 'recall@100': 1 });
    expect(perQuery.get('1')).toMatchObject({ 'nDCG@10': 0, 'R-precision': 0 });
  });
});
