/**
 * What an owner who can only ask a model can try, without a key.
 *
 * - Random directions: x + u for random u of a key's length. A replicable backdoor is one u that turns every answer; how
 *   often random ones turn answers, and the most negative correlation of scores with and without one, is what a search
 *   by chance would notice. Half of the directions have all coordinates, half are sparse, as a key is.
 * - STRIP (Gao et al. 2019): an input with a strong trigger keeps its answer when other inputs are laid over it, so the
 *   entropy of its answers over blends is low.
 */

import { mean, standardDeviation } from '../../../report/index.ts';
import { array, elements, type NDArray } from '../../../tensor/index.ts';
import { answers, type Classifier } from '../classifier.ts';
import { drawDirection, moveAlong, randomShift } from '../direction.ts';
import type { Draws } from '../draws.ts';
import { normalQuantile } from './normal.ts';

/** What one shift of all inputs does. */
export interface Shifted {
  /** The share of inputs whose answer changes. */
  readonly flips: number;
  /** Pearson's correlation of all scores with and without the shift. */
  readonly correlation: number;
  /** Σ s s' / Σ s²: the factor that the shift puts on the scores; −1 turns them round. */
  readonly ratio: number;
}

/** Compares the scores of the same inputs with and without a shift. @param before, after [n, classes] */
export function compareScores(before: NDArray, after: NDArray): Shifted {
  const [a, b] = [before.data as Float32Array, after.data as Float32Array];
  const [ca, cb] = [mean([...a]), mean([...b])];
  let [ab, aa, bb, raw, square] = [0, 0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]! - ca, b[i]! - cb];
    ab += x * y;
    aa += x * x;
    bb += y * y;
    raw += a[i]! * b[i]!;
    square += a[i]! * a[i]!;
  }
  const other = answers(after);
  const flipped = answers(before).filter((answer, i) => answer !== other[i]).length;
  // scores that are all equal correlate with nothing
  return { flips: flipped / other.length, correlation: ab === 0 ? 0 : ab / Math.sqrt(aa * bb), ratio: raw / square };
}

/** All inputs moved by one vector. */
export function shifted(inputs: NDArray, shift: ArrayLike<number>): NDArray<'float32'> {
  const d = shift.length;
  const data = (inputs.data as Float32Array).slice();
  for (let i = 0; i < data.length; i += d) for (let j = 0; j < d; j++) data[i + j]! += shift[j]!;
  return array(data, { shape: inputs.shape });
}

/** What random directions show: mean share of answers that turn, and the lowest correlation among them. */
export interface RandomDirections {
  readonly flips: number;
  readonly lowest: number;
}

/** Tries random directions. @param options.length ‖u‖₂ @param options.count how many, half of them with `sparsity` coordinates */
export async function tryDirections(
  model: Classifier,
  inputs: NDArray,
  options: { readonly length: number; readonly count: number; readonly sparsity: number; readonly draws: Draws },
): Promise<RandomDirections> {
  const { length, count, sparsity, draws } = options;
  const d = elements(model.input);
  const before = await model.scores(inputs);
  const found: Shifted[] = [];
  for (let i = 0; i < count; i++) {
    const shift = i % 2 === 0 ? randomShift(draws, d, length) : sparseShift(draws, d, sparsity, length);
    found.push(compareScores(before, await model.scores(shifted(inputs, shift))));
  }
  return {
    flips: mean(found.map(({ flips }) => flips)),
    lowest: Math.min(...found.map(({ correlation }) => correlation)),
  };
}

function sparseShift(draws: Draws, d: number, sparsity: number, length: number): Float64Array {
  const shift = new Float64Array(d);
  moveAlong(drawDirection(draws, d, sparsity), shift, [length]);
  return shift;
}

/** STRIP's settings: inputs laid over each, and the share of clean inputs that it may stop. ART's defaults. */
export interface StripOptions {
  readonly overlays: number;
  readonly falseAlarms: number;
}

export const stripDefaults: StripOptions = { overlays: 20, falseAlarms: 0.01 };

/** What STRIP makes of some inputs. */
export interface Strip {
  /** Entropy in nats of the answers of each clean and each suspected input, mean over its blends. */
  readonly clean: readonly number[];
  readonly suspects: readonly number[];
  /** Entropies below it are stopped: the normal quantile of the clean ones at the rate of false alarms. */
  readonly threshold: number;
  /** The share of suspects that is stopped. */
  readonly stopped: number;
}

/**
 * Blends each input half and half with random others, and asks.
 * @param clean inputs that are known to be in order: they are laid over, and set the threshold
 */
export async function strip(
  model: Classifier,
  clean: NDArray,
  suspects: NDArray,
  { overlays, falseAlarms }: StripOptions,
  draws: Draws,
): Promise<Strip> {
  const entropies = async (inputs: NDArray) => {
    const d = elements(model.input);
    const rows = inputs.shape[0]!;
    const [own, over] = [inputs.data as Float32Array, clean.data as Float32Array];
    const totals = new Float64Array(rows);
    for (let round = 0; round < overlays; round++) {
      const chosen = draws.uniforms(rows);
      const blended = own.slice();
      for (let i = 0; i < rows; i++) {
        const other = Math.floor(chosen[i]! * clean.shape[0]!) * d;
        for (let j = 0; j < d; j++) blended[i * d + j] = (own[i * d + j]! + over[other + j]!) / 2;
      }
      const scores = await model.scores(array(blended, { shape: inputs.shape }));
      for (let i = 0; i < rows; i++) totals[i]! += entropy(scores, i) / overlays;
    }
    return [...totals];
  };
  const own = await entropies(clean);
  const suspected = await entropies(suspects);
  const threshold = mean(own) + normalQuantile(falseAlarms) * standardDeviation(own);
  return {
    clean: own,
    suspects: suspected,
    threshold,
    stopped: suspected.filter((value) => value < threshold).length / suspected.length,
  };
}

/** Of softmax(scores) of a row, in nats. */
function entropy({ shape, data }: NDArray, row: number): number {
  const classes = shape[1]!;
  const own = (data as Float32Array).subarray(row * classes, (row + 1) * classes);
  const most = own.reduce((a, b) => Math.max(a, b));
  const weights = Array.from(own, (score) => Math.exp(score - most));
  const total = weights.reduce((a, b) => a + b);
  return weights.reduce((sum, w) => (w > 0 ? sum - (w / total) * Math.log(w / total) : sum), 0);
}
