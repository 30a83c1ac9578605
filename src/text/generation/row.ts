/**
 * A row being written, and what every step of generation does with it before a token is chosen: check its logits, apply
 * the rules, and find what may come next.
 *
 * Two log-probabilities are told apart. What is *reported* of a token is the model's own, ln p(token | row), whatever
 * rules and constraints were at work, so that it equals the likelihood of the same text. What tokens are *chosen* by is
 * the log-softmax of the penalised logits; bans and constraints then take tokens away without renormalising.
 */
import type { Alternatives, Decoding } from '../decoding.ts';
import { Best } from './best.ts';
import { type Allowed, Choices, type Constraint, settle } from './constraint.ts';
import { logSumExp } from './log-sum-exp.ts';
import { bannedNext, checkRules, penalize, penalizes, type RepetitionRules } from './rules.ts';

/** Follows the text of a row, token by token. */
export interface Reader {
  /** Takes a token in. @returns whether the row is complete with it */
  push(token: number): boolean;
  /** An independent copy, for a row that parts from this one. */
  fork(): Reader;
}

/** What ended a row: an end token, a stop string, the most tokens (or a full context), or nothing that may follow. */
export type Finish = 'end' | 'stop' | 'length' | 'constraint';

/** What a generation of any kind is told. */
export interface StepOptions<State> extends RepetitionRules {
  /** Most new tokens; forced ones and the end token count. Default 256. */
  readonly maxTokens?: number;
  /** An end token may come after so many new tokens. Default 0. */
  readonly minTokens?: number;
  /** Tokens that end a row. They must be allowed by the constraint, too. Default none. */
  readonly end?: number | readonly number[];
  /** Tokens that every continuation begins with. They are part of it, and their log-probabilities of its score. */
  readonly forced?: readonly number[];
  readonly constraint?: Constraint<State>;
  /** How many of the most likely tokens to report at each place. Default 0. */
  readonly alternatives?: number;
  /** Makes what follows a row's text, to end it. */
  readonly reader?: (prompt: number) => Reader;
  readonly signal?: AbortSignal;
}

/** A row being written after its prompt. */
export interface Row<State> {
  /** Place of its prompt among those given. */
  readonly prompt: number;
  readonly tokens: readonly number[];
  readonly logProbs: readonly number[];
  /** Sum of the log-probabilities that its tokens were chosen by. */
  readonly score: number;
  readonly alternatives: readonly Alternatives[];
  readonly state: State;
  readonly reader: Reader | undefined;
}

/** One row's step, ready for a choice. Valid until the next row's. */
export interface RowStep {
  /** What may be chosen, with penalised logits; a ban is −∞. */
  readonly choices: Choices;
  /** ln Σ exp of the penalised logits: what to take from a choice's logit for its log-probability. */
  readonly norm: number;
  /** ln Σ exp of the model's own logits. */
  readonly own: number;
}

/** What a token was chosen by. */
export interface Chosen {
  /** The model's own logits of the row. */
  readonly logits: Float32Array;
  /** Their ln Σ exp. */
  readonly own: number;
  /** The row's score with the token. */
  readonly score: number;
  /** How many tokens the row could take before it. */
  readonly room: number;
}

/** The step of every row of a generation. */
export class Steps<State> {
  readonly maxTokens: number;
  readonly minTokens: number;
  readonly ends: ReadonlySet<number>;
  readonly forced: readonly number[];
  readonly #op: string;
  readonly #prompts: readonly (readonly number[])[];
  readonly #options: StepOptions<State>;
  readonly #choices: Choices;
  /** A copy of a row, where rules change it. */
  readonly #edited: Float32Array;

  /** @throws RangeError for the first option that makes no sense */
  constructor(op: string, vocabulary: number, prompts: readonly (readonly number[])[], options: StepOptions<State>) {
    const { maxTokens = 256, minTokens = 0, end = [], forced = [], alternatives = 0, badWords = [] } = options;
    const whole = (name: string, value: number, least: number) => {
      if (!(Number.isSafeInteger(value) && value >= least))
        throw new RangeError(`${op}: expected ${name} to be a whole number of at least ${least}, got ${value}`);
    };
    whole('maxTokens', maxTokens, 1);
    whole('minTokens', minTokens, 0);
    whole('alternatives', alternatives, 0);
    if (minTokens > maxTokens)
      throw new RangeError(`${op}: expected minTokens of at most maxTokens ${maxTokens}, got ${minTokens}`);
    if (forced.length > maxTokens)
      throw new RangeError(`${op}: expected at most maxTokens ${maxTokens} forced tokens, got ${forced.length}`);
    this.ends = new Set(typeof end === 'number' ? [end] : end);
    const odd = [...this.ends, ...forced, ...badWords.flat()].find(
      (id) => !(Number.isInteger(id) && id >= 0 && id < vocabulary),
    );
    if (odd !== undefined) throw new RangeError(`${op}: expected token ids in [0, ${vocabulary}), got ${odd}`);
    checkRules(op, options);
    this.maxTokens = maxTokens;
    this.minTokens = minTokens;
    this.forced = forced;
    this.#op = op;
    this.#prompts = prompts;
    this.#options = options;
    this.#choices = new Choices(vocabulary);
    this.#edited = new Float32Array(vocabulary);
  }

