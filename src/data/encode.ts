/**
 * Columns as arrays that a model takes.
 */
import { NDArray, quote } from '../tensor/index.ts';
import { nearest } from './nearest.ts';
import type { CategoricalColumn, Column, ContinuousColumn } from './table.ts';

/** The mean and the standard deviation of a column, by which it is standardised. */
export interface Scale {
  readonly mean: number;
  readonly std: number;
}

/**
 * Mean and population standard deviation of the values that are there; the deviation of a constant column is 1.
 * Take them from the training rows, and use them for all.
 * @throws RangeError when all values are missing
 */
export function scaleOf(column: ContinuousColumn): Scale {
  const { name, values, missing } = column;
  const count = values.length - missing;
  if (count === 0)
    throw new RangeError(`scaleOf: expected values in column ${quote(name)}, got ${values.length} missing ones`);
  let sum = 0;
  for (const value of values) if (!Number.isNaN(value)) sum += value;
  const mean = sum / count;
  let squares = 0;
  for (const value of values) if (!Number.isNaN(value)) squares += (value - mean) ** 2;
  const std = Math.sqrt(squares / count);
  return { mean, std: std > 0 ? std : 1 };
}

/** (value - mean) / std as float32[rows]; 0, the mean, where a value is missing. */
export function standardize(column: ContinuousColumn, scale: Scale): NDArray<'float32'> {
  const out = Float32Array.from(column.values, (value) => (Number.isNaN(value) ? 0 : (value - scale.mean) / scale.std));
  return new NDArray('float32', [out.length], out);
}

/**
 * The place of each row's category in `categories`, as int32[rows]. Where the value is missing, that is
 * `categories.length`: being missing is one category more.
 * @param categories those of the column unless given; those that a model was trained with
 * @throws RangeError for a category that is not among them
 */
export function indices(column: CategoricalColumn, categories = column.categories): NDArray<'int32'> {
  const known = new Map(categories.map((category, place) => [category, place]));
  const places = column.categories.map((category) => known.get(category));
  const out = Int32Array.from(column.codes, (code) => {
    if (code < 0) return categories.length;
    const place = places[code];
    if (place !== undefined) return place;
    const category = column.categories[code]!;
    const close = nearest(category, categories);
    const hint = close.length > 0 ? `; near it: ${close.map(quote).join(', ')}` : '';
    throw new RangeError(
      `indices: column ${quote(column.name)} has no category ${quote(category)} among the ${categories.length}${hint}`,
    );
  });
  return new NDArray('int32', [out.length], out);
}

/** 1 where a row has a value and 0 where it is missing, as float32[rows]. */
export function presence(column: Column): NDArray<'float32'> {
  const out =
    column.kind === 'continuous'
      ? Float32Array.from(column.values, (value) => (Number.isNaN(value) ? 0 : 1))
      : Float32Array.from(column.codes, (code) => (code < 0 ? 0 : 1));
  return new NDArray('float32', [out.length], out);
}
