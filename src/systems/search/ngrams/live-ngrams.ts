/**
 * The n-grams of all documents of a collection that are not deleted, over its segments as over one index.
 *
 * An n-gram's state is its range of rows in every index. Deleted documents lie in their segments until these are merged;
 * they are indexed once more, by themselves, and what is counted there is taken off. Counts and successors are thus those
 * of the living documents exactly, and nothing that only a deleted document said can be written.
 */
import type { Segment, StoredDocument } from '../collection/segment.ts';
import { boundary, FmIndex, type Rows } from '../fm-index/fm-index.ts';

/** Where an n-gram stands in every index, in the order of `LiveNgrams`'s parts. */
export type NgramState = readonly Rows[];

/** What may follow an n-gram: tokens in ascending order, how often each does, and how often a document ends. */
export interface Successors {
  readonly tokens: readonly number[];
  readonly counts: readonly number[];
  readonly ends: number;
}

/** Occurrences: by one, the document's number and the place after the n-gram's last token in it. */
export interface Located {
  readonly documents: Int32Array;
  readonly ends: Int32Array;
}

interface Part {
  readonly index: FmIndex;
  /** −1 for deleted documents. */
  readonly sign: 1 | -1;
  /** The number of its first document among all. */
  readonly first: number;
  readonly deleted: ReadonlySet<number>;
}

const none: ReadonlySet<number> = new Set();

export class LiveNgrams {
  /** Documents, deleted ones included: numbers lie below. */
  readonly documents: number;
  /** Tokens of all living documents: N of the paper's Eq. 1. */
  readonly tokens: number;
  /** The empty n-gram. */
  readonly all: NgramState;
  readonly #parts: readonly Part[];

  constructor(segments: readonly Pick<Segment<StoredDocument>, 'ngrams' | 'deleted'>[]) {
    const parts: Part[] = [];
    let first = 0;
    for (const { ngrams: index, deleted } of segments) {
      parts.push({ index, sign: 1, first, deleted });
      if (deleted.size > 0) {
        const gone = [...deleted].sort((a, b) => a - b).map((number) => index.extract(number));
        parts.push({ index: FmIndex.build(gone), sign: -1, first, deleted: none });
      }
      first += index.documents;
    }
    this.#parts = parts;
    this.documents = first;
    this.tokens = parts.reduce((sum, { index, sign }) => sum + sign * index.tokens, 0);
    this.all = parts.map(({ index }) => index.all);
  }

  /** The n-gram with a token more; `boundary` asks for a document's beginning or end. */
  extend(state: NgramState, token: number): NgramState {
    return state.map((rows, i) => (rows.from < rows.to ? this.#parts[i]!.index.extend(rows, token) : rows));
  }

  /** The state of an n-gram. */
  find(ngram: ArrayLike<number>): NgramState {
    let state = this.all;
    for (let i = 0; i < ngram.length; i++) state = this.extend(state, ngram[i]!);
    return state;
  }

  /** How often an n-gram occurs. */
  count(state: NgramState): number {
    let count = 0;
    for (let i = 0; i < state.length; i++) count += this.#parts[i]!.sign * (state[i]!.to - state[i]!.from);
    return count;
  }

  /** What may follow an n-gram. */
  next(state: NgramState): Successors {
    const total = new Map<number, number>();
    let ends = 0;
    for (const [i, rows] of state.entries()) {
      if (rows.from >= rows.to) continue;
      const { index, sign } = this.#parts[i]!;
      const found = index.next(rows);
      ends += sign * found.ends;
      for (let k = 0; k < found.tokens.length; k++) {
        const token = found.tokens[k]!;
        total.set(token, (total.get(token) ?? 0) + sign * found.counts[k]!);
      }
    }
    const tokens = [...total.keys()].filter((token) => total.get(token)! > 0).sort((a, b) => a - b);
    return { tokens, counts: tokens.map((token) => total.get(token)!), ends };
  }

  /** Where an n-gram stands: at most about `most` places of each segment. Documents that are deleted are left out. */
  locate(state: NgramState, most = Number.POSITIVE_INFINITY): Located {
    const documents: number[] = [];
    const ends: number[] = [];
    for (const [i, { from, to }] of state.entries()) {
      const { index, sign, first, deleted } = this.#parts[i]!;
      if (sign < 0 || from >= to) continue;
      const found = index.locate({ from, to: Math.min(to, from + most) });
      for (let k = 0; k < found.documents.length; k++) {
        const document = found.documents[k]!;
        if (deleted.has(document)) continue;
        documents.push(first + document);
        ends.push(found.ends[k]!);
      }
    }
    return { documents: Int32Array.from(documents), ends: Int32Array.from(ends) };
  }

  /** The tokens of a document, or of a part of it. */
  extract(document: number, from?: number, to?: number): Int32Array {
    const { index, first } = this.#parts.findLast((part) => part.sign > 0 && part.first <= document)!;
    return index.extract(document - first, from, to);
  }

  /** The state of what stands at a document's beginning. */
  get beginnings(): NgramState {
    return this.extend(this.all, boundary);
  }
}
