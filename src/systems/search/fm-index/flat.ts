/** Documents as two arrays, which go to another thread and back without being copied. */
import type { DocumentTokens } from './build.ts';
import { badToken } from './layout.ts';

export interface FlatDocuments {
  /** All tokens, one document after the other. */
  readonly tokens: Int32Array<ArrayBuffer>;
  readonly lengths: Int32Array<ArrayBuffer>;
}

/** Copies documents into two arrays. @throws RangeError for a token that an array of integers would make another one */
export function flatten(documents: Iterable<ArrayLike<number>>): FlatDocuments {
  const kept = [...documents];
  const lengths = Int32Array.from(kept, (document) => document.length);
  const tokens = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const [number, document] of kept.entries()) {
    for (let i = 0; i < document.length; i++) {
      const token = document[i]!;
      if ((token | 0) !== token) throw badToken(token, number);
      tokens[at++] = token;
    }
  }
  return { tokens, lengths };
}

/** The documents in the two arrays, as views. */
export function unflatten({ tokens, lengths }: FlatDocuments): DocumentTokens {
  return {
    *[Symbol.iterator]() {
      let at = 0;
      for (const length of lengths) {
        yield tokens.subarray(at, at + length);
        at += length;
      }
    },
  };
}
