/**
 * An ONNX model with a cache of keys and values as a language model.
 *
 * The cache is arrays that one step puts out and the next takes in; a beam that reorders its rows reorders them. Prompts
 * of different lengths are filled up on the left, where the attention mask hides them, and rows that are scored on the
 * right, where nothing looks.
 */
import { allocate, NDArray, type OnnxModel, type Port, toFloats } from '../tensor/index.ts';
import type { Alternatives, Continued, Decoding, LanguageModel, Scored, ScoreOptions } from './decoding.ts';
import { logSumExp } from './generation/log-sum-exp.ts';
import { mostLikely } from './generation/row.ts';

/** How many tokens a run scores, each of which has its logits. */
const scoredTokensOfRun = 512;

/** A causal language model whose program is an ONNX file. */
export class OnnxLanguageModel implements LanguageModel {
  readonly vocabulary: number;
  readonly context: number;
  readonly #run: OnnxModel;
  /** Inputs and outputs of the cache, side by side. */
  readonly #cache: readonly { readonly past: Port; readonly present: string; readonly shape: readonly number[] }[];
  readonly #names: ReadonlySet<string>;

  constructor(path: string, run: OnnxModel, config: Record<string, unknown>) {
    this.#run = run;
    this.#names = new Set(run.inputs.map(({ name }) => name));
    const size = (key: string) => (typeof config[key] === 'number' ? (config[key] as number) : undefined);
    const logits = run.outputs.find(({ name }) => name === 'logits');
    const width = logits?.shape?.at(-1);
    const vocabulary = typeof width === 'number' ? width : size('vocab_size');
    if (logits === undefined || vocabulary === undefined)
      throw new SyntaxError(
        `${path}: expected an output logits of known width, got ${run.outputs.map(({ name }) => name)}`,
      );
    this.vocabulary = vocabulary;
    this.context = size('max_position_embeddings') ?? size('n_positions') ?? size('n_ctx') ?? Number.POSITIVE_INFINITY;

    const known = new Set(['input_ids', 'attention_mask', 'position_ids', 'use_cache_branch']);
    const past = run.inputs.filter(({ name }) => name.startsWith('past_key_values.'));
    const odd = run.inputs.filter((port) => !known.has(port.name) && !past.includes(port)).map(({ name }) => name);
    if (!this.#names.has('input_ids') || past.length === 0 || odd.length > 0) {
      const wanted = 'input_ids, attention_mask, position_ids and past_key_values.*';
      const got = odd.length > 0 ? `also ${odd}` : `${[...this.#names]}`;
      throw new SyntaxError(`${path}: expected inputs ${wanted}, got ${got}`);
    }
    const outputs = new Set(run.outputs.map(({ name }) => name));
    this.#cache = past.map((port) => {
      const present = port.name.replace('past_key_values', 'present');
      const [, heads, , width] = port.shape ?? [];
      if (!outputs.has(present) || typeof heads !== 'number' || typeof width !== 'number')
        throw new SyntaxError(`${path}: expected ${port.name} of [batch, heads, past, width] beside ${present}`);
      return { past: port, present, shape: [heads, width] };
    });
  }

  async begin(prompts: readonly (readonly number[])[]): Promise<Decoding> {
    for (const prompt of prompts) this.#check('begin', prompt);
    const longest = prompts.reduce((most, { length }) => Math.max(most, length), 0);
    const fill = prompts.map(({ length }) => longest - length);
    const rows = prompts.map((prompt, r) => [...Array<number>(fill[r]!).fill(0), ...prompt]);
    const first = await this.step(rows, fill, 0, this.empty(rows.length));
    return new OnnxDecoding(this, fill, longest, first);
  }

  async score(pairs: readonly Continued[], options: ScoreOptions = {}): Promise<Scored[]> {
    const { done, signal, alternatives = 0 } = options;
    for (const { prompt, continuation } of pairs) {
      if (continuation.length === 0)
        throw new RangeError('score: expected a continuation of at least one token, got none');
      this.#check('score', [...prompt, ...continuation.slice(0, -1)]);
      this.#check('score', continuation.slice(-1));
    }
    const found: Scored[] = [];
    const length = (i: number) => pairs[i]!.prompt.length + pairs[i]!.continuation.length - 1;
    const order = [...pairs.keys()].sort((a, b) => length(b) - length(a));
    for (let from = 0; from < order.length; ) {
      signal?.throwIfAborted();
      const longest = length(order[from]!);
      const batch = order.slice(from, from + Math.max(1, Math.floor(scoredTokensOfRun / longest)));
      const rows = batch.map((i) => {
        const { prompt, continuation } = pairs[i]!;
        const row = [...prompt, ...continuation.slice(0, -1)];
        return [...row, ...Array<number>(longest - row.length).fill(0)]; // what follows a row changes nothing in it
      });
      const { logits } = await this.step(
        rows,
        rows.map(() => 0),
        0,
        this.empty(rows.length),
      );
      for (const [r, i] of batch.entries()) {
        const { prompt, continuation } = pairs[i]!;
        const logProbs = new Float32Array(continuation.length);
        const best: Alternatives[] = [];
        const greedy = continuation.map((token, t) => {
          const at = (r * longest + prompt.length - 1 + t) * this.vocabulary;
          const row = logits.subarray(at, at + this.vocabulary);
          const norm = logSumExp(row);
          logProbs[t] = row[token]! - norm;
          if (alternatives > 0) best.push(mostLikely(row, norm, alternatives));
          return row.indexOf(row.reduce((most, x) => Math.max(most, x))) === token;
        });
        found[i] = { logProbs, greedy, ...(alternatives > 0 && { alternatives: best }) };
      }
      from += batch.length;
      done?.(from);
    }
    return found;
  }

  /** A cache of no tokens. */
  empty(rows: number): NDArray[] {
    return this.#cache.map(({ past, shape: [heads, width] }) => zeros(past, [rows, heads!, 0, width!]));
  }

  /**
   * Runs new tokens after a cache.
   * @param fill of each row, places at its left that the mask hides
   * @param done tokens in the cache
   */
  async step(
    rows: readonly (readonly number[])[],
    fill: readonly number[],
    done: number,
    past: readonly NDArray[],
  ): Promise<Ran> {
    const count = rows.length;
    const length = rows[0]?.length ?? 0;
    const whole = done + length;
    const inputs: Record<string, NDArray> = { input_ids: ints(rows.flat(), [count, length]) };
    if (this.#names.has('attention_mask')) {
      const mask = fill.flatMap((hidden) => Array.from({ length: whole }, (_, i) => (i < hidden ? 0 : 1)));
      inputs.attention_mask = ints(mask, [count, whole]);
    } else if (fill.some((hidden) => hidden > 0))
      throw new RangeError('begin: expected prompts of one length for a model without attention_mask, got several');
    if (this.#names.has('position_ids')) {
      const places = fill.flatMap((hidden) => Array.from({ length }, (_, i) => Math.max(0, done + i - hidden)));
      inputs.position_ids = ints(places, [count, length]);
    }
    if (this.#names.has('use_cache_branch'))
      inputs.use_cache_branch = new NDArray('bool', [1], Uint8Array.of(done > 0 ? 1 : 0));
    for (const [i, { past: port }] of this.#cache.entries()) inputs[port.name] = past[i]!;
    const outputs = await this.#run(inputs);
    const logits = toFloats(outputs.logits!);
    return {
      logits: logits instanceof Float32Array ? logits : Float32Array.from(logits),
      cache: this.#cache.map(({ present }) => outputs[present]!),
    };
  }

  #check(op: string, row: readonly number[]): void {
    if (row.length === 0) throw new RangeError(`${op}: expected a prompt of at least one token, got none`);
    const odd = row.find((id) => !(Number.isInteger(id) && id >= 0 && id < this.vocabulary));
    if (odd !== undefined) throw new RangeError(`${op}: expected tokens of 0 to ${this.vocabulary - 1}, got ${odd}`);
    if (row.length > this.context)
      throw new RangeError(`${op}: expected rows of at most ${this.context} tokens, got ${row.length}`);
  }
}

