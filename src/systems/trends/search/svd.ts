/**
 * The largest singular values of a sparse matrix, with their right singular vectors, by subspace iteration from random
 * directions: a few of A·(…) and Aᵀ·(…) in turns, made orthonormal between.
 *
 * N. Halko, P. Martinsson, J. Tropp, "Finding Structure with Randomness" (SIAM Review 2011), algorithms 4.4 and 5.1. Sparse
 * products run here; dense ones, most of the work, on the engine.
 */
import { array, compile, matmul, type NDArray, symmetricEigen, type Tensor } from '../../../tensor/index.ts';
import { Draws } from '../draws.ts';
import type { Rows } from './terms.ts';

export interface Svd {
  /** Falling. */
  readonly values: Float64Array;
  /** [columns × rank], row-major: the right singular vectors, one a column. */
  readonly vectors: Float32Array;
  readonly rank: number;
}

export interface SvdOptions {
  readonly rank: number;
  readonly seed: number;
  /** Directions beyond the rank, and turns: more of either come closer to the exact result. */
  readonly extra?: number;
  readonly turns?: number;
  readonly signal?: AbortSignal;
  readonly onTurn?: (share: number) => void;
}

/** @param columns how many the matrix has */
export async function truncatedSvd(
  matrix: Rows,
  columns: number,
  { rank, seed, extra = 16, turns = 4, signal, onTurn }: SvdOptions,
): Promise<Svd> {
  const width = Math.min(rank + extra, matrix.count, columns);
  const gram = compile((y: Tensor) => matmul(y, y, { transposeA: true }));
  const times = compile((y: Tensor, r: Tensor) => matmul(y, r));
  /** An orthonormal basis of the columns of y. */
  const orthonormal = async (y: NDArray<'float32'>): Promise<NDArray<'float32'>> => {
    const { values, vectors } = symmetricEigen(Float64Array.from((await gram(y)).data as Float32Array), width);
    const whiten = new Float32Array(width * width);
    for (let i = 0; i < width; i++) {
      for (let j = 0; j < width; j++) {
        // directions that the matrix does not have are left out
        const scale = values[j]! > values[0]! * 1e-6 ? 1 / Math.sqrt(values[j]!) : 0;
        whiten[i * width + j] = vectors[i * width + j]! * scale;
      }
    }
    return (await times(y, array(whiten, { shape: [width, width] }))) as NDArray<'float32'>;
  };
  const draws = new Draws(seed);
  let basis = array(normals(draws, columns * width), { shape: [columns, width] });
  try {
    for (let turn = 0; turn < turns; turn++) {
      signal?.throwIfAborted();
      onTurn?.(turn / turns);
      const left = await orthonormal(sparseTimes(matrix, basis, width));
      const back = transposedTimes(matrix, left, columns, width);
      if (turn + 1 < turns) {
        basis = await orthonormal(back);
        continue;
      }
      // Aᵀ·Q = V·S·Wᵀ: its Gram matrix gives S and W
      const { values, vectors } = symmetricEigen(Float64Array.from((await gram(back)).data as Float32Array), width);
      const kept = Math.min(rank, values.findIndex((value) => value <= values[0]! * 1e-9) + 1 || rank, width);
      const singular = values.subarray(0, kept).map((value) => Math.sqrt(Math.max(value, 0)));
      const turned = new Float32Array(width * kept);
      for (let i = 0; i < width; i++)
        for (let j = 0; j < kept; j++)
          turned[i * kept + j] = singular[j]! > 0 ? vectors[i * width + j]! / singular[j]! : 0;
      const v = await times(back, array(turned, { shape: [width, kept] }));
      return { values: singular, vectors: v.data as Float32Array, rank: kept };
    }
    throw new RangeError(`svd: expected at least one turn, got ${turns}`);
  } finally {
    await gram.release();
    await times.release();
  }
}

function normals(draws: Draws, count: number): Float32Array {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++)
    values[i] = Math.sqrt(-2 * Math.log(1 - draws.unit())) * Math.cos(2 * Math.PI * draws.unit());
  return values;
}

/** A·X, with X of `width` columns. */
function sparseTimes(
  { count, starts, columns, values }: Rows,
  x: NDArray<'float32'>,
  width: number,
): NDArray<'float32'> {
  const from = x.data as Float32Array;
  const to = new Float32Array(count * width);
  for (let row = 0; row < count; row++) {
    const at = row * width;
    for (let k = starts[row]!; k < starts[row + 1]!; k++) {
      const value = values[k]!;
      const source = columns[k]! * width;
      for (let j = 0; j < width; j++) to[at + j]! += value * from[source + j]!;
    }
  }
  return array(to, { shape: [count, width] });
}

/** Aᵀ·X. */
function transposedTimes(
  { count, starts, columns, values }: Rows,
  x: NDArray<'float32'>,
  rows: number,
  width: number,
): NDArray<'float32'> {
  const from = x.data as Float32Array;
  const to = new Float32Array(rows * width);
  for (let row = 0; row < count; row++) {
    const source = row * width;
    for (let k = starts[row]!; k < starts[row + 1]!; k++) {
      const value = values[k]!;
      const at = columns[k]! * width;
      for (let j = 0; j < width; j++) to[at + j]! += value * from[source + j]!;
    }
  }
  return array(to, { shape: [rows, width] });
}
