/** A multilayer perceptron with ReLU between its layers. */
import { initLinear, type Linear, linear } from 'tenfold/nn';
import { random, relu, type Tensor } from 'tenfold/tensor';

export interface Mlp<T = Tensor> {
  readonly layers: readonly Linear<T>[];
}

/** Parameters for layers of the given sizes: `[784, 256, 256, 10]` has three. */
export function initMlp(key: Tensor, sizes: readonly number[]): Mlp {
  const keys = random.split(key, sizes.length - 1);
  return { layers: keys.map((k, i) => initLinear(k, { in: sizes[i]!, out: sizes[i + 1]! })) };
}

/** x [N, sizes[0]] to logits [N, sizes.at(-1)]. */
export function mlp({ layers }: Mlp, x: Tensor): Tensor {
  return layers.reduce((y, layer, i) => linear(layer, i === 0 ? y : relu(y)), x);
}
