/** The documents of a collection by their numbers, with the tokens that they were indexed as, and where these stand in them. */
import type { Collection } from '../collection/collection.ts';
import type { StoredDocument } from '../collection/segment.ts';
import type { LiveNgrams } from '../ngrams/live-ngrams.ts';
import type { Coder } from './coder.ts';
import type { Span } from './types.ts';

/** Tokens of documents that are kept once they were recovered: 64 MB. */
const MOST_KEPT = 2 ** 24;

/** Ranges of a document's tokens, each within a field. */
export type Ranges = readonly (readonly [from: number, to: number])[];

/** A document, and parts of its text. */
export interface Told<D> {
  readonly document: D;
  readonly spans: readonly Span[];
}

export class TokenizedDocuments<D extends StoredDocument> {
  readonly #collection: Collection<D>;
  readonly #coder: Coder;
  readonly #ngrams: LiveNgrams;
  readonly #kept = new Map<number, Int32Array>();
  #tokensKept = 0;

  constructor(collection: Collection<D>, coder: Coder, ngrams: LiveNgrams) {
    this.#collection = collection;
    this.#coder = coder;
    this.#ngrams = ngrams;
  }

  at(number: number): D {
    return this.#collection.at(number);
  }

  /** The tokens of a document, recovered from the index once. */
  tokens(number: number): Int32Array {
    const known = this.#kept.get(number);
    if (known !== undefined) return known;
    const tokens = this.#ngrams.extract(number);
    if (this.#tokensKept + tokens.length > MOST_KEPT) {
      this.#kept.clear();
      this.#tokensKept = 0;
    }
    this.#kept.set(number, tokens);
    this.#tokensKept += tokens.length;
    return tokens;
  }

  /** Where ranges of a document's tokens, rising, stand in its text. */
  spans(document: D, number: number, ranges: Ranges): Span[] {
    return this.#coder.spans(document, this.tokens(number), ranges);
  }

  /** A document with ranges of its tokens as places in its text, in their order. */
  told(number: number, ranges: Ranges): Told<D> {
    const document = this.at(number);
    const rising = ranges.toSorted((a, b) => a[0] - b[0]);
    return { document, spans: this.spans(document, number, rising) };
  }
}
