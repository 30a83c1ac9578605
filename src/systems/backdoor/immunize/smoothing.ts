/**
 * Immunization at evaluation time (section 2.5 of the paper; randomized smoothing as in Cohen, Rosenfeld and Kolter 2019).
 *
 * The model is asked about x + σz for many normal z, and the shares of its answers are the new scores:
 *
 *     h̃(x) = E h(x + σz),  z ~ N(0, I)
 *
 * Whatever h is, planted or not, h̃ changes little between near inputs. With h in [0, 1] and r = ‖x − x'‖₂
 *
 *     |h̃(x) − h̃(x')| ≤ 2Φ(r/2σ) − 1 ≤ r/(σ√2π),
 *
 * because that is the total variation distance of N(x, σ²I) and N(x', σ²I). So an attacker who may move an input by much
 * less than σ gains nothing; one who may move it by much more is not stopped. It costs accuracy where the truth itself
 * changes within σ. The bound is of the expectation: with k samples each score has its Clopper–Pearson interval.
 */
import { add, array, compile, elements, mul, type NDArray, random, type Tensor } from '../../../tensor/index.ts';
import { lowerBound } from '../audit/binomial.ts';
import { normalCdf, normalQuantile } from '../audit/normal.ts';
import { answers, type Classifier, requireInputs } from '../classifier.ts';

export interface SmoothingOptions {
  /** Standard deviation of the noise, in the inputs' units; above 0. */
  readonly sigma: number;
  /** Noisy copies of each input. */
  readonly samples: number;
  /** Of the noise. Whoever knows it and the model could search for inputs that these copies do not protect. */
  readonly seed: number;
  /** Stops between two runs. */
  readonly signal?: AbortSignal;
}

/** 2Φ(r/2σ) − 1: what a smoothed score in [0, 1] can change over a distance r, at most. */
export function changeBound(distance: number, sigma: number): number {
  return 2 * normalCdf(distance / (2 * sigma)) - 1;
}

/** Rows that are asked about at once. */
const rowsARun = 1024;

const withNoise = compile((x: Tensor, key: Tensor, sigma: Tensor) => add(x, mul(random.normal(key, x.shape), sigma)));

/**
 * How often each class was the answer to a noisy copy of each input.
 * @param batch float32[n, ...input]
 * @returns int32[n, classes]; a row adds up to `samples`
 * @throws RangeError for a σ or a number of samples that is not above 0, and for inputs of another shape
 */
export async function votes(model: Classifier, batch: NDArray, options: SmoothingOptions): Promise<NDArray<'int32'>> {
  const { sigma, samples, seed, signal } = options;
  if (!(sigma > 0 && sigma < Infinity)) throw new RangeError(`smooth: expected sigma above 0, got ${sigma}`);
  if (!(Number.isSafeInteger(samples) && samples > 0)) {
    throw new RangeError(`smooth: expected a whole number of samples above 0, got ${samples}`);
  }
  requireInputs(batch, model.input);
  const rows = batch.shape[0]!;
  const width = elements(model.input);
  const counts = new Int32Array(rows * model.classes);
  // input i has copies i · samples …: all are one list, asked in runs of equal size, so that one program serves
  const all = rows * samples;
  const size = Math.min(rowsARun, all);
  const copies = new Float32Array(size * width);
  const source = batch.data as Float32Array;
  for (let start = 0, run = 0; start < all; start += size, run++) {
    signal?.throwIfAborted();
    const count = Math.min(size, all - start);
    for (let i = 0; i < count; i++) {
      const row = Math.floor((start + i) / samples);
      copies.set(source.subarray(row * width, (row + 1) * width), i * width);
    }
    const x = array(copies, { shape: [size, ...model.input] });
    const given = answers(await model.scores(await withNoise(x, random.key(seed * 2 ** 20 + run), sigma)));
    for (let i = 0; i < count; i++) counts[Math.floor((start + i) / samples) * model.classes + given[i]!]!++;
  }
  return array(counts, { dtype: 'int32', shape: [rows, model.classes] });
}

/** The immunized model: its scores are shares of `samples` answers, in [0, 1]. */
export function smoothed(model: Classifier, options: SmoothingOptions): Classifier {
  const { classes, input } = model;
  return {
    classes,
    input,
    async scores(batch) {
      const counts = await votes(model, batch, options);
      return array(
        Float32Array.from(counts.data as Int32Array, (count) => count / options.samples),
        {
          shape: counts.shape,
        },
      );
    },
    release: () => model.release(),
  };
}

/** What is certain of a smoothed answer. */
export interface Certificate {
  /** The smoothed model's class; null where no class is certain to have more than half. */
  readonly answer: number | null;
  /** The lower bound of its share, at confidence 1 − alpha. */
  readonly share: number;
  /** σΦ⁻¹(share): no input nearer than that has another smoothed answer. 0 without an answer. */
  readonly radius: number;
}

/** Copies that only choose the class; the certificate's own copies are others (Cohen, Rosenfeld and Kolter 2019, CERTIFY). */
const choosing = 100;

/** The certificate of each input. Each holds with probability 1 − alpha over the noise. */
export async function certify(
  model: Classifier,
  batch: NDArray,
  options: SmoothingOptions & { readonly alpha: number },
): Promise<Certificate[]> {
  const { sigma, samples, alpha, seed } = options;
  const { classes } = model;
  const chosen = await votes(model, batch, { ...options, samples: choosing, seed: 2 * seed });
  const counted = await votes(model, batch, { ...options, seed: 2 * seed + 1 });
  return Array.from(answers(chosen), (answer, row) => {
    const share = lowerBound(counted.data[row * classes + answer]!, samples, alpha);
    return share > 0.5 ? { answer, share, radius: sigma * normalQuantile(share) } : { answer: null, share, radius: 0 };
  });
}
