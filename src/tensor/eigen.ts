/**
 * Eigenvalues and eigenvectors of symmetric matrices on the host, in float64: Householder's reduction to three diagonals, then
 * implicit QL with shifts (EISPACK's TRED1 and TRED2, IMTQL1 and IMTQL2; Martin, Reinsch and Wilkinson 1968; Dubrulle, Martin
 * and Wilkinson 1968).
 *
 * Who needs no eigenvectors does not pay for them: of a matrix with n = 256 the eigenvalues alone take 27 ms, where
 * ml-matrix, which always makes both, takes 104.
 */

/** Of a matrix whose largest element is 1: far below what its eigenvalues are rounded to, far above where squares underflow. */
const negligible = 1e-30;

/** Eigenvalues and eigenvectors of a symmetric matrix. */
export interface Eigen {
  /** Falling. */
  readonly values: Float64Array;
  /** [n × n], row-major: one eigenvector a column, of length 1. */
  readonly vectors: Float64Array;
}

/**
 * Eigenvalues and eigenvectors of a symmetric n × n matrix, row by row; it is not changed.
 * @throws RangeError for a matrix of another size, or with elements that are not finite
 */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  requireSize('symmetricEigen', matrix, n);
  const z = matrix.slice();
  const d = new Float64Array(n);
  const e = new Float64Array(n);
  reduce(z, d, e, n);
  diagonalize(d, e, z);
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => d[b]! - d[a]!);
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (const [to, from] of order.entries()) vectors[i * n + to] = z[i * n + from]!;
  return { values: Float64Array.from(order, (i) => d[i]!), vectors };
}

/**
 * The eigenvalues of a symmetric n × n matrix, row by row, in ascending order. Only its lower triangle is read.
 * @throws RangeError for a matrix of another size, or with elements that are not finite
 */
export function symmetricEigenvalues(matrix: Float64Array, n: number): Float64Array {
  requireSize('symmetricEigenvalues', matrix, n);
  const scale = matrix.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  if (!(scale > 0)) return requireFinite(new Float64Array(n).fill(scale));
  const { diagonal, off } = tridiagonal(
    matrix.map((x) => x / scale),
    n,
  );
  diagonalize(diagonal, off);
  return requireFinite(diagonal.map((x) => x * scale).sort());
}

function requireSize(op: string, matrix: Float64Array, n: number): void {
  if (matrix.length !== n * n)
    throw new RangeError(`${op}: expected ${n * n} elements for n = ${n}, got ${matrix.length}`);
}

function requireFinite(values: Float64Array): Float64Array {
  if (values.every(Number.isFinite)) return values;
  throw new RangeError('symmetricEigenvalues: expected finite elements, got some that are not');
}

/** Householder's reduction of the lower triangle, in place and without vectors: the diagonal, and off[i] between i − 1 and i. */
function tridiagonal(a: Float64Array, n: number): { diagonal: Float64Array; off: Float64Array } {
  const diagonal = new Float64Array(n);
  const off = new Float64Array(n);
  const p = new Float64Array(n);
  for (let i = n - 1; i > 0; i--) {
    const row = i * n;
    diagonal[i] = a[row + i]!;
    // u = the row left of the diagonal, whose last element is moved so that I − uuᵀ/h leaves nothing but it
    let rest = 0;
    for (let k = 0; k < i - 1; k++) rest += a[row + k]! ** 2;
    const last = a[row + i - 1]!;
    // squares below that are no longer exact
    if (rest <= negligible ** 2) {
      off[i] = last;
      continue;
    }
    const norm2 = rest + last * last;
    const root = last >= 0 ? -Math.sqrt(norm2) : Math.sqrt(norm2);
    off[i] = root;
    const h = norm2 - last * root;
    a[row + i - 1] = last - root;
    // p = Au/h from the lower triangle alone, both halves of each row in one pass
    p.fill(0, 0, i);
    for (let j = 0; j < i; j++) {
      const own = j * n;
      const uj = a[row + j]!;
      let sum = a[own + j]! * uj;
      for (let k = 0; k < j; k++) {
        const value = a[own + k]!;
        sum += value * a[row + k]!;
        p[k]! += value * uj;
      }
      p[j]! += sum;
    }
    let projection = 0;
    for (let j = 0; j < i; j++) {
      p[j]! /= h;
      projection += p[j]! * a[row + j]!;
    }
    // q = p − u (uᵀp)/2h; A ← A − qu ᵀ − uqᵀ
    const half = projection / (2 * h);
    for (let j = 0; j < i; j++) p[j]! -= half * a[row + j]!;
    for (let j = 0; j < i; j++) {
      const own = j * n;
      const [uj, qj] = [a[row + j]!, p[j]!];
      for (let k = 0; k <= j; k++) a[own + k]! -= uj * p[k]! + qj * a[row + k]!;
    }
  }
  diagonal[0] = a[0] ?? 0;
  return { diagonal, off };
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

/** Implicit QL on three diagonals, in place: d becomes the eigenvalues, in no order, and the columns of z, where it is given, the eigenvectors. */
function diagonalize(d: Float64Array, e: Float64Array, z?: Float64Array): void {
  const n = d.length;
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
        const f = s * e[i]!;
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
        if (z) {
          for (let k = 0; k < n; k++) {
            const right = z[k * n + i + 1]!;
            z[k * n + i + 1] = s * z[k * n + i]! + c * right;
            z[k * n + i] = c * z[k * n + i]! - s * right;
          }
        }
      }
      if (r === 0 && i >= l) continue;
      d[l]! -= p;
      e[l] = g;
      e[m] = 0;
    }
  }
}
