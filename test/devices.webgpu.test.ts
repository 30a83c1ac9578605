import {
  add,
  array,
  bitwiseAnd,
  cast,
  compile,
  concat,
  type Device,
  defaultDevice,
  dispose,
  exp,
  exportOnnx,
  iota,
  isNaN,
  log,
  matmul,
  maxPool,
  mean,
  mul,
  type NDArray,
  openDevice,
  openOnnx,
  random,
  relu,
  scan,
  sin,
  slice,
  split,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  toFloats,
  toHost,
  toNested,
  valueAndGrad,
  zeros,
} from 'tenfold/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noVulkan } from './frame/vulkan.ts';

describe.skipIf(noVulkan)(`the WebGPU provider${noVulkan ? `: ${noVulkan}` : ''}`, () => {
  let device: Device;
  beforeAll(async () => {
    device = await openDevice('webgpu');
  });
  afterAll(() => device.close());

  const close = (got: NDArray, wanted: NDArray, digits = 5) => {
    const [a, b] = [toFloats(got), toFloats(wanted)];
    expect(got.shape).toEqual(wanted.shape);
    for (let i = 0; i < b.length; i++) expect(a[i]).toBeCloseTo(b[i]!, digits);
  };

  it('keeps arrays where they are computed, hands them on, and gives them back', async () => {
    const f = compile((x: Tensor) => exp(x), { device });
    const y = await f(array([0, 1]));
    expect(() => y.data).toThrow('await toHost(array)');
    const z = await f(y);
    expect(toNested(await toHost({ z }).then((tree) => tree.z))).toEqual([
      expect.closeTo(Math.E, 4),
      expect.closeTo(Math.exp(Math.E), 3),
    ]);
    dispose([y, z]);
    await expect(toHost(y)).rejects.toThrow(ReferenceError);
    await expect(f(y)).rejects.toThrow('run: expected an array, got one given back by dispose()');
  });

  it('reads every element type back', async () => {
    const f = compile((x: Tensor) => ({ b: isNaN(x), u: cast(x, 'uint8'), i: cast(x, 'int32') }), { device });
    const got = await toHost(await f(array([1, 2, 250])));
    expect([toNested(got.b), toNested(got.u), toNested(got.i)]).toEqual([
      [0, 0, 0],
      [1, 2, 250],
      [1, 2, 250],
    ]);
  });

  it('draws the same random bits as the CPU, which the host computes for it', async () => {
    const draw = (key: Tensor, step: Tensor) => {
      const [a, b] = random.split(random.foldIn(key, step)) as [Tensor, Tensor];
      return {
        bits: random.bits(a, [5]),
        normal: random.normal(b, [64]),
        order: random.permutation(a, 9),
        coin: random.bernoulli(b, 0.3, [40]),
        class: random.categorical(a, zeros([6, 4])),
        hashed: random.hashed(a, [50]),
        next: b,
      };
    };
    const here = compile(draw)(random.key(7), 3);
    const there = compile(draw, { device })(random.key(7), 3);
    const [cpu, gpu] = [await here, await there];
    // a key stays on the host, where the next program needs it
    expect(gpu.next.remote).toBeUndefined();
    const got = await toHost(gpu);
    for (const name of ['bits', 'order', 'coin', 'class', 'hashed', 'next'] as const)
      expect(toNested(got[name])).toEqual(toNested(cpu[name]));
    close(got.normal, cpu.normal);
  });

  it('draws inside a loop, too', async () => {
    const walk = (key: Tensor, x: Tensor) =>
      scan(
        (place: Tensor, step: Tensor) => {
          const next = add(place, random.uniform(random.foldIn(key, step), [3]));
          return [next, sum(next)] as const;
        },
        x,
        iota(4),
      );
    const run = async (on?: Device) =>
      toHost(await compile(walk, on ? { device: on } : {})(random.key(1), array([0, 0, 0])));
    const [cpu, gpu] = [await run(), await run(device)];
    close(gpu[0], cpu[0]);
    close(gpu[1], cpu[1]);
  });

  it('refuses what it cannot run by op and line, instead of running it elsewhere', async () => {
    const f = compile(
      (x: Tensor) => {
        const whole = cast(exp(x), 'int32');
        return bitwiseAnd(whole, 1);
      },
      { device },
    );
    await expect(f(array([1, 2]))).rejects.toThrow(
      /^bitwiseAnd: expected an op that the provider webgpu has, got bitwiseAnd\(int32\[2\], int32\[\]\): it has no bit operations \(made at .*devices\.webgpu\.test\.ts:\d+:\d+\)$/,
    );
    // whole numbers that are given can be computed first
    const g = compile((i: Tensor) => mul(cast(bitwiseAnd(i, 1), 'float32'), 2), { device });
    expect(toNested(await toHost(await g(array([1, 2, 3], { dtype: 'int32' }))))).toEqual([2, 0, 2]);
  });

  it('refuses a model that has an operator which it lacks', async () => {
    const model = exportOnnx(compile((i: Tensor) => bitwiseAnd(i, 1)).program(array([1], { dtype: 'int32' })));
    await expect(openOnnx(model, { device })).rejects.toThrow(/^openOnnx: webgpu refuses the model: .*fallback to CPU/);
    const other = await openOnnx(exportOnnx(compile((x: Tensor) => exp(x)).program(array([1]))), { device });
    expect(toNested((await toHost(await other({ x: array([0]) }))).output0!)).toEqual([1]);
  });

  it('is never given a tensor without elements, which ends its process', async () => {
    const f = (x: Tensor) => {
      const none = slice(x, [undefined, [0, 0]]);
      return { product: matmul(none, none, { transposeB: true }), none, both: concat([none, x], 1), total: sum(none) };
    };
    const x = array([
      [1, 2],
      [3, 4],
    ]);
    const got = await toHost(await compile(f, { device })(x));
    expect([toNested(got.product), got.none.shape, toNested(got.both), toNested(got.total)]).toEqual([
      [
        [0, 0],
        [0, 0],
      ],
      [2, 0],
      [
        [1, 2],
        [3, 4],
      ],
      0,
    ]);
  });

  it('reads the gradient of a maximum from the taps of its windows', async () => {
    const loss = valueAndGrad((x: Tensor) => sum(square(maxPool(x, 3, { stride: 2, padding: 1 }))));
    const x = array(
      Array.from({ length: 2 * 3 * 5 * 6 }, (_, i) => Math.sin(i * 7) * 3),
      { shape: [2, 3, 5, 6] },
    );
    const [cpu, gpu] = [await compile(loss)(x), await toHost(await compile(loss, { device })(x))];
    close(gpu[0], cpu[0], 3);
    close(gpu[1], cpu[1]);
  });

  it('takes as many operands and results as there are', async () => {
    const x = array(Array.from({ length: 40 }, (_, i) => i));
    const f = (t: Tensor) => {
      const parts = split(t, 40);
      return concat(parts.reverse().map((part) => mul(part, 2)));
    };
    const wanted = toNested(await compile(f)(x));
    expect(toNested(await toHost(await compile(f, { device })(x)))).toEqual(wanted);
    const total = (t: Tensor) => scan((c: Tensor, v: Tensor) => [add(c, v), c] as const, zeros([]), t);
    const [end, before] = await toHost(await compile(total, { device })(x));
    expect([end.item(), toNested(before)]).toEqual([780, toNested((await compile(total)(x))[1])]);
  });

  it('has sines as exact as the CPU has', async () => {
    const x = array(Array.from({ length: 400 }, (_, i) => (i - 200) * 0.37));
    const got = await toHost(await compile((t: Tensor) => sin(t), { device })(x));
    for (const [i, v] of [...(toFloats(x) as Float32Array)].entries())
      expect(Math.abs(toFloats(got)[i]! - Math.sin(v))).toBeLessThan(5e-7);
  });

  it('trains a network to what the CPU trains it to, its state staying with it', async () => {
    const step = (state: { w: Tensor[]; m: Tensor[]; v: Tensor[] }, x: Tensor, y: Tensor) => {
      const forward = (w: Tensor[]) => matmul(relu(matmul(x, w[0]!)), w[1]!);
      const [loss, g] = valueAndGrad((w: Tensor[]) => mean(square(sub(forward(w), y))))(state.w);
      const m = state.m.map((t, i) => add(mul(t, 0.9), mul(g[i]!, 0.1)));
      const v = state.v.map((t, i) => add(mul(t, 0.99), mul(square(g[i]!), 0.01)));
      const w = state.w.map((t, i) => sub(t, mul(m[i]!, mul(0.02, reciprocalOf(v[i]!)))));
      return { loss, state: { w, m, v } };
    };
    const reciprocalOf = (t: Tensor) => exp(mul(log(add(sqrt(t), 1e-3)), -1));
    const values = (n: number, shape: number[]) =>
      array(
        Array.from({ length: n }, (_, i) => Math.sin(i * i)),
        { shape },
      );
    const [x, y] = [values(32 * 4, [32, 4]), values(32, [32, 1])];
    const train = async (on: Device) => {
      const f = compile(step, { device: on });
      const w = [values(4 * 16, [4, 16]), values(16, [16, 1])];
      const blank = () => w.map(({ shape }) => array(new Float32Array(shape[0]! * shape[1]!), { shape }));
      let state: { w: NDArray[]; m: NDArray[]; v: NDArray[] } = { w, m: blank(), v: blank() };
      const losses: number[] = [];
      for (let i = 0; i < 60; i++) {
        const next = await f(state, x, y);
        dispose(state);
        state = next.state;
        losses.push((await toHost(next.loss)).item());
        dispose(next.loss);
      }
      expect(state.w[0]!.remote !== undefined).toBe(on !== defaultDevice());
      return losses;
    };
    const [cpu, gpu] = [await train(defaultDevice()), await train(device)];
    expect(cpu.at(-1)).toBeLessThan(cpu[0]! / 5);
    for (const [i, loss] of gpu.entries()) expect(Math.abs(loss - cpu[i]!) / cpu[i]!).toBeLessThan(1e-3);
  });

  it('runs in a worker', async () => {
    const worker = await openDevice('webgpu', { worker: true });
    const y = await compile((x: Tensor) => exp(x), { device: worker })(array([0]));
    expect(toNested(await toHost(y))).toEqual([1]);
    await worker.close();
  });

  it('holds no more after many runs than after a few', async () => {
    const f = compile((x: Tensor) => add(zeros([1 << 18]), x), { device });
    let early = 0;
    for (let step = 0; step < 300; step++) {
      dispose(await f(step));
      if (step === 60) early = process.memoryUsage().rss;
    }
    expect(process.memoryUsage().rss - early).toBeLessThan(100e6);
  });
});
