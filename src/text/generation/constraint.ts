/**
 * Arbitrary constraints on the next token: what may follow a prefix.
 *
 * A constraint is an automaton. Each row of a generation carries a state, which is asked what may come next, and makes
 * the next state when a token was chosen. A beam that parts in two hands its state to both, so that nothing is computed
 * twice: a range in an FM-index narrows by one token a step, where a function of the prefix would search from the start.
 * States are values: `next` must leave the one that it was given as it was. All may be asynchronous; rows are then asked
 * at once.
 *
 * Tokens that are not allowed cannot be chosen; the log-probabilities of the others stay what the model gives them, so
 * that rows under different constraints compare (as SEAL does: Bevilacqua et al. 2022, section 3.2).
 */

/**
 * Tokens that may come next, in the form that is cheapest to make: all of them, their ids in ascending order, or a
 * bitmap (bit `id & 31` of word `id >> 5`). None: the row ends here.
 */
export type Allowed = 'any' | ArrayLike<number> | { readonly bitmap: Uint32Array };

/** What may follow, along every row. */
export interface Constraint<State> {
  /** The state of a prompt without continuation. @param index the prompt's place among those given */
  start(prompt: readonly number[], index: number): State | Promise<State>;
  /** What may come next. */
  allowed(state: State): Allowed | Promise<Allowed>;
  /** The state after one more token. */
  next(state: State, token: number): State | Promise<State>;
}

/**
 * A constraint that is a function of the tokens written so far.
 * @example
 * // no token twice in a row
 * constrain((tokens) => ids.filter((id) => id !== tokens.at(-1)))
 */
export function constrain(
  allowed: (tokens: readonly number[], prompt: readonly number[]) => Allowed | Promise<Allowed>,
): Constraint<{ readonly tokens: readonly number[]; readonly prompt: readonly number[] }> {
  return {
    start: (prompt) => ({ tokens: [], prompt }),
    allowed: ({ tokens, prompt }) => allowed(tokens, prompt),
    next: ({ tokens, prompt }, token) => ({ tokens: [...tokens, token], prompt }),
  };
}

/** Settles what may be promises, without leaving the thread where none is. */
export function settle<T>(values: readonly (T | Promise<T>)[]): readonly T[] | Promise<T[]> {
  return values.some((value) => value instanceof Promise) ? Promise.all(values) : (values as readonly T[]);
}

/** The tokens of one row that may be chosen, with their logits. */
export class Choices {
  /** How many. */
  count = 0;
  /** [count]: logits. */
  values: Float32Array;
  readonly #ids: Int32Array;
  readonly #own: Float32Array;
  #all = true;

  constructor(vocabulary: number) {
    this.#ids = new Int32Array(vocabulary);
    this.#own = new Float32Array(vocabulary);
    this.values = this.#own;
  }

  /** The token of the i-th choice; ascending. */
  id(i: number): number {
    return this.#all ? i : this.#ids[i]!;
  }

  /**
   * Takes a row's choices; they hold until the next call.
   * @throws RangeError for ids that do not ascend or lie outside the vocabulary, and for a bitmap of another size;
   * TypeError for what is none of these
   */
  take(row: Float32Array, allowed: Allowed): this {
    this.#all = allowed === 'any';
    if (allowed === 'any') {
      this.values = row;
      this.count = row.length;
      return this;
    }
    const object = typeof allowed === 'object' && allowed !== null;
    if (!object || !('bitmap' in allowed || Number.isInteger(allowed.length))) {
      const got = object ? Object.prototype.toString.call(allowed) : String(allowed);
      throw new TypeError(`constraint: expected 'any', an array of ids or a bitmap, got ${got}`);
    }
    this.values = this.#own;
    this.count = 0;
    if ('bitmap' in allowed) this.#takeBitmap(row, allowed.bitmap);
    else this.#takeIds(row, allowed as ArrayLike<number>);
    return this;
  }

  #takeIds(row: Float32Array, ids: ArrayLike<number>): void {
    const [to, values] = [this.#ids, this.#own];
    let last = -1;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!;
      if (!(id > last && id < row.length && Number.isInteger(id)))
        throw new RangeError(
          `constraint: expected ascending ids below ${row.length}, got ${id}${i === 0 ? '' : ` after ${last}`}`,
        );
      to[i] = id;
      values[i] = row[id]!;
      last = id;
    }
    this.count = ids.length;
  }

  #takeBitmap(row: Float32Array, bitmap: Uint32Array): void {
    const words = Math.ceil(row.length / 32);
    if (bitmap.length !== words)
      throw new RangeError(
        `constraint: expected a bitmap of ${words} words for ${row.length} tokens, got ${bitmap.length}`,
      );
    let count = 0;
    for (let at = 0; at < words; at++) {
      for (let word = bitmap[at]!; word !== 0; word &= word - 1) {
        const id = 32 * at + 31 - Math.clz32(word & -word);
        if (id >= row.length)
          throw new RangeError(`constraint: expected a bitmap of ${row.length} tokens, got one with bit ${id}`);
        this.#ids[count] = id;
        this.#own[count++] = row[id]!;
      }
    }
    this.count = count;
  }
}
