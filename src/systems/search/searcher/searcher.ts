/**
 * The search engine: a query becomes n-grams that documents have, and these become documents, with the reason why each was
 * found.
 *
 * The model writes what documents say and nothing else, an FM-index of the same tokens counts and finds what it wrote
 * (M. Bevilacqua et al., "Autoregressive Search Engines", arXiv 2204.10628). Beside it stands BM25 over words; where both
 * rank, a document's scores are added.
 */
import type { Device } from '../../../tensor/index.ts';
import type { LocalLanguageModel } from '../../../text/index.ts';
import { Collection } from '../collection/collection.ts';
import type { StoredDocument } from '../collection/segment.ts';
import { LiveNgrams } from '../ngrams/live-ngrams.ts';
import type { Part } from '../scoring/intersective.ts';
import type { Key } from '../scoring/keys.ts';
import type { Coder } from './coder.ts';
import { completions } from './complete.ts';
import { TokenizedDocuments } from './documents.ts';
import { findExact } from './exact.ts';
import { findKeys } from './find-keys.ts';
import { checkedModel } from './index-folder.ts';
import { openSearchModel } from './model-folder.ts';
import { checkOptions, fusedDefaults, keyDefaults } from './options.ts';
import { type Place, placesByBoth, placesByKeys, placesByWords, type Ranker } from './ranking.ts';
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

/** Documents told of a completion or an exact text. */
const MOST_TOLD = 10;

/** A document by its keys, its words or both. */
export interface Ranked<D> extends Place {
  readonly document: D;
}

export class Searcher<D extends StoredDocument = StoredDocument> implements AsyncDisposable {
  readonly collection: Collection<D>;
  readonly coder: Coder;
  readonly ngrams: LiveNgrams;
  readonly #ranker: Ranker<D>;
  readonly #model: LocalLanguageModel | undefined;

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
    const documents = new TokenizedDocuments(collection, coder, this.ngrams);
    this.#ranker = { collection, ngrams: this.ngrams, documents };
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
    checkOptions(options);
    signal?.throwIfAborted();
    if (limit === 0 || !/[\p{L}\p{N}]/u.test(query)) return [];
    const terms = rank === 'ngrams' ? [] : this.collection.terms(query, options);
    const found =
      rank === 'words'
        ? this.#ranked(placesByWords(this.#ranker, terms, options))
        : rank === 'ngrams'
          ? await this.byKeys(query, options)
          : this.#ranked(
              placesByBoth(this.#ranker, terms, await this.keys(query, { ...fusedDefaults, ...options }), options),
            );
    return found.map(({ document, number, score, ngramScore, wordScore, parts }) => ({
      document,
      score,
      ngramScore,
      wordScore,
      ngrams: parts().map((part) => this.#told(document, number, part)),
      words: this.collection.explain(terms, number, options.bm25),
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
    const by = { ...this.#ranker, model: this.#modelFor('complete'), coder: this.coder };
    return completions(by, prompt, options, MOST_TOLD);
  }

  /**
   * How often, and where, documents have a text word for word, its first and last words whole; capitals count where the
   * index keeps them. No model is asked.
   */
  exact(text: string): ExactMatches<D> {
    if (text.trim() === '') return { count: 0, documents: [] };
    const { count, documents } = findExact(this.ngrams, this.coder, text.trim(), MOST_TOLD);
    return {
      count,
      documents: Array.from(documents, ([number, places]) => this.#ranker.documents.told(number, places)),
    };
  }

  /** The best documents by keys alone, best first, with the keys themselves. @throws as `search` */
  async byKeys(query: string, options: SearchOptions<D> = {}): Promise<Ranked<D>[]> {
    return this.rank(await this.keys(query, options), options);
  }

  /** The best documents for keys that were found before, best first: all but what `keys` does. */
  rank(keys: readonly Key[], options: SearchOptions<D> = {}): Ranked<D>[] {
    return this.#ranked(placesByKeys(this.#ranker, keys, options).slice(0, options.limit ?? 10));
  }

  /** The best documents by words and by keys that were found before, best first. */
  fused(query: string, keys: readonly Key[], options: SearchOptions<D> = {}): Ranked<D>[] {
    return this.#ranked(placesByBoth(this.#ranker, this.collection.terms(query, options), keys, options));
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

  /** The views that the documents have. */
  #views(): View[] {
    const { coder, ngrams } = this;
    const asked = ngrams.count(ngrams.extend(ngrams.all, coder.queryMark)) > 0;
    return ['body', 'title', ...(asked ? (['queries'] as const) : [])];
  }

  #ranked(places: readonly Place[]): Ranked<D>[] {
    return places.map((place) => ({ ...place, document: this.#ranker.documents.at(place.number) }));
  }

  #told(document: D, number: number, { key, places, cover, contribution }: Part): MatchedNgram {
    const { tokens, source, count, logProb, weight } = key;
    const spans = this.#ranker.documents.spans(document, number, places);
    return { text: this.coder.decode(tokens), source, count, logProb, weight, cover, contribution, spans };
  }
}
