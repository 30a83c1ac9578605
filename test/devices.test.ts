import { spawnSync } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { performance } from 'node:perf_hooks';
import {
  add,
  array,
  compile,
  type Device,
  devices,
  dispose,
  exp,
  matmul,
  mul,
  type NDArray,
  openDevice,
  scan,
  type Tensor,
  take,
  toHost,
  toNested,
  zeros,
} from 'tenfold/tensor';
import { afterEach, describe, expect, it } from 'vitest';

const opened: Device[] = [];
async function open(...args: Parameters<typeof openDevice>): Promise<Device> {
  const device = await openDevice(...args);
  opened.push(device);
  return device;
}
afterEach(async () => {
  await Promise.all(opened.splice(0).map((device) => device.close()));
});

/** A program that computes for about a second on two cores. */
const long = (device: Device) =>
  compile(
    (x: Tensor) => scan((c: Tensor) => [mul(matmul(c, c), 1e-3), undefined] as const, x, undefined, { length: 60 })[0],
    { device },
  );
const large = () => array(new Float32Array(1024 * 1024).fill(1), { shape: [1024, 1024] });

describe('openDevice', () => {
  it('names the providers that there are when asked for another', async () => {
    await expect(openDevice('cdua')).rejects.toThrow(
      /^openDevice: expected a provider of this runtime \(cpu, .*\), got 'cdua'$/,
    );
  });

  it('refuses a number of threads that is none', async () => {
    await expect(openDevice('cpu', { threads: 0 })).rejects.toThrow(
      'openDevice: expected threads of at least 1, got 0',
    );
  });

  it('says of every provider whether it runs here, and if not why', async () => {
    const listed = await devices();
    expect(listed.find(({ provider }) => provider === 'cpu')).toMatchObject({
      usable: true,
      threads: expect.any(Number),
    });
    for (const { usable, reason } of listed) expect(reason === undefined).toBe(usable);
  });

  it('says what a missing GPU driver is, in a process that has none', () => {
    const script = `import { openDevice } from 'tenfold/tensor';
      await openDevice('webgpu').catch((error) => process.stdout.write(error.message));`;
    const { stdout } = run(script, { VK_DRIVER_FILES: '/nowhere.json', LD_LIBRARY_PATH: '' });
    expect(stdout).toMatch(
      /^openDevice: webgpu does not start on this machine \(it needs a GPU driver: on Linux, Vulkan\): ./,
    );
  });

  it('answers clearly once closed', async () => {
    const device = await open('cpu');
    const f = compile((x: Tensor) => exp(x), { device });
    await f(array([0]));
    await device.close();
    await expect(f(array([0]))).rejects.toThrow('run: expected a loaded program, got one given back');
    await expect(compile((x: Tensor) => exp(x), { device })(array([0]))).rejects.toThrow(/closed/);
  });

  it('waits with giving back for the runs that were asked for', async () => {
    const device = await open('cpu');
    const f = compile((x: Tensor) => exp(x), { device });
    await f(array([0]));
    const [y] = await Promise.all([f(array([0, 0])), f.release(), device.close()]).catch((error) => [error]);
    // either the program was loaded in time and ran, or it was refused; the process goes on
    expect(y).toBeDefined();
  });
});

describe('dispose', () => {
  it('leaves arrays on the host alone unless asked, and then gives back at once what a program made', async () => {
    const f = compile((x: Tensor) => exp(x));
    const x = array(new Float32Array(2 ** 20));
    const y = await f(x);
    dispose({ x, y });
    expect(y.data.length).toBe(2 ** 20);
    const before = process.memoryUsage().arrayBuffers;
    dispose({ x, y }, { host: true });
    expect(before - process.memoryUsage().arrayBuffers).toBeGreaterThanOrEqual(2 ** 22);
    expect(x.data.length).toBe(2 ** 20);
    expect(() => y.data).toThrow('array: expected elements, got an array given back by dispose()');
    await expect(f(y)).rejects.toThrow(ReferenceError);
    dispose(y, { host: true });
    // the program goes on
    expect((await f(x)).data[0]).toBe(1);
    await f.release();
  });

  it('keeps a loop over a large state at two of them', async () => {
    const step = compile((state: Tensor) => add(state, 1));
    let state: NDArray = array(new Float32Array(2 ** 22));
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    for (let i = 0; i < 30; i++) {
      const next = await step(state);
      most = Math.max(most, process.memoryUsage().arrayBuffers);
      dispose(state, { host: true });
      state = next;
    }
    expect(state.data[0]).toBe(30);
    // besides the first, which is the caller's
    expect(most - before).toBeLessThan(2.5 * 2 ** 24);
    await step.release();
  });
});

