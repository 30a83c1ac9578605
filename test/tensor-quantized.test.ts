import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  add,
  array,
  ConstantFile,
  compile,
  constant,
  dequantize,
  exportOnnx,
  gradients,
  matmul,
  mul,
  type NDArray,
  openOnnx,
  printProgram,
  QuantizedArray,
  quantize,
  scan,
  sub,
  sum,
  type Tensor,
  take,
  toFloats,
  toHost,
  toNested,
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
const floats = async (q: NDArray) => toFloats(await toHost(q));
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

/** The same weights, read from their file. */
async function inMemory({ packed, scales, bits }: QuantizedArray): Promise<QuantizedArray> {
  return new QuantizedArray(await toHost(packed), await toHost(scales), bits);
}

describe('quantised weights in programs', () => {
  const product = (x: Tensor, w: Tensor) => matmul(x, w, { transposeB: true });

  it('give products as the weights they stand for, to the rounding of the other operand', async () => {
    for (const bits of [4, 8] as const) {
      const q = quantize(normal([96, 256]), { bits });
      const [x, one] = [normal([7, 256]), normal([2, 3, 256])];
      const f = compile(product);
      for (const given of [x, one]) {
        const exact = await f(given, await toHost(q));
        const y = await f(given, q);
        expect(y.shape).toEqual(exact.shape);
        const error = rootMeanSquare(Array.from(toFloats(y), (v, i) => v - toFloats(exact)[i]!));
        expect(error / rootMeanSquare(toFloats(exact))).toBeLessThan(0.008);
        // by the kernel of whole numbers, which rounds
        expect(error).toBeGreaterThan(0);
      }
      expect(f.signatures).toBe(4);
      await f.release();
    }
  });

  it('share their bytes with a table, at open sizes', async () => {
    const q = quantize(normal([40, 64]), { bits: 4 });
    const open = [['batch', 'tokens'], null];
    const tied = compile((ids: Tensor, w: Tensor) => ({ rows: take(w, ids), logits: product(take(w, ids), w) }), {
      open,
    });
    const table = await floats(q);
    for (const [batch, tokens] of [
      [1, 1],
      [2, 9],
    ] as const) {
      const ids = array(
        Int32Array.from({ length: batch * tokens }, (_, i) => (i * 7) % 40),
        { shape: [batch, tokens], dtype: 'int32' },
      );
      const { rows, logits } = await tied(ids, q);
      const wanted = Array.from(ids.data).flatMap((id) =>
        Array.from(table).slice(Number(id) * 64, Number(id) * 64 + 64),
      );
      expect(Array.from(toFloats(rows))).toEqual(wanted);
      expect(logits.shape).toEqual([batch, tokens, 40]);
      // a row is most like itself
      for (const [i, id] of Array.from(ids.data).entries()) {
        const line = (logits.data as Float32Array).subarray(i * 40, i * 40 + 40);
        expect(line.indexOf(Math.max(...line))).toBe(id);
      }
    }
    expect(tied.signatures).toBe(1);
    await tied.release();
  });

  it('are floats to everything else, in loops and in exported models too', async () => {
    const q = quantize(normal([32, 32]), { bits: 8 });
    const exact = toFloats(await toHost(q));
    const x = normal([3, 32]);
    const f = compile((x: Tensor, w: Tensor) => ({
      plain: add(w, 0),
      other: matmul(x, w),
      looped: scan((c: Tensor) => [product(c, w), undefined] as const, x, undefined, { length: 2 })[0],
    }));
    const { plain, other, looped } = await f(x, q);
    expect(toFloats(plain)).toEqual(exact);
    const wanted = await f(x, await toHost(q));
    const model = await openOnnx(exportOnnx(f.program(x, q)));
    const exported = await model({ x });
    for (const [got, name] of [
      [other, 'other'],
      [looped, 'looped'],
      [exported.other!, 'other'],
      [exported.looped!, 'looped'],
    ] as const)
      for (const [i, v] of Array.from(toFloats(got)).entries())
        expect(Math.abs(v - toFloats(wanted[name])[i]!)).toBeLessThan(1e-3 * (1 + Math.abs(v)));
    await model.release();
    await f.release();
  });

  it('stay packed in exported models, weights of one shape apart, at open sizes', async () => {
    for (const bits of [4, 8] as const) {
      const [a, b] = [quantize(normal([48, 256]), { bits }), quantize(normal([48, 256]), { bits })];
      const f = compile(
        (x: Tensor, ids: Tensor, a: Tensor, b: Tensor) => [product(x, a), product(x, b), take(a, ids)],
        {
          open: [['rows', null], ['ids']],
        },
      );
      const given = [normal([3, 256]), array([5, -1], { dtype: 'int32' })] as const;
      const bytes = exportOnnx(f.program(...given, a, b));
      // two products and a table
      expect(bytes.length).toBeLessThan(3 * 48 * 256 * (bits / 8 + 1 / 8) + 8000);
      expect(Buffer.from(bytes).includes('com.microsoft')).toBe(false);
      const model = await openOnnx(bytes);
      expect(model.inputs[0]!.shape).toEqual(['rows', 256]);
      const got = Object.values(await model({ x: given[0], ids: given[1] }));
      const wanted = await f(...given, await toHost(a), await toHost(b));
      for (const [i, y] of got.entries()) {
        expect(y.shape).toEqual(wanted[i]!.shape);
        const error = rootMeanSquare(Array.from(toFloats(y), (v, k) => v - toFloats(wanted[i]!)[k]!));
        expect(error / rootMeanSquare(toFloats(wanted[i]!))).toBeLessThan(0.008);
      }
      await model.release();
      await f.release();
    }
  });

  it('have gradients in their scales, and let those of the other operand through', async () => {
    const { packed, scales } = quantize(normal([5, 32]), { bits: 4, block: 16 });
    const [x, ds] = [normal([3, 32]), normal([5, 2])];
    const loss = (x: Tensor, s: Tensor) => sum(product(x, dequantize(constant(packed), s, { bits: 4 })));
    const f = compile((x: Tensor, s: Tensor, ds: Tensor) => {
      const [bx, bs] = gradients(loss(x, s), [x, s]) as [Tensor, Tensor];
      return { bx, along: sum(mul(bs, ds)), rise: sub(loss(x, add(s, ds)), loss(x, s)) };
    });
    const { bx, along, rise } = await f(x, scales, ds);
    expect(along.item()).toBeCloseTo(rise.item(), 3);
    const w = await floats(new QuantizedArray(packed, scales, 4));
    for (let k = 0; k < 32; k++) {
      const column = [0, 1, 2, 3, 4].reduce((total, row) => total + w[row * 32 + k]!, 0);
      expect(toFloats(bx)[k]).toBeCloseTo(column, 4);
    }
    await f.release();
  });

  it('compute from a file what they compute from memory, beside large constants in memory, at open sizes', async () => {
    const q = quantize(normal([64, 64]), { bits: 4 });
    const file = await ConstantFile.create();
    const [other, kept] = [await file.put(quantize(normal([64, 64]), { bits: 8 })), await file.put(q)];
    const large = normal([64, 5000]);
    const f = compile(
      (ids: Tensor, w: Tensor, v: Tensor) => {
        const x = take(w, ids);
        return [x, product(x, w), matmul(product(x, v), constant(large))];
      },
      { open: [['tokens']] },
    );
    const ids = array([3, 60, 3], { dtype: 'int32' });
    expect((await f(ids, kept, other)).map(toNested)).toEqual((await f(ids, q, await inMemory(other))).map(toNested));
    expect(toNested(await toHost(kept))).toEqual(toNested(await toHost(q)));
    expect(() => kept.packed.data).toThrow('await toHost(array)');
    expect(() => exportOnnx(f.program(ids, kept, other))).toThrow('await toHost(array)');
    const plain = await file.put(large);
    const g = compile((x: Tensor) => matmul(x, constant(plain)));
    const x = normal([1, 64]);
    expect(toNested(await g(x))).toEqual(toNested(await compile((x: Tensor) => matmul(x, constant(large)))(x)));
    expect(() => exportOnnx(g.program(x))).toThrow('exportOnnx: expected constants in memory, got some in a file');
    expect(printProgram(f.program(ids, kept, other))).toContain('constant {value=uint8[64,2,16](…)}');
    await f.release();
  });

  it('leave no file behind when their process ends, and the next process removes those of a killed one', () => {
    const script = `import { array, ConstantFile } from 'tenfold/tensor';
      const file = await ConstantFile.create();
      globalThis.kept = [await file.put(array([1, 2])), await (await ConstantFile.create()).put(array([3]))];`;
    const folder = mkdtempSync(join(tmpdir(), 'tenfold-quantized-'));
    try {
      const run = (after: string) =>
        spawnSync(process.execPath, ['--input-type=module', '-e', script + after], {
          cwd: new URL('..', import.meta.url),
          env: { ...process.env, TMPDIR: folder },
          encoding: 'utf8',
        });
      const there = run(`process.stdout.write(String((await import('node:fs')).readdirSync('${folder}').length))`);
      expect(there).toMatchObject({ stdout: '2', stderr: '', status: 0 });
      expect(readdirSync(folder)).toEqual([]);
      expect(run('throw 1').status).toBe(1);
      expect(readdirSync(folder)).toEqual([]);
      expect(run(`process.kill(process.pid, 'SIGKILL')`).signal).toBe('SIGKILL');
      expect(readdirSync(folder).length).toBe(2);
      expect(run('').status).toBe(0);
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('come from their parts, as a checkpoint keeps them', async () => {
    const { packed, scales } = quantize(normal([4, 64]), { bits: 4, block: 16 });
    const again = new QuantizedArray(packed, scales, 4);
    expect(again.shape).toEqual([4, 64]);
    expect(() => new QuantizedArray(packed, scales, 8)).toThrow(/^quantize: expected packed weights/);
    expect(() => new QuantizedArray(packed, packed, 4)).toThrow(TypeError);
    expect(() => again.data).toThrow('await toHost(array)');
  });
});
