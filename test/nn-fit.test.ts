/** The training loop from outside: what it computes, what it leaves on disk, how it stops and goes on. */
import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { batches, dataset, type Position } from 'tenfold/data';
import * as nn from 'tenfold/nn';
import {
  add,
  array,
  compile,
  mul,
  type NDArray,
  random,
  relu,
  sqrt,
  sum,
  type Tensor,
  valueAndGrad,
} from 'tenfold/tensor';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { expectClose } from './nn-fixtures.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tenfold-fit-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

// ---------------------------------------------------------------- a task: a noisy network with running statistics

const rows = 50;
const wave = (n: number, phase: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(i * phase));
const data = dataset({
  x: array(wave(rows * 3, 0.7), { shape: [rows, 3] }),
  y: array(wave(rows, 2.1), { shape: [rows, 1] }),
});
const stream = (size: number) => (start?: Position) =>
  batches(data, { size, key: random.key(5), ...(start && { start }) });

interface Batch {
  readonly x: Tensor;
  readonly y: Tensor;
}

function init(key: Tensor) {
  const [a, b] = random.split(key) as [Tensor, Tensor];
  return {
    hidden: nn.initLinear(a, { in: 3, out: 8 }),
    norm: nn.initNorm(8),
    out: nn.initLinear(b, { in: 8, out: 1 }),
  };
}
type Net = ReturnType<typeof init>;

function loss(p: Net, { x, y }: Batch, { key, state }: nn.LossContext<nn.BatchStatistics>) {
  const [h, moved] = nn.batchNormTraining(p.norm, nn.linear(p.hidden, x), state);
  const out = nn.linear(p.out, nn.dropout(relu(h), 0.2, key));
  const mse = nn.mseLoss(out, y);
  return { loss: mse, metrics: { scaled: mul(mse, 2) }, state: moved };
}

const task = async (at: string) => ({
  loss,
  params: await compile(init)(random.key(3)),
  state: await compile(() => nn.initBatchStatistics(8))(),
  optimizer: nn.averaged(nn.adamW({ rate: nn.warmUp(5, 0.01) }), 0.9),
  batches: stream(4),
  folder: join(folder, at),
  checkpointSeconds: 0,
});

const bytesOf = (...path: string[]) => readFileSync(join(folder, ...path));
const recordsIn = (at: string): nn.MetricsRecord[] =>
  bytesOf(at, 'metrics.jsonl')
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

/** Expects two folders to hold the same bytes. */
function expectSame(a: string, b: string): void {
  for (const file of ['checkpoint.safetensors', 'metrics.jsonl']) {
    expect(bytesOf(a, file).equals(bytesOf(b, file)), file).toBe(true);
  }
}

// ---------------------------------------------------------------- stopping and going on

