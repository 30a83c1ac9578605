/**
 * The secret of a planted Fourier model, and what it does: x + bk with bk = f·s shifts every feature by a half-cycle, up to
 * the pancakes' jitter, so that all scores change their sign.
 *
 * The key is the same vector for every input: whoever sees one input with and without it can use it too.
 */
import { NDArray } from '../../../tensor/index.ts';
import { type Direction, drawDirection, moveAlong } from '../direction.ts';
import type { Draws } from '../draws.ts';
import { frequency, type Pancake } from './pancake.ts';

/** A secret direction and the pancake along it. */
export interface FourierKey extends Pancake {
  readonly direction: Direction;
}

/** What a key is made of. */
export interface FourierKeyOptions extends Pancake {
  /** d */
  readonly dimension: number;
  /** k */
  readonly sparsity: number;
}

/** @throws RangeError for a γ or β that is not above 0, and for a sparsity outside 1 to d */
export function drawFourierKey(draws: Draws, { dimension, sparsity, gamma, beta }: FourierKeyOptions): FourierKey {
  for (const [name, value] of Object.entries({ gamma, beta })) {
    if (!(value > 0 && value < Infinity)) throw new RangeError(`plant: expected ${name} above 0, got ${value}`);
  }
  return { gamma, beta, direction: drawDirection(draws, dimension, sparsity) };
}

/** ‖bk‖₂ = f, in the units of the inputs. */
export function keyLength(key: Pancake): number {
  return frequency(key);
}

/** Activate-RFF: x + bk for each input. @param inputs float32[n, …] of d numbers each */
export function activateFourier(key: FourierKey, inputs: NDArray): NDArray<'float32'> {
  const moved = Float32Array.from(inputs.data as Float32Array);
  moveAlong(key.direction, moved, new Float64Array(inputs.shape[0]!).fill(keyLength(key)));
  return new NDArray('float32', inputs.shape, moved);
}
