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
 * at the ranks of a run file. (Single as in all versions up to 9, which published values are of; 10 takes double.)
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

/** A measure of one query's ranking, against what is known of the query. */
export type Measure<Known = Judged> = (ranking: readonly string[], known: Known) => number;

/** Which queries a mean is over. */
export interface MeanOptions {
  /**
   * True, as unless given, for all judged queries, of which those without a result count 0 (trec_eval's `-c`); false for
   * those that have a result. A query that was judged without a relevant document counts 0 in both, as in trec_eval.
   */
  readonly complete?: boolean;
}

/**
 * The mean of a measure over queries, as trec_eval takes it. Results of queries that were not judged count nowhere.
 * @example
 * const qrels = new Map([['q', new Map([['a', 1]])]]);
 * const results = new Map([['q', [{ id: 'a', score: 2.5 }]]]);
 * meanOver(qrels, results, (ranking, judged) => ndcg(ranking, judged, 10)); // 1
 */
export function meanOver(
  qrels: Qrels,
  results: ReadonlyMap<string, readonly Scored[]>,
  measure: Measure,
  options: MeanOptions = {},
): number {
  return evaluate(qrels, results, { measure }, options).means.measure!;
}

/** The measures of a run, by name. */
export interface Evaluation {
  /** Judged queries that the means are over. */
  readonly queries: number;
  /** Judged queries without a result. */
  readonly missing: readonly string[];
  readonly means: Readonly<Record<string, number>>;
  /** By query, in the judgements' order: those that the means are over. */
  readonly perQuery: ReadonlyMap<string, Readonly<Record<string, number>>>;
}

/** Measures every query's ranking, and takes the means. @param known by query: what the measures ask for */
export function evaluate<Known = Judged>(
  known: ReadonlyMap<string, Known>,
  results: ReadonlyMap<string, readonly Scored[]>,
  measures: Readonly<Record<string, Measure<Known>>>,
  { complete = true }: MeanOptions = {},
): Evaluation {
  const perQuery = new Map<string, Record<string, number>>();
  const missing: string[] = [];
  for (const [query, own] of known) {
    const result = results.get(query) ?? [];
    if (result.length === 0) missing.push(query);
    if (result.length === 0 && !complete) continue;
    const ranking = ranked(result);
    const values = Object.entries(measures).map(([name, measure]) => [name, measure(ranking, own)] as const);
    perQuery.set(query, Object.fromEntries(values));
  }
  const all = [...perQuery.values()];
  const mean = (name: string) =>
    ratio(
      all.reduce((sum, values) => sum + values[name]!, 0),
      all.length,
    );
  const means = Object.fromEntries(Object.keys(measures).map((name) => [name, mean(name)]));
  return { queries: all.length, missing, means, perQuery };
}

/** What is usually reported, by the names of tables in papers. */
export const usualMeasures: Readonly<Record<string, Measure>> = {
  'nDCG@10': (ranking, judged) => ndcg(ranking, judged, 10),
  MAP: averagePrecision,
  MRR: reciprocalRank,
  'MRR@10': (ranking, judged) => reciprocalRank(ranking, judged, 10),
  'R-precision': rPrecision,
  'hits@1': (ranking, judged) => hits(ranking, judged, 1),
  'hits@5': (ranking, judged) => hits(ranking, judged, 5),
  'hits@20': (ranking, judged) => hits(ranking, judged, 20),
  'hits@100': (ranking, judged) => hits(ranking, judged, 100),
  'recall@100': (ranking, judged) => recall(ranking, judged, 100),
};

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
