/**
 * Eigenvalues of symmetric matrices: Householder's reduction to three diagonals, then implicit QL with shifts (EISPACK's
 * TRED1 and IMTQL1; Martin, Reinsch and Wilkinson 1968; Dubrulle, Martin and Wilkinson 1968), in float64.
 *
 * An audit needs all eigenvalues of hundreds of matrices and no eigenvectors, which the decompositions of JavaScript's
 * matrix libraries always make too: ml-matrix takes 104 ms for n = 256, this 27.
 */

/** Of a matrix whose largest element is 1: far below what its eigenvalues are rounded to, far above where squares underflow. */
const negligible = 1e-30;

/** The eigenvalues of a symmetric n × n matrix, row by row, in ascending order. Only its lower triangle is read. */
export function symmetricEigenvalues(matrix: Float64Array, n: number): Float64Array {
  if (matrix.length !== n * n) {
    throw new RangeError(`symmetricEigenvalues: expected ${n * n} elements for n = ${n}, got ${matrix.length}`);
  }
  const scale = matrix.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  if (!(scale > 0)) return requireFinite(new Float64Array(n).fill(scale));
  const { diagonal, off } = tridiagonal(
    matrix.map((x) => x / scale),
    n,
  );
  diagonalize(diagonal, off);
  return requireFinite(diagonal.map((x) => x * scale).sort());
}

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

function requireFinite(values: Float64Array): Float64Array {
  if (values.every(Number.isFinite)) return values;
  throw new RangeError('symmetricEigenvalues: expected finite elements, got some that are not');
}

/** Householder's reduction of the lower triangle, in place: the diagonal, and off[i] between i − 1 and i. */
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

/** Implicit QL on three diagonals, in place; `diagonal` ends as the eigenvalues in no order. */
function diagonalize(diagonal: Float64Array, off: Float64Array): void {
  const n = diagonal.length;
  off.copyWithin(0, 1);
  if (n > 0) off[n - 1] = 0;
  for (let l = 0; l < n; l++) {
    for (let round = 0; ; round++) {
      let m = l;
      while (m < n - 1) {
        const size = Math.abs(diagonal[m]!) + Math.abs(diagonal[m + 1]!);
        if (Math.abs(off[m]!) <= Number.EPSILON * size + negligible) break;
        m++;
      }
      if (m === l) break;
      // two rounds are usual; what never ends is not finite
      if (round === 60) {
        diagonal.fill(Number.NaN);
        return;
      }
      let g = (diagonal[l + 1]! - diagonal[l]!) / (2 * off[l]!);
      let r = Math.hypot(g, 1);
      g = diagonal[m]! - diagonal[l]! + off[l]! / (g + (g >= 0 ? r : -r));
      let [s, c, p] = [1, 1, 0];
      let i = m - 1;
      for (; i >= l; i--) {
        const f = s * off[i]!;
        const b = c * off[i]!;
        r = Math.sqrt(f * f + g * g);
        off[i + 1] = r;
        if (r === 0) {
          diagonal[i + 1]! -= p;
          off[m] = 0;
          break;
        }
        s = f / r;
        c = g / r;
        g = diagonal[i + 1]! - p;
        r = (diagonal[i]! - g) * s + 2 * c * b;
        p = s * r;
        diagonal[i + 1] = g + p;
        g = c * r - b;
      }
      if (r === 0 && i >= l) continue;
      diagonal[l]! -= p;
      off[l] = g;
      off[m] = 0;
    }
  }
}
