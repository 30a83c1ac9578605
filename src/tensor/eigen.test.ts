import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { symmetricEigen, symmetricEigenvalues } from './eigen.ts';

describe('symmetricEigenvalues', () => {
  test.each([1, 2, 3, 10, 97])('the second difference of %i points: 2 − 2 cos(kπ/(n+1))', (n) => {
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      matrix[i * n + i] = 2;
      if (i > 0) matrix[i * n + i - 1] = -1;
    }
    const known = Array.from({ length: n }, (_, k) => 2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1)));
    for (const [k, value] of symmetricEigenvalues(matrix, n).entries()) expect(value).toBeCloseTo(known[k]!, 13);
  });

  test('diagonals, zeros, equal eigenvalues', () => {
    expect([...symmetricEigenvalues(Float64Array.of(3, 0, 0, 0, -1, 0, 0, 0, 2), 3)]).toEqual([-1, 2, 3]);
    expect([...symmetricEigenvalues(new Float64Array(16), 4)]).toEqual([0, 0, 0, 0]);
    // all ones: rank one
    const ones = symmetricEigenvalues(new Float64Array(25).fill(1), 5);
    for (const [i, value] of ones.entries()) expect(value).toBeCloseTo(i === 4 ? 5 : 0, 12);
  });

  test('known eigenvalues come back through any sequence of reflections', () => {
    const vector = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 6, maxLength: 6 }),
        fc.array(vector, { maxLength: 4 }),
        (values, mirrors) => {
          let matrix = values.map((value, i) => values.map((_, j) => (i === j ? value : 0)));
          for (const u of mirrors) matrix = reflected(matrix, u);
          const found = symmetricEigenvalues(Float64Array.from(matrix.flat()), 6);
          const known = values.toSorted((a, b) => a - b);
          for (const [i, value] of found.entries()) expect(value).toBeCloseTo(known[i]!, 10);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('a small element beside a large one is not lost', () => {
    // [[0, e, 0], [e, 0, 1], [0, 1, 0]] and the like: the eigenvalue 0 stays 0, the others are ±√(1 + e²)
    const e = 1e-9;
    const found = symmetricEigenvalues(Float64Array.of(2, 0, 0, 0, 0, 0, e, 1, 0), 3);
    const exact = [-1, 1, 2];
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(exact[i]!, 12);
    const wide = symmetricEigenvalues(Float64Array.of(0, 0, 0, 0, 0, 0, 3e-9, 0, 0), 3);
    expect([...wide].map((x) => x * 1e9)).toEqual([expect.closeTo(-3, 9), expect.closeTo(0, 9), expect.closeTo(3, 9)]);
  });

  test('elements that are not finite are refused, not searched for ever', () => {
    expect(() => symmetricEigenvalues(new Float64Array(9).fill(Number.NaN), 3)).toThrow(RangeError);
    expect(() => symmetricEigenvalues(new Float64Array(8), 3)).toThrow('expected 9 elements for n = 3, got 8');
  });
});

describe('symmetricEigen', () => {
  test('eigenvectors make up the matrix again', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.infiniteStream(fc.integer({ min: -500, max: 500 })),
        fc.boolean(),
        (n, numbers, flat) => {
          const matrix = new Float64Array(n * n);
          for (let i = 0; i < n; i++)
            for (let j = 0; j <= i; j++)
              matrix[i * n + j] = matrix[j * n + i] = flat ? 1 : numbers.next().value! / 1000;
          const { values, vectors } = symmetricEigen(matrix, n);
          for (let i = 1; i < n; i++) expect(values[i - 1]!).toBeGreaterThanOrEqual(values[i]!);
          for (let i = 0; i < n; i++) {
            for (let j = 0; j < n; j++) {
              let again = 0;
              let dot = 0;
              for (let k = 0; k < n; k++) {
                again += vectors[i * n + k]! * values[k]! * vectors[j * n + k]!;
                dot += vectors[k * n + i]! * vectors[k * n + j]!;
              }
              expect(again).toBeCloseTo(matrix[i * n + j]!, 10);
              expect(dot).toBeCloseTo(i === j ? 1 : 0, 10);
            }
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  test('what is not a matrix of numbers is refused', () => {
    expect(() => symmetricEigen(new Float64Array(9).fill(Number.NaN), 3)).toThrow(RangeError);
    expect(() => symmetricEigen(new Float64Array(8), 3)).toThrow('expected 9 elements for n = 3, got 8');
  });
});

/** HAH with H = I − 2uuᵀ/uᵀu. */
function reflected(a: number[][], u: readonly number[]): number[][] {
  const size = u.reduce((sum, x) => sum + x * x, 0);
  if (size < 1e-6) return a;
  const h = u.map((x, i) => u.map((y, j) => (i === j ? 1 : 0) - (2 * x * y) / size));
  const product = (p: number[][], q: number[][]) =>
    p.map((row) => q[0]!.map((_, j) => row.reduce((sum, x, k) => sum + x * q[k]![j]!, 0)));
  return product(product(h, a), h);
}
