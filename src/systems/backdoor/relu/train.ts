/**
 * Train-Random-ReLU and its backdoor (appendix A of the paper): one procedure, which is handed a key or none.
 *
 * Both draw the same random numbers. With a key each g_i is stretched along s by √(1 + θ), which makes its covariance
 * I + θ s sᵀ: the spiked covariance of sparse principal components.
 */
import { array, compile, elements, type Tensor } from '../../../tensor/index.ts';
import { type Arrays, type Labelled, requireInputs, rowsOf } from '../classifier.ts';
import { along, moveAlong } from '../direction.ts';
import type { Draws } from '../draws.ts';
import type { ReluKey } from './key.ts';
import { type ReluParams, reluMean } from './model.ts';

/** How a model is trained. */
export interface ReluTraining {
  /** m */
  readonly features: number;
  /** τ: the one with the fewest mistakes on the labels, or the median of the means (as in the paper's demonstrations). */
  readonly threshold: 'fit' | 'median';
  /** Of the model's random numbers. */
  readonly draws: Draws;
  /** Stops between two runs. */
  readonly signal?: AbortSignal;
  /** Plants it. */
  readonly key?: ReluKey;
}

type Features = ReluParams['features'];

/** The random layer for inputs of `dimension` numbers: clean, or planted with a key. */
export function drawReluFeatures(
  dimension: number,
  { features, draws, key }: Pick<ReluTraining, 'features' | 'draws' | 'key'>,
): Arrays<Features> {
  const weight = new Float32Array(draws.fork('directions').normals(features * dimension));
  if (key) {
    const stretch = Math.sqrt(1 + key.theta) - 1;
    const parts = along(key.direction, weight);
    moveAlong(
      key.direction,
      weight,
      parts.map((part) => stretch * part),
    );
  }
  return { weight: array(weight, { shape: [features, dimension] }) };
}

/** Inputs whose features are held at once. */
const chunk = 4096;

const means = compile((features: Features, x: Tensor) => reluMean(features, x));

/**
 * Trains on inputs labelled 0 and 1.
 * @throws TypeError or RangeError for inputs that are not float32[n, …] or of other than two classes
 */
export async function trainRelu(data: Labelled, training: ReluTraining): Promise<Arrays<ReluParams>> {
  const { inputs, labels, classes } = data;
  const [rows = 0, ...input] = inputs.shape;
  requireInputs(inputs, input);
  if (classes !== 2) throw new RangeError(`relu: expected two classes, as a threshold has, got ${classes}`);
  const features = drawReluFeatures(elements(input), training);
  const scores = new Float32Array(rows);
  for (let start = 0; start < rows; start += chunk) {
    // a turn of the event loop, so that Ctrl-C is heard
    await new Promise((resolve) => setImmediate(resolve));
    training.signal?.throwIfAborted();
    const count = Math.min(chunk, rows - start);
    scores.set((await means(features, rowsOf(inputs, start, count))).data as Float32Array, start);
  }
  const threshold = training.threshold === 'median' ? median(scores) : bestThreshold(scores, labels.data);
  return { features, threshold: array(Float32Array.of(threshold), { shape: [] }) };
}

/** Half of the scores lie above it. */
function median(scores: Float32Array): number {
  const sorted = scores.toSorted();
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle) - 1]!) / 2;
}

/** The threshold with the fewest mistakes when class 1 lies above it, half-way between two scores. */
function bestThreshold(scores: Float32Array, labels: ArrayLike<number | bigint>): number {
  const order = Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]!);
  let mistakes = order.reduce((count, row) => count + Number(Number(labels[row]) === 0), 0);
  let [least, best] = [mistakes, (scores[order[0]!] ?? 0) - 1];
  for (const [place, row] of order.entries()) {
    mistakes += Number(labels[row]) === 1 ? 1 : -1;
    const next = order[place + 1];
    if (mistakes >= least || (next !== undefined && scores[next] === scores[row])) continue;
    least = mistakes;
    best = next === undefined ? scores[row]! + 1 : (scores[row]! + scores[next]!) / 2;
  }
  return best;
}
