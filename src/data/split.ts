/**
 * Disjoint parts of a set of rows, as for training, validation and test.
 */
import type { NDArray } from '../tensor/index.ts';
import { shuffled } from './shuffle.ts';

export interface SplitOptions<Part extends string> {
  /** Decides which rows go where; from `random.key`. */
  readonly key: NDArray<'uint32'>;
  /** The share of each part, above 0; together 1. */
  readonly parts: Readonly<Record<Part, number>>;
  /** One number a row: rows of equal number are spread over the parts by their shares, as the categories of a target. */
  readonly strata?: ArrayLike<number>;
}

/**
 * The row numbers of each part, in ascending order; every row is in exactly one. Each part has its share of all rows,
 * and of each stratum, up to a row or two.
 * @throws RangeError for shares that are not above 0 or do not add up to 1, strata of another length, or a part that
 * would stay empty
 * @example
 * const rows = split(table.rows, { key: random.key(0), parts: { train: 0.8, validation: 0.1, test: 0.1 } });
 * const train = table.take(rows.train);
 */
export function split<Part extends string>(size: number, options: SplitOptions<Part>): Record<Part, Uint32Array> {
  const { key, parts, strata } = options;
  const names = Object.keys(parts) as Part[];
  const total = names.reduce((sum, name) => sum + parts[name], 0);
  if (!names.every((name) => parts[name] > 0) || Math.abs(total - 1) > 1e-9) {
    throw new RangeError(`split: expected shares above 0 that add up to 1, got ${JSON.stringify(parts)}`);
  }
  if (strata !== undefined && strata.length !== size) {
    throw new RangeError(`split: expected strata for ${size} rows, got ${strata.length}`);
  }
  const order = shuffled(key, size);
  if (strata !== undefined) order.sort((a, b) => strata[a]! - strata[b]! || 0);
  const chosen = new Map(names.map((name) => [name, [] as number[]]));
  // Deal the rows one by one to the part that is furthest behind its share. Every run of neighbours is then split by
  // the shares, and so is every stratum, which is such a run.
  for (const [dealt, row] of order.entries()) {
    let behind = names[0]!;
    let most = Number.NEGATIVE_INFINITY;
    for (const name of names) {
      const deficit = parts[name] * (dealt + 1) - chosen.get(name)!.length;
      if (deficit > most + 1e-9) {
        behind = name;
        most = deficit;
      }
    }
    chosen.get(behind)!.push(row);
  }
  for (const [name, rows] of chosen) {
    if (rows.length === 0) throw new RangeError(`split: expected enough rows for part "${name}", got ${size} in all`);
  }
  return Object.fromEntries([...chosen].map(([name, rows]) => [name, Uint32Array.from(rows).sort()])) as Record<
    Part,
    Uint32Array
  >;
}
