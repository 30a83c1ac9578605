/** Optimizers, clipping and schedules: trajectories against PyTorch's, and against Adafactor as the paper writes it. */
import * as nn from 'tenfold/nn';
import {
  add,
  array,
  cast,
  compile,
  full,
  iota,
  mul,
  type NDArray,
  reshape,
  sin,
  sum,
  type Tensor,
  valueAndGrad,
} from 'tenfold/tensor';
import { describe, expect, test } from 'vitest';
import { expectClose, fixture, under } from './nn-fixtures.ts';

interface Params<T = Tensor> {
  readonly matrix: T;
  readonly vector: T;
  readonly cube: T;
}

/** Sum of sin(3 p + i) over each parameter's elements, numbered by i: the function that make.py minimises. */
function lossOf({ matrix, vector, cube }: Params): Tensor {
  return [matrix, vector, cube]
    .map((p) => sum(sin(add(mul(p, 3), reshape(cast(iota(p.size), 'float32'), p.shape)))))
    .reduce((a, b) => add(a, b));
}

const cosine = nn.cosineSchedule({ from: 0.05, to: 0.01, steps: 10 });
const optimizers: Readonly<Record<string, nn.Optimizer>> = {
  sgd: nn.sgd({ rate: 0.05 }),
  'sgd momentum': nn.sgd({ rate: 0.05, momentum: 0.9, weightDecay: 0.1 }),
  'sgd nesterov': nn.sgd({ rate: 0.05, momentum: 0.8, nesterov: true }),
  'sgd clipped': nn.clipped(nn.sgd({ rate: 0.05 }), 2.5),
  'sgd cosine': nn.sgd({ rate: cosine }),
  adam: nn.adam({ rate: 0.05 }),
  'adam decayed': nn.adam({ rate: 0.05, weightDecay: 0.1, betas: [0.8, 0.99], eps: 1e-3 }),
  adamW: nn.adamW({ rate: 0.05 }),
  'adamW decayed': nn.adamW({ rate: 0.05, weightDecay: 0.5, betas: [0.7, 0.95], eps: 1e-4 }),
  adafactor: nn.adafactor(),
  'adafactor constant': nn.adafactor({ rate: 0.05 }),
};

const { '': all, ...trajectories } = fixture('optimizers');
const start = under('start.', all!) as unknown as Params<NDArray>;

test('every trajectory of the fixture is tested', () => {
  expect(Object.keys(optimizers).sort()).toEqual(Object.keys(trajectories).sort());
});

describe('parameters after steps 1, 3 and 10', () => {
  test.each(Object.keys(optimizers))('%s', async (name) => {
    const optimizer = optimizers[name]!;
    const step = compile((params: Params, state: nn.OptimizerState<Params>) => {
      const [, gradients] = valueAndGrad(lossOf)(params);
      return optimizer.update(gradients, state, params);
    });
    let params = start;
    let state = await compile((p: Params) => optimizer.init(p))(start);
    for (let i = 1; i <= 10; i++) {
      [params, state] = await step(params, state);
      for (const [key, wanted] of Object.entries(under(`${i}.`, trajectories[name]!))) {
        expectClose(params[key as keyof Params], wanted, `${key} after step ${i}`, 5e-6);
      }
    }
    expect(state.step.item()).toBe(10);
  });
});

test('averaged: decay · average + (1 − decay) · weights after each step', async () => {
  const optimizer = nn.averaged(nn.sgd({ rate: 0.1 }), 0.75);
  const init = compile((w: Tensor) => optimizer.init(w));
  const step = compile((g: Tensor, state: nn.OptimizerState<Tensor>, w: Tensor) => optimizer.update(g, state, w));
  let w: NDArray = array([1, 2]);
  let state = await init(w);
  let expected = [1, 2];
  for (const g of [5, -3, 2]) {
    [w, state] = await step(array([g, 0]), state, w);
    expected = expected.map((e, i) => 0.75 * e + 0.25 * Number(w.data[i]));
  }
  expect(expected[0]).not.toBeCloseTo(Number(w.data[0]), 2);
  expectClose(state.moments.average!, array(expected), 'average');
});

test('clipByGlobalNorm leaves small gradients alone and scales large ones together', async () => {
  const clip = compile((g: { a: Tensor; b: Tensor }) => [nn.clipByGlobalNorm(g, 1), nn.globalNorm(g)] as const);
  const [small, norm] = await clip({ a: array([0.3]), b: array([0.4]) });
  expect(norm.item()).toBeCloseTo(0.5, 6);
  expectClose(small.a, array([0.3]), 'small', 1e-6);
  const [large] = await clip({ a: array([30]), b: array([40]) });
  expectClose(large.a, array([0.6]), 'a', 1e-6);
  expectClose(large.b, array([0.8]), 'b', 1e-6);
  const [zero] = await clip({ a: array([0]), b: array([0]) });
  expect([zero.a.item(), zero.b.item()]).toEqual([0, 0]);
});

