/** Relative positions as T5 has them: one learned bias a head for each bucket of distances (Raffel et al. 2020). */
import { add, array, constant, iota, reshape, sub, type Tensor, take, transpose } from '../tensor/index.ts';
import type { Embedding } from './embedding.ts';

/** How distances fall into buckets. */
export interface RelativePositionOptions {
  /** Whether later keys have buckets of their own, half of them. Default true; decoders have false. */
  readonly bidirectional?: boolean;
  /** All larger distances share the last bucket. Default 128. */
  readonly maxDistance?: number;
}

/**
 * The bias of each head for each query and key, to be added to attention's scores. Queries and keys are aligned at
 * their ends.
 * @param table [buckets, heads], an embedding (`initEmbedding` with count = buckets, width = heads)
 * @returns [heads, queries, keys]
 */
export function relativePositionBias(
  table: Embedding,
  queries: number,
  keys: number,
  options: RelativePositionOptions = {},
): Tensor {
  // the distances run from 1 − keys, the last query to the first key, to queries − 1
  const count = table.weight.shape[0]!;
  const buckets = Int32Array.from({ length: queries + keys - 1 }, (_, i) =>
    relativePositionBucket(i + 1 - keys, count, options),
  );
  const byDistance = transpose(take(table.weight, constant(array(buckets, { dtype: 'int32' }))));
  const distance = sub(iota(keys), reshape(iota(queries), [queries, 1]));
  return take(byDistance, add(distance, queries - 1), 1);
}

/**
 * The bucket of `distance`, the key's place minus the query's: exact up to half of the buckets, logarithmic up to
 * `maxDistance`.
 */
export function relativePositionBucket(
  distance: number,
  buckets: number,
  { bidirectional = true, maxDistance = 128 }: RelativePositionOptions = {},
): number {
  const side = bidirectional ? Math.floor(buckets / 2) : buckets;
  const first = bidirectional && distance > 0 ? side : 0;
  const away = bidirectional ? Math.abs(distance) : Math.max(-distance, 0);
  const exact = Math.floor(side / 2);
  if (away < exact) return first + away;
  const share = Math.log(away / exact) / Math.log(maxDistance / exact);
  return first + Math.min(exact + Math.floor(share * (side - exact)), side - 1);
}
