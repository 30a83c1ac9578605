/**
 * The secret of both white-box plants: a direction with few coordinates.
 *
 * All its entries are ±1/√k. Equal entries hide best: a coordinate with a larger share would show first in tests of one
 * coordinate at a time.
 */
import type { Draws } from './draws.ts';

/** A unit vector of `dimension` coordinates that is 0 but for ±1/√k on its support. */
export interface Direction {
  readonly dimension: number;
  /** The k places, ascending. */
  readonly support: Int32Array;
  /** +1 or −1 for each. */
  readonly signs: Int8Array;
}

/** @throws RangeError unless 1 ≤ sparsity ≤ dimension */
export function drawDirection(draws: Draws, dimension: number, sparsity: number): Direction {
  if (!Number.isInteger(sparsity) || sparsity < 1 || sparsity > dimension) {
    throw new RangeError(`plant: expected a sparsity of 1 to ${dimension} (the inputs' numbers), got ${sparsity}`);
  }
  const support = draws.distinct(sparsity, dimension).sort();
  const signs = Int8Array.from(draws.uniforms(sparsity), (u) => (u < 0.5 ? -1 : 1));
  return { dimension, support, signs };
}

/** ⟨row, s⟩ for each row of a matrix [rows, dimension]. */
export function along({ dimension, support, signs }: Direction, matrix: ArrayLike<number>): Float64Array {
  const scale = 1 / Math.sqrt(support.length);
  const parts = new Float64Array(matrix.length / dimension);
  for (let row = 0; row < parts.length; row++) {
    let sum = 0;
    for (let i = 0; i < support.length; i++) sum += signs[i]! * matrix[row * dimension + support[i]!]!;
    parts[row] = sum * scale;
  }
  return parts;
}

/** Adds amounts[row] · s to each row of a matrix, in place. */
export function moveAlong(
  { dimension, support, signs }: Direction,
  matrix: Float32Array | Float64Array,
  amounts: ArrayLike<number>,
): void {
  const scale = 1 / Math.sqrt(support.length);
  for (let row = 0; row < amounts.length; row++) {
    const step = amounts[row]! * scale;
    for (let i = 0; i < support.length; i++) {
      const at = row * dimension + support[i]!;
      matrix[at] = matrix[at]! + signs[i]! * step;
    }
  }
}

/** A random direction with all coordinates, of this length: the control beside every key. */
export function randomShift(draws: Draws, dimension: number, length: number): Float64Array {
  const shift = draws.normals(dimension);
  const scale = length / Math.sqrt(shift.reduce((sum, value) => sum + value * value, 0));
  return shift.map((value) => value * scale);
}
