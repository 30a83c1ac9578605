import { mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  add,
  array,
  compile,
  constant,
  conv,
  dispose,
  exp,
  exportOnnx,
  gelu,
  layerNorm,
  matmul,
  maxPool,
  mul,
  type NDArray,
  openDevice,
  openOnnx,
  random,
  relu,
  saveOnnx,
  scan,
  softmax,
  sum,
  type Tensor,
  toHost,
  toNested,
  valueAndGrad,
  zerosArray,
} from 'tenfold/tensor';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tenfold-onnx-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const ramp = (shape: number[], scale = 0.1) =>
  array(
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i + 1) * scale),
    { shape },
  );

/** A program that uses a bit of everything: layers, a loop, random numbers, a gradient. */
const network = compile((p: { w: Tensor; k: Tensor; norm: Tensor }, image: Tensor, key: Tensor) => {
  const loss = (w: Tensor) => {
    const h = relu(maxPool(conv(image, p.k, { padding: 1 }), 2));
    const flat = matmul(softmax(gelu(sum(h, [2, 3]))), w);
    const [last] = scan((c: Tensor, x: Tensor) => [mul(add(c, x), 0.5), c] as const, p.norm, flat);
    return sum(mul(layerNorm(last, p.norm, p.norm), random.normal(key, [3])));
  };
  const [value, gradient] = valueAndGrad(loss)(p.w);
  return { value, gradient, frozen: add(p.norm, constant(ramp([3]))) };
});
const parameters = () => ({ w: ramp([4, 3]), k: ramp([4, 2, 3, 3]), norm: ramp([3], 1) });

describe('exportOnnx', () => {
  it('gives a model of the standard that another reader of the format runs to the same numbers', async () => {
    const [p, image, key] = [parameters(), ramp([2, 2, 6, 6], 1), random.key(3)];
    const wanted = await network(p, image, key);
    const bytes = exportOnnx(network.program(p, image, key));
    // no operator of a vendor
    expect(Buffer.from(bytes).includes('com.microsoft')).toBe(false);
    const { InferenceSession, Tensor: OrtTensor } = await import('onnxruntime-node');
    const session = await InferenceSession.create(bytes);
    const feed = (x: NDArray) => new OrtTensor(x.dtype as 'float32', x.data as Float32Array, x.shape);
    expect([...session.inputNames].sort()).toEqual(['image', 'key', 'p.k', 'p.norm', 'p.w']);
    const got = await session.run({
      'p.w': feed(p.w),
      'p.k': feed(p.k),
      'p.norm': feed(p.norm),
      image: feed(image),
      key: feed(key),
    });
    expect(session.outputNames).toEqual(['value', 'gradient', 'frozen']);
    for (const name of ['value', 'gradient', 'frozen'] as const) {
      for (const [i, v] of [...(wanted[name].data as Float32Array)].entries())
        expect((got[name]!.data as Float32Array)[i]).toBeCloseTo(v, 5);
    }
    await session.release();
  });

  it('puts large constants inside the bytes, in a loop too', async () => {
    const large = ramp([600, 600]);
    const f = compile((x: Tensor) => {
      const inside = (c: Tensor) => [mul(matmul(c, constant(large)), 1e-2), undefined] as const;
      return scan(inside, matmul(x, constant(large)), undefined, { length: 2 })[0];
    });
    const x = ramp([1, 600]);
    const model = await openOnnx(exportOnnx(f.program(x)));
    const { output0 } = await model({ x });
    expect(toNested(output0!)).toEqual(toNested(await f(x)));
    await model.release();
  });
});

describe('saveOnnx', () => {
  it('writes one file, whole or not at all', async () => {
    const path = join(folder, 'exp.onnx');
    await saveOnnx(path, compile((x: Tensor) => exp(x)).program(array([1])));
    expect(readdirSync(folder)).toEqual(['exp.onnx']);
    expect(toNested((await (await openOnnx(path))({ x: array([0]) })).output0!)).toEqual([1]);
    await expect(
      saveOnnx(join(folder, 'none/exp.onnx'), compile((x: Tensor) => exp(x)).program(array([1]))),
    ).rejects.toThrow(/none\/exp\.onnx/);
  });

  it('writes many constants into a second file, which is opened with the first', async () => {
    const path = join(folder, 'large.onnx');
    const table = zerosArray([9000, 8000]);
    table.data[8000] = 5;
    const f = compile((x: Tensor) => matmul(x, constant(table)));
    await saveOnnx(path, f.program(zerosArray([1, 9000])));
    expect(readdirSync(folder).sort()).toEqual(['large.onnx', 'large.onnx.data']);
    expect(statSync(path).size).toBeLessThan(10_000);
    const x = zerosArray([1, 9000]);
    x.data[1] = 2;
    const model = await openOnnx(path);
    const { output0 } = await model({ x });
    expect(output0!.data[0]).toBe(10);
    await model.release();
    // the same with less than the model claims
    truncateSync(`${path}.data`, 1000);
    await expect(openOnnx(path)).rejects.toThrow(
      /^onnx: expected 288000000 bytes at 0 of "large.onnx.data", got a file of 1000 bytes$/,
    );
  });
});