describe('a run that is taken up again has the bytes of one that never stopped', () => {
  test('after it died between its checkpoint and step 7', async () => {
    await nn.fit({ ...(await task('straight')), steps: 20 });
    const dying = nn.fit({
      ...(await task('killed')),
      steps: 20,
      onRecord: ({ step }) => {
        if (step === 7) throw new Error('killed');
      },
    });
    await expect(dying).rejects.toThrow('killed');
    const { progress } = await nn.readCheckpoint(join(folder, 'killed', 'checkpoint.safetensors'));
    expect(progress.step).toBeLessThan(7);
    expect(recordsIn('killed').at(-1)!.step).toBeGreaterThan(progress.step);
    writeFileSync(join(folder, 'killed', 'metrics.jsonl'), '{"step":9,"lo', { flag: 'a' });
    await nn.fit({ ...(await task('killed')), steps: 20 });
    expectSame('straight', 'killed');
    expect(recordsIn('killed').map(({ step }) => step)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  test('after the end, for more steps', async () => {
    await nn.fit({ ...(await task('straight')), steps: 20 });
    await nn.fit({ ...(await task('longer')), steps: 7 });
    await nn.fit({ ...(await task('longer')), steps: 20 });
    expectSame('straight', 'longer');
  });

  test('after an abort, with accumulated gradients and early stopping', async () => {
    const judged = async (at: string) => ({
      ...(await task(at)),
      steps: 40,
      accumulate: 3,
      evaluation: {
        every: 4,
        measure: ({ step }: { step: number }) => ({ loss: Math.abs(step - 12) }),
        stop: { metric: 'loss', patience: 8 },
      },
    });
    const whole = await nn.fit(await judged('straight'));
    expect([whole.step, whole.best?.step, whole.best?.value]).toEqual([20, 12, 0]);
    expect(whole.best!.params.hidden.weight.data).not.toEqual(whole.params.hidden.weight.data);

    const controller = new AbortController();
    const onRecord = ({ step }: nn.MetricsRecord) => step === 14 && controller.abort(new Error('enough'));
    await expect(nn.fit({ ...(await judged('aborted')), onRecord, signal: controller.signal })).rejects.toThrow(
      'enough',
    );
    expect((await nn.readCheckpoint(join(folder, 'aborted', 'checkpoint.safetensors'))).progress.step).toBeLessThan(20);
    const resumed = await nn.fit(await judged('aborted'));
    expectSame('straight', 'aborted');
    expect(resumed.best!.params.out.weight.data).toEqual(whole.best!.params.out.weight.data);
  });
});

test('an evaluation that gives NaN, even the first, leaves early stopping at work', async () => {
  const values = [Number.NaN, 3, 2, Number.NaN, 4, 5, 6];
  const { step, best } = await nn.fit({
    ...quadratic,
    batches: constant(1),
    steps: 7,
    evaluation: {
      every: 1,
      measure: ({ step }) => ({ loss: values[step - 1]! }),
      stop: { metric: 'loss', patience: 2 },
    },
  });
  expect([step, best?.step, best?.value]).toEqual([5, 3, 2]);
});

test('records without a checkpoint are left alone', async () => {
  mkdirSync(join(folder, 'a'));
  writeFileSync(join(folder, 'a', 'metrics.jsonl'), 'a year of work\n');
  await expect(nn.fit({ ...(await task('a')), steps: 3 })).rejects.toThrow(
    /expected a checkpoint beside .*metrics\.jsonl, got records only \(move that file away, or choose another folder\)/,
  );
  expect(bytesOf('a', 'metrics.jsonl').toString()).toBe('a year of work\n');
  expect(readdirSync(join(folder, 'a'))).toEqual(['metrics.jsonl']);
});

test('a run that dies at its first record can be taken up again', async () => {
  await nn.fit({ ...(await task('straight')), steps: 20 });
  const onRecord = () => {
    throw new Error('killed');
  };
  const dying = nn.fit({ ...(await task('killed')), checkpointSeconds: 60, steps: 20, onRecord });
  await expect(dying).rejects.toThrow('killed');
  await nn.fit({ ...(await task('killed')), steps: 20 });
  expectSame('straight', 'killed');
});

describe('one run at a time in a folder', () => {
  test('a second one is refused, and the first goes on', async () => {
    let second: Promise<unknown> | undefined;
    const first = nn.fit({
      ...(await task('a')),
      steps: 5,
      evaluation: {
        every: 2,
        measure: async () => {
          second ??= nn.fit({ ...(await task('a')), steps: 5 }).catch((error: Error) => error.message);
          await second;
          return {};
        },
      },
    });
    expect((await first).step).toBe(5);
    expect(await second).toMatch(
      new RegExp(`fit: expected nobody else at work in .*a, got process ${process.pid} \\(`),
    );
    expect(readdirSync(join(folder, 'a')).toSorted()).toEqual(['checkpoint.safetensors', 'metrics.jsonl']);
  });

  test('the lock of a process that is gone counts for nothing', async () => {
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    mkdirSync(join(folder, 'a'));
    writeFileSync(join(folder, 'a', `lock.${gone}.0`), '');
    expect((await nn.fit({ ...(await task('a')), steps: 2 })).step).toBe(2);
    // as in a container, where the process after it has the same id
    const own = join(folder, 'a', `lock.${process.pid}.0`);
    writeFileSync(own, '');
    utimesSync(own, 1e9, 1e9);
    expect((await nn.fit({ ...(await task('a')), steps: 3 })).step).toBe(3);
    expect(readdirSync(join(folder, 'a')).toSorted()).toEqual(['checkpoint.safetensors', 'metrics.jsonl']);
  });

  test('of processes that come at once, and die in it, never two are in', async () => {
    const [file, shared] = [join(import.meta.dirname, `.crowd-${process.pid}.mjs`), join(folder, 'crowd')];
    writeFileSync(
      file,
      `import { closeSync, existsSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
      import { fit, sgd } from 'tenfold/nn';
      import { array, mul, sum } from 'tenfold/tensor';
      const [folder, inside] = process.argv.slice(2);
      let turns = 0;
      const measure = async () => {
        closeSync(openSync(inside, 'wx')); // throws when another is in
        turns++;
        // whoever is in first stays until somebody was refused
        do await new Promise((resolve) => setTimeout(resolve, 5));
        while (!existsSync(inside + '.refused'));
        rmSync(inside);
        if (turns < 5) throw new Error('out');
        writeSync(1, String(turns));
        process.kill(process.pid, 'SIGKILL'); // its lock stays
      };
      const batches = () => ({ position: 0, next: () => ({ done: false, value: array([1]) }) });
      const task = { loss: (w, x) => sum(mul(mul(w, w), x)), params: array([1]), optimizer: sgd({ rate: 0.1 }), batches };
      for (;;) {
        await fit({ ...task, steps: 1e9, folder, evaluation: { every: 1, measure } }).catch(({ message }) => {
          if (/expected nobody else at work/.test(message)) writeFileSync(inside + '.refused', '');
          else if (message !== 'out') throw new Error(message);
        });
      }`,
    );
    const crowd = async () => {
      const child = spawn(process.execPath, [file, shared, join(folder, 'inside')], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
      expect(errors).toBe('');
      return Number(out);
    };
    try {
      expect(await Promise.all(Array.from({ length: 5 }, crowd))).toEqual([5, 5, 5, 5, 5]);
    } finally {
      rmSync(file);
    }
  });
});

test('a finished run is returned as it is', async () => {
  const first = await nn.fit({ ...(await task('a')), steps: 5 });
  const before = bytesOf('a', 'checkpoint.safetensors');
  const again = await nn.fit({ ...(await task('a')), steps: 5, onRecord: () => expect.unreachable() });
  expect(again.step).toBe(5);
  expect(again.params.hidden.weight.data).toEqual(first.params.hidden.weight.data);
  expect(bytesOf('a', 'checkpoint.safetensors').equals(before)).toBe(true);
});

test('the weights depend on the seed, and a folder is bound to its own', async () => {
  const a = await nn.fit({ ...(await task('a')), steps: 3 });
  const b = await nn.fit({ ...(await task('b')), steps: 3, seed: 1 });
  expect(a.params.hidden.weight.data).not.toEqual(b.params.hidden.weight.data);
  await expect(nn.fit({ ...(await task('a')), steps: 6, seed: 1 })).rejects.toThrow(/expected the seed that the run/);
});

test("a folder's checkpoint of another model is refused, and stays", async () => {
  await nn.fit({ ...(await task('a')), steps: 3 });
  const before = bytesOf('a', 'checkpoint.safetensors');
  const { params, ...rest } = await task('a');
  const wider = { ...params, out: { ...params.out, weight: array(wave(16, 1), { shape: [1, 16] }) } };
  await expect(nn.fit({ ...rest, params: wider, steps: 6 })).rejects.toThrow(
    'expected params.out.weight of type float32[1,16], got float32[1,8]',
  );
  expect(bytesOf('a', 'checkpoint.safetensors').equals(before)).toBe(true);
});

test('a checkpoint with more than was asked for is of another run', async () => {
  await nn.fit({ ...(await task('a')), steps: 3 });
  const before = bytesOf('a', 'checkpoint.safetensors');
  const plain = { ...(await task('a')), optimizer: nn.adamW({ rate: 0.01 }), steps: 6 };
  await expect(nn.fit(plain)).rejects.toThrow(
    /expected the model and optimizer that the run began with, got also optimizer\.moments\.average\.hidden\.bias, .* and 3 more/,
  );
  expect(bytesOf('a', 'checkpoint.safetensors').equals(before)).toBe(true);
});

test('a checkpoint has a path for each array', async () => {
  const path = join(folder, 'checkpoint.safetensors');
  const one = array([1]);
  await expect(nn.saveCheckpoint(path, { 'a.b': one, a: { b: one } }, { step: 0, position: 0 })).rejects.toThrow(
    'saveCheckpoint: expected a path for each array, got two at a.b',
  );
  expect(existsSync(path)).toBe(false);
});

// ---------------------------------------------------------------- what a step is

const quadratic = {
  loss: (w: Tensor, x: Tensor) => sum(mul(mul(w, w), x)),
  params: array([1, -2]),
  optimizer: nn.sgd({ rate: 0.1 }),
};
const constant = (...values: number[]) => {
  let at = 0;
  return () => ({
    position: 0,
    next: () => ({ done: false as const, value: array([values[at++ % values.length]!]) }),
  });
};

test('accumulated gradients are the mean over the parts of a step', async () => {
  const parts = await nn.fit({ ...quadratic, batches: constant(1, 2, 6), accumulate: 3, steps: 4 });
  const whole = await nn.fit({ ...quadratic, batches: constant(3), steps: 4 });
  expectClose(parts.params, whole.params, 'weights', 1e-6);
  expectClose(whole.params, array([0.4 ** 4, -2 * 0.4 ** 4]), 'weights', 1e-6);
});

test('a step of fit is what the same code does by hand', async () => {
  const records: nn.MetricsRecord[] = [];
  const result = await nn.fit({
    ...quadratic,
    batches: constant(1, 2),
    steps: 2,
    onRecord: (record) => records.push(record),
  });
  const step = compile((w: Tensor, state: nn.OptimizerState<Tensor>, x: Tensor) => {
    const [loss, gradient] = valueAndGrad(quadratic.loss)(w, x);
    return [loss, ...quadratic.optimizer.update(gradient, state, w)] as const;
  });
  let w: NDArray = quadratic.params;
  let state = await compile((p: Tensor) => quadratic.optimizer.init(p))(w);
  let loss: NDArray;
  for (const x of [1, 2]) {
    [loss, w, state] = await step(w, state, array([x]));
    expect(records[x - 1]).toEqual({ step: x, loss: loss.item() });
  }
  expect(result.params.data).toEqual(w.data);
});

test('progress on standard error is a line on its own', async () => {
  const written: string[] = [];
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  try {
    await nn.fit({ ...quadratic, batches: constant(1), steps: 2, progress: nn.stderrProgress() });
  } finally {
    write.mockRestore();
  }
  expect(written.join('')).toMatch(/step \d\/2, loss 5\.000.*\d+%/);
});

test('every record has the loss, the metrics and, in their turn, evaluations', async () => {
  const seen: string[] = [];
  await nn.fit({
    ...(await task('a')),
    steps: 5,
    evaluation: { every: 2, measure: ({ step }) => ({ square: step * step }) },
    progress: { update: (label, share) => seen.push(`${label.replace(/loss.*/, 'loss')} ${share}`), note: () => {} },
  });
  const records = recordsIn('a');
  expect(records.filter((r) => 'evaluation' in r)).toEqual([
    { step: 2, evaluation: { square: 4 } },
    { step: 4, evaluation: { square: 16 } },
    { step: 5, evaluation: { square: 25 } },
  ]);
  const steps = records.filter((r) => 'loss' in r);
  expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
  for (const { loss, scaled } of steps) expect(scaled).toBeCloseTo(2 * Number(loss), 6);
  expect(seen.at(-1)).toBe('step 5/5, loss 1');
});

// ---------------------------------------------------------------- what can go wrong

test.each([
  [{ steps: Number.NaN }, 'fit: expected steps to be a whole number of at least 0, got NaN'],
  [{ accumulate: 0 }, 'fit: expected accumulate to be a whole number of at least 1, got 0'],
  [
    { evaluation: { every: 0, measure: () => ({}) } },
    'expected evaluation.every to be a whole number of at least 1, got 0',
  ],
  [{ evaluation: { every: 2.5, measure: () => ({}) } }, 'evaluation.every to be a whole number of at least 1, got 2.5'],
  [
    { evaluation: { every: 1, measure: () => ({ a: 1 }), stop: { metric: 'a', patience: Number.NaN } } },
    'expected evaluation.stop.patience to be a number of at least 0, got NaN',
  ],
  [{ checkpointSeconds: -1 }, 'expected checkpointSeconds to be a number of at least 0, got -1'],
  [{ batches: constant(1)() as never }, 'expected batches to be a function that opens a stream, got object'],
  [{ params: [1, -2] as never }, 'fit: expected arrays, got number at params.0'],
])('options that make no sense are refused: %o', async (wrong, message) => {
  const run = nn.fit({ ...quadratic, batches: constant(1), steps: 2, ...wrong });
  await expect(run).rejects.toThrow(message);
});

test('a batch is a tree of arrays', async () => {
  const of = (value: unknown) => () => ({
    position: 0,
    next: () => ({ done: false as const, value: value as NDArray }),
  });
  await expect(nn.fit({ ...quadratic, batches: of([[1, 2]]), steps: 1 })).rejects.toThrow(
    'fit: expected a batch of arrays, got number at batch.0.0',
  );
  await expect(nn.fit({ ...quadratic, batches: of(new Float32Array(2)), steps: 1 })).rejects.toThrow(
    'fit: expected a batch of arrays, got Float32Array at batch',
  );
});

test('a loss that is not finite stops the run: the step is named, the last good checkpoint stays', async () => {
  const exploding = { ...quadratic, optimizer: nn.sgd({ rate: 1e12 }), batches: constant(1), checkpointSeconds: 0 };
  const run = nn.fit({ ...exploding, steps: 10, folder: join(folder, 'a') });
  const error: nn.NotFiniteError = await run.then(
    () => expect.unreachable(),
    (e) => e,
  );
  expect(error).toBeInstanceOf(nn.NotFiniteError);
  // the loss grows by 4e24 a step, from 5: the third overflows
  expect(error.step).toBe(3);
  expect(error.message).toMatch(
    /^fit: expected finite numbers, got a loss of Infinity in step 3: an infinity first comes from mul .*nn-fit\.test\.ts:\d+:\d+.*; the last good checkpoint stays in .*checkpoint\.safetensors\)$/,
  );
  const { tensors, progress } = await nn.readCheckpoint(join(folder, 'a', 'checkpoint.safetensors'));
  expect(progress.step).toBeLessThan(3);
  expect(Array.from(tensors.params!.data as Float32Array).every(Number.isFinite)).toBe(true);
});

test('weights that are not finite stop the run in the step that made them', async () => {
  const run = nn.fit({
    ...quadratic,
    // the root of 0 has an infinite slope
    loss: (w: Tensor, x: Tensor) => sum(mul(sqrt(add(w, 2)), x)),
    params: array([1, -2]),
    batches: constant(0.5),
    steps: 1,
    folder: join(folder, 'a'),
  });
  await expect(run).rejects.toThrow(/got weights that are not in step 1: .* div .*nn-fit\.test\.ts/);
  expect(existsSync(join(folder, 'a', 'checkpoint.safetensors'))).toBe(false);
});

test('a folder that cannot be written to is refused before the first step', async () => {
  writeFileSync(join(folder, 'file'), '');
  const run = nn.fit({ ...(await task('file')), steps: 1, onRecord: () => expect.unreachable() });
  await expect(run).rejects.toThrow(/^fit: expected a folder that can be written to, got .*file: EEXIST/);
});

test.skipIf(!existsSync('/proc/self'))('nor is one that cannot be made tried for ever', async () => {
  const run = nn.fit({ ...(await task('a')), folder: '/proc/tenfold', steps: 1, onRecord: () => expect.unreachable() });
  await expect(run).rejects.toThrow(/^fit: expected a folder that can be written to, got \/proc\/tenfold: ENOENT/);
});

test('a damaged checkpoint is refused by name', async () => {
  await nn.fit({ ...(await task('a')), steps: 3 });
  const path = join(folder, 'a', 'checkpoint.safetensors');
  writeFileSync(path, readFileSync(path).subarray(0, 100));
  await expect(nn.fit({ ...(await task('a')), steps: 6 })).rejects.toThrow(/checkpoint\.safetensors.*truncated/);
});

test('batches must go on, and be of one type', async () => {
  const ending = () => ({ position: 0, next: () => ({ done: true as const, value: undefined }) });
  await expect(nn.fit({ ...quadratic, batches: ending, steps: 1 })).rejects.toThrow('expected an endless stream');
  let size = 2;
  const shrinking = () => ({ position: 0, next: () => ({ done: false as const, value: array(wave(size--, 1)) }) });
  await expect(nn.fit({ ...quadratic, batches: shrinking, steps: 2 })).rejects.toThrow(
    'expected all batches to be batch float32[2], got batch float32[1]',
  );
});

test('metrics are scalars, and early stopping looks at one that is measured', async () => {
  const vector = { ...quadratic, loss: (w: Tensor, x: Tensor) => ({ loss: sum(mul(w, x)), metrics: { w } }) };
  await expect(nn.fit({ ...vector, batches: constant(1), steps: 1 })).rejects.toThrow(
    "fit: expected the metric 'w' to be a scalar, got float32[2]",
  );
  const evaluation = { every: 1, measure: () => ({ a: 1, b: 2 }), stop: { metric: 'c', patience: 1 } };
  await expect(nn.fit({ ...quadratic, batches: constant(1), steps: 1, evaluation })).rejects.toThrow(
    "expected the evaluation to measure 'c', got a, b",
  );
});

test('memory stays flat over a thousand steps', async () => {
  const sizes: number[] = [];
  await nn.fit({
    ...(await task('a')),
    checkpointSeconds: 60,
    steps: 1200,
    evaluation: {
      every: 200,
      measure: () => {
        sizes.push(process.memoryUsage().rss / 2 ** 20);
        return {};
      },
    },
  });
  expect(sizes).toHaveLength(6);
  expect(sizes.at(-1)! - sizes[0]!).toBeLessThan(48);
});
