/**
 * A language model that also copies: P(t | row, q) = (1 − g) · P_model(t | row, q) + g · P_copy(t | last token, q).
 *
 * What answers a query mostly says some of its words. A large pre-trained model knows that; a small one that learns for
 * minutes does not get so far, and is told: P_copy takes what follows the row's last token in the query, if that is there,
 * or else any token of the query that begins a word. It is the pointer of A. See, P. J. Liu, C. D. Manning, "Get to the
 * point" (ACL 2017), with a fixed share g and attention that is not learned. With g = 0 it is the model alone.
 * The model is trained alone: trained as a mixture it leaves to copying what the query says, and finds less.
 */
import type { Decoding, LocalLanguageModel } from '../../../text/index.ts';

/** Share of what follows in the query, where the last token is of it; the rest goes to the tokens that begin its words. */
const FOLLOW = 0.8;

/** What a query would say next. */
class Query {
  readonly #all = new Map<number, number>();
  readonly #after = new Map<number, Map<number, number>>();

  /** @param begins whether a token may come first, or after one that is not of the query: it begins a word */
  constructor(tokens: readonly number[], begins: (token: number) => boolean) {
    const first = tokens.filter(begins);
    const add = (to: Map<number, number>, token: number, share: number) => to.set(token, (to.get(token) ?? 0) + share);
    const follows = new Map<number, number[]>();
    for (const token of first) add(this.#all, token, 1 / first.length);
    for (const [i, token] of tokens.entries()) {
      const next = tokens[i + 1];
      if (next !== undefined) follows.set(token, [...(follows.get(token) ?? []), next]);
    }
    const follow = this.#all.size === 0 ? 1 : FOLLOW;
    for (const [token, next] of follows) {
      const own = new Map<number, number>();
      for (const one of next) add(own, one, follow / next.length);
      for (const [one, share] of this.#all) add(own, one, (1 - FOLLOW) * share);
      this.#after.set(token, own);
    }
  }

  /** P_copy, of the tokens that have any; none for a query without tokens. */
  next(last: number | undefined): ReadonlyMap<number, number> {
    return (last === undefined ? undefined : this.#after.get(last)) ?? this.#all;
  }
}

/** What a model that copies has to know of tokens. */
export interface CopiedTokens {
  /** Whether a token of a prompt is text, and no mark. */
  isText(token: number): boolean;
  /** Whether it begins a word. */
  beginsWord(token: number): boolean;
}

/** How a model copies. */
export interface Copier {
  /** g, from 0 to 1. */
  readonly share: number;
  readonly tokens: CopiedTokens;
}

/** Share of what small models copy. */
export const COPY = 0.5;

function queryOf(prompt: readonly number[], tokens: CopiedTokens): Query {
  const text = prompt.filter((token) => tokens.isText(token));
  return new Query(text, (token) => tokens.beginsWord(token));
}

/** P_copy of each token of a continuation; undefined where there is nothing to copy. */
export function copiedChances(
  prompt: readonly number[],
  continuation: readonly number[],
  tokens: CopiedTokens,
): (number | undefined)[] {
  const query = queryOf(prompt, tokens);
  return continuation.map((token, t) => {
    const next = query.next(continuation[t - 1]);
    return next.size === 0 ? undefined : (next.get(token) ?? 0);
  });
}

/**
 * A model that copies from its prompts.
 * @param share g, from 0 to 1
 */
export function copying(model: LocalLanguageModel, share: number, tokens: CopiedTokens): LocalLanguageModel {
  if (share === 0) return model;
  const { vocabulary } = model;
  return {
    vocabulary,
    context: model.context,
    begin: async (prompts, watch) =>
      new Copying(
        await model.begin(prompts, watch),
        vocabulary,
        share,
        prompts.map((prompt) => queryOf(prompt, tokens)),
      ),
    score: async (pairs, watch) => {
      const scored = await model.score(pairs, watch);
      return scored.map((one, i) => {
        const { prompt, continuation } = pairs[i]!;
        const copied = copiedChances(prompt, continuation, tokens);
        const logProbs = one.logProbs.map((logProb, t) => {
          const chance = copied[t];
          return chance === undefined ? logProb : mixed(logProb, share, chance);
        });
        return { ...one, logProbs };
      });
    },
    release: () => model.release(),
  };
}

/** ln((1 − g) p + g c) of ln p. */
function mixed(logProb: number, share: number, copied: number): number {
  return Math.log((1 - share) * Math.exp(logProb) + share * copied);
}

/** Rows that copy. */
class Copying implements Decoding {
  logits: Float32Array;
  readonly #inner: Decoding;
  readonly #vocabulary: number;
  readonly #share: number;
  /** By row: its query and its last token. */
  #rows: readonly { readonly query: Query; readonly last: number | undefined }[];

  constructor(inner: Decoding, vocabulary: number, share: number, queries: readonly Query[]) {
    this.#inner = inner;
    this.#vocabulary = vocabulary;
    this.#share = share;
    this.#rows = queries.map((query) => ({ query, last: undefined }));
    this.logits = this.#mixed();
  }

  get rows(): number {
    return this.#inner.rows;
  }

  get room(): readonly number[] {
    return this.#inner.room;
  }

  async advance(parents: readonly number[], tokens: readonly number[]): Promise<void> {
    await this.#inner.advance(parents, tokens);
    this.#rows = parents.map((parent, i) => ({ query: this.#rows[parent]!.query, last: tokens[i]! }));
    this.logits = this.#mixed();
  }

  close(): void {
    this.#inner.close();
  }

  /** Logits whose softmax is the mixture, with the sum that the model's have. */
  #mixed(): Float32Array {
    const width = this.#vocabulary;
    const { logits } = this.#inner;
    const out = new Float32Array(logits.length);
    const rest = Math.log(1 - this.#share);
    for (const [r, { query, last }] of this.#rows.entries()) {
      const row = logits.subarray(r * width, (r + 1) * width);
      const own = out.subarray(r * width, (r + 1) * width);
      let most = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < width; i++) if (row[i]! > most) most = row[i]!;
      let sum = 0;
      for (let i = 0; i < width; i++) sum += Math.exp(row[i]! - most);
      const norm = most + Math.log(sum);
      const copied = query.next(last);
      const kept = copied.size === 0 ? 0 : rest;
      for (let i = 0; i < width; i++) own[i] = row[i]! + kept;
      for (const [token, chance] of copied) own[token] = mixed(row[token]! - norm, this.#share, chance) + norm;
    }
    return out;
  }
}
