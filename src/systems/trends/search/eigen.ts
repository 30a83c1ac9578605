/**
 * Eigenvalues and eigenvectors of a small symmetric matrix: Householder's reduction to three diagonals, then QL with implicit
 * shifts. J. Wilkinson and C. Reinsch, "Handbook for Automatic Computation II: Linear Algebra" (1971), tred2 and imtql2.
 */

export interface Eigen {
  /** Falling. */
  readonly values: Float64Array;
  /** [n × n], row-major: one eigenvector a column, of length 1. */
  readonly vectors: Float64Array;
}

/** @param matrix [n × n], row-major and symmetric; not changed */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  const z = matrix.slice();
  const d = new Float64Array(n);
  const e = new Float64Array(n);
  reduce(z, d, e, n);
  iterate(z, d, e, n);
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => d[b]! - d[a]!);
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (const [to, from] of order.entries()) vectors[i * n + to] = z[i * n + from]!;
  return { values: Float64Array.from(order, (i) => d[i]!), vectors };
}

/** z becomes the orthogonal matrix of the reduction, d the diagonal, e what stands beside it, from 1 on. */
function reduce(z: Float64Array, d: Float64Array, e: Float64Array, n: number): void {
  for (let i = n - 1; i > 0; i--) {
    let h = 0;
    let scale = 0;
    for (let k = 0; k < i; k++) scale += Math.abs(z[i * n + k]!);
    if (i === 1 || scale === 0) {
      e[i] = z[i * n + i - 1]!;
    } else {
      for (let k = 0; k < i; k++) {
        z[i * n + k]! /= scale;
        h += z[i * n + k]! ** 2;
      }
      const f = z[i * n + i - 1]!;
      const g = f >= 0 ? -Math.sqrt(h) : Math.sqrt(h);
      e[i] = scale * g;
      h -= f * g;
      z[i * n + i - 1] = f - g;
      let sum = 0;
      for (let j = 0; j < i; j++) {
        z[j * n + i] = z[i * n + j]! / h;
        let product = 0;
        for (let k = 0; k <= j; k++) product += z[j * n + k]! * z[i * n + k]!;
        for (let k = j + 1; k < i; k++) product += z[k * n + j]! * z[i * n + k]!;
        e[j] = product / h;
        sum += e[j]! * z[i * n + j]!;
      }
      const half = sum / (h + h);
      for (let j = 0; j < i; j++) {
        const f = z[i * n + j]!;
        const g = e[j]! - half * f;
        e[j] = g;
        for (let k = 0; k <= j; k++) z[j * n + k]! -= f * e[k]! + g * z[i * n + k]!;
      }
    }
    d[i] = h;
  }
  d[0] = 0;
  e[0] = 0;
  for (let i = 0; i < n; i++) {
    if (d[i] !== 0) {
      for (let j = 0; j < i; j++) {
        let product = 0;
        for (let k = 0; k < i; k++) product += z[i * n + k]! * z[k * n + j]!;
        for (let k = 0; k < i; k++) z[k * n + j]! -= product * z[k * n + i]!;
      }
    }
    d[i] = z[i * n + i]!;
    z[i * n + i] = 1;
    for (let j = 0; j < i; j++) {
      z[j * n + i] = 0;
      z[i * n + j] = 0;
    }
  }
}

/** d becomes the eigenvalues, the columns of z the eigenvectors. */
function iterate(z: Float64Array, d: Float64Array, e: Float64Array, n: number): void {
  for (let i = 1; i < n; i++) e[i - 1] = e[i]!;
  e[n - 1] = 0;
  for (let l = 0; l < n; l++) {
    for (let turn = 0; ; turn++) {
      let m = l;
      for (; m < n - 1; m++) {
        const size = Math.abs(d[m]!) + Math.abs(d[m + 1]!);
        if (Math.abs(e[m]!) <= Number.EPSILON * size) break;
      }
      if (m === l) break;
      if (turn === 60)
        throw new RangeError('eigen: expected a finite symmetric matrix, got one that does not converge');
      let g = (d[l + 1]! - d[l]!) / (2 * e[l]!);
      let r = Math.hypot(g, 1);
      g = d[m]! - d[l]! + e[l]! / (g + (g >= 0 ? r : -r));
      let s = 1;
      let c = 1;
      let p = 0;
      let i = m - 1;
      for (; i >= l; i--) {
        let f = s * e[i]!;
        const b = c * e[i]!;
        r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1]! -= p;
          e[m] = 0;
          break;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1]! - p;
        r = (d[i]! - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        for (let k = 0; k < n; k++) {
          f = z[k * n + i + 1]!;
          z[k * n + i + 1] = s * z[k * n + i]! + c * f;
          z[k * n + i] = c * z[k * n + i]! - s * f;
        }
      }
      if (r === 0 && i >= l) continue;
      d[l]! -= p;
      e[l] = g;
      e[m] = 0;
    }
  }
}
