/**
 * Search of a collection: by words, by meaning, and by both.
 *
 * By words is BM25. By meaning are cosines of vectors. Mixed takes the best thousand of each and adds what each says, scaled
 * to reach from 0 to 1. Conditions (operators, phrases, fields, filters) hold for all three; what else is counted about
 * a paper – citations, authority, popularity, code – orders hits only where it is asked for, and alone.
 */
import { type Scored, type WordScore, weightedFusion } from '../../../retrieval/index.ts';
import type { Paper, Signals } from '../paper.ts';
import type { SortKey, Store, StoreFilter } from '../store/store.ts';
import type { Embedder } from './embedder.ts';
import { both, match, placesOf } from './match.ts';
import { indexWords, PaperIndex, type UpdateOptions } from './paper-index.ts';
import { type Clause, parseQuery } from './query.ts';
import { textOf } from './segment.ts';
import { Semantic } from './semantic.ts';
import { type Sentence, scoreSentences, sentencesAmong } from './sentence-search.ts';

export const methods = ['keyword', 'semantic', 'mixed'] as const;
export type Method = (typeof methods)[number];

/** Which papers may be found; each part that is there must hold, and of a list any. */
export interface SearchFilter extends StoreFilter {
  readonly authors?: readonly string[];
  readonly categories?: readonly string[];
  readonly venues?: readonly string[];
  /** Words and phrases that must not be in a paper. */
  readonly without?: readonly string[];
}

export interface SearchOptions {
  /** Mixed unless given; where there are no vectors yet, by keyword. */
  readonly method?: Method;
  /** Whole papers, unless given. */
  readonly unit?: 'document' | 'sentence';
  /** Most hits, 20 unless given, and how many of the first are left out. */
  readonly limit?: number;
  readonly offset?: number;
  readonly filter?: SearchFilter;
  /** By relevance unless given. By anything else, every word of the query is required. */
  readonly sort?: 'relevance' | SortKey;
  /** The least first, where they are not sorted by relevance. */
  readonly ascending?: boolean;
}

export interface SearchHit {
  readonly paper: Paper;
  /** What it was ranked by; 0 where it was not ranked by relevance. */
  readonly score: number;
  /** The scores that this is made of: BM25, and the cosine. */
  readonly parts: { readonly keyword?: number; readonly semantic?: number };
  /** What each word of the query adds to BM25. */
  readonly words: readonly WordScore[];
  readonly signals: Signals;
  /** The sentence that was found, where sentences were asked for; its place in the abstract, −1 for the title. */
  readonly sentence?: { readonly text: string; readonly index: number };
}

export interface SearchResult {
  readonly hits: readonly SearchHit[];
  /** Papers that meet the query (by meaning, all that meet its conditions). */
  readonly total: number;
  /** What was done: asked for, or by keyword where there are no vectors. */
  readonly method: Method;
}

/** BM25's parameters, and what keyword and semantic scores count in the sum: chosen on SciFact's training claims. */
export const tuned = { k1: 1.2, b: 0.75, keyword: 0.7, semantic: 0.3 } as const;

/** Hits of each method that are mixed. */
const depth = 1000;
/** Papers whose sentences are looked at. */
const sentencePapers = 100;
/** Up to so many papers are put in order here, more by the store. */
const orderedHere = 5000;
/** Words of papers that others are compared by. */
const similarWords = 40;
const mostHits = 10_000;

interface Ranked {
  readonly number: number;
  readonly score: number;
  readonly keyword?: number;
  readonly semantic?: number;
}

export class Search {
  readonly store: Store;
  readonly #index: PaperIndex;
  readonly #semantic: Semantic;

  private constructor(store: Store, index: PaperIndex, semantic: Semantic) {
    this.store = store;
    this.#index = index;
    this.#semantic = semantic;
  }

  /**
   * The search of a store as it was last brought up to date; call `update` after papers came.
   * @param embedder in the place of the model that is learned from the collection
   */
  static async open(store: Store, { embedder }: { readonly embedder?: Embedder } = {}): Promise<Search> {
    return new Search(store, await PaperIndex.open(store), await Semantic.open(store, embedder));
  }

  /**
   * Takes in what changed in the store: words, and vectors. Can be stopped, and goes on the next time.
   * @throws RangeError where the vectors are of a served embedder and none was given; words are taken in then
   */
  async update(options: UpdateOptions = {}): Promise<void> {
    await this.#index.update(options);
    await this.#semantic.update(options);
  }

