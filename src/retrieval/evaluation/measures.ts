/**
 * Retrieval measures of one query, as trec_eval computes them: a document is relevant from grade 1 on, its gain is its
 * grade, and one that was not judged is not relevant.
 */

/** By document: its grade. */
export type Judged = ReadonlyMap<string, number>;
/** By query: what was judged. */
export type Qrels = ReadonlyMap<string, Judged>;

/** A document found. */
export interface Scored {
  readonly id: string;
  readonly score: number;
}

/**
 * The order in which trec_eval takes a result: by falling score in single precision, ties by falling id; it does not look
 * at the ranks of a run file.
 */
export function ranked(result: readonly Scored[]): string[] {
  return result
    .map(({ id, score }) => ({ id, score: Math.fround(score) }))
    .sort((a, b) => b.score - a.score || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0))
    .map(({ id }) => id);
}

/** Normalized discounted cumulative gain of the first k: gain / log₂(rank + 1), over the same of the best order. */
export function ndcg(ranking: readonly string[], judged: Judged, k = Number.POSITIVE_INFINITY): number {
  const gain = (grades: readonly number[]): number =>
    grades.slice(0, k).reduce((sum, grade, i) => sum + Math.max(0, grade) / Math.log2(i + 2), 0);
  const best = gain([...judged.values()].sort((a, b) => b - a));
  return best === 0 ? 0 : gain(ranking.map((id) => judged.get(id) ?? 0)) / best;
}

/** The mean, over the relevant documents, of the precision where each is found; 0 for one that is not. */
export function averagePrecision(ranking: readonly string[], judged: Judged): number {
  let found = 0;
  let sum = 0;
  ranking.forEach((id, i) => {
    if (isRelevant(judged, id)) sum += ++found / (i + 1);
  });
  return ratio(sum, relevant(judged));
}

/** One over the rank of the first relevant document among the first k, or 0. */
export function reciprocalRank(ranking: readonly string[], judged: Judged, k = Number.POSITIVE_INFINITY): number {
  const first = ranking.slice(0, k).findIndex((id) => isRelevant(judged, id));
  return first < 0 ? 0 : 1 / (first + 1);
}

/** The share of the relevant documents that is among the first k. */
export function recall(ranking: readonly string[], judged: Judged, k: number): number {
  return ratio(ranking.slice(0, k).filter((id) => isRelevant(judged, id)).length, relevant(judged));
}

/** Whether a relevant document is among the first k: 1 or 0. */
export function hits(ranking: readonly string[], judged: Judged, k: number): number {
  return ranking.slice(0, k).some((id) => isRelevant(judged, id)) ? 1 : 0;
}

/** The precision of the first R, where R documents are relevant. */
export function rPrecision(ranking: readonly string[], judged: Judged): number {
  return recall(ranking, judged, relevant(judged));
}

/**
 * The mean of a measure over all queries that have a relevant document, also those without a result (trec_eval's `-c`).
 * @example
 * const qrels = new Map([['q', new Map([['a', 1]])]]);
 * const results = new Map([['q', [{ id: 'a', score: 2.5 }]]]);
 * meanOver(qrels, results, (ranking, judged) => ndcg(ranking, judged, 10)); // 1
 */
export function meanOver(
  qrels: Qrels,
  results: ReadonlyMap<string, readonly Scored[]>,
  measure: (ranking: readonly string[], judged: Judged) => number,
): number {
  let sum = 0;
  let queries = 0;
  for (const [query, judged] of qrels) {
    if (relevant(judged) === 0) continue;
    sum += measure(ranked(results.get(query) ?? []), judged);
    queries++;
  }
  return ratio(sum, queries);
}

function isRelevant(judged: Judged, id: string): boolean {
  return (judged.get(id) ?? 0) >= 1;
}

function relevant(judged: Judged): number {
  let count = 0;
  for (const grade of judged.values()) if (grade >= 1) count++;
  return count;
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
