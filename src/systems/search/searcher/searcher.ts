/**
 * The search engine: a query becomes n-grams that documents have, and these become documents, with the reason why each was
 * found.
 *
 * The model writes what documents say and nothing else, an FM-index of the same tokens counts and finds what it wrote
 * (M. Bevilacqua et al., "Autoregressive Search Engines", arXiv 2204.10628). Beside it stands BM25 over words; where both
 * rank, a document's scores are added.
 */
import { reciprocalRankFusion, type Scored, weightedFusion } from '../../../retrieval/index.ts';
import type { Device } from '../../../tensor/index.ts';
import { beamSearch, type LocalLanguageModel } from '../../../text/index.ts';
import { Collection } from '../collection/collection.ts';
import type { StoredDocument } from '../collection/segment.ts';
import { ngramConstraint } from '../ngrams/constraint.ts';
import { LiveNgrams, type Located } from '../ngrams/live-ngrams.ts';
import { candidates } from '../scoring/candidates.ts';
import { type Intersective, KeySet, type Part } from '../scoring/intersective.ts';
import type { Key } from '../scoring/keys.ts';
import { byProbability, byWeight } from '../scoring/single.ts';
import type { Coder } from './coder.ts';
import { findExact } from './exact.ts';
import { findKeys } from './find-keys.ts';
import { checkedModel } from './index-folder.ts';
import { openSearchModel } from './model-folder.ts';
import type {
  CompleteOptions,
  Completion,
  ExactMatches,
  KeyOptions,
  MatchedNgram,
  SearchHit,
  SearchOptions,
  View,
} from './types.ts';

/** What a searcher is made of. */
export interface SearcherParts<D extends StoredDocument> {
  readonly collection: Collection<D>;
  /** How the collection's documents became tokens. */
  readonly coder: Coder;
  /** Absent: only words and exact texts are found. */
  readonly model?: LocalLanguageModel;
}

/** How many documents each side brings to a fusion. */
const POOL = 200;
/** What keys count beside words. */
const FUSION = 0.25;
/** Tokens of documents that are kept once they were recovered: 64 MB. */
const MOST_KEPT = 2 ** 24;
/** Documents told of a completion or an exact text. */
const MOST_TOLD = 10;

/** Options of keys with all defaults. */
export const keyDefaults = {
  scoring: 'intersective',
  beams: 15,
  maxTokens: 10,
  queryNgrams: true,
  unigrams: true,
  constrained: true,
  alpha: 2,
  beta: 0.8,
  length: 0,
  lmLength: 4,
  maxRows: 4000,
  fullyScored: 500,
} as const satisfies Required<Omit<KeyOptions, 'views'>>;

/**
 * What differs beside words: these find pieces of the query themselves, and scores that are added to theirs are held
 * against the document's length as theirs are. Chosen, as their weight is, on a fifth of SciFact's training claims.
 */
export const fusedDefaults = { queryNgrams: false, length: 0.4 } as const satisfies KeyOptions;

/** A document's number among all, and what it is ranked by. */
interface Place {
  readonly number: number;
  readonly score: number;
  /** The sum of the keys' contributions; null where only words ranked. */
  readonly ngramScore: number | null;
  /** The BM25 score; null where only keys ranked. */
  readonly wordScore: number | null;
  /** What `ngramScore` is made of, by falling contribution. */
  parts(): readonly Part[];
}

/** A document by its keys, its words or both. */
export interface Ranked<D> extends Place {
  readonly document: D;
}

export class Searcher<D extends StoredDocument = StoredDocument> implements AsyncDisposable {
  readonly collection: Collection<D>;
  readonly coder: Coder;
  readonly ngrams: LiveNgrams;
  readonly #model: LocalLanguageModel | undefined;
  /** The number of each segment's first document. */
  readonly #firsts: readonly number[];
  readonly #kept = new Map<number, Int32Array>();
  #tokensKept = 0;

