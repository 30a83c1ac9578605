import fc from 'fast-check';
import {
  array,
  compile,
  constant,
  dequantize,
  matmul,
  type NDArray,
  type Quantized,
  quantize,
  quantizedMatmul,
  quantizedTake,
  type Tensor,
  toFloats,
} from 'tenfold/tensor';
import { describe, expect, it } from 'vitest';

let seed = 5;
const normal = (shape: number[]) =>
  array(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
      let total = -6;
      for (let i = 0; i < 12; i++) {
        seed = (Math.imul(seed, 48271) >>> 0) % 2147483647;
        total += seed / 2147483647;
      }
      return total;
    }),
    { shape },
  );
const floats = async (q: Quantized<NDArray>) => toFloats(await compile(() => dequantize(constant(q)))());
const rootMeanSquare = (values: ArrayLike<number>) =>
  Math.sqrt(Array.from(values).reduce((total, v) => total + v * v, 0) / values.length);

describe('quantize', () => {
  it('is off by at most half a step, and a whole one at the end of the range', async () => {
    const entry = fc.float({ noNaN: true, min: -1000, max: 1000 });
    const option = fc.record({ bits: fc.constantFrom(4 as const, 8 as const), block: fc.constantFrom(16, 32) });
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { minLength: 64, maxLength: 64 }), option, async (values, { bits, block }) => {
        const w = array(Float32Array.from(values), { shape: [2, 32] });
        const q = quantize(w, { bits, block });
        const back = await floats(q);
        for (let i = 0; i < 64; i++) {
          const step = Math.abs(toFloats(q.scales)[Math.floor(i / block)]!);
          const exact = w.data[i] as number;
          const end = Math.abs(back[i]!) > (2 ** (bits - 1) - 1.01) * step && Math.abs(exact) > Math.abs(back[i]!);
          expect(Math.abs(back[i]! - exact)).toBeLessThanOrEqual(step * (end ? 1 : 0.5) * (1 + 1e-5));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('keeps what it can hold: zeros, and the entry of largest magnitude', async () => {
    const w = normal([3, 64]);
    w.data.fill(0, 64, 128);
    const back = await floats(quantize(w, { bits: 4 }));
    expect(
      Array.from(back)
        .slice(64, 128)
        .every((v) => v === 0),
    ).toBe(true);
    for (const from of [0, 32, 128, 160]) {
      const exact = Array.from(w.data as Float32Array).slice(from, from + 32);
      const at = exact.findIndex((v) => Math.abs(v) === Math.max(...exact.map(Math.abs)));
      expect(back[from + at]).toBeCloseTo(exact[at]!, 6);
    }
  });

  it('has on normal weights the relative error of its bits', async () => {
    const w = normal([64, 512]);
    for (const [bits, bound] of [
      [4, 0.1],
      [8, 0.006],
    ] as const) {
      const back = await floats(quantize(w, { bits }));
      const error =
        rootMeanSquare(Array.from(back, (v, i) => v - (w.data[i] as number))) / rootMeanSquare(w.data as Float32Array);
      expect(error).toBeLessThan(bound);
      expect(error).toBeGreaterThan(bound / 3);
    }
  });

  it('refuses what it cannot hold', () => {
    const w = normal([2, 64]);
    expect(() => quantize(normal([64]), { bits: 4 })).toThrow(
      'quantize: expected float32 weights [out, in], got float32[64]',
    );
    expect(() => quantize(w, { bits: 3 as 4 })).toThrow('quantize: expected 4 or 8 bits, got 3');
    for (const block of [8, 24, 128]) expect(() => quantize(w, { bits: 4, block })).toThrow(`got ${block}`);
    for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY]) {
      w.data[70] = bad;
      expect(() => quantize(w, { bits: 8 })).toThrow('quantize: expected finite weights, got another in row 1');
    }
    // two that cancel are as bad
    w.data.set([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] as never, 70);
    expect(() => quantize(w, { bits: 8 })).toThrow(RangeError);
  });
});

describe('a product with quantised constants', () => {
  it('is that with the weights they stand for, to the rounding of its other operand', async () => {
    for (const bits of [4, 8] as const) {
      const q = quantize(normal([96, 256]), { bits });
      const x = normal([7, 256]);
      const f = compile((x: Tensor) => ({
        y: quantizedMatmul(x, constant(q)),
        exact: matmul(x, dequantize(constant(q)), { transposeB: true }),
      }));
      const { y, exact } = await f(x);
      const error = rootMeanSquare(Array.from(toFloats(y), (v, i) => v - (exact.data[i] as number)));
      expect(error / rootMeanSquare(exact.data as Float32Array)).toBeLessThan(0.008);
      await f.release();
    }
  });

  it('shares its bytes with a table, of open sizes', async () => {
    const q = quantize(normal([40, 64]), { bits: 4 });
    const tied = compile(
      (ids: Tensor) => {
        const w = constant(q);
        const rows = quantizedTake(w, ids);
        return { rows, logits: quantizedMatmul(rows, w) };
      },
      { open: [['batch', 'tokens']] },
    );
    const table = await floats(q);
    for (const [batch, tokens] of [
      [1, 1],
      [2, 9],
    ] as const) {
      const ids = array(
        Int32Array.from({ length: batch * tokens }, (_, i) => (i * 7) % 40),
        { shape: [batch, tokens], dtype: 'int32' },
      );
      const { rows, logits } = await tied(ids);
      expect(Array.from(toFloats(rows))).toEqual(
        Array.from(ids.data as Int32Array).flatMap((id) => Array.from(table).slice(id * 64, id * 64 + 64)),
      );
      expect(logits.shape).toEqual([batch, tokens, 40]);
      // a row is most like itself
      for (const [i, id] of ids.data.entries()) {
        const line = (logits.data as Float32Array).subarray(i * 40, i * 40 + 40);
        expect(line.indexOf(Math.max(...line))).toBe(id);
      }
    }
    await tied.release();
  });
});
