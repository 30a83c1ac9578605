/** Ridge regression by its normal equations. */

/**
 * Solves A X = B for a symmetric positive definite A, by Cholesky's factorisation; both are overwritten.
 * @param a [size, size], of which the lower triangle is read
 * @param b [size, columns], in which X is returned
 * @throws RangeError when A is not positive definite
 */
export function solveSymmetric(a: Float64Array, b: Float64Array, size: number): Float64Array {
  factor(a, size);
  const columns = b.length / size;
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) subtractRow(b, i, k, a[i * size + k]!, columns);
    divideRow(b, i, a[i * size + i]!, columns);
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) subtractRow(b, i, k, a[k * size + i]!, columns);
    divideRow(b, i, a[i * size + i]!, columns);
  }
  return b;
}

/** A = L Lᵀ, with L in the lower triangle. Four sums at once, because one alone waits for its own additions. */
function factor(a: Float64Array, size: number): void {
  for (let i = 0; i < size; i++) {
    const row = i * size;
    for (let j = 0; j <= i; j++) {
      const other = j * size;
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      let k = 0;
      for (; k + 3 < j; k += 4) {
        s0 += a[row + k]! * a[other + k]!;
        s1 += a[row + k + 1]! * a[other + k + 1]!;
        s2 += a[row + k + 2]! * a[other + k + 2]!;
        s3 += a[row + k + 3]! * a[other + k + 3]!;
      }
      for (; k < j; k++) s0 += a[row + k]! * a[other + k]!;
      const rest = a[row + j]! - (s0 + s1 + (s2 + s3));
      if (i > j) a[row + j] = rest / a[other + j]!;
      else if (rest > 0) a[row + j] = Math.sqrt(rest);
      else throw new RangeError(`train: expected features that a ridge can be fitted on, got a pivot of ${rest}`);
    }
  }
}

function subtractRow(b: Float64Array, to: number, from: number, times: number, columns: number): void {
  for (let c = 0; c < columns; c++) b[to * columns + c] = b[to * columns + c]! - times * b[from * columns + c]!;
}

function divideRow(b: Float64Array, row: number, by: number, columns: number): void {
  for (let c = 0; c < columns; c++) b[row * columns + c] = b[row * columns + c]! / by;
}
