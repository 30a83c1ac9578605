/**
 * The vectors of a collection: of a model learned from the collection itself, or of an embedder that somebody gives. They are
 * kept in its store, one by one as they are, and rounded in files, which are read into memory.
 */
import { Best, type Hit } from '../../../retrieval/index.ts';
import type { Store, Vector } from '../store/store.ts';
import type { Embedder } from './embedder.ts';
import { Lsa, type LsaOptions } from './lsa.ts';
import type { UpdateOptions } from './paper-index.ts';
import { textOf } from './segment.ts';
import { fileRows, Vectors } from './vectors.ts';

const stateName = 'semantic/state';
const modelName = 'semantic/lsa';
const vectorsName = 'semantic/vectors/';
/** Another version of the files is made anew. */
const version = 2;
/** Papers that a model is learned from at most, evenly over the collection, and letters of all of them. */
const sample = 30_000;
const sampleLetters = 2 ** 26;
/** Fewer say too little about each other; how much the collection may grow before the model is learned anew. */
const fewest = 20;
const growth = 2;
/** Papers embedded at once, and those after which what was done is kept. */
const batch = 256;
const keptAfter = 1024;
/** The nearest papers that are found by whole vectors, and those that are looked at besides, as rounding may put them too low. */
const exact = 200;
const spare = 200;

interface State {
  readonly version: typeof version;
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
    if (isSame(state, this.#state)) return;
    const vectors = new Vectors();
    const files = state ? await this.#store.files(filesOf(state.name)) : [];
    for (const { name } of files) vectors.take(name, await this.#store.file(name));
    if (!this.#given) this.#embedder = state && Lsa.open(await this.#store.file(modelName));
    this.#vectors = vectors;
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
    const most = Math.floor(sampleLetters / chosen.length);
    const texts: string[] = [];
    for (let start = 0; start < chosen.length; start += batch)
      for (const { paper } of await store.at(chosen.slice(start, start + batch)))
        if (paper) texts.push(textOf(paper).slice(0, most));
    const lsa = await Lsa.learn(texts, {
      ...options,
      ...(signal && { signal }),
      onProgress: (share) => progress?.update('learning what papers are about', share),
    });
    const last = await store.sequence();
    const before = this.#state?.name;
    this.#embedder = lsa;
    this.#state = undefined;
    await this.#embedChanges(lsa, last, numbers.length, { ...(progress && { progress }), ...(signal && { signal }) });
    if (before !== undefined && before !== lsa.name) await store.dropVectors(before);
  }

  /**
   * The nearest papers to a vector, with their products with it: the best two hundred by the vectors themselves, what comes
   * after them by rounded ones, which are within some thousandths.
   */
  async nearest(query: Float32Array, limit: number, filter: (number: number) => boolean): Promise<Hit[]> {
    const found = this.#vectors.nearest(query, limit + spare, filter);
    const scores = new Map(found.map(({ document, score }) => [document, score]));
    const first = found.slice(0, Math.min(limit, exact) + spare).map(({ document }) => document);
    for (const { number, vector } of await this.vectorsOf(first)) scores.set(number, dot(query, vector));
    const best = new Best(limit);
    for (const [number, score] of scores) best.add(number, score);
    return best.sorted();
  }

  /** The vectors of papers that have one, in any order. */
  async vectorsOf(numbers: readonly number[]): Promise<Vector[]> {
    return this.#state ? this.#store.vectors(this.#state.name, numbers) : [];
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
    const vectors = this.#vectors;
    const pending: { number: number; text: string }[] = [];
    /** A number of every file that is to be written. */
    const changed = new Map<number, number>();
    const touch = (number: number) => changed.set(Math.floor(number / fileRows), number);
    let done = 0;
    const before = fresh ? 0 : this.#state!.sequence;
    let read = before;
    let sequence = before;
    const flush = async (): Promise<void> => {
      const texts = pending.map(({ text }) => text);
      const made = await embedder.embed(texts, { kind: 'paper', ...(signal && { signal }) });
      const numbered = pending.map(({ number }, i): Vector => ({ number, vector: made[i]! }));
      await store.putVectors(embedder.name, numbered);
      for (const vector of numbered) {
        vectors.set(vector);
        touch(vector.number);
      }
      done += pending.length;
      pending.length = 0;
      sequence = read;
      progress?.update('making vectors', Math.min(1, done / total));
    };
    const keep = async (): Promise<void> => {
      // another process may have written the same files meanwhile: all that this one knows is written again
      if (!isSame(await this.#kept(), this.#state))
        for (let number = 0; number < vectors.end; number += fileRows) touch(number);
      const state: State = { version, name: embedder.name, sequence, ...(learnedOf !== undefined && { learnedOf }) };
      const own = filesOf(embedder.name);
      const files: Record<string, Uint8Array> = { [stateName]: new TextEncoder().encode(JSON.stringify(state)) };
      // with its first vectors, so that no other model's are ever compared by it
      if (embedder instanceof Lsa && this.#state?.name !== embedder.name) files[modelName] = embedder.file;
      for (const [file, number] of changed) files[`${own}${file}`] = vectors.fileOf(number);
      const others = (await store.files(vectorsName)).filter(({ name }) => !name.startsWith(own));
      // after the vectors: of a process that is killed between some are made again
      await store.replaceFiles(
        files,
        others.map(({ name }) => name),
      );
      changed.clear();
      this.#state = state;
    };
    try {
      for await (const { number, changed: moment, paper } of store.changes(sequence)) {
        signal?.throwIfAborted();
        if (moment > last) break;
        if (paper) pending.push({ number, text: textOf(paper) });
        else if (vectors.delete(number)) touch(number);
        read = moment;
        if (pending.length < batch) continue;
        await flush();
        if (done % keptAfter === 0) await keep();
      }
      await flush();
      sequence = last;
    } finally {
      // an embedder that fails at once takes the place of no other
      if (sequence > before) await keep();
    }
  }

  async #kept(): Promise<State | undefined> {
    const [file] = await this.#store.files(stateName);
    if (!file) return undefined;
    const state = JSON.parse(new TextDecoder().decode(await this.#store.file(stateName))) as State;
    return state.version !== version || (this.#given && state.name !== this.#given.name) ? undefined : state;
  }
}

function isSame(a: State | undefined, b: State | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** How the names of the files of an embedder's vectors begin. */
function filesOf(embedder: string): string {
  return `${vectorsName}${embedder}/`;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
