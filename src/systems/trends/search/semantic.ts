/**
 * The vectors of a collection, kept in its store and in memory: of a model learned from the collection itself, or of an
 * embedder that somebody gives.
 */
import type { Hit } from '../../../retrieval/index.ts';
import type { Store, Vector } from '../store/store.ts';
import type { Embedder } from './embedder.ts';
import { Lsa, type LsaOptions } from './lsa.ts';
import type { UpdateOptions } from './paper-index.ts';
import { textOf } from './segment.ts';
import { Vectors } from './vectors.ts';

const stateName = 'semantic/state';
const modelName = 'semantic/lsa';
/** Papers that a model is learned from at most, evenly over the collection. */
const sample = 30_000;
/** Fewer say too little about each other; how much the collection may grow before the model is learned anew. */
const fewest = 20;
const growth = 2;
/** Papers embedded at once. */
const batch = 256;

interface State {
  /** The embedder whose vectors these are. */
  readonly name: string;
  /** The change of the store up to which there are vectors. */
  readonly sequence: number;
  /** Papers in the collection when a model was learned from it. */
  readonly learnedOf?: number;
}

export class Semantic {
  readonly #store: Store;
  readonly #given: Embedder | undefined;
  #embedder: Embedder | undefined;
  #vectors = new Vectors();
  /** What the vectors in memory are. */
  #state: State | undefined;

  private constructor(store: Store, given: Embedder | undefined) {
    this.#store = store;
    this.#given = given;
    this.#embedder = given;
  }

  static async open(store: Store, given?: Embedder): Promise<Semantic> {
    const semantic = new Semantic(store, given);
    await semantic.reload();
    return semantic;
  }

  /** What makes the vectors; undefined while there are none. */
  get embedder(): Embedder | undefined {
    return this.#embedder;
  }

  get count(): number {
    return this.#vectors.count;
  }

  get bytes(): number {
    return this.#vectors.bytes;
  }

  /** Reads what another process may have kept meanwhile. */
  async reload(): Promise<void> {
    const state = await this.#kept();
    if (JSON.stringify(state) === JSON.stringify(this.#state)) return;
    if (!this.#given) this.#embedder = state && Lsa.open(await this.#store.file(modelName));
    this.#vectors = new Vectors();
    if (state) for await (const vector of this.#store.vectors(state.name)) this.#vectors.set(vector);
    this.#state = state;
  }

  /**
   * Makes vectors of what changed in the store. Where none was given, a model is learned when there is none, and anew when
   * the collection has doubled since.
   */
  async update(options: UpdateOptions = {}): Promise<void> {
    await this.reload();
    const size = await this.#store.size();
    if (!this.#given && size >= fewest && size >= growth * (this.#state?.learnedOf ?? 0)) {
      await this.learn(options);
      return;
    }
    const embedder = this.#embedder;
    if (!embedder) return;
    const last = await this.#store.sequence();
    if (this.#state?.name === embedder.name && this.#state.sequence === last) return;
    await this.#embedChanges(embedder, last, this.#state?.learnedOf, options);
  }

  /** Learns a model from the papers that there are, and makes all vectors anew. */
  async learn({
    progress,
    signal,
    ...options
  }: UpdateOptions & Omit<LsaOptions, 'onProgress' | 'signal'> = {}): Promise<void> {
    const store = this.#store;
    const numbers = await store.select({});
    const step = Math.max(1, numbers.length / sample);
    const chosen = Array.from({ length: Math.min(sample, numbers.length) }, (_, i) => numbers[Math.floor(i * step)]!);
    const texts: string[] = [];
    for (let start = 0; start < chosen.length; start += batch)
      for (const { paper } of await store.at(chosen.slice(start, start + batch))) if (paper) texts.push(textOf(paper));
    const lsa = await Lsa.learn(texts, {
      ...options,
      ...(signal && { signal }),
      onProgress: (share) => progress?.update('learning what papers are about', share),
    });
    const last = await store.sequence();
    const before = this.#state?.name;
    await store.replaceFiles({ [modelName]: lsa.file });
    this.#embedder = lsa;
    this.#state = undefined;
    await this.#embedChanges(lsa, last, numbers.length, { ...(progress && { progress }), ...(signal && { signal }) });
    if (before !== undefined && before !== lsa.name) await store.dropVectors(before);
  }

  /** The nearest papers to a vector. */
  nearest(query: Float32Array, limit: number, filter: (number: number) => boolean): Hit[] {
    return this.#vectors.nearest(query, limit, filter);
  }

  vectorOf(number: number): Float32Array | undefined {
    return this.#vectors.of(number);
  }

  async #embedChanges(
    embedder: Embedder,
    last: number,
    learnedOf: number | undefined,
    { progress, signal }: UpdateOptions,
  ): Promise<void> {
    const store = this.#store;
    const fresh = this.#state?.name !== embedder.name;
    const total = await store.size();
    if (fresh) this.#vectors = new Vectors();
    const pending: { number: number; text: string }[] = [];
    let done = 0;
    let sequence = fresh ? 0 : this.#state!.sequence;
    const flush = async (): Promise<void> => {
      if (pending.length > 0) {
        const texts = pending.map(({ text }) => text);
        const vectors = await embedder.embed(texts, { kind: 'paper', ...(signal && { signal }) });
        const numbered = pending.map(({ number }, i): Vector => ({ number, vector: vectors[i]! }));
        await store.putVectors(embedder.name, numbered);
        for (const vector of numbered) this.#vectors.set(vector);
        done += pending.length;
        pending.length = 0;
        progress?.update('making vectors', Math.min(1, done / total));
      }
      // written after the vectors: a process that is killed between makes some of them again
      await this.#keep({ name: embedder.name, sequence, ...(learnedOf !== undefined && { learnedOf }) });
    };
    for await (const { number, changed, paper } of store.changes(sequence)) {
      signal?.throwIfAborted();
      if (changed > last) break;
      if (paper) pending.push({ number, text: textOf(paper) });
      else this.#vectors.delete(number);
      sequence = changed;
      if (pending.length === batch) await flush();
    }
    sequence = last;
    await flush();
  }

  async #kept(): Promise<State | undefined> {
    const [file] = await this.#store.files(stateName);
    if (!file) return undefined;
    const state = JSON.parse(new TextDecoder().decode(await this.#store.file(stateName))) as State;
    return this.#given && state.name !== this.#given.name ? undefined : state;
  }

  async #keep(state: State): Promise<void> {
    await this.#store.replaceFiles({ [stateName]: new TextEncoder().encode(JSON.stringify(state)) });
    this.#state = state;
  }
}