  /**
   * The rows that a generation begins with, one a prompt.
   * @throws RangeError for a prompt that leaves no room
   */
  async begin({ room }: Decoding): Promise<Row<State>[]> {
    const { constraint, reader } = this.#options;
    const full = room.findIndex((left) => left < 1);
    if (full >= 0)
      throw new RangeError(
        `${this.#op}: expected prompts that leave room in the context, got ${this.#prompts[full]!.length} tokens in prompt ${full}`,
      );
    const states = await Promise.all(this.#prompts.map((prompt, i) => constraint?.start(prompt, i)));
    return this.#prompts.map((_, prompt) => ({
      prompt,
      tokens: [],
      logProbs: [],
      score: 0,
      alternatives: [],
      state: states[prompt] as State,
      reader: reader?.(prompt),
    }));
  }

  /** What each row may be followed by; the tokens that it is forced to begin with come first. */
  allowed(rows: readonly Row<State>[]): (Allowed | Promise<Allowed>)[] {
    const { constraint } = this.#options;
    return rows.map(({ tokens, state }) => {
      const forced = this.forced[tokens.length];
      if (forced !== undefined) return [forced];
      return constraint === undefined ? 'any' : constraint.allowed(state);
    });
  }

  /**
   * Prepares a row's choice.
   * @throws RangeError naming prompt and step, for logits that are not finite
   */
  prepare(row: Row<State>, logits: Float32Array, allowed: Allowed): RowStep {
    const { countPrompt = true } = this.#options;
    const history = { prompt: countPrompt ? this.#prompts[row.prompt]! : [], tokens: row.tokens };
    const banned = bannedNext(history, this.#options);
    if (row.tokens.length < this.minTokens) banned.push(...this.ends);
    const penalized = penalizes(this.#options);
    const own = this.#norm(row, logits);
    if (!penalized && banned.length === 0) return { choices: this.#choices.take(logits, allowed), norm: own, own };
    this.#edited.set(logits);
    if (penalized) penalize(this.#edited, history, this.#options);
    const norm = penalized ? this.#norm(row, this.#edited) : own;
    // A token that the row is forced to begin with is above the rules.
    if (this.forced[row.tokens.length] === undefined)
      for (const token of banned) this.#edited[token] = Number.NEGATIVE_INFINITY;
    return { choices: this.#choices.take(this.#edited, allowed), norm, own };
  }

  /** The row with one more token, its state still the one before, and what ended it, if something did. */
  extend(row: Row<State>, token: number, by: Chosen): { row: Row<State>; finish: Finish | undefined } {
    const { alternatives = 0 } = this.#options;
    const reader = row.reader?.fork();
    const tokens = [...row.tokens, token];
    const complete = reader?.push(token) ?? false;
    const finish = this.ends.has(token)
      ? 'end'
      : complete
        ? 'stop'
        : tokens.length >= this.maxTokens || by.room <= 1
          ? 'length'
          : undefined;
    return {
      row: {
        prompt: row.prompt,
        tokens,
        logProbs: [...row.logProbs, by.logits[token]! - by.own],
        score: by.score,
        alternatives: alternatives === 0 ? [] : [...row.alternatives, mostLikely(by.logits, by.own, alternatives)],
        state: row.state,
        reader,
      },
      finish,
    };
  }

  /** Rows that go on, with the states after their last tokens. */
  async follow(rows: readonly Row<State>[]): Promise<readonly Row<State>[]> {
    const { constraint } = this.#options;
    if (constraint === undefined) return rows;
    const states = await settle(rows.map(({ state, tokens }) => constraint.next(state, tokens.at(-1)!)));
    return rows.map((row, i) => ({ ...row, state: states[i]! }));
  }

  #norm(row: Row<State>, logits: Float32Array): number {
    const norm = logSumExp(logits);
    if (Number.isFinite(norm)) return norm;
    const at = logits.findIndex((x) => Number.isNaN(x) || x === Number.POSITIVE_INFINITY);
    const got = at < 0 ? 'only −∞' : `${logits[at]} for token ${at}`;
    throw new RangeError(
      `${this.#op}: expected finite logits, got ${got} in step ${row.tokens.length + 1} of prompt ${row.prompt}`,
    );
  }
}

/** Row r of a decoding's logits. */
export function logitsOf(decoding: Decoding, vocabulary: number, r: number): Float32Array {
  return decoding.logits.subarray(r * vocabulary, (r + 1) * vocabulary);
}

/** The `count` most likely tokens. */
export function mostLikely(logits: Float32Array, norm: number, count: number): Alternatives {
  const best = new Best(Math.min(count, logits.length));
  for (let id = 0; id < logits.length; id++) if (logits[id]! >= best.floor) best.offer(logits[id]!, id);
  const sorted = best.sorted();
  return { ids: sorted.map(({ item }) => item), logProbs: sorted.map(({ score }) => score - norm) };
}