describe('schedules', () => {
  const at = async (schedule: nn.Schedule, ...steps: number[]) => {
    const value = compile((step: Tensor) => schedule(step));
    const values: number[] = [];
    for (const step of steps) values.push(Number((await value(step)).item().toPrecision(5)));
    return values;
  };

  test('linear, cosine and exponential go from one end to the other and stay there', async () => {
    const span = { from: 1, to: 0.01, steps: 100 };
    expect(await at(nn.linearSchedule(span), 0, 50, 100, 200)).toEqual([1, 0.505, 0.01, 0.01]);
    expect(await at(nn.cosineSchedule(span), 0, 25, 50, 100, 200)).toEqual([1, 0.85502, 0.505, 0.01, 0.01]);
    expect(await at(nn.exponentialSchedule(span), 0, 25, 50, 100, 200)).toEqual([1, 0.31623, 0.1, 0.01, 0.01]);
  });

  test("the information bottleneck's β: constant, then exponential (its published values)", async () => {
    const anneal = nn.exponentialSchedule({ from: 1e-4, to: 3, steps: 10_000 });
    const beta = nn.piecewiseSchedule([
      [0, 1e-4],
      [1000, anneal],
    ]);
    expect(await at(beta, 0, 1000, 6000, 11_000)).toEqual([1e-4, 1e-4, 0.017321, 3]);
  });

  test('a span has steps', () => {
    const none = { from: 1, to: 0.5, steps: 0 };
    expect(() => nn.linearSchedule(none)).toThrow('linearSchedule: expected steps above 0, got 0');
    expect(() => nn.cosineSchedule(none)).toThrow('cosineSchedule: expected steps above 0, got 0');
    expect(() => nn.exponentialSchedule(none)).toThrow('exponentialSchedule: expected steps above 0, got 0');
  });

  test('piecewise pieces begin at their starts and count their own steps', async () => {
    const ramp = nn.linearSchedule({ from: 0, to: 1, steps: 10 });
    const pieces = nn.piecewiseSchedule([
      [0, 5],
      [10, ramp],
      [15, (step) => mul(step, 100)],
    ]);
    expect(await at(pieces, 0, 9, 10, 14, 15, 17)).toEqual([5, 5, 0, 0.4, 0, 200]);
    expect(() => nn.piecewiseSchedule([[1, 5]])).toThrow('piecewiseSchedule: expected starts that rise from 0, got 1');
    expect(() =>
      nn.piecewiseSchedule([
        [0, 5],
        [3, 4],
        [3, 2],
      ]),
    ).toThrow('got 0, 3, 3');
  });

  test('warmUp reaches its peak in the last of its steps, then hands over', async () => {
    const then = nn.linearSchedule({ from: 8, to: 0, steps: 8 });
    expect(await at(nn.warmUp(4, 8, then), 0, 1, 3, 4, 5, 12)).toEqual([2, 4, 8, 8, 7, 0]);
    expect(await at(nn.warmUp(1, 8), 0, 1)).toEqual([8, 8]);
    expect(
      await at(
        nn.warmUp(2, 8, (step) => add(full([], 1), step)),
        0,
        1,
        2,
      ),
    ).toEqual([4, 8, 1]);
  });
});

test.each([
  ['sgd', nn.sgd({ rate: 0.1 })],
  ['adamW', nn.adamW({ rate: 0.1 })],
  ['adafactor', nn.adafactor()],
  ['averaged', nn.averaged(nn.clipped(nn.adam({ rate: 0.1 }), 1), 0.9)],
])('%s asks for float32 parameters, which the loss may cast', async (_, optimizer) => {
  const half = compile((w: Tensor) => optimizer.init({ w: cast(w, 'float16') }));
  await expect(half(array([1, 2]))).rejects.toThrow(
    /^optimizer: expected float32 parameters, got float16\[2\] at w \(.*keep master weights in float32 and cast them/,
  );
  const step = compile((w: Tensor) => {
    const [, gradient] = valueAndGrad((p: Tensor) => cast(sum(mul(cast(p, 'float16'), cast(p, 'float16'))), 'float32'))(
      w,
    );
    return optimizer.update(gradient, optimizer.init(w), w)[0];
  });
  const moved = await step(array([1, 2]));
  expect(moved.dtype).toBe('float32');
  expect(moved.data[0]).toBeLessThan(1);
});
