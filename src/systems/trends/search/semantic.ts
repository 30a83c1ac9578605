/**
 * The vectors of a collection: of a model learned from the collection itself, or of an embedder that somebody gives. They are
 * kept in its store, one by one as they are, and rounded in files, which are read into memory.
 */
import { Best, type Hit } from '../../../retrieval/index.ts';
import type { Store, Vector } from '../store/store.ts';
import type { Embedder } from './embedder.ts';
import { isLsa, Lsa, type LsaOptions } from './lsa.ts';
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
  /** Served embedders whose vectors lie in the store, each with the change up to which they are of the papers' texts. */
  readonly stored?: Readonly<Record<string, number>>;
}

export class Semantic {
  readonly #store: Store;
  readonly #given: Embedder | undefined;
  #embedder: Embedder | undefined;
  #vectors = new Vectors();
  /** What the vectors in memory are. */
  #state: State | undefined;
  /** The embedder of the collection's vectors, where it is neither given nor learned. */
  #missing: string | undefined;

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
    const kept = await this.#kept();
    const state = kept && this.#isOwn(kept) ? kept : undefined;
    this.#missing = kept && this.#missingOf(kept);
    if (isSame(state, this.#state)) return;
    const vectors = new Vectors();
    const files = state ? await this.#store.files(filesOf(state.name)) : [];
    for (const { name } of files) vectors.take(name, await this.#store.file(name));
    if (!this.#given) this.#embedder = state && Lsa.open(await this.#store.file(modelName));
    this.#vectors = vectors;
    this.#state = state;
  }

  /** @throws RangeError where the vectors are of a served embedder that was not given: no other takes their place unasked */
  requireEmbedder(): void {
    if (this.#missing !== undefined) throw refusal(this.#missing);
  }

  /**
   * Makes vectors of what changed in the store. Where none was given, a model is learned when there is none, and anew when
   * the collection has doubled since.
   * @throws RangeError as `requireEmbedder` does
   */
  async update(options: UpdateOptions = {}): Promise<void> {
    await this.reload();
    this.requireEmbedder();
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
    this.#embedder = lsa;
    this.#state = undefined;
    await this.#embedChanges(lsa, last, numbers.length, { ...(progress && { progress }), ...(signal && { signal }) });
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
    const stored = storedOf(await this.#kept(), embedder.name);
    const pending: { number: number; moment: number; text: string }[] = [];
    /** A number of every file that is to be written. */
    const changed = new Map<number, number>();
    const touch = (number: number) => changed.set(Math.floor(number / fileRows), number);
    let done = 0;
    const before = fresh ? 0 : this.#state!.sequence;
    let read = before;
    let sequence = before;
    const flush = async (): Promise<void> => {
      // what was made of the same text before, and may have been paid for, is taken
      const unchanged = pending.filter(({ moment }) => moment <= stored).map(({ number }) => number);
      const taken = await store.vectors(embedder.name, unchanged);
      const known = new Set(taken.map(({ number }) => number));
      const asked = pending.filter(({ number }) => !known.has(number));
      const texts = asked.map(({ text }) => text);
      const made = await embedder.embed(texts, { kind: 'paper', ...(signal && { signal }) });
      const numbered = asked.map(({ number }, i): Vector => ({ number, vector: made[i]! }));
      await store.putVectors(embedder.name, numbered);
      for (const vector of [...taken, ...numbered]) {
        vectors.set(vector);
        touch(vector.number);
      }
      done += pending.length;
      pending.length = 0;
      sequence = read;
      progress?.update('making vectors', Math.min(1, done / total));
    };
    const keep = async (): Promise<void> => {
      const kept = await this.#kept();
      const missing = kept && this.#missingOf(kept);
      if (missing !== undefined) throw refusal(missing);
      // another process may have written the same files meanwhile: all that this one knows is written again
      if (!isSame(kept, this.#state)) for (let number = 0; number < vectors.end; number += fileRows) touch(number);
      const state: State = {
        version,
        name: embedder.name,
        sequence,
        ...(learnedOf !== undefined && { learnedOf }),
        ...(!isLsa(embedder.name) && { stored: { ...servedIn(kept), [embedder.name]: Math.max(sequence, stored) } }),
      };
      const own = filesOf(embedder.name);
      const files: Record<string, Uint8Array> = { [stateName]: new TextEncoder().encode(JSON.stringify(state)) };
      // with its first vectors, so that no other model's are ever compared by it
      if (embedder instanceof Lsa && this.#state?.name !== embedder.name) files[modelName] = embedder.file;
      for (const [file, number] of changed) files[`${own}${file}`] = vectors.fileOf(number);
      const others = (await store.files(vectorsName)).map(({ name }) => name).filter((name) => !name.startsWith(own));
      if (!isLsa(embedder.name)) others.push(modelName);
      // after the vectors: of a process that is killed between some are made again
      await store.replaceFiles(files, others);
      changed.clear();
      this.#state = state;
    };
    try {
      for await (const { number, changed: moment, paper } of store.changes(sequence)) {
        signal?.throwIfAborted();
        if (moment > last) break;
        if (paper) pending.push({ number, moment, text: textOf(paper) });
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
    // of models that were learned before; what was served is never taken away
    for (const model of await store.vectorModels())
      if (isLsa(model) && model !== embedder.name) await store.dropVectors(model);
  }

  /** What was kept last, by whatever embedder and version. */
  async #kept(): Promise<State | undefined> {
    const [file] = await this.#store.files(stateName);
    return file && (JSON.parse(new TextDecoder().decode(await this.#store.file(stateName))) as State);
  }

  #isOwn(kept: State): boolean {
    return kept.version === version && (this.#given ? kept.name === this.#given.name : isLsa(kept.name));
  }

  #missingOf({ name }: State): string | undefined {
    return this.#given || isLsa(name) ? undefined : name;
  }
}

function refusal(missing: string): RangeError {
  return new RangeError(
    `search: expected the embedder that the collection's vectors are of, '${missing}', got none; give --embeddings and --embedding-model, or search with --method keyword`,
  );
}

/** The change up to which an embedder's vectors in the store are of the papers' texts. */
function storedOf(kept: State | undefined, name: string): number {
  return kept?.stored?.[name] ?? (kept?.name === name ? kept.sequence : 0);
}

/** The same of all served embedders. */
function servedIn(kept: State | undefined): Readonly<Record<string, number>> {
  if (!kept || isLsa(kept.name)) return {};
  return { ...kept.stored, [kept.name]: storedOf(kept, kept.name) };
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
