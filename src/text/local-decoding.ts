/** Rows that a transformer of this process writes. */
import { NDArray } from '../tensor/index.ts';
import type { Cache } from './cache.ts';
import type { Decoding } from './decoding.ts';
import { byFalling, countsOf, fetched, ints, type Reader, runsOf, tokensOfRun } from './reading.ts';

/** A batch of rows with its cache. */
export class LocalDecoding implements Decoding {
  readonly #reader: Reader;
  readonly #cache: Cache;
  /** What the rows see of an encoder. */
  readonly #memory: Cache | null;
  /** By row, its slot in the cache. */
  #slots: readonly number[];
  #logits: Float32Array;
  #closed = false;

  private constructor(
    reader: Reader,
    cache: Cache,
    memory: Cache | null,
    slots: readonly number[],
    logits: Float32Array,
  ) {
    this.#reader = reader;
    this.#cache = cache;
    this.#memory = memory;
    this.#slots = slots;
    this.#logits = logits;
  }

  /** Reads prompts. */
  static async begin(reader: Reader, prompts: readonly (readonly number[])[]): Promise<LocalDecoding> {
    const { config, programs, params } = reader;
    const order = byFalling(prompts.map(({ length }) => length));
    const sorted = order.map((i) => prompts[i]!);
    const rows = sorted.map((prompt) => reader.rowOf(prompt));
    const inputs = sorted.map((prompt) => reader.inputsOf(prompt));
    const memory = await reader.remember(sorted);
    const cache = reader.newCache();
    const lengths = rows.map(({ length }) => length);
    cache.open(rows.length, (lengths[0] ?? 0) + 1);
    const logits = new Float32Array(rows.length * config.vocabulary);
    for (const run of runsOf(lengths, tokensOfRun, reader.whole)) {
      const { from, start, end } = run;
      const counts = countsOf(rows, run);
      // the rows that end in this run have their last token in it
      const ending = counts.flatMap((count, i) => (lengths[from + i]! <= end ? [{ i, last: count - 1 }] : []));
      const picks = ints(ending.map(({ i, last }) => i * (end - start) + last));
      const found = await fetched(programs.read(params, ...reader.lay(rows, inputs, run, cache, memory), picks));
      cache.append(from, found.keys, counts);
      const lines = found.logits.data as Float32Array;
      for (const [k, { i }] of ending.entries()) {
        const line = lines.subarray(k * config.vocabulary, (k + 1) * config.vocabulary);
        logits.set(line, order[from + i]! * config.vocabulary);
      }
    }
    const slots: number[] = [];
    for (const [slot, row] of order.entries()) slots[row] = slot;
    return new LocalDecoding(reader, cache, memory, slots, logits);
  }

  get rows(): number {
    return this.#slots.length;
  }

  get logits(): Float32Array {
    return this.#logits;
  }

  get room(): readonly number[] {
    return this.#slots.map((slot) => this.#reader.context - this.#cache.lengths[slot]!);
  }

  async advance(parents: readonly number[], tokens: readonly number[]): Promise<void> {
    this.#check(parents, tokens);
    const { programs, params } = this.#reader;
    const { slots, moves } = this.#cache.rearrange(parents.map((parent) => this.#slots[parent]!));
    this.#memory?.follow(moves, slots.length);
    this.#slots = slots;
    const count = slots.length;
    if (count === 0) {
      this.#logits = new Float32Array(0);
      return;
    }
    const ids = new Int32Array(count);
    for (const [row, slot] of slots.entries()) ids[slot] = tokens[row]!;
    const ones = slots.map(() => 1);
    const run = programs.step(
      params,
      new NDArray('int32', [count, 1], ids),
      { counts: ints(ones), lengths: ints(this.#cache.lengths), inputs: ints(slots.map(() => 0)) },
      this.#cache.read(0, count),
      this.#memory ? this.#memory.read(0, count) : null,
      this.#memory ? ints(this.#memory.lengths) : null,
      ints(slots),
    );
    const found = await fetched(run);
    this.#cache.append(0, found.keys, ones);
    this.#logits = found.logits.data as Float32Array;
  }

  close(): void {
    this.#closed = true;
    this.#cache.close();
    this.#memory?.close();
    this.#slots = [];
    this.#logits = new Float32Array(0);
  }

  #check(parents: readonly number[], tokens: readonly number[]): void {
    if (this.#closed) throw new ReferenceError('advance: expected rows, got a decoding that was closed');
    if (parents.length !== tokens.length)
      throw new RangeError(`advance: expected a token for each of ${parents.length} rows, got ${tokens.length}`);
    const { vocabulary } = this.#reader.config;
    const { room } = this;
    for (const [i, parent] of parents.entries()) {
      const token = tokens[i]!;
      if (room[parent] === undefined)
        throw new RangeError(`advance: expected rows of 0 to ${this.rows - 1} as parents, got ${parent}`);
      if (!Number.isInteger(token) || token < 0 || token >= vocabulary)
        throw new RangeError(`advance: expected tokens of 0 to ${vocabulary - 1}, got ${token}`);
      if (room[parent] < 1)
        throw new RangeError(`advance: expected rows of at most ${this.#reader.context} tokens, got a full one`);
    }
  }
}