describe('openOnnx', () => {
  const bytes = () =>
    exportOnnx(compile((x: Tensor, y: Tensor) => add(exp(x), y)).program(array([[1, 2]]), array([1, 2])));

  it('says what goes in and out, and checks it before the run', async () => {
    const model = await openOnnx(bytes());
    expect(model.inputs).toEqual([
      { name: 'x', dtype: 'float32', shape: [1, 2] },
      { name: 'y', dtype: 'float32', shape: [2] },
    ]);
    expect(model.outputs).toEqual([{ name: 'output0', dtype: 'float32', shape: [1, 2] }]);
    const x = array([[0, 0]]);
    const y = array([0, 1]);
    expect(toNested((await model({ x, y })).output0!)).toEqual([[1, 2]]);
    await expect(model({ x })).rejects.toThrow('onnx: expected y: float32[2], got nothing');
    await expect(model({ x, y, z: y })).rejects.toThrow('onnx: expected inputs x, y, got z');
    await expect(model({ x, y: array([1, 2], { dtype: 'int32' }) })).rejects.toThrow(
      'onnx: expected y: float32[2], got int32[2]',
    );
    await expect(model({ x: y, y })).rejects.toThrow('onnx: expected x: float32[1,2], got float32[2]');
    await model.release();
  });

  it('takes sizes that the model leaves open, equal where their names are', async () => {
    const model = await openOnnx(symbolic());
    expect(model.inputs.map(({ shape }) => shape)).toEqual([['batch', 'n'], ['n']]);
    const { output0 } = await model({ x: ramp([3, 4]), y: ramp([4]) });
    expect(output0!.shape).toEqual([3, 4]);
    expect((await model({ x: ramp([1, 2]), y: ramp([2]) })).output0!.shape).toEqual([1, 2]);
    await expect(model({ x: ramp([3, 4]), y: ramp([3]) })).rejects.toThrow(
      'onnx: expected y: float32[n], got float32[3] (batch = 3, n = 4)',
    );
    await model.release();
  });

  it('runs on a device that keeps its results', async () => {
    const device = await openDevice('cpu', { worker: true });
    const model = await openOnnx(bytes(), { device });
    const { output0 } = await model({ x: array([[0, 0]]), y: array([0, 1]) });
    expect(() => output0!.data).toThrow('await toHost');
    expect(toNested(await toHost(output0!))).toEqual([[1, 2]]);
    dispose(output0);
    await device.close();
  });

  it('refuses what is no model', async () => {
    writeFileSync(join(folder, 'text.onnx'), 'not a model');
    await expect(openOnnx(join(folder, 'text.onnx'))).rejects.toThrow(/^onnx: expected an ONNX model, got /);
    await expect(openOnnx(new Uint8Array(0))).rejects.toThrow(SyntaxError);
    await expect(openOnnx(join(folder, 'missing.onnx'))).rejects.toThrow(/ENOENT/);
  });

  it.each([
    ['../secret', /in a file of the model's folder, got "\.\.\/secret"$/],
    ['a/../../secret', /folder, got/],
    ['/etc/hostname', /folder, got "\/etc\/hostname"$/],
    ['C:\\secret', /folder, got/],
    ['', /folder, got ""$/],
    ['link', /which leaves it$/],
    ['.', /^onnx: /],
  ])('reads no constant from %j', async (location, message) => {
    const outside = mkdtempSync(join(tmpdir(), 'tenfold-secret-'));
    writeFileSync(join(outside, 'secret'), Buffer.alloc(8));
    symlinkSync(join(outside, 'secret'), join(folder, 'link'));
    const path = join(folder, 'm.onnx');
    writeFileSync(path, elsewhere({ location }));
    await expect(openOnnx(path)).rejects.toThrow(message);
    rmSync(outside, { recursive: true });
  });

  it.each([
    { offset: '4' },
    { offset: '-8' },
    { offset: '99999999999999999999' },
    { length: '4' },
    { length: '9007199254740993' },
    { offset: '1e1' },
  ])('reads no constant by the word of %j', async (entries) => {
    writeFileSync(join(folder, 'weights'), Buffer.alloc(8));
    const path = join(folder, 'm.onnx');
    writeFileSync(path, elsewhere({ location: 'weights', ...entries }));
    await expect(openOnnx(path)).rejects.toThrow(/^onnx: expected 8 bytes/);
    writeFileSync(path, elsewhere({ location: 'weights' }));
    expect((await (await openOnnx(path))({ x: array([1, 2]) })).output0!.shape).toEqual([2]);
  });

  it('refuses a constant whose bytes do not follow from its shape', async () => {
    const whole = exportOnnx(compile((x: Tensor) => add(x, constant(array([1, 2])))).program(array([1, 2])));
    const at = Buffer.from(whole).indexOf(Buffer.from(Float32Array.of(1, 2).buffer));
    // dims [2] become [3]: they lie at the start of the tensor's message
    const dims = Buffer.from(whole).lastIndexOf(Buffer.from([0x0a, 1, 2]), at);
    const hurt = whole.slice();
    hurt[dims + 2] = 3;
    await expect(openOnnx(hurt)).rejects.toThrow(/^onnx: expected 12 bytes for constant .* of shape \[3\], got 8$/);
  });

  it('opens or refuses whatever a model is turned into', async () => {
    const whole = exportOnnx(compile((x: Tensor) => matmul(x, constant(ramp([4, 4])))).program(ramp([2, 4])));
    const change = fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const hurt = whole.slice();
        for (const { at, byte } of changes) hurt[at] = byte;
        try {
          const model = await openOnnx(hurt);
          await model.release();
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          expect((error as Error).message).toMatch(/^(onnx|openOnnx): /);
        }
      }),
      { numRuns: 400 },
    );
  });
});

