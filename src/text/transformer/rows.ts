/** Token lists as the arrays that a transformer takes. */
import { NDArray } from '../../tensor/index.ts';
import type { Sequence } from './transformer.ts';

/** One sequence; its first `inputs` tokens (default 0) are what a prefix decoder sees from both sides. */
export interface Segment {
  readonly tokens: readonly number[];
  readonly inputs?: number;
}

/**
 * Rows of tokens, padded at their ends. Several segments in one row do not see each other: packing.
 * @param length of the rows. Default: that of the longest
 * @throws RangeError for a row that is longer
 * @example
 * padRows([[{ tokens: [5, 6, 7] }], [{ tokens: [8] }, { tokens: [9] }]]).segment // 1 1 1, 1 2 0
 */
export function padRows(rows: readonly (readonly Segment[])[], length?: number): Required<Sequence<NDArray>> {
  const longest = Math.max(1, ...rows.map((row) => row.reduce((total, { tokens }) => total + tokens.length, 0)));
  const width = length ?? longest;
  if (longest > width) throw new RangeError(`padRows: expected rows of at most ${width} tokens, got ${longest}`);
  const size = rows.length * width;
  const [ids, segment, place] = [new Int32Array(size), new Int32Array(size), new Int32Array(size)];
  const input = new Uint8Array(size);
  for (const [r, row] of rows.entries()) {
    let at = r * width;
    for (const [s, { tokens, inputs = 0 }] of row.entries()) {
      for (const [t, token] of tokens.entries()) {
        ids[at] = token;
        segment[at] = s + 1;
        place[at] = t;
        input[at++] = Number(t < inputs);
      }
    }
  }
  const shape = [rows.length, width];
  return {
    ids: new NDArray('int32', shape, ids),
    segment: new NDArray('int32', shape, segment),
    place: new NDArray('int32', shape, place),
    input: new NDArray('bool', shape, input),
  };
}
