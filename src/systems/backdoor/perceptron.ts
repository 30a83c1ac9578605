/** A multi-layer perceptron: what is trained here where nothing else is brought. */

import type { Progress } from '../../command/index.ts';
import { batches, dataset, type Position } from '../../data/index.ts';
import { adamW, crossEntropyLoss, fit, initLinear, type Linear, linear } from '../../nn/index.ts';
import { compile, elements, random, relu, reshape, type Tensor } from '../../tensor/index.ts';
import type { Arrays, Labelled, Network } from './classifier.ts';

/** One hidden layer. */
export interface Perceptron<T = Tensor> {
  readonly hidden: Linear<T>;
  readonly out: Linear<T>;
}

export function perceptronNetwork(input: readonly number[], classes: number): Network<Perceptron> {
  return {
    input,
    classes,
    apply: ({ hidden, out }, x) => linear(out, relu(linear(hidden, reshape(x, [x.shape[0]!, elements(input)])))),
  };
}

/** How long, and how wide. */
export interface PerceptronTraining {
  /** Width of the hidden layer. */
  readonly hidden: number;
  readonly steps: number;
  readonly seed: number;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

/** Trains by AdamW on batches of 128. */
export async function trainPerceptron(data: Labelled, training: PerceptronTraining): Promise<Arrays<Perceptron>> {
  const { hidden, steps, seed, progress, signal } = training;
  const input = data.inputs.shape.slice(1);
  const network = perceptronNetwork(input, data.classes);
  const init = compile((key: Tensor) => {
    const [a, b] = random.split(key) as [Tensor, Tensor];
    return {
      hidden: initLinear(a, { in: elements(input), out: hidden }),
      out: initLinear(b, { in: hidden, out: data.classes }),
    };
  });
  const rows = dataset({ x: data.inputs, y: data.labels });
  // biome-ignore lint/suspicious/noFocusedTests: nn's training loop, not a test
  const { params } = await fit({
    loss: (p: Perceptron, { x, y }: { readonly x: Tensor; readonly y: Tensor }) =>
      crossEntropyLoss(network.apply(p, x), y),
    params: await init(random.key(seed)),
    optimizer: adamW({ rate: 1e-3, weightDecay: 0.05 }),
    batches: (start?: Position) => batches(rows, { size: 128, key: random.key(seed), ...(start && { start }) }),
    steps,
    seed,
    ...(progress && { progress }),
    ...(signal && { signal }),
  });
  await init.release();
  return params as Arrays<Perceptron>;
}
