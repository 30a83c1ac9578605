/**
 * Documents as one long row of tokens, cut into windows, as metaseq cuts them: `</s>` before each document, windows one
 * after another whatever they cut through.
 */
import type { Dataset } from '../../data/index.ts';
import { NDArray } from '../../tensor/index.ts';

/** Windows of tokens, and for each token the one after it: int32 [N, T] both. */
export interface TokenBatch<T = NDArray> {
  readonly ids: T;
  readonly next: T;
}

/** All documents' tokens in a row. `encode` puts the token that begins a text before each. */
export function tokenRow(texts: Iterable<string>, encode: (text: string) => readonly number[]): Int32Array {
  let row = new Int32Array(2 ** 16);
  let length = 0;
  for (const text of texts) {
    const ids = encode(text);
    if (length + ids.length > row.length) {
      const larger = new Int32Array(2 * (length + ids.length));
      larger.set(row.subarray(0, length));
      row = larger;
    }
    row.set(ids, length);
    length += ids.length;
  }
  return row.slice(0, length);
}

/**
 * Windows of `size` tokens, without overlap; what is left at the end is not used.
 * @throws RangeError for fewer tokens than one window needs
 */
export function tokenWindows(row: Int32Array, size: number): Dataset<TokenBatch> {
  const count = Math.floor((row.length - 1) / size);
  if (count < 1) throw new RangeError(`train: expected more than ${size} tokens of text, got ${row.length}`);
  return {
    size: count,
    take(rows) {
      const [ids, next] = [new Int32Array(rows.length * size), new Int32Array(rows.length * size)];
      for (const [i, window] of rows.entries()) {
        ids.set(row.subarray(window * size, (window + 1) * size), i * size);
        next.set(row.subarray(window * size + 1, (window + 1) * size + 1), i * size);
      }
      const shape = [rows.length, size];
      return { ids: new NDArray('int32', shape, ids), next: new NDArray('int32', shape, next) };
    },
  };
}