/** What a run gives: logits of every place, and the cache. */
interface Ran {
  /** [rows, length, vocabulary] */
  readonly logits: Float32Array;
  readonly cache: readonly NDArray[];
}

class OnnxDecoding implements Decoding {
  logits: Float32Array;
  readonly #model: OnnxLanguageModel;
  #fill: readonly number[];
  #length: number;
  #cache: readonly NDArray[];

  constructor(model: OnnxLanguageModel, fill: readonly number[], length: number, { logits, cache }: Ran) {
    this.#model = model;
    this.#fill = fill;
    this.#length = length;
    this.#cache = cache;
    const { vocabulary } = model;
    this.logits = new Float32Array(fill.length * vocabulary);
    for (const r of fill.keys()) {
      const last = ((r + 1) * length - 1) * vocabulary;
      this.logits.set(logits.subarray(last, last + vocabulary), r * vocabulary);
    }
  }

  get rows(): number {
    return this.#fill.length;
  }

  get room(): readonly number[] {
    return this.#fill.map((hidden) => this.#model.context - (this.#length - hidden));
  }

  async advance(parents: readonly number[], tokens: readonly number[]): Promise<void> {
    const { room, rows } = this;
    const { vocabulary } = this.#model;
    for (const [i, parent] of parents.entries()) {
      const token = tokens[i]!;
      if (!(Number.isInteger(parent) && parent >= 0 && parent < rows))
        throw new RangeError(`advance: expected parents of 0 to ${rows - 1}, got ${parent}`);
      if (!(Number.isInteger(token) && token >= 0 && token < vocabulary))
        throw new RangeError(`advance: expected tokens of 0 to ${vocabulary - 1}, got ${token}`);
      if (room[parent]! < 1) throw new RangeError(`advance: expected rows with room in the context, got row ${parent}`);
    }
    if (parents.length === 0) {
      this.#fill = [];
      this.#cache = [];
      this.logits = new Float32Array(0);
      return;
    }
    const same = parents.length === rows && parents.every((parent, i) => parent === i);
    const cache = same ? this.#cache : this.#cache.map((array) => takeRows(array, parents));
    const fill = parents.map((parent) => this.#fill[parent]!);
    const ran = await this.#model.step(
      tokens.map((token) => [token]),
      fill,
      this.#length,
      cache,
    );
    this.#fill = fill;
    this.#length++;
    this.#cache = ran.cache;
    this.logits = ran.logits;
  }

  close(): void {
    this.#cache = [];
  }
}

function ints(values: readonly number[], shape: readonly number[]): NDArray {
  return new NDArray('int64', shape, BigInt64Array.from(values, BigInt));
}

function zeros({ dtype }: Port, shape: readonly number[]): NDArray {
  return new NDArray(dtype, shape, allocate(dtype, 0));
}

function takeRows(source: NDArray, rows: readonly number[]): NDArray {
  const { data, shape, dtype } = source;
  const size = data.length / shape[0]!;
  const taken = allocate(dtype, rows.length * size);
  for (const [i, row] of rows.entries()) taken.set(data.subarray(row * size, (row + 1) * size) as never, i * size);
  return new NDArray(dtype, [rows.length, ...shape.slice(1)], taken);
}