/** The model exp(x) + y with names for its sizes. */
function symbolic(): Uint8Array {
  const dimension = (name: string) => message(1, message(2, text(name)));
  const type = (name: string, dims: string[]) =>
    Buffer.concat([
      message(1, text(name)),
      message(2, message(1, Buffer.concat([varint(1, 1), message(2, Buffer.concat(dims.map(dimension)))]))),
    ]);
  const node = (op: string, inputs: string[], output: string) =>
    message(
      1,
      Buffer.concat([...inputs.map((n) => message(1, text(n))), message(2, text(output)), message(4, text(op))]),
    );
  const graph = Buffer.concat([
    node('Exp', ['x'], 'e'),
    node('Add', ['e', 'y'], 'output0'),
    message(2, text('g')),
    message(11, type('x', ['batch', 'n'])),
    message(11, type('y', ['n'])),
    message(12, type('output0', ['batch', 'n'])),
  ]);
  return Buffer.concat([varint(1, 10), message(7, graph), message(8, varint(2, 21))]);
}

/** A model x + w whose w, float32[2], lies in a file beside it. */
function elsewhere(entries: Record<string, string>): Uint8Array {
  const place = Object.entries({ ...entries }).map(([key, value]) =>
    message(13, Buffer.concat([message(1, text(key)), message(2, text(value))])),
  );
  const type = (name: string) =>
    Buffer.concat([
      message(1, text(name)),
      message(2, message(1, Buffer.concat([varint(1, 1), message(2, message(1, varint(1, 2)))]))),
    ]);
  const graph = Buffer.concat([
    message(
      1,
      Buffer.concat([
        message(1, text('x')),
        message(1, text('w')),
        message(2, text('output0')),
        message(4, text('Add')),
      ]),
    ),
    message(2, text('g')),
    message(5, Buffer.concat([varint(1, 2), varint(2, 1), message(8, text('w')), ...place, varint(14, 1)])),
    message(11, type('x')),
    message(12, type('output0')),
  ]);
  return Buffer.concat([varint(1, 10), message(7, graph), message(8, varint(2, 21))]);
}

const text = (s: string) => Buffer.from(s);
const varint = (field: number, value: number) => Buffer.from([...number(field << 3), ...number(value)]);
const message = (field: number, content: Buffer) =>
  Buffer.concat([Buffer.from([...number((field << 3) | 2), ...number(content.length)]), content]);
/** A varint. */
function number(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...number(value >>> 7)];
}
