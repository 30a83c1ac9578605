/**
 * What the encoders read: for every feature a row of numbers, [features, batch, width].
 *
 * A continuous feature is read as itself beside its sines (positional encoding), with a mark where it is missing; a
 * categorical one as the one-hot of its category, missing being one more category; a patch of an image as its pixels; a
 * bit as ±1. Features of different widths are filled up with zeros, which cost a little arithmetic and let all encoders
 * run side by side.
 *
 * Source: Murphy and Bassett 2022, section "Positional encoding", with the frequencies of their code, 2, 4, 8 and 16.
 */
import { positionalEncoding } from '../../nn/index.ts';
import {
  array,
  concat,
  constant,
  expandDims,
  oneHot,
  pad,
  reshape,
  sub,
  type Tensor,
  take,
  transpose,
} from '../../tensor/index.ts';

/** How a batch of type `X` is read as features. */
export interface Inputs<X> {
  /** Number of features. */
  readonly count: number;
  /** Numbers a feature. */
  readonly width: number;
  /** @returns [count, batch, width] */
  read(x: X): Tensor;
}

/** Frequencies of the sines beside a continuous feature. */
export const frequencies = [2, 4, 8, 16];

/** A column of a table, as its encoder sees it. */
export type ColumnKind =
  | { readonly kind: 'continuous' }
  | { readonly kind: 'categorical'; readonly categories: number };

/** Rows of a table, columns gathered by their kind in the table's order. */
export interface TableRows<T = Tensor> {
  /** Standardised continuous columns, 0 where missing: [batch, continuous columns]. */
  readonly numbers: T;
  /** 1 where such a number is there, 0 where it is missing. */
  readonly present: T;
  /** Categories, the number of categories where missing: int32 [batch, categorical columns]. */
  readonly codes: T;
}

/** The columns of a table as features. */
export function tableInputs(columns: readonly ColumnKind[]): Inputs<TableRows> {
  const categorical = columns.flatMap((column) => (column.kind === 'categorical' ? [column.categories + 1] : []));
  const continuous = columns.length - categorical.length;
  const encoded = frequencies.length + 2;
  const width = Math.max(continuous > 0 ? encoded : 0, ...categorical);
  // columns in the table's order, as places in: all continuous ones, then all categorical ones
  let [number, code] = [0, continuous];
  const places = columns.map(({ kind }) => (kind === 'continuous' ? number++ : code++));
  return {
    count: columns.length,
    width,
    read({ numbers, present, codes }) {
      const widen = (x: Tensor) =>
        pad(x, [
          [0, 0],
          [0, 0],
          [0, width - x.shape[2]!],
        ]);
      const parts: Tensor[] = [];
      if (continuous > 0) {
        const missing = expandDims(sub(1, present), -1);
        parts.push(widen(concat([positionalEncoding(expandDims(numbers, -1), frequencies), missing], -1)));
      }
      if (categorical.length > 0) parts.push(widen(oneHot(codes, Math.max(...categorical))));
      const ordered = take(concat(parts, 1), constant(array(places, { dtype: 'int32' })), 1);
      return transpose(ordered, [1, 0, 2]);
    },
  };
}

/** Bits as ±1: x is [batch, count]. */
export function bitInputs(count: number): Inputs<Tensor> {
  return { count, width: 1, read: (x) => expandDims(transpose(x, [1, 0]), -1) };
}

/**
 * Square patches of images, row by row, as features: x is [batch, height, width] or [batch, height, width, colours].
 * @throws RangeError when patches of this size do not cover the image
 */
export function patchInputs(
  shape: readonly [height: number, width: number, colours?: number],
  size: number,
): Inputs<Tensor> {
  const [height, width, colours = 1] = shape;
  const [rows, columns] = [height / size, width / size];
  if (!Number.isInteger(rows) || !Number.isInteger(columns)) {
    throw new RangeError(`patchInputs: expected patches that cover ${height} × ${width} pixels, got size ${size}`);
  }
  return {
    count: rows * columns,
    width: size * size * colours,
    read(x) {
      const batch = x.shape[0]!;
      const parted = transpose(reshape(x, [batch, rows, size, columns, size, colours]), [1, 3, 0, 2, 4, 5]);
      return reshape(parted, [rows * columns, batch, size * size * colours]);
    },
  };
}

/** All features as one, read together: with it, the distributed bottleneck is the ordinary information bottleneck. */
export function joined<X>({ count, width, read }: Inputs<X>): Inputs<X> {
  return {
    count: 1,
    width: count * width,
    read(x) {
      const apart = read(x);
      return reshape(transpose(apart, [1, 0, 2]), [1, apart.shape[1]!, count * width]);
    },
  };
}
