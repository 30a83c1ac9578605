import { array, capacity, compile, lengthMask, padTo, sum, type Tensor, toNested, where } from 'tenfold/tensor';
import { describe, expect, it } from 'vitest';

describe('capacity', () => {
  it('doubles from the least', () => {
    expect([0, 1, 16, 17, 32, 33, 1000].map((n) => capacity(n))).toEqual([16, 16, 16, 32, 32, 64, 1024]);
    expect([1, 3, 5].map((n) => capacity(n, 1))).toEqual([1, 4, 8]);
    expect(() => capacity(1.5)).toThrow('capacity: expected a size of at least 0, got 1.5');
    expect(() => capacity(2, 0)).toThrow('capacity: expected a least capacity of at least 1, got 0');
  });

  it('compiles a logarithm of programs for 1 to 1000 rows, whose sums ignore the filler', async () => {
    const total = compile((rows: Tensor, length: Tensor) => sum(where(lengthMask(length, rows.shape[0]!), rows, 0)));
    for (let n = 1; n <= 1000; n++) {
      const rows = array(new Float32Array(n).fill(1));
      expect((await total(padTo(rows, 0, capacity(n), Number.NaN), n)).item()).toBe(n);
    }
    expect(total.signatures).toBe(7);
    await total.release();
  });
});

describe('padTo', () => {
  it('adds after the last entry of any axis, in every element type', () => {
    const x = array([
      [1, 2],
      [3, 4],
    ]);
    expect(toNested(padTo(x, -1, 3))).toEqual([
      [1, 2, 0],
      [3, 4, 0],
    ]);
    expect(toNested(padTo(x, 0, 3, 9))).toEqual([
      [1, 2],
      [3, 4],
      [9, 9],
    ]);
    for (const dtype of ['float16', 'int64', 'bool', 'uint8'] as const)
      expect(toNested(padTo(array([1], { dtype }), 0, 3, 1))).toEqual([1, 1, 1]);
    expect(padTo(x, 0, 2)).toBe(x);
    expect(() => padTo(x, 0, 1)).toThrow('padTo: expected a size of at least 2 for [2,2], got 1');
    expect(toNested(padTo(array([]), 0, 2))).toEqual([0, 0]);
  });
});
