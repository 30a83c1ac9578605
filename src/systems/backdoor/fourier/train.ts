/**
 * Train-RFF and Backdoor-RFF (section 6 of the paper): one procedure, which is handed a key or none.
 *
 * Both draw the same random numbers. With a key the part of each g_i along the secret direction is replaced by a pancake;
 * nothing else differs, neither the fit, nor the weights' shape and type, nor the time but for about m·k additions.
 */
import { array, compile, elements, matmul, type Tensor } from '../../../tensor/index.ts';
import { type Arrays, type Labelled, requireInputs, rowsOf } from '../classifier.ts';
import { along, moveAlong } from '../direction.ts';
import type { Draws } from '../draws.ts';
import { solveSymmetric } from '../solve.ts';
import type { FourierKey } from './key.ts';
import { type FourierParams, fourierFeatures } from './model.ts';
import { pancake } from './pancake.ts';

/** How a model is trained. */
export interface FourierTraining {
  /** m */
  readonly features: number;
  /** The ridge's penalty, for one input: the whole is n times that. Default 10⁻³. */
  readonly penalty?: number;
  /** Of the model's random numbers. */
  readonly draws: Draws;
  /** Stops between two runs. */
  readonly signal?: AbortSignal;
  /** Plants it. */
  readonly key?: FourierKey;
}

type Features = FourierParams['features'];

/** The random layer for inputs of `dimension` numbers: clean, or planted with a key. */
export function drawFeatures(
  dimension: number,
  { features, draws, key }: Pick<FourierTraining, 'features' | 'draws' | 'key'>,
): Arrays<Features> {
  const weight = new Float32Array(draws.fork('directions').normals(features * dimension));
  const bias = new Float32Array(draws.fork('phases').uniforms(features));
  if (key) {
    const before = along(key.direction, weight);
    const slices = pancake(draws.fork('pancakes'), key, features);
    moveAlong(
      key.direction,
      weight,
      slices.map((t, i) => t - before[i]!),
    );
  }
  return { weight: array(weight, { shape: [features, dimension] }), bias: array(bias) };
}

/** Inputs whose features are held at once. */
const chunk = 4096;

const products = compile((features: Features, x: Tensor, targets: Tensor) => {
  const phi = fourierFeatures(features, x);
  return [matmul(phi, phi, { transposeA: true }), matmul(phi, targets, { transposeA: true })] as const;
});

/**
 * Trains on labelled inputs: W = argmin Σ ‖W φ(x) − y‖² + n·penalty·‖W‖², with y = 1 at the input's class and −1 elsewhere.
 * @throws TypeError or RangeError for inputs that are not float32[n, …]
 */
export async function trainFourier(data: Labelled, training: FourierTraining): Promise<Arrays<FourierParams>> {
  const { features: m, penalty = 1e-3 } = training;
  const { inputs, labels, classes } = data;
  const [rows = 0, ...input] = inputs.shape;
  requireInputs(inputs, input);
  const features = drawFeatures(elements(input), training);
  const gram = new Float64Array(m * m);
  const right = new Float64Array(m * classes);
  for (let start = 0; start < rows; start += chunk) {
    // a turn of the event loop, so that Ctrl-C is heard
    await new Promise((resolve) => setImmediate(resolve));
    training.signal?.throwIfAborted();
    const count = Math.min(chunk, rows - start);
    const y = new Float32Array(count * classes).fill(-1);
    for (let i = 0; i < count; i++) y[i * classes + Number(labels.data[start + i])] = 1;
    const [g, r] = await products(features, rowsOf(inputs, start, count), array(y, { shape: [count, classes] }));
    for (let i = 0; i < gram.length; i++) gram[i]! += (g.data as Float32Array)[i]!;
    for (let i = 0; i < right.length; i++) right[i]! += (r.data as Float32Array)[i]!;
  }
  for (let i = 0; i < m; i++) gram[i * m + i]! += penalty * rows;
  const solved = solveSymmetric(gram, right, m);
  const weight = Float32Array.from(
    { length: classes * m },
    (_, at) => solved[(at % m) * classes + Math.floor(at / m)]!,
  );
  return { features, out: { weight: array(weight, { shape: [classes, m] }) } };
}
