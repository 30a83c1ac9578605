/**
 * What else a reader may want, learned from what the reader keeps: one linear model a tag or collection, and one of what was
 * read, over words and pairs of words; with the words that it goes by.
 *
 * The papers kept under a name stand against a sample of all others, both sides weighing the same; a paper's score is that
 * of the model that wants it most. As arxiv-sanity-lite does it (A. Karpathy), which readers have asked to explain itself.
 */
import { type Progress, silent } from '../../../command/index.ts';
import type { Paper } from '../paper.ts';
import { indexWords } from '../search/paper-index.ts';
import { textOf } from '../search/segment.ts';
import { learnVocabulary, Weigher } from '../search/terms.ts';
import type { Store } from '../store/store.ts';
import { type Linear, trainSvm } from './svm.ts';

/** What is read of a store. */
export type Readable = Pick<Store, 'at' | 'collections' | 'select' | 'tags'>;

export interface RecommendOptions {
  /** What to learn from: all tags, collections and read marks unless given. */
  readonly tags?: readonly string[];
  readonly collections?: readonly string[];
  readonly read?: boolean;
  /** Most papers; 20 unless given. */
  readonly limit?: number;
  /** First and last day of the papers that may be recommended. */
  readonly from?: string;
  readonly to?: string;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

/** A word or pair of words, and what it adds. */
export interface Reason {
  readonly term: string;
  readonly weight: number;
}

/** A name that papers are kept under, and what the model of it goes by. */
export interface Interest {
  /** `tag:x`, `collection:x` or `read`. */
  readonly name: string;
  /** Papers kept under it. */
  readonly papers: number;
  /** The terms that speak most for a paper, and most against it. */
  readonly for: readonly Reason[];
  readonly against: readonly Reason[];
}

export interface Recommendation {
  readonly paper: Paper;
  /** The signed distance from the model's boundary: above 0, it takes the paper for one of those kept. */
  readonly score: number;
  /** The interest that wants it most. */
  readonly interest: string;
  /** The terms of the paper that add most to the score. */
  readonly reasons: readonly Reason[];
}

export interface Recommendations {
  readonly papers: readonly Recommendation[];
  readonly interests: readonly Interest[];
}

/** Papers that the kept ones stand against. */
const others = 3000;
/** As arxiv-sanity-lite has them. */
const cost = 0.5;
const mostTerms = 40_000;
const termsFor = 40;
const termsAgainst = 20;
const reasonsShown = 6;
/** Papers read at once. */
const page = 500;

interface Model extends Linear {
  readonly name: string;
  readonly kept: ReadonlySet<number>;
}

/**
 * Papers that are neither kept nor read yet, the most wanted first.
 * @throws RangeError where nothing is kept to learn from, and for a tag or collection that holds no paper
 */
export async function recommend(store: Readable, options: RecommendOptions = {}): Promise<Recommendations> {
  const { limit = 20, from, to, progress = silent, signal } = options;
  const kept = await interestsOf(store, options);
  const all = await store.select({});
  const step = Math.max(1, all.length / others);
  const sample = Array.from({ length: Math.min(others, all.length) }, (_, i) => all[Math.floor(i * step)]!);
  const wanted = new Set(kept.flatMap(({ numbers }) => [...numbers]));
  const terms = new Map<number, string[]>();
  for (const numbers of pagesOf([...new Set([...wanted, ...sample])])) {
    signal?.throwIfAborted();
    for (const { number, paper } of await store.at(numbers)) if (paper) terms.set(number, termsOf(textOf(paper)));
  }
  const vocabulary = learnVocabulary([...terms.values()], { most: mostTerms, minDocuments: 2, maxShare: 0.3 });
  const weigher = new Weigher(vocabulary);
  const models = kept.map(({ name, numbers }, i): Model => {
    progress.update('learning what you keep', i / kept.length);
    const rows = [...numbers, ...sample.filter((number) => !numbers.has(number))].filter((number) => terms.has(number));
    const labels = Int8Array.from(rows, (number) => (numbers.has(number) ? 1 : -1));
    const positive = labels.reduce((sum, label) => sum + (label > 0 ? 1 : 0), 0);
    const weight = { 1: rows.length / (2 * positive), [-1]: rows.length / (2 * Math.max(1, rows.length - positive)) };
    const linear = trainSvm(weigher.rows(rows.map((number) => terms.get(number)!)), labels, vocabulary.terms.length, {
      cost: Float64Array.from(labels, (label) => cost * weight[label as 1 | -1]!),
    });
    return { name, kept: numbers, ...linear };
  });
  const read = new Set(await store.select({ read: true }));
  const candidates = [
    ...(await store.select({ ...(from !== undefined && { from }), ...(to !== undefined && { to }) })),
  ].filter((number) => !wanted.has(number) && !read.has(number));
  const best: Recommendation[] = [];
  let done = 0;
  for (const numbers of pagesOf(candidates)) {
    signal?.throwIfAborted();
    for (const { paper } of await store.at(numbers))
      if (paper) best.push(judged(paper, models, weigher, vocabulary.terms));
    best.sort((a, b) => b.score - a.score || (a.paper.id < b.paper.id ? -1 : 1)).splice(limit);
    done += numbers.length;
    progress.update('looking through the papers', done / candidates.length);
  }
  return {
    papers: best,
    interests: models.map(({ name, kept, weights }) => ({
      name,
      papers: kept.size,
      for: strongest(weights, vocabulary.terms, termsFor, 1),
      against: strongest(weights, vocabulary.terms, termsAgainst, -1),
    })),
  };
}

async function interestsOf(
  store: Readable,
  { tags, collections, read }: RecommendOptions,
): Promise<{ name: string; numbers: ReadonlySet<number> }[]> {
  const asked = tags !== undefined || collections !== undefined || read !== undefined;
  const names = {
    tags: tags ?? (asked ? [] : (await store.tags()).map(({ tag }) => tag)),
    collections: collections ?? (asked ? [] : (await store.collections()).map(({ name }) => name)),
  };
  const interests: { name: string; numbers: ReadonlySet<number> }[] = [];
  for (const tag of names.tags)
    interests.push({ name: `tag:${tag}`, numbers: new Set(await store.select({ tags: [tag] })) });
  for (const name of names.collections)
    interests.push({ name: `collection:${name}`, numbers: new Set(await store.select({ collections: [name] })) });
  if (read ?? !asked) interests.push({ name: 'read', numbers: new Set(await store.select({ read: true })) });
  const empty = interests.find(({ name, numbers }) => asked && name !== 'read' && numbers.size === 0);
  if (empty) throw new RangeError(`recommend: expected papers under ${empty.name}, got none`);
  const full = interests.filter(({ numbers }) => numbers.size > 0);
  if (full.length === 0)
    throw new RangeError('recommend: expected papers that are tagged, collected or read, got none: tag a few first');
  return full;
}

function judged(paper: Paper, models: readonly Model[], weigher: Weigher, terms: readonly string[]): Recommendation {
  const row = weigher.weigh(termsOf(textOf(paper)));
  const scores = models.map(({ weights, bias }) => {
    let score = bias;
    for (const [column, value] of row) score += weights[column]! * value;
    return score;
  });
  const chosen = scores.indexOf(Math.max(...scores));
  const { name, weights } = models[chosen]!;
  const reasons = [...row]
    .map(([column, value]) => ({ term: terms[column]!, weight: weights[column]! * value }))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .slice(0, reasonsShown);
  return { paper, score: scores[chosen]!, interest: name, reasons };
}

/** Words and pairs of neighbours. */
function termsOf(text: string): string[] {
  const words = indexWords(text);
  return [...words, ...words.slice(1).map((word, i) => `${words[i]} ${word}`)];
}

function strongest(weights: Float64Array, terms: readonly string[], count: number, sign: 1 | -1): Reason[] {
  return Array.from(weights, (weight, i) => ({ term: terms[i]!, weight }))
    .filter(({ weight }) => sign * weight > 0)
    .sort((a, b) => sign * (b.weight - a.weight))
    .slice(0, count);
}

function* pagesOf(numbers: readonly number[]): Generator<readonly number[]> {
  for (let start = 0; start < numbers.length; start += page) yield numbers.slice(start, start + page);
}