describe('a device in a worker', () => {
  it('computes what the CPU computes, and keeps results there until they are asked for', async () => {
    const device = await open('cpu', { worker: true });
    const g = compile((x: Tensor) => ({ y: exp(x) }), { device });
    const { y } = await g(array([0, 1]));
    expect(() => y.data).toThrow(/another device/);
    expect(toNested(await toHost(y))).toEqual([1, Math.fround(Math.E)]);
    const again = await g(y);
    expect(toNested((await toHost(again)).y)).toEqual([Math.fround(Math.exp(1)), expect.closeTo(Math.exp(Math.E), 4)]);
  });

  it('leaves the event loop free while it runs', async () => {
    const device = await open('cpu', { worker: true });
    const f = long(device);
    await f(large());
    const before = performance.eventLoopUtilization();
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    await f(large());
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(10);
    // the share of the time in which this thread was at work, not waiting: on a busy machine ticks alone come late
    expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.5);
  });

  it('leaves the arrays that it is given as they were', async () => {
    const device = await open('cpu', { worker: true });
    const whole = Float32Array.of(9, 1, 2, 9);
    const part = array(whole.subarray(1, 3));
    const y = await compile((x: Tensor) => add(x, 1), { device })(part);
    expect(toNested(await toHost(y))).toEqual([2, 3]);
    expect([...whole]).toEqual([9, 1, 2, 9]);
  });

  it('hands errors over with their kind and words', async () => {
    const device = await open('cpu', { worker: true });
    const f = compile((x: Tensor, i: Tensor) => take(x, i), { device });
    await expect(f(array([1, 2]), array([7], { dtype: 'int32' }))).rejects.toThrow(/out of data bounds/);
    await expect(openDevice('cdua', { worker: true })).rejects.toThrow(RangeError);
    expect(toNested(await toHost(await f(array([1, 2]), array([1], { dtype: 'int32' }))))).toEqual([2]);
  });

  it('refuses an array that was given back, and one of another device', async () => {
    const device = await open('cpu', { worker: true });
    const other = await open('cpu', { worker: true });
    const f = compile((x: Tensor) => exp(x), { device });
    const y = await f(array([0]));
    await expect(compile((x: Tensor) => exp(x), { device: other })(y)).rejects.toThrow(
      /one of another \(cpu\); await toHost/,
    );
    dispose(y);
    dispose(y);
    await expect(toHost(y)).rejects.toThrow(ReferenceError);
    await expect(f(y)).rejects.toThrow('run: expected an array, got one given back by dispose()');
  });

  it('is ended by a signal in the middle of a run, and the process goes on', async () => {
    const stop = new AbortController();
    const device = await open('cpu', { worker: true, signal: stop.signal });
    const f = long(device);
    await f(large());
    let ended: unknown;
    f(large()).then(
      () => expect.unreachable(),
      (error: unknown) => {
        ended = error;
      },
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(ended).toBeUndefined();
    stop.abort(new Error('stopped by the user'));
    await new Promise((resolve) => setImmediate(resolve)); // at once
    expect(String(ended)).toBe('Error: stopped by the user');
    await expect(f(large())).rejects.toThrow('stopped by the user');
    const next = await open('cpu', { worker: true });
    expect(toNested(await toHost(await compile((x: Tensor) => exp(x), { device: next })(array([0]))))).toEqual([1]);
  });

  it('is ended with several runs under way, and the process goes on', () => {
    const script = `import { array, compile, matmul, openDevice, scan } from 'tenfold/tensor';
      const x = array(new Float32Array(512 * 512), { shape: [512, 512] });
      for (let i = 0; i < 8; i++) {
        const stop = new AbortController();
        const device = await openDevice('cpu', { worker: true, threads: 1, signal: stop.signal });
        const f = compile((x) => scan((c) => [matmul(c, c), undefined], x, undefined, { length: 10 })[0], { device });
        await f(x);
        const runs = Promise.allSettled([f(x), f(x), f(x)]);
        setTimeout(() => stop.abort(), 5);
        await runs;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      process.stdout.write('done');`;
    const { stdout, status, stderr } = run(script);
    expect([stdout, status, stderr]).toEqual(['done', 0, '']);
  });

  it('is not opened by a signal aborted before or meanwhile', async () => {
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(open('cpu', { worker: true, signal })).rejects.toThrow('too late');
    const stop = new AbortController();
    const opening = open('cpu', { worker: true, signal: stop.signal });
    queueMicrotask(() => stop.abort(new Error('meanwhile')));
    await expect(opening).rejects.toThrow('meanwhile');
  });

  it('leaves a signal alone once it is closed or ended', async () => {
    const stop = new AbortController();
    const { signal } = stop;
    const device = await open('cpu', { worker: true, signal });
    expect(getEventListeners(signal, 'abort').length).toBe(1);
    await device.close();
    expect(getEventListeners(signal, 'abort').length).toBe(0);
    await open('cpu', { worker: true, signal });
    stop.abort();
    expect(getEventListeners(signal, 'abort').length).toBe(0);
  });

  it('does not keep a process alive', () => {
    const script = `import { array, compile, exp, openDevice } from 'tenfold/tensor';
      const device = await openDevice('cpu', { worker: true });
      await compile((x) => exp(x), { device })(array([0]));
      process.stdout.write('done');`;
    const { stdout, status, stderr } = run(script);
    expect([stdout, status, stderr]).toEqual(['done', 0, '']);
  });

  it('may be running when the process exits', () => {
    const script = `import { array, compile, matmul, openDevice } from 'tenfold/tensor';
      const device = await openDevice('cpu', { worker: true });
      const f = compile((x) => matmul(matmul(x, x), matmul(x, x)), { device });
      const x = array(new Float32Array(2048 * 2048), { shape: [2048, 2048] });
      f(x);
      setTimeout(() => process.exit(3), 250);`;
    const { status, stderr } = run(script);
    expect([status, stderr]).toEqual([3, '']);
  });

  it('holds no more after many runs than after a few', async () => {
    for (const worker of [false, true]) {
      const device = await open('cpu', { worker });
      const f = compile((x: Tensor) => add(zeros([1 << 20]), x), { device });
      let y = await f(0);
      let early = 0;
      for (let step = 0; step < 400; step++) {
        const next = await f(step);
        dispose(y);
        y = next;
        if (step === 100) early = process.memoryUsage().rss;
      }
      // 300 results of 4 MB each
      expect(process.memoryUsage().rss - early).toBeLessThan(200e6);
    }
  });
});

/** Runs a module in a process of its own; one that does not end is killed, and has no status. */
function run(script: string, env: Record<string, string> = {}) {
  const options = { encoding: 'utf8', timeout: 120_000, env: { ...process.env, ...env } } as const;
  return spawnSync(process.execPath, ['--input-type=module', '--eval', script], options);
}
