/** Whole models: losses of six AdamW steps against PyTorch's from the same start. */
import * as nn from 'tenfold/nn';
import { at, compile, type NDArray, slice, type Tensor, valueAndGrad } from 'tenfold/tensor';
import { expect, test } from 'vitest';
import { fixture, nested, under } from './nn-fixtures.ts';
import { type Gpt, gpt, type Mlp, mlp } from './nn-models.ts';

const training = fixture('training');

/** Six steps with batch i of `data`; expects the losses of the fixture. */
async function expectLosses<P>(
  name: string,
  loss: (params: P, batch: Record<string, Tensor>) => Tensor,
): Promise<void> {
  const { losses, ...given } = training[name]!;
  const data = Object.fromEntries(Object.entries(given).filter(([key]) => !key.startsWith('p.')));
  const optimizer = nn.adamW({ rate: 1e-3 });
  const step = compile((params: P, state: nn.OptimizerState<P>, batch: Record<string, Tensor>) => {
    const [value, gradients] = valueAndGrad((p: P) => loss(p, batch))(params);
    return [value, ...optimizer.update(gradients as P, state, params)] as const;
  }) as unknown as (...args: unknown[]) => Promise<[NDArray, unknown, unknown]>;
  let params = nested(under('p.', given));
  let state: unknown = await compile((p: P) => optimizer.init(p))(params as never);
  const entries = compile((all: Tensor) => [0, 1, 2, 3, 4, 5].map((i) => at(all, i)));
  const batches = await Promise.all(Object.entries(data).map(async ([key, all]) => [key, await entries(all)] as const));
  const got: number[] = [];
  for (let i = 0; i < 6; i++) {
    const batch = Object.fromEntries(batches.map(([key, parts]) => [key, parts[i]!]));
    const [value, nextParams, nextState] = await step(params, state, batch);
    [params, state] = [nextParams, nextState];
    got.push(value.item());
  }
  const wanted = Array.from(losses!.data as Float32Array);
  expect(new Set(wanted).size).toBe(6);
  for (const [i, value] of wanted.entries()) expect(Math.abs(got[i]! - value), `loss ${i + 1}`).toBeLessThan(1e-5);
}

test('an MLP has the losses that PyTorch has', async () => {
  await expectLosses('mlp', (p: Mlp, { x, y }) => nn.crossEntropyLoss(mlp(p, x!), y!));
});

test('a GPT has the losses that PyTorch has', async () => {
  await expectLosses('gpt', (p: Gpt, batch) => {
    const ids = batch.ids!;
    const length = ids.shape[1]!;
    const logits = gpt(p, slice(ids, [undefined, [0, length - 1]]), 4);
    return nn.crossEntropyLoss(logits, slice(ids, [undefined, [1, length]]));
  });
});