  /** Takes in words alone, at a tenth of the cost. */
  async updateWords(options: UpdateOptions = {}): Promise<void> {
    await this.#index.update(options);
  }

  /** Takes over what another process brought up to date. */
  async reload(): Promise<void> {
    await this.#index.reload();
    await this.#semantic.reload();
  }

  /** Papers that can be found, those with vectors, and the bytes of memory that both take. */
  get about(): {
    readonly papers: number;
    readonly vectors: number;
    readonly indexBytes: number;
    readonly vectorBytes: number;
  } {
    return {
      papers: this.#index.size,
      vectors: this.#semantic.count,
      indexBytes: this.#index.bytes,
      vectorBytes: this.#semantic.bytes,
    };
  }

  /** What makes the vectors, by which texts can be compared with papers; undefined while there are none. */
  get embedder(): Embedder | undefined {
    return this.#semantic.embedder;
  }

  /** The vector of a paper, of length 1. */
  async vectorOf(id: string): Promise<Float32Array | undefined> {
    const [number] = await this.store.numbersOf([id]);
    return number === undefined ? undefined : (await this.#semantic.vectorsOf([number]))[0]?.vector;
  }

  /**
   * Searches.
   * @param query in the language of `query.ts`; an empty one gives all papers that the filter lets through, the newest first
   * @throws SyntaxError for a query that cannot be understood; RangeError for numbers out of range
   * @example
   * const { hits } = await search.search('"score matching" -video year:2021', { sort: 'citations' });
   */
  async search(query: string, options: SearchOptions = {}): Promise<SearchResult> {
    const { sort = 'relevance', unit = 'document', ascending = false } = options;
    const { limit, offset } = checked(options);
    const { words, must } = parseQuery(query, { everyWord: sort !== 'relevance' });
    const within = await this.#within(must, options.filter ?? {});
    const method = this.#methodFor(options.method);
    if (words.length === 0 || sort !== 'relevance') {
      const by = sort === 'relevance' ? 'date' : sort;
      const { numbers, total } = await this.#inOrder(within, by, ascending, offset, limit);
      const ranked = numbers.map((number) => ({ number, score: 0 }));
      return { hits: await this.#hits(ranked, words), total, method };
    }
    const needed = unit === 'sentence' ? Math.max(sentencePapers, offset + limit) : offset + limit;
    const vector = method === 'keyword' ? undefined : await this.#vectorOfWords(words);
    const ranked = await this.#rank(method, words, vector, within, needed);
    const total = method === 'keyword' && must === undefined ? this.#withAny(words, within) : sum(within);
    if (unit === 'sentence') {
      const found = await this.#sentences(method, words, vector, ranked.slice(0, needed));
      return { hits: await this.#hits(found.slice(offset, offset + limit), words), total, method };
    }
    return { hits: await this.#hits(ranked.slice(offset, offset + limit), words), total, method };
  }

  /**
   * Papers like some others, the most alike first.
   * @param ids one paper or more, none of which is found itself
   * @throws RangeError for an id that is not in the collection
   */
  async similar(
    ids: readonly string[],
    options: Pick<SearchOptions, 'filter' | 'limit' | 'method' | 'offset'> = {},
  ): Promise<SearchResult> {
    const { limit, offset } = checked(options);
    const numbers = await this.store.numbersOf(ids);
    for (const [i, number] of numbers.entries())
      if (number === undefined) throw new RangeError(`similar: expected a paper of the collection, got '${ids[i]}'`);
    const seeds = numbers as number[];
    const method = this.#methodFor(options.method);
    const within = (await this.#within(undefined, options.filter ?? {})).slice();
    for (const seed of seeds) {
      const place = this.#index.placeOf(seed);
      if (place >= 0) within[place] = 0;
    }
    const papers = (await this.store.at(seeds)).flatMap(({ paper }) => (paper ? [paper] : []));
    const words = method === 'semantic' ? [] : this.#tellingWords(papers);
    const vector = method === 'keyword' ? undefined : await this.#direction(seeds);
    const ranked = await this.#rank(method, words, vector, within, offset + limit);
    return { hits: await this.#hits(ranked.slice(offset, offset + limit), words), total: sum(within), method };
  }

  /** Numbers of papers by one signal, of those that may be found. */
  async #inOrder(within: Uint8Array, by: SortKey, ascending: boolean, offset: number, limit: number) {
    const total = sum(within);
    const numbers: number[] = [];
    let among: number[] | undefined;
    if (total <= orderedHere) {
      among = [];
      for (let place = 0; place < within.length; place++)
        if (within[place] === 1) among.push(this.#index.numberAt(place));
    }
    let seen = 0;
    if (total > 0) {
      for await (const number of this.store.ordered(by, ascending, among)) {
        const place = this.#index.placeOf(number);
        if (place < 0 || within[place] === 0) continue;
        if (seen++ >= offset) numbers.push(number);
        if (numbers.length === limit) break;
      }
    }
    return { numbers, total };
  }

  async #rank(
    method: Method,
    words: readonly string[],
    vector: Float32Array | undefined,
    within: Uint8Array,
    needed: number,
  ): Promise<Ranked[]> {
    const index = this.#index;
    const deep = method === 'mixed' ? Math.max(depth, needed) : needed;
    const keyword =
      method === 'semantic'
        ? []
        : index
            .rank(words, { limit: deep, within, ...tuned })
            .map(({ document, score }) => ({ number: index.numberAt(document), score }));
    const mayBe = (number: number) => {
      const place = index.placeOf(number);
      return place >= 0 && within[place] === 1;
    };
    const near = vector === undefined ? [] : await this.#semantic.nearest(vector, deep, mayBe);
    const semantic = near.map(({ document, score }) => ({ number: document, score }));
    if (method === 'keyword') return keyword.map(({ number, score }) => ({ number, score, keyword: score }));
    if (method === 'semantic') return semantic.map(({ number, score }) => ({ number, score, semantic: score }));
    const byKeyword = new Map(keyword.map(({ number, score }) => [number, score]));
    const bySemantic = new Map(semantic.map(({ number, score }) => [number, score]));
    return mixed(keyword, semantic).map(({ id, score }) => {
      const number = Number(id);
      const [one, other] = [byKeyword.get(number), bySemantic.get(number)];
      return {
        number,
        score,
        ...(one !== undefined && { keyword: one }),
        ...(other !== undefined && { semantic: other }),
      };
    });
  }

  /** Places that the conditions of a query and a filter leave. */
  async #within(must: Clause | undefined, filter: SearchFilter): Promise<Uint8Array> {
    const { authors, categories, venues, without, from, to, ...kept } = filter;
    const clauses: Clause[] = must ? [must] : [];
    const any = (field: 'author' | 'category' | 'venue', values: readonly string[] | undefined) => {
      if (values) clauses.push({ kind: 'any', of: values.map((value): Clause => ({ kind: 'field', field, value })) });
    };
    any('author', authors);
    any('category', categories);
    any('venue', venues);
    if (from !== undefined || to !== undefined)
      clauses.push({ kind: 'field', field: 'date', value: `${from ?? ''}..${to ?? ''}` });
    for (const text of without ?? []) {
      const words = indexWords(text);
      if (words.length > 0)
        clauses.push({
          kind: 'not',
          of: words.length === 1 ? { kind: 'word', word: words[0]! } : { kind: 'phrase', words },
        });
    }
    let within = this.#index.live;
    // an empty list of tags lets nothing through, a filter that says nothing everything
    if (Object.values(kept).some((value) => value !== undefined))
      within = both(within, placesOf(this.#index, await this.store.select(kept)));
    if (clauses.length === 0) return within;
    return both(within, await match(this.store, this.#index, { kind: 'all', of: clauses }));
  }

  #methodFor(asked: Method = 'mixed'): Method {
    if (asked === 'keyword' || this.#semantic.count > 0) return asked;
    if (asked === 'semantic') {
      this.#semantic.requireEmbedder();
      throw new RangeError('search: expected vectors to search by meaning, got none: call update() after papers came');
    }
    return 'keyword';
  }

  async #vectorOfWords(words: readonly string[]): Promise<Float32Array> {
    const [vector] = await this.#semantic.embedder!.embed([words.join(' ')], { kind: 'query' });
    return vector!;
  }

  /** The sum of papers' vectors, which has the direction of their mean; undefined where none has one. */
  async #direction(numbers: readonly number[]): Promise<Float32Array | undefined> {
    const vectors = (await this.#semantic.vectorsOf(numbers)).map(({ vector }) => vector);
    return vectors.length === 0 ? undefined : vectors.reduce((sum, vector) => sum.map((x, i) => x + vector[i]!));
  }

  /** The words of papers that tell most of what they are about: often there, and seldom elsewhere. */
  #tellingWords(papers: readonly Paper[]): string[] {
    const statistics = this.#index.statistics();
    const counts = new Map<string, number>();
    for (const paper of papers)
      for (const word of indexWords(textOf(paper))) counts.set(word, (counts.get(word) ?? 0) + 1);
    return [...counts]
      .map(([word, count]) => {
        const df = statistics.documentsWith(word);
        return { word, weight: (1 + Math.log(count)) * Math.log(statistics.documents / Math.max(1, df)) };
      })
      .sort((a, b) => b.weight - a.weight || (a.word < b.word ? -1 : 1))
      .slice(0, similarWords)
      .map(({ word }) => word);
  }

  /** Papers that have any of the words. */
  #withAny(words: readonly string[], within: Uint8Array): number {
    const index = this.#index;
    const found = new Uint8Array(within.length);
    for (const [i, segment] of index.segments.entries()) {
      const start = index.start(i);
      for (const word of words) for (const document of segment.words.documentsOf(word)) found[start + document] = 1;
    }
    return sum(both(found, within));
  }

  async #sentences(
    method: Method,
    words: readonly string[],
    vector: Float32Array | undefined,
    ranked: readonly Ranked[],
  ): Promise<(Sentence & Ranked)[]> {
    const entries = await this.store.at(ranked.map(({ number }) => number));
    const sentences = sentencesAmong(entries.flatMap(({ paper, number }) => (paper ? [{ paper, number }] : [])));
    const keyword = scoreSentences(sentences, words, this.#index.statistics(), tuned);
    const semantic = vector ? await this.#cosines(vector, sentences) : undefined;
    const list = (scores: readonly number[]) => scores.map((score, number) => ({ number, score }));
    const order =
      method === 'keyword'
        ? scoredOf(list(keyword))
        : method === 'semantic'
          ? scoredOf(list(semantic!))
          : mixed(list(keyword), list(semantic!));
    return order
      .map(({ id, score }) => {
        const at = Number(id);
        return {
          ...sentences[at]!,
          score,
          ...(method !== 'semantic' && { keyword: keyword[at]! }),
          ...(semantic && { semantic: semantic[at]! }),
        };
      })
      .filter(({ score }) => score > 0);
  }

  async #cosines(vector: Float32Array, sentences: readonly Sentence[]): Promise<number[]> {
    const vectors = await this.#semantic.embedder!.embed(
      sentences.map(({ text }) => text),
      { kind: 'paper' },
    );
    return vectors.map((other) => other.reduce((total, x, i) => total + x * vector[i]!, 0));
  }

  async #hits(ranked: readonly (Ranked & Partial<Sentence>)[], words: readonly string[]): Promise<SearchHit[]> {
    const papers = new Map((await this.store.at(ranked.map(({ number }) => number))).map((e) => [e.number, e.paper]));
    // a paper that was taken away since the index was made is no hit
    const found = ranked.flatMap((rank) => {
      const paper = papers.get(rank.number);
      return paper ? [{ ...rank, paper }] : [];
    });
    const signals = await this.store.signals(found.map(({ paper }) => paper.id));
    return found.map(({ paper, number, score, keyword, semantic, text, index }, i) => ({
      paper,
      score,
      parts: { ...(keyword !== undefined && { keyword }), ...(semantic !== undefined && { semantic }) },
      words: this.#index.explain(words, this.#index.placeOf(number), tuned),
      signals: signals[i]!,
      ...(text !== undefined && index !== undefined && { sentence: { text, index } }),
    }));
  }
}

/** The sum of what both say, weighed. */
function mixed(keyword: readonly Ranked[], semantic: readonly Ranked[]): Scored[] {
  return weightedFusion([scoredOf(keyword), scoredOf(semantic)], [tuned.keyword, tuned.semantic]);
}

function scoredOf(ranked: readonly { readonly number: number; readonly score: number }[]): Scored[] {
  return ranked.map(({ number, score }) => ({ id: String(number), score })).sort((a, b) => b.score - a.score);
}

function sum(set: Uint8Array): number {
  let count = 0;
  for (const one of set) count += one;
  return count;
}

/** @throws RangeError for numbers out of range */
function checked({ limit = 20, offset = 0 }: Pick<SearchOptions, 'limit' | 'offset'>): {
  limit: number;
  offset: number;
} {
  if (!(Number.isInteger(limit) && limit >= 1 && Number.isInteger(offset) && offset >= 0 && offset + limit <= mostHits))
    throw new RangeError(
      `search: expected limit and offset of at most ${mostHits} together, got ${limit} and ${offset}`,
    );
  return { limit, offset };
}
