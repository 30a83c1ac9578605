/**
 * The positive control: a backdoor that the detectors were made for. BadNets (Gu, Dolan-Gavitt and Garg 2017): a share of
 * the training inputs gets a patch and the attacker's label, and a network learns the short cut.
 */
import { batches, dataset, type Position } from '../../../data/index.ts';
import { adam, crossEntropyLoss, fit, initLinear, type Linear, linear } from '../../../nn/index.ts';
import { array, compile, type NDArray, random, relu, reshape, type Tensor } from '../../../tensor/index.ts';
import type { Arrays, Labelled, Network } from '../classifier.ts';
import { type Perceptron, perceptronNetwork, trainPerceptron } from '../perceptron.ts';

const pixels = 28 * 28;

/** Digits through one hidden layer. */
export const perceptron = perceptronNetwork([28, 28], 10);
/** Its width. */
const hidden = 64;

/** Digits through one linear layer: scores that are linear in the pixels. */
export const straight: Network<Linear> = {
  input: [28, 28],
  classes: 10,
  apply: (params, x) => linear(params, reshape(x, [x.shape[0]!, pixels])),
};

/** The hidden layer's values: the representations that spectral signatures look at. @param x [n, 28, 28] */
export function hiddenOf({ hidden: layer }: Perceptron, x: Tensor): Tensor {
  return relu(linear(layer, reshape(x, [x.shape[0]!, pixels])));
}

/** The label that a patch gives. */
export const patchedLabel = 7;
/** The share of the training inputs that carries it. */
export const poisonedShare = 0.05;

/** Inputs with a white patch of 3 by 3 pixels in the lower right corner. */
export function patched(inputs: NDArray): NDArray<'float32'> {
  const data = Float32Array.from(inputs.data as Float32Array);
  for (let row = 0; row < inputs.shape[0]!; row++) {
    for (let i = 0; i < 9; i++) data[row * pixels + (24 + Math.floor(i / 3)) * 28 + 24 + (i % 3)] = 1;
  }
  return array(data, { shape: inputs.shape });
}

/** Training inputs of which the first ones are poisoned. */
export function poisoned({ inputs, labels, classes }: Labelled): Labelled & { readonly count: number } {
  const rows = labels.size;
  const count = Math.round(poisonedShare * rows);
  const data = Float32Array.from(inputs.data as Float32Array);
  data.set((patched(inputs).data as Float32Array).subarray(0, count * pixels));
  const given = Int32Array.from(labels.data as Int32Array, (label, i) => (i < count ? patchedLabel : label));
  return { inputs: array(data, { shape: inputs.shape }), labels: array(given, { dtype: 'int32' }), classes, count };
}

/** How long a network is trained, and from which seed. */
export interface NetworkTraining {
  readonly seed: number;
  readonly steps: number;
  readonly signal?: AbortSignal;
}

/** Trains a {@link perceptron}. */
export function trainNetwork(data: Labelled, training: NetworkTraining): Promise<Arrays<Perceptron>> {
  return trainPerceptron(data, { hidden, ...training });
}

/** Trains a {@link straight} network. */
export async function trainStraight(
  { inputs, labels }: Labelled,
  { seed, steps, signal }: NetworkTraining,
): Promise<Arrays<Linear>> {
  const init = compile((key: Tensor) => initLinear(key, { in: pixels, out: 10 }));
  // biome-ignore lint/suspicious/noFocusedTests: nn's training loop, not a test
  const { params } = await fit({
    loss: (p: Linear, { x, y }: { x: Tensor; y: Tensor }) => crossEntropyLoss(straight.apply(p, x), y),
    params: await init(random.key(seed)),
    optimizer: adam({ rate: 2e-3 }),
    batches: (start?: Position) =>
      batches(dataset({ x: inputs, y: labels }), { size: 64, key: random.key(seed), ...(start && { start }) }),
    steps,
    seed,
    ...(signal && { signal }),
  });
  await init.release();
  return params;
}
