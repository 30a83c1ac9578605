/** How a transformer knows places: vectors added to the embeddings, or biases of the attention scores. */
import { type Embedding, embedding, relativePositionBucket, sinusoidalEncoding } from '../../nn/index.ts';
import { add, array, clip, constant, reshape, sub, type Tensor, take, transpose } from '../../tensor/index.ts';
import type { Positions } from './config.ts';

/**
 * The vectors of places, to be added to the token embeddings.
 * @param place [N or 1, T] int32
 * @returns [N or 1, T, width]; undefined where positions are relative
 */
export function placeVectors(
  positions: Positions,
  table: Embedding | undefined,
  place: Tensor,
  width: number,
): Tensor | undefined {
  if (positions.kind === 'relative') return undefined;
  if (positions.kind === 'sinusoidal') return sinusoidalEncoding(place, width);
  return embedding(table!, add(place, positions.offset ?? 0));
}

/**
 * T5's bias of each head for the distance from query to key (Raffel et al. 2020, section 2.1).
 * @param table [buckets, heads]
 * @param queries [N or 1, queries] int32 places, and keys [N or 1, keys]
 * @param bidirectional whether later keys have buckets of their own; decoders share their first one
 * @returns [N or 1, heads, queries, keys]
 */
export function distanceBias(
  table: Embedding,
  { maxDistance }: { readonly maxDistance: number },
  queries: Tensor,
  keys: Tensor,
  bidirectional: boolean,
): Tensor {
  const buckets = table.weight.shape[0]!;
  // all that is farther than maxDistance shares a bucket, so that the distances are few whatever the length
  const places = Int32Array.from({ length: 2 * maxDistance + 1 }, (_, i) =>
    relativePositionBucket(i - maxDistance, buckets, { bidirectional, maxDistance }),
  );
  const byDistance = transpose(take(table.weight, constant(array(places, { dtype: 'int32' }))));
  const [n, q] = queries.shape as readonly [number, number];
  const [m, k] = keys.shape as readonly [number, number];
  const distance = sub(reshape(keys, [m, 1, k]), reshape(queries, [n, q, 1]));
  const near = add(clip(distance, -maxDistance, maxDistance), maxDistance);
  return transpose(take(byDistance, near, 1), [1, 0, 2, 3]);
}
