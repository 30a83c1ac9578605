import { expect, test } from 'vitest';
import { array, compile, flattenTree, mul, type NDArray, random, sum, type Tensor } from '../tensor/index.ts';
import { adamW } from './adam.ts';
import { dropout } from './dropout.ts';
import { type Carry, trainingStep, trainingSteps } from './training-step.ts';

type State = Record<never, never>;

test('steps in one run and steps run by run give the same bits', async () => {
  const optimizer = adamW({ rate: 0.1 });
  const steps = trainingSteps(
    trainingStep<Tensor, Tensor, State>((w, x, { key }) => sum(mul(mul(w, w), dropout(x, 0.5, key))), optimizer, 1),
  );
  const run = compile((carry: Carry<Tensor, State>, xs: Tensor, key: Tensor) => steps(carry, xs, key));
  const values = Array.from({ length: 12 }, (_, i) => Math.cos(i));
  const w = array([0.3, -0.7, 1.1]);
  const start = { params: w, optimizer: await compile((p: Tensor) => optimizer.init(p))(w), state: {} };
  const key = random.key(1);

  const [together, { metrics }] = await run(start, array(values, { shape: [4, 3] }), key);
  let apart: typeof together = start;
  const losses: number[] = [];
  for (let i = 0; i < 4; i++) {
    const [next, result] = await run(apart, array(values.slice(3 * i, 3 * i + 3), { shape: [1, 3] }), key);
    apart = next;
    losses.push(result.metrics.loss!.data[0] as number);
  }
  expect(bytesOf(together)).toEqual(bytesOf(apart));
  expect(Array.from(metrics.loss!.data as Float32Array)).toEqual(losses);
  expect(new Set(losses).size).toBe(4);
});

function bytesOf(tree: unknown): number[][] {
  return (flattenTree(tree).leaves as NDArray[]).map(({ data }) => Array.from(data, Number));
}
