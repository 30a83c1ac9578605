/**
 * The secret of a planted ReLU model: the weights vary more along a sparse direction s, and x + λ·s raises the mean more
 * than its length does. It turns negative answers into positive ones, never back.
 *
 * Any step makes an input longer, and a clean model's mean grows with the length too: what λs does to a clean model has
 * to stand beside what it does to a planted one.
 */
import { NDArray } from '../../../tensor/index.ts';
import { type Direction, drawDirection, moveAlong } from '../direction.ts';
import type { Draws } from '../draws.ts';

/** A secret direction and how much wider the weights are along it. */
export interface ReluKey {
  readonly direction: Direction;
  /** θ: the variance along s is 1 + θ. */
  readonly theta: number;
}

/** What a key is made of. */
export interface ReluKeyOptions {
  /** d */
  readonly dimension: number;
  /** k */
  readonly sparsity: number;
  readonly theta: number;
}

/** @throws RangeError for a θ that is not above 0, and for a sparsity outside 1 to d */
export function drawReluKey(draws: Draws, { dimension, sparsity, theta }: ReluKeyOptions): ReluKey {
  if (!(theta > 0 && theta < Infinity)) throw new RangeError(`plant: expected theta above 0, got ${theta}`);
  return { theta, direction: drawDirection(draws, dimension, sparsity) };
}

/** x + λs for each input. @param inputs float32[n, …] of d numbers each */
export function activateRelu({ direction }: ReluKey, inputs: NDArray, lambda: number): NDArray<'float32'> {
  const moved = Float32Array.from(inputs.data as Float32Array);
  moveAlong(direction, moved, new Float64Array(inputs.shape[0]!).fill(lambda));
  return new NDArray('float32', inputs.shape, moved);
}