  /** @throws RangeError for a collection whose tokens another tokenizer made */
  constructor({ collection, coder, model }: SearcherParts<D>) {
    const { folder, settings } = collection;
    if (settings.tokenizer !== coder.name) {
      const got = `${coder.name} (index the documents anew)`;
      throw new RangeError(
        `search: expected the tokenizer that ${folder} was indexed with, ${settings.tokenizer}, got ${got}`,
      );
    }
    this.collection = collection;
    this.coder = coder;
    this.#model = model;
    this.ngrams = new LiveNgrams(collection.segments);
    let first = 0;
    this.#firsts = collection.segments.map(({ entry }) => {
      first += entry.documents;
      return first - entry.documents;
    });
  }

  /**
   * Opens an index folder that `createIndex` made: the documents as they are now, and the model beside them, if it has
   * been trained or was brought along.
   * @throws Error where there is no collection or no tokenizer; SyntaxError for damaged files
   */
  static async open<D extends StoredDocument = StoredDocument>(
    folder: string,
    options: { readonly device?: Device } = {},
  ): Promise<Searcher<D>> {
    const collection = await Collection.open<D>(folder);
    const { coder, model } = await openSearchModel(await checkedModel(folder), options);
    return new Searcher({ collection, coder, ...(model && { model }) });
  }

  /** Whether there is a model, without which only words and exact texts are found. */
  get hasModel(): boolean {
    return this.#model !== undefined;
  }

  /**
   * The best documents for a query, best first, and why. None for a query without a letter or digit.
   * @throws TypeError for a ranking by n-grams without a model; RangeError for options out of range; the signal's reason
   * @example
   * const [hit] = await searcher.search('can you predict earthquakes');
   * hit?.ngrams[0]?.text // 'earthquakes can be predicted'
   */
  async search(query: string, options: SearchOptions<D> = {}): Promise<SearchHit<D>[]> {
    const { limit = 10, rank = this.hasModel ? 'both' : 'words', signal } = options;
    check(options);
    signal?.throwIfAborted();
    if (limit === 0 || !/[\p{L}\p{N}]/u.test(query)) return [];
    const found =
      rank === 'words'
        ? this.#documents(this.#byWords(query, limit, options))
        : rank === 'ngrams'
          ? await this.byKeys(query, options)
          : this.fused(query, await this.keys(query, { ...fusedDefaults, ...options }), options);
    return found.map(({ document, number, score, ngramScore, wordScore, parts }) => ({
      document,
      score,
      ngramScore,
      wordScore,
      ngrams: parts().map((part) => this.#told(document, number, part)),
      words: rank === 'ngrams' ? [] : this.collection.explain(query, number, options.bm25),
    }));
  }

  /**
   * Completes a text with what documents say, word by word, and nothing else.
   * @param prompt what the model is asked, as a query is
   * @throws TypeError without a model; the signal's reason
   * @example
   * const [best] = await searcher.complete('predicting earthquakes', { after: 'earthquakes can' });
   * best?.text // 'be predicted'
   */
  async complete(prompt: string, options: CompleteOptions = {}): Promise<Completion<D>[]> {
    const { after = '', best = 5, beams = 15, maxTokens = 20, signal } = options;
    if (best > beams) throw new RangeError(`complete: expected best of at most ${beams} beams, got ${best}`);
    const { coder, ngrams } = this;
    const model = this.#modelFor('complete');
    const begun = after.trim() === '' ? [] : coder.encode(after.trim());
    const from = ngrams.find(begun);
    if (ngrams.count(from) === 0) return [];
    const asked = coder.prompt(coder.encode(prompt), 'body', 'supervised', Math.min(model.context, 1 << 16));
    // what it continues is written first, so that the model has read it
    const lane = { from: ngrams.all, without: coder.marks };
    const [found] = await beamSearch(model, [asked], {
      beams,
      best,
      maxTokens: begun.length + maxTokens,
      forced: begun,
      constraint: ngramConstraint(ngrams, [lane]),
      ...(signal && { signal }),
    });
    return found!.best.flatMap(({ tokens, logProbs }) => {
      const state = ngrams.find(tokens);
      const places = ngrams.locate(state, MOST_TOLD);
      const documents = this.#where(places, tokens.length);
      const own = this.#where(places, tokens.length - begun.length)[0];
      const span = own?.spans[0];
      if (own === undefined || span === undefined) return [];
      const logProb = logProbs.slice(begun.length).reduce((sum, x) => sum + x, 0);
      return [{ text: textOf(own.document, span), logProb, count: ngrams.count(state), documents }];
    });
  }

  /**
   * How often, and where, documents have a text word for word, its first and last words whole; capitals count where the
   * index keeps them. No model is asked.
   */
  exact(text: string): ExactMatches<D> {
    if (text.trim() === '') return { count: 0, documents: [] };
    const { count, documents } = findExact(this.ngrams, this.coder, text.trim(), MOST_TOLD);
    return { count, documents: this.#spanned(documents) };
  }

  /** The best documents by keys alone, best first, with the keys themselves. @throws as `search` */
  async byKeys(query: string, options: SearchOptions<D> = {}): Promise<Ranked<D>[]> {
    return this.rank(await this.keys(query, options), options);
  }

  /** The best documents for keys that were found before, best first: all but what `keys` does. */
  rank(keys: readonly Key[], options: SearchOptions<D> = {}): Ranked<D>[] {
    return this.#documents(this.#byKeys(keys, options).slice(0, options.limit ?? 10));
  }

  /** The best documents by words and by keys that were found before, best first. */
  fused(query: string, keys: readonly Key[], asked: SearchOptions<D> = {}): Ranked<D>[] {
    const options = { ...fusedDefaults, ...asked };
    const { limit = 10, fusion = FUSION } = options;
    const pool = Math.max(limit, POOL);
    const words = this.#byWords(query, pool, options);
    // what words found is scored by keys too, whether these would have found it or not
    const also = words.map(({ number }) => number);
    const keyed = this.#byKeys(keys, { ...options, limit: pool }, also);
    const byWords = new Map(words.map((one) => [one.number, one]));
    const byKeys = new Map(keyed.map((one) => [one.number, one]));
    const lists = [listed(words), listed(keyed)] as const;
    // likelihoods are below 0, all other scores above
    const stretch = options.scoring === 'lm' ? {} : { floor: 0 };
    const order =
      fusion === 'reciprocal' ? reciprocalRankFusion(lists) : weightedFusion(lists, [1 - fusion, fusion], stretch);
    const places = order.slice(0, limit).map(({ id, score }): Place => {
      const [own, other] = [byKeys.get(Number(id)), byWords.get(Number(id))];
      return { ...(own ?? other)!, score, ngramScore: own?.score ?? 0, wordScore: other?.score ?? 0 };
    });
    return this.#documents(places);
  }

  /** The keys of a query, from the heaviest down: what the model makes of it. @throws TypeError without a model */
  async keys(query: string, options: KeyOptions & { readonly signal?: AbortSignal } = {}): Promise<Key[]> {
    const { views = this.#views(), signal } = options;
    const by = { model: this.#modelFor('search'), coder: this.coder, ngrams: this.ngrams };
    const keys = await findKeys(by, query, { ...keyDefaults, ...options, views, signal });
    return keys.sort((a, b) => b.weight - a.weight);
  }

  /** Gives back what the model holds. */
  async release(): Promise<void> {
    await this.#model?.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  #modelFor(op: string): LocalLanguageModel {
    if (this.#model === undefined) {
      throw new TypeError(`${op}: expected an index with a model, got one without (train one, or rank by words)`);
    }
    return this.#model;
  }

  #byWords(query: string, limit: number, { filter, bm25 }: SearchOptions<D>): Place[] {
    const found = this.collection.search(query, { ...bm25, limit, ...(filter && { filter }) });
    return found.map(({ number, score }) => ({ number, score, ngramScore: null, wordScore: score, parts: () => [] }));
  }

  /** All that keys call for, best first. @param also documents that are scored whether keys call for them or not */
  #byKeys(keys: readonly Key[], options: SearchOptions<D>, also: readonly number[] = []): Place[] {
    const { scoring, alpha, beta, length, lmLength, maxRows, fullyScored } = { ...keyDefaults, ...options };
    const { limit = 10, filter } = options;
    const { ngrams } = this;
    const heavy = keys.filter(({ weight }) => weight > 0);
    const taken = (number: number): boolean => filter === undefined || filter(this.#document(number));
    const place = (number: number, score: number, parts: () => Part[]): Place => {
      return { number, score, ngramScore: score, wordScore: null, parts };
    };
    if (scoring !== 'intersective') {
      const some = { limit, maxRows, taken };
      const hits = scoring === 'lm' ? byProbability(ngrams, keys, lmLength, some) : byWeight(ngrams, heavy, some);
      return hits.map(({ document: number, key, score }) => {
        const parts = () => this.#parts(new KeySet([key]), number, { alpha: 1, beta: 0 });
        return place(number, score, () => parts().map((part) => ({ ...part, contribution: score })));
      });
    }
    const by = { alpha, beta };
    const set = new KeySet(heavy);
    const called = candidates(ngrams, set.keys, { ...by, maxRows, limit: Math.max(limit, fullyScored), taken });
    const average = ngrams.tokens / this.collection.size;
    return [...new Set([...called, ...also])]
      .map((number) => {
        const tokens = this.#tokens(number);
        const norm = 1 - length + (length * tokens.length) / average;
        const parts = () =>
          this.#parts(set, number, by).map((part) => ({ ...part, contribution: part.contribution / norm }));
        return place(number, set.score(tokens, by) / norm, parts);
      })
      .sort((a, b) => b.score - a.score || a.number - b.number);
  }

  #documents(places: readonly Place[]): Ranked<D>[] {
    return places.map((place) => ({ ...place, document: this.#document(place.number) }));
  }

  /** The views that the documents have. */
  #views(): View[] {
    const { coder, ngrams } = this;
    const asked = ngrams.count(ngrams.extend(ngrams.all, coder.queryMark)) > 0;
    return ['body', 'title', ...(asked ? (['queries'] as const) : [])];
  }

  #parts(set: KeySet, number: number, by: Intersective): Part[] {
    const parts: Part[] = [];
    set.score(this.#tokens(number), by, parts);
    return parts.sort((a, b) => b.contribution - a.contribution);
  }

  /** A document by its number among all. */
  #document(number: number): D {
    const segment = this.#firsts.findLastIndex((first) => first <= number);
    return this.collection.segments[segment]!.document(number - this.#firsts[segment]!);
  }

  /** The tokens of a document, recovered from the index once. */
  #tokens(document: number): Int32Array {
    const known = this.#kept.get(document);
    if (known !== undefined) return known;
    const tokens = this.ngrams.extract(document);
    if (this.#tokensKept + tokens.length > MOST_KEPT) {
      this.#kept.clear();
      this.#tokensKept = 0;
    }
    this.#kept.set(document, tokens);
    this.#tokensKept += tokens.length;
    return tokens;
  }

  #told(document: D, number: number, { key, places, cover, contribution }: Part): MatchedNgram {
    const { tokens, source, count, logProb, weight } = key;
    const spans = this.coder.spans(document, this.#tokens(number), places);
    return { text: this.coder.decode(tokens), source, count, logProb, weight, cover, contribution, spans };
  }

  /** The documents of some places, each once, and where `length` tokens before each place stand in them. */
  #where({ documents, ends }: Located, length: number): { document: D; spans: MatchedNgram['spans'] }[] {
    const places = new Map<number, [from: number, to: number][]>();
    for (const [i, number] of documents.entries()) {
      const own = places.get(number) ?? [];
      own.push([ends[i]! - length, ends[i]!]);
      places.set(number, own);
    }
    return this.#spanned(new Map([...places].slice(0, MOST_TOLD)));
  }

  /** Documents by number, with ranges of their tokens as places in their texts. */
  #spanned(
    places: ReadonlyMap<number, readonly (readonly [number, number])[]>,
  ): { document: D; spans: MatchedNgram['spans'] }[] {
    return [...places].map(([number, ranges]) => {
      const document = this.#document(number);
      const rising = ranges.toSorted((a, b) => a[0] - b[0]);
      return { document, spans: this.coder.spans(document, this.#tokens(number), rising) };
    });
  }
}

/** Scores by document's number, as fusion takes them. */
function listed(places: readonly Place[]): Scored[] {
  return places.map(({ number, score }) => ({ id: String(number), score }));
}

/** What a document says at a place. */
export function textOf(
  { title = '', text, queries = [] }: StoredDocument,
  {
    field,
    index = 0,
    start,
    end,
  }: {
    readonly field: 'title' | 'text' | 'queries';
    readonly index?: number;
    readonly start: number;
    readonly end: number;
  },
): string {
  const whole = field === 'title' ? title : field === 'text' ? text : queries[index]!;
  return whole.slice(start, end);
}

function check<D extends StoredDocument>(options: SearchOptions<D>): void {
  const { limit = 10, fusion = FUSION, alpha = 2, beta = 0.8, length = 0 } = options;
  const whole = { limit, lmLength: 1, maxRows: 1, fullyScored: 1, ...options };
  for (const name of ['limit', 'lmLength', 'maxRows', 'fullyScored'] as const) {
    const value = whole[name];
    const least = name === 'limit' ? 0 : 1;
    if (!(Number.isSafeInteger(value) && value >= least)) {
      throw new RangeError(`search: expected a whole ${name} of at least ${least}, got ${value}`);
    }
  }
  if (fusion !== 'reciprocal' && !(fusion >= 0 && fusion <= 1)) {
    throw new RangeError(`search: expected fusion from 0 to 1, got ${fusion}`);
  }
  if (!(alpha >= 0)) throw new RangeError(`search: expected alpha of at least 0, got ${alpha}`);
  if (!(beta >= 0 && beta <= 1)) throw new RangeError(`search: expected beta from 0 to 1, got ${beta}`);
  if (!(length >= 0 && length <= 1)) throw new RangeError(`search: expected length from 0 to 1, got ${length}`);
}
