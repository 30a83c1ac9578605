/**
 * Backdoor removal without detection, where the truth is close to linear: after Goldwasser, Shafer, Vafa and Vaikuntanathan,
 * "Oblivious Defense in ML Models" (STOC 2025, arXiv 2411.03279), local mitigation for linear labels.
 *
 * The idea is random self-reduction. The value of a linear function at x follows from its values at two random points on a
 * line with x, and a model that is right on most inputs is right at random points, even when it was planted to be wrong at x
 * itself. So the model is never asked about x:
 *
 *     z ~ D,   y = (1 − t) z + t x,   v = (h(y) − (1 − t) h(z)) / t
 *
 * and the answer is the mean of medians of such v. What is implemented is this procedure; the paper's own text was not at
 * hand (only its abstract and summaries that name a resampling of correlated points, convex inputs, and a mean of medians),
 * so its constants and the numbers of its theorems are not claimed. What is proved here:
 *
 * Let ℓ be linear, p = P(|h(z) − ℓ(z)| > ε) and q = P(|h(y) − ℓ(y)| > ε). Where both are near, |v − ℓ(x)| ≤ (2 − t)ε/t. If
 * p + q < ½, a median of g values misses that with probability at most exp(−2g(½ − p − q)²) (Hoeffding 1963), and a mean of
 * n medians with at most n times that. If D is uniform on a convex set that contains x, y is uniform on a copy of it that is
 * (1 − t)^d times as large, so q ≤ p/(1 − t)^d. Nothing is assumed of h elsewhere, so it holds for planted models.
 *
 * The price is the factor (2 − t)/t on the model's own distance from a line.
 */
import { array, elements, type NDArray } from '../../../tensor/index.ts';
import { type Classifier, requireInputs } from '../classifier.ts';
import { Draws } from '../draws.ts';

export interface LinearOptions {
  /** Inputs that D is sampled by: float32[m, ...input]. Drawn from a box, or held-out data. */
  readonly reference: NDArray;
  /** How far from z towards x, in (0, 1). */
  readonly step: number;
  /** Values in a median, odd. */
  readonly group: number;
  /** Medians in the mean. */
  readonly groups: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

/** The largest distance of a value of a linear function from the mitigated one: (2 − t)ε/t. */
export function linearError(epsilon: number, step: number): number {
  return ((2 - step) / step) * epsilon;
}

/** The probability that a mean of medians is further off than {@link linearError}, at most. 1 where p + q ≥ ½. */
export function linearFailure(
  p: number,
  q: number,
  { group, groups }: Pick<LinearOptions, 'group' | 'groups'>,
): number {
  const gap = 0.5 - p - q;
  return gap > 0 ? Math.min(1, groups * Math.exp(-2 * group * gap ** 2)) : 1;
}

/**
 * The model whose scores are read off random lines. It costs 2 · group · groups queries an input.
 * @throws RangeError for a step outside (0, 1), an even group, and references of another shape
 */
export function linearMitigation(model: Classifier, options: LinearOptions): Classifier {
  const { reference, step, group, groups } = options;
  if (!(step > 0 && step < 1)) throw new RangeError(`mitigate: expected a step in (0, 1), got ${step}`);
  if (!(group % 2 === 1 && group > 0)) throw new RangeError(`mitigate: expected an odd group, got ${group}`);
  if (!(Number.isSafeInteger(groups) && groups > 0)) {
    throw new RangeError(`mitigate: expected a whole number of groups above 0, got ${groups}`);
  }
  requireInputs(reference, model.input);
  const { classes, input } = model;
  return { classes, input, scores: (batch) => mitigated(model, batch, options), release: () => model.release() };
}

async function mitigated(model: Classifier, batch: NDArray, options: LinearOptions): Promise<NDArray> {
  const { reference, step, group, groups, seed, signal } = options;
  requireInputs(batch, model.input);
  const { classes } = model;
  const width = elements(model.input);
  const lines = group * groups;
  const rows = batch.shape[0]!;
  const draws = Draws.from(seed);
  const out = new Float32Array(rows * classes);
  const [source, points] = [batch.data as Float32Array, reference.data as Float32Array];
  for (let row = 0; row < rows; row++) {
    signal?.throwIfAborted();
    // each line's two points, one after the other
    const asked = new Float32Array(2 * lines * width);
    for (const [line, u] of draws.uniforms(lines).entries()) {
      const from = Math.floor(u * reference.shape[0]!) * width;
      for (let j = 0; j < width; j++) {
        const z = points[from + j]!;
        asked[2 * line * width + j] = z;
        asked[(2 * line + 1) * width + j] = z + step * (source[row * width + j]! - z);
      }
    }
    const { data } = await model.scores(array(asked, { shape: [2 * lines, ...model.input] }));
    for (let c = 0; c < classes; c++) {
      const values = Float64Array.from({ length: lines }, (_, line) => {
        const [hz, hy] = [Number(data[2 * line * classes + c]), Number(data[(2 * line + 1) * classes + c])];
        return (hy - (1 - step) * hz) / step;
      });
      out[row * classes + c] = meanOfMedians(values, group);
    }
  }
  return array(out, { shape: [rows, classes] });
}

/** The mean of the medians of neighbours: no group is moved far by fewer than half of its values. @param group odd, a divisor of the number */
export function meanOfMedians(values: Float64Array, group: number): number {
  let sum = 0;
  for (let start = 0; start < values.length; start += group) {
    sum += values.slice(start, start + group).sort()[group >> 1]!;
  }
  return (sum * group) / values.length;
}
