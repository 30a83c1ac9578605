/**
 * The spectrum of the covariance of rows of weights, by what is smaller: the products of rows, or of columns. An audit needs
 * all eigenvalues of hundreds of matrices, and no eigenvectors.
 */
import { symmetricEigenvalues } from '../../../tensor/index.ts';

/**
 * The eigenvalues of GᵀG/m for a matrix G of m rows and d columns, those that rank alone makes zero left out: min(m, d)
 * of them, ascending. Rows are taken as samples of mean zero.
 */
export function covarianceSpectrum(rows: ArrayLike<number>, m: number, d: number): Float64Array {
  if (rows.length !== m * d) {
    throw new RangeError(`covarianceSpectrum: expected ${m * d} elements for ${m} × ${d}, got ${rows.length}`);
  }
  return symmetricEigenvalues(m < d ? rowProducts(rows, m, d) : columnProducts(rows, m, d), Math.min(m, d));
}

/** GGᵀ/m, lower triangle. Four products at once: one alone waits for its own additions. */
function rowProducts(rows: ArrayLike<number>, m: number, d: number): Float64Array {
  const out = new Float64Array(m * m);
  const whole = Float64Array.from(rows);
  for (let i = 0; i < m; i++) {
    const from = i * d;
    for (let j = 0; j <= i; j += 4) {
      // past the last row the last is taken again, and its product is written over the same place or not at all
      const [b0, b1, b2, b3] = [j, j + 1, j + 2, j + 3].map((row) => Math.min(row, m - 1) * d) as [
        number,
        number,
        number,
        number,
      ];
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      for (let k = 0; k < d; k++) {
        const x = whole[from + k]!;
        s0 += x * whole[b0 + k]!;
        s1 += x * whole[b1 + k]!;
        s2 += x * whole[b2 + k]!;
        s3 += x * whole[b3 + k]!;
      }
      const own = i * m + j;
      out[own] = s0 / m;
      if (j + 1 <= i) out[own + 1] = s1 / m;
      if (j + 2 <= i) out[own + 2] = s2 / m;
      if (j + 3 <= i) out[own + 3] = s3 / m;
    }
  }
  return out;
}

/** GᵀG/m, lower triangle. */
function columnProducts(rows: ArrayLike<number>, m: number, d: number): Float64Array {
  const out = new Float64Array(d * d);
  for (let r = 0; r < m; r++) {
    for (let i = 0; i < d; i++) {
      const own = rows[r * d + i]! / m;
      for (let j = 0; j <= i; j++) out[i * d + j]! += own * rows[r * d + j]!;
    }
  }
  return out;
}
