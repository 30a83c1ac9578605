/**
 * Differentiable search index: the documents lie in the weights, and the model writes the number of the one it means.
 *
 * Trained to write a document's number for spans of it (indexing) and for queries that it answers (retrieval); numbers are
 * written digit by digit, all of one length, and a beam search may only write numbers that there are. There is no index to
 * ask, and nothing to show but the number: the baseline that SEAL is measured against.
 *
 * Y. Tay et al., "Transformer Memory as a Differentiable Search Index" (arXiv 2202.06991): naively structured string
 * identifiers.
 */

import { beamSearch, constrain, type LanguageModel } from '../../../text/index.ts';
import type { StoredDocument } from '../collection/segment.ts';
import type { Coder } from '../searcher/coder.ts';
import { Draws } from '../training/draws.ts';
import type { JudgedQuery, TokenPair } from '../training/pairs.ts';
import { anySpan, wordsIn } from '../training/spans.ts';

/** How numbers are written for a collection of some size. */
export class Numbers {
  readonly count: number;
  /** By digit, its token. */
  readonly digits: readonly number[];
  readonly #length: number;

  /** @throws TypeError for a tokenizer without the digits */
  constructor({ tokenizer }: Coder, count: number) {
    this.count = count;
    this.#length = String(Math.max(0, count - 1)).length;
    this.digits = Array.from({ length: 10 }, (_, digit) => {
      const id = tokenizer.id(String(digit));
      if (id === undefined) throw new TypeError(`dsi: expected a tokenizer with a token for ${digit}, got none`);
      return id;
    });
  }

  /** Tokens of every number. */
  get length(): number {
    return this.#length;
  }

  write(number: number): number[] {
    return Array.from(String(number).padStart(this.#length, '0'), (digit) => this.digits[Number(digit)]!);
  }

  read(tokens: readonly number[]): number {
    return tokens.reduce((number, token) => 10 * number + this.digits.indexOf(token), 0);
  }

  /** Tokens that go on to a number that there is, in ascending order. */
  next(tokens: readonly number[]): number[] {
    const unit = 10 ** (this.#length - tokens.length - 1);
    if (unit < 1) return [];
    const begun = 10 * this.read(tokens);
    return this.digits.filter((_, digit) => (begun + digit) * unit < this.count).sort((a, b) => a - b);
  }
}

export interface DsiPairOptions {
  readonly coder: Coder;
  readonly documents: readonly StoredDocument[];
  readonly queries?: readonly JudgedQuery[];
  /** Spans of each document, its title and beginning not counted. Default 3. */
  readonly spans?: number;
  /** How often each judged query is told. Default 10. */
  readonly repeats?: number;
  readonly context: number;
  readonly seed?: number;
}

/** What a search index of this kind learns from. */
export function dsiPairs(options: DsiPairOptions): TokenPair[] {
  const { coder, documents, queries = [], spans = 3, repeats = 10, context, seed = 0 } = options;
  const numbers = new Numbers(coder, documents.length);
  const draws = new Draws(seed, 2);
  const pairs: TokenPair[] = [];
  const add = (asked: string, number: number, supervision: 'supervised' | 'unsupervised'): void => {
    const source = coder.prompt(coder.encode(asked), 'body', supervision, context);
    pairs.push({ source, target: numbers.write(number) });
  };
  const numberOf = new Map(documents.map(({ id }, number) => [id, number]));
  for (const [number, { title, text }] of documents.entries()) {
    const words = wordsIn(text);
    add(text, number, 'unsupervised');
    if (title !== undefined) add(title, number, 'unsupervised');
    for (let i = 0; i < spans; i++) {
      const span = anySpan(words, draws);
      if (span !== undefined) add(span, number, 'unsupervised');
    }
  }
  for (const { text, relevant } of queries) {
    for (const id of relevant) {
      const number = numberOf.get(id);
      if (number === undefined) continue;
      for (let i = 0; i < repeats; i++) add(text, number, 'supervised');
    }
  }
  return pairs;
}

/** A document by its number. */
export interface DsiHit {
  readonly number: number;
  /** ln P of its number. */
  readonly score: number;
}

/** The likeliest numbers, best first: at most as many as the beam has rows. */
export async function dsiSearch(
  { model, coder, documents }: { readonly model: LanguageModel; readonly coder: Coder; readonly documents: number },
  query: string,
  { limit = 10, signal }: { readonly limit?: number; readonly signal?: AbortSignal } = {},
): Promise<DsiHit[]> {
  if (documents === 0 || limit === 0) return [];
  const numbers = new Numbers(coder, documents);
  const prompt = coder.prompt(coder.encode(query), 'body', 'supervised', Math.min(model.context, 1 << 16));
  const [found] = await beamSearch(model, [prompt], {
    beams: limit,
    best: limit,
    maxTokens: numbers.length,
    lengthPenalty: 0,
    constraint: constrain((tokens) => numbers.next(tokens)),
    ...(signal && { signal }),
  });
  return found!.best.map(({ tokens, score }) => ({ number: numbers.read(tokens), score }));
}
