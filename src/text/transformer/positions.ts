/** How a transformer knows places: vectors added to the embeddings, or biases of the attention scores. */
import { type Embedding, embedding, relativePositionBias, sinusoidalEncoding } from '../../nn/index.ts';
import { add, type Tensor } from '../../tensor/index.ts';
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
 * What is added to attention's scores for the distance from query to key.
 * @param queries int32 places [N or 1, queries], and keys [N or 1, keys]
 * @param bidirectional whether later keys have buckets of their own, as in encoders; in decoders they share the first
 * @returns [N or 1, heads, queries, keys]; undefined unless positions are relative
 */
export function placeBias(
  positions: Positions,
  table: Embedding | undefined,
  queries: Tensor,
  keys: Tensor,
  bidirectional: boolean,
): Tensor | undefined {
  if (positions.kind !== 'relative') return undefined;
  const { maxDistance } = positions;
  return relativePositionBias(table!, queries, keys, { bidirectional, maxDistance });
}
