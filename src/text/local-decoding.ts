/**
 * Rows that a transformer of this process writes.
 *
 * Prompts lie in the cache by falling length, so that those that are read together are about as long. After that each
 * `advance` is one run over one token a row.
 */
import type { Cache } from './cache.ts';
import type { Decoding } from './decoding.ts';
import { byFalling, type Reader, runsOf, tokensOf } from './reading.ts';

/** A batch of rows with its cache. */
export class LocalDecoding implements Decoding {
  readonly #reader: Reader;
  readonly #cache: Cache;
  /** What the rows see of an encoder. */
  readonly #memory: Cache | null;
  /** By row, its slot in the cache. */
  #slots: readonly number[];
  #logits: Float32Array;
  #advancing = false;
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
  static async begin(
    reader: Reader,
    prompts: readonly (readonly number[])[],
    signal: AbortSignal | undefined,
  ): Promise<LocalDecoding> {
    const { vocabulary } = reader.config;
    const order = byFalling(prompts.map(({ length }) => length));
    const sorted = order.map((i) => prompts[i]!);
    const rows = sorted.map((prompt) => reader.rowOf(prompt));
    const inputs = sorted.map((prompt) => reader.inputsOf(prompt));
    const memory = await reader.remember(sorted, signal);
    const cache = reader.newCache();
    cache.open(rows.length);
    const logits = new Float32Array(rows.length * vocabulary);
    const lengths = rows.map(({ length }) => length);
    for (const run of runsOf(lengths, inputs)) {
      const { from, to, end } = run;
      const tokens = tokensOf(rows, run);
      // what follows the rows that end in this run
      const ending = tokens.flatMap(({ length }, row) =>
        lengths[from + row]! <= end ? [{ row, place: length - 1, target: 0 }] : [],
      );
      const told = await reader.read(from, tokens, inputs.slice(from, to), cache, memory, ending, true, signal);
      for (const [k, { row }] of ending.entries()) {
        const line = told.logits.subarray(k * vocabulary, (k + 1) * vocabulary);
        logits.set(line, order[from + row]! * vocabulary);
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
    this.#advancing = true;
    try {
      await this.#advance(parents, tokens);
    } catch (cause) {
      // the rows are without their token
      this.#closed = true;
      throw cause;
    } finally {
      this.#advancing = false;
      if (this.#closed) this.#free();
    }
  }

  async #advance(parents: readonly number[], tokens: readonly number[]): Promise<void> {
    const { slots, moves } = this.#cache.rearrange(parents.map((parent) => this.#slots[parent]!));
    this.#memory?.follow(moves, slots.length);
    this.#slots = slots;
    if (slots.length === 0) {
      this.#logits = new Float32Array(0);
      return;
    }
    const bySlot: number[][] = [];
    for (const [row, slot] of slots.entries()) bySlot[slot] = [tokens[row]!];
    const asked = slots.map((row) => ({ row, place: 0, target: 0 }));
    const inputs = slots.map(() => 0);
    const told = await this.#reader.read(0, bySlot, inputs, this.#cache, this.#memory, asked, true);
    this.#logits = told.logits;
  }

  close(): void {
    this.#closed = true;
    if (!this.#advancing) this.#free();
  }

  #free(): void {
    this.#cache.close();
    this.#memory?.close();
    this.#slots = [];
    this.#logits = new Float32Array(0);
  }

  #check(parents: readonly number[], tokens: readonly number[]): void {
    if (this.#closed) throw new ReferenceError('advance: expected rows, got a decoding that was closed');
    if (this.#advancing)
      throw new ReferenceError('advance: expected one advance at a time, got another before it was done (await it)');
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
