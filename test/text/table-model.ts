/**
 * A language model that is a table: logits are a fixed function of the last tokens. It is exact, so that whatever
 * generation finds can be held against the enumeration of every sequence.
 */
import type { Alternatives, Continued, Decoding, LanguageModel, Scored, ScoreOptions } from 'tenfold/text';

export interface TableOptions {
  readonly vocabulary: number;
  /** Tokens that the next one depends on. Default 2. */
  readonly order?: number;
  readonly seed?: number;
  readonly context?: number;
  /** Logits lie in ±spread. Default 3. */
  readonly spread?: number;
}

/** A number in [0, 1) of some integers: a hash of them. */
function hashed(parts: readonly number[]): number {
  let h = 0x811c9dc5;
  for (const part of parts) {
    h = Math.imul(h ^ part, 0x01000193) ^ (h >>> 15);
    h = Math.imul(h ^ (h >>> 13), 0x5bd1e995);
  }
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

export class TableModel implements LanguageModel {
  readonly vocabulary: number;
  readonly context: number;
  readonly #order: number;
  readonly #seed: number;
  readonly #spread: number;
  readonly #table = new Map<string, Float32Array>();
  /** Decodings that were not closed. */
  open = 0;
  /** Rows that were asked for logits, over all steps. */
  rows = 0;

  constructor({ vocabulary, order = 2, seed = 0, context = Number.POSITIVE_INFINITY, spread = 3 }: TableOptions) {
    this.vocabulary = vocabulary;
    this.context = context;
    this.#order = order;
    this.#seed = seed;
    this.#spread = spread;
  }

  /** Logits after a row of tokens. */
  logits(row: readonly number[]): Float32Array {
    const last = row.slice(-this.#order);
    const key = last.join(' ');
    const known = this.#table.get(key);
    if (known) return known;
    const logits = Float32Array.from({ length: this.vocabulary }, (_, id) => {
      return this.#spread * (2 * hashed([this.#seed, last.length, ...last, id]) - 1);
    });
    this.#table.set(key, logits);
    return logits;
  }

  /** ln p(token | row), in float64 by the definition. */
  logProb(row: readonly number[], token: number): number {
    const logits = this.logits(row);
    return logits[token]! - Math.log(logits.reduce((total, x) => total + Math.exp(x), 0));
  }

  async begin(prompts: readonly (readonly number[])[]): Promise<Decoding> {
    const model = this;
    let rows = prompts.map((prompt) => [...prompt]);
    const check = () => {
      for (const row of rows) {
        if (row.length === 0 || row.length > model.context || row.some((id) => !(id >= 0 && id < model.vocabulary)))
          throw new RangeError(`table: expected rows of 1 to ${model.context} tokens, got ${row}`);
      }
    };
    const write = () => {
      check();
      model.rows += rows.length;
      const logits = new Float32Array(rows.length * model.vocabulary);
      for (const [r, row] of rows.entries()) logits.set(model.logits(row), r * model.vocabulary);
      return logits;
    };
    let logits = write();
    model.open++;
    return {
      get rows() {
        return rows.length;
      },
      get logits() {
        return logits;
      },
      get room() {
        return rows.map((row) => model.context - row.length);
      },
      async advance(parents, tokens) {
        logits.fill(Number.NaN); // what it may do: whoever still reads the old ones finds out
        rows = parents.map((parent, i) => [...rows[parent]!, tokens[i]!]);
        logits = write();
      },
      close() {
        model.open--;
      },
    };
  }

  async score(pairs: readonly Continued[], options: ScoreOptions = {}): Promise<Scored[]> {
    const { done, signal, alternatives = 0 } = options;
    signal?.throwIfAborted();
    done?.(pairs.length);
    return pairs.map(({ prompt, continuation }) => {
      const places = continuation.map((token, t) => ({ row: [...prompt, ...continuation.slice(0, t)], token }));
      return {
        logProbs: Float32Array.from(places, ({ row, token }) => this.logProb(row, token)),
        greedy: places.map(({ row, token }) => {
          const logits = this.logits(row);
          return logits.indexOf(Math.max(...logits)) === token;
        }),
        ...(alternatives > 0 && { alternatives: places.map(({ row }) => this.likeliest(row, alternatives)) }),
      };
    });
  }

  /** The most likely tokens after a row. */
  likeliest(row: readonly number[], count: number): Alternatives {
    const logits = this.logits(row);
    const ids = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]!).slice(0, count);
    return { ids, logProbs: ids.map((id) => this.logProb(row, id)) };
  }
}

/** Every sequence that generation can write: up to `maxTokens` tokens, or fewer with an end token. */
export function enumerate(
  model: TableModel,
  prompt: readonly number[],
  { maxTokens, end }: { maxTokens: number; end?: number },
  allowed: (tokens: readonly number[]) => readonly number[] = () =>
    Array.from({ length: model.vocabulary }, (_, i) => i),
): { tokens: number[]; score: number }[] {
  const done: { tokens: number[]; score: number }[] = [];
  const walk = (tokens: number[], score: number) => {
    const next = tokens.length === maxTokens || tokens.at(-1) === end ? [] : allowed(tokens);
    if (tokens.length > 0 && next.length === 0) done.push({ tokens, score });
    for (const token of next) walk([...tokens, token], score + model.logProb([...prompt, ...tokens], token));
  };
  walk([], 0);
  return done;
}
