/**
 * Packing: which examples share a row, so that next to nothing of it stays empty.
 *
 * Examples come in their order. A row takes the oldest that waits, and of the few dozen behind it those that fill the row
 * best, which is a subset sum: over the states (source, row) that can be reached, each example either steps on from every
 * state or does not. So an example waits for a few rows at most, and short and long ones stay mixed.
 */
import type { RowLengths } from './layout.ts';

/** Examples that are looked at for one row: twice as many halve the waste, and double the time. */
const waiting = 64;

/**
 * Rows of examples, by their numbers.
 * @param sizes what each example takes of its row
 * @throws RangeError for an example that is larger than a row
 */
export function packRows(sizes: readonly RowLengths[], capacity: RowLengths): number[][] {
  const large = sizes.findIndex(({ source, row }) => source > capacity.source || row > capacity.row);
  if (large >= 0) {
    const { source, row } = sizes[large]!;
    throw new RangeError(
      `packRows: expected examples of at most ${capacity.source} + ${capacity.row} tokens, got ${source} + ${row} in example ${large}`,
    );
  }
  const rows: number[][] = [];
  const queue: number[] = [];
  let next = 0;
  for (;;) {
    while (queue.length < waiting && next < sizes.length) queue.push(next++);
    if (queue.length === 0) return rows;
    const taken = fullest(
      queue.map((i) => sizes[i]!),
      capacity,
    );
    rows.push(taken.map((k) => queue[k]!));
    for (const k of taken.toReversed()) queue.splice(k, 1);
  }
}

/** The first of the sizes and those behind it that fill a row best, in their order. */
function fullest(sizes: readonly RowLengths[], { source, row }: RowLengths): number[] {
  const width = row + 1;
  const stateOf = (size: RowLengths) => size.source * width + size.row;
  /** The example by which each state was first reached; −1 where none did. */
  const by = new Int16Array((source + 1) * width).fill(-1);
  const first = stateOf(sizes[0]!);
  by[first] = 0;
  let best = first;
  const filled = (state: number) => Math.floor(state / width) + (state % width);
  for (let k = 1; k < sizes.length && filled(best) < source + row; k++) {
    const { source: s, row: r } = sizes[k]!;
    const step = stateOf(sizes[k]!);
    // downwards, so that an example is not taken twice
    for (let a = source - s; a >= 0; a--) {
      for (let b = row - r; b >= 0; b--) {
        const from = a * width + b;
        if (by[from]! < 0 || by[from] === k) continue;
        const to = from + step;
        if (by[to]! >= 0) continue;
        by[to] = k;
        if (filled(to) > filled(best)) best = to;
      }
    }
  }
  const taken: number[] = [];
  for (let state = best; ; state -= stateOf(sizes[taken.at(-1)!]!)) {
    taken.push(by[state]!);
    if (by[state] === 0) return taken.toReversed();
  }
}
