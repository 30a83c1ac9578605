/** Relative positions as T5 has them: one learned bias a head for each bucket of distances (Raffel et al. 2020). */
import { add, array, clip, constant, expandDims, sub, type Tensor, take, transpose } from '../tensor/index.ts';
import type { Embedding } from './embedding.ts';

/** How distances fall into buckets. */
export interface RelativePositionOptions {
  /** Whether later keys have buckets of their own, half of them. Default true; decoders have false. */
  readonly bidirectional?: boolean;
  /** All larger distances share the last bucket. Default 128. */
  readonly maxDistance?: number;
}

/**
 * The bias of each head for each query and key, to be added to attention's scores.
 * @param table [buckets, heads], an embedding (`initEmbedding` with count = buckets, width = heads)
 * @param queries int32 places [..., queries], such as `iota(length)`
 * @param keys int32 places [..., keys]; leading axes broadcast with those of the queries
 * @returns [..., heads, queries, keys]
 */
export function relativePositionBias(
  table: Embedding,
  queries: Tensor,
  keys: Tensor,
  options: RelativePositionOptions = {},
): Tensor {
  const { maxDistance = 128 } = options;
  const count = table.weight.shape[0]!;
  // all that is farther than maxDistance shares a bucket, so that the distances are few whatever the length
  const buckets = Int32Array.from({ length: 2 * maxDistance + 1 }, (_, i) =>
    relativePositionBucket(i - maxDistance, count, options),
  );
  const byDistance = transpose(take(table.weight, constant(array(buckets, { dtype: 'int32' }))));
  const distance = sub(expandDims(keys, -2), expandDims(queries, -1));
  const bias = take(byDistance, add(clip(distance, -maxDistance, maxDistance), maxDistance), 1);
  const leading = Array.from({ length: bias.rank - 3 }, (_, i) => i + 1);
  return transpose(bias, [...leading, 0, bias.rank - 2, bias.rank - 1]);
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
