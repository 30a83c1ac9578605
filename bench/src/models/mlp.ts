/** 784–256–256–10 with ReLU, batch 128. */
import { crossEntropyLoss, initLinear, linear } from 'tenfold/nn';
import { random, relu, type Tensor } from 'tenfold/tensor';
import { model } from './model.ts';

const sizes = [784, 256, 256, 10];
const batch = 128;

const init = (key: Tensor) =>
  random.split(key, sizes.length - 1).map((own, i) => initLinear(own, { in: sizes[i]!, out: sizes[i + 1]! }));

const forward = (params: ReturnType<typeof init>, { x }: { x: Tensor }) =>
  params.reduce((h, p, i) => (i < params.length - 1 ? relu(linear(p, h)) : linear(p, h)), x);

export const mlp = model({
  init,
  state: () => [],
  batch: (key) => {
    const [a, b] = random.split(key) as [Tensor, Tensor];
    return { x: random.normal(a, [batch, sizes[0]!]), y: random.integers(b, [batch], 0, 10) };
  },
  loss: (params, data: { x: Tensor; y: Tensor }, state) => [crossEntropyLoss(forward(params, data), data.y), state],
  forward,
});
