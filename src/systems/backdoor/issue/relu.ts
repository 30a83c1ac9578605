/**
 * What the issue measures of random ReLU: the plant against a clean model under the same step, and when the spectrum sees it.
 */
import type { Progress } from '../../../command/index.ts';
import type { Tier } from '../../../report/index.ts';
import { array, type NDArray } from '../../../tensor/index.ts';
import { covarianceSpectrum } from '../audit/covariance.ts';
import { type Power, power } from '../audit/null.ts';
import { shifted } from '../audit/query-audits.ts';
import { bbpThreshold, largestColumnVariance } from '../audit/weight-audits.ts';
import { type Classifier, classify, type Labelled, Models } from '../classifier.ts';
import { randomShift } from '../direction.ts';
import { Draws } from '../draws.ts';
import { reluStatistic } from '../relu/detect.ts';
import { activateRelu, drawReluKey } from '../relu/key.ts';
import { reluNetwork } from '../relu/model.ts';
import { drawReluFeatures, trainRelu } from '../relu/train.ts';

interface Watch {
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Where the step is tried. */
export interface StepGrid {
  readonly dimension: number;
  readonly sparsity: number;
  /** x ~ N(0, I/d); τ is the median of their means. */
  readonly inputs: number;
  readonly features: readonly number[];
  readonly thetas: readonly number[];
  readonly lambdas: readonly number[];
}

const lambdas = [0.1, 0.2, 0.3, 0.5, 0.7, 1];

export const stepGrids: Record<Tier, StepGrid> = {
  quick: { dimension: 256, sparsity: 8, inputs: 1000, features: [512], thetas: [0.25, 1, 4], lambdas },
  recorded: {
    dimension: 256,
    sparsity: 8,
    inputs: 2000,
    features: [128, 512, 2048],
    thetas: [0.25, 1, 4],
    lambdas,
  },
};

/** Of the inputs that a model answers negatively, the share that a step of length λ turns; one number a seed. */
export interface Step {
  readonly features: number;
  readonly theta: number;
  readonly lambda: number;
  /** The planted model, along its key. */
  readonly planted: readonly number[];
  /** The clean model of the same random numbers, along the same key. */
  readonly clean: readonly number[];
  /** The planted model, along a random direction. */
  readonly random: readonly number[];
}

/** Takes every step of the grid for each seed. */
export async function takeSteps(
  grid: StepGrid,
  seeds: readonly number[],
  { progress, signal }: Watch,
): Promise<Step[]> {
  const { dimension, sparsity, inputs } = grid;
  const models = new Models(reluNetwork([dimension]));
  const turned = new Map<string, Record<'planted' | 'clean' | 'random', number[]>>();
  for (const seed of seeds) {
    const draws = Draws.from(seed);
    const x = array(
      draws
        .fork('inputs')
        .normals(inputs * dimension)
        .map((value) => value / Math.sqrt(dimension)),
      { shape: [inputs, dimension] },
    );
    const data: Labelled = { inputs: x, labels: array(new Int32Array(inputs), { dtype: 'int32' }), classes: 2 };
    for (const features of grid.features) {
      const training = () => ({ features, threshold: 'median' as const, draws: draws.fork(`weights ${features}`) });
      const clean = await turner(models.of(await trainRelu(data, training())), x);
      const away = randomShift(draws.fork('random'), dimension, 1);
      // the direction does not depend on θ, so the clean model is stepped once for all
      const keyOf = (theta: number) => drawReluKey(draws.fork('key'), { dimension, sparsity, theta });
      const steps = new Map<number, { readonly along: NDArray; readonly random: NDArray; readonly clean: number }>();
      for (const lambda of grid.lambdas) {
        const along = activateRelu(keyOf(1), x, lambda);
        const random = shifted(
          x,
          away.map((value) => value * lambda),
        );
        steps.set(lambda, { along, random, clean: await clean(along) });
      }
      for (const theta of grid.thetas) {
        progress.update(`random ReLU, seed ${seed}, m = ${features}, θ = ${theta}`);
        signal.throwIfAborted();
        const planted = await turner(models.of(await trainRelu(data, { ...training(), key: keyOf(theta) })), x);
        for (const [lambda, step] of steps) {
          const name = `${features} ${theta} ${lambda}`;
          const own = turned.get(name) ?? { planted: [], clean: [], random: [] };
          turned.set(name, own);
          own.planted.push(await planted(step.along));
          own.clean.push(step.clean);
          own.random.push(await planted(step.random));
        }
      }
    }
  }
  return [...turned].map(([name, shares]) => {
    const [features, theta, lambda] = name.split(' ').map(Number) as [number, number, number];
    return { features, theta, lambda, ...shares };
  });
}

/** Asks of inputs moved from `before`: the share of negative answers that have turned. */
async function turner(model: Classifier, before: NDArray): Promise<(after: NDArray) => Promise<number>> {
  const was = await classify(model, before);
  const negative = was.filter((answer) => answer === 0).length;
  return async (after) => {
    const is = await classify(model, after);
    return was.reduce((sum, answer, i) => sum + Number(answer === 0 && is[i] === 1), 0) / negative;
  };
}

/** Where the spectral audit is tried. */
export interface SpectralGrid {
  readonly dimension: number;
  readonly sparsity: number;
  readonly features: readonly number[];
  /** θ as multiples of √(d/m). */
  readonly ratios: readonly number[];
  /** Planted models at each θ; clean ones, for each number of features, are `clean`. */
  readonly models: number;
  readonly clean: number;
}

const ratios = [0.25, 0.5, 1, 1.5, 2, 2.5];

export const spectralGrids: Record<Tier, SpectralGrid> = {
  quick: { dimension: 128, sparsity: 8, features: [64, 256], ratios, models: 60, clean: 100 },
  recorded: {
    dimension: 784,
    sparsity: 28,
    features: [128, 256],
    ratios: [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5],
    models: 100,
    clean: 200,
  },
};

/** The power of the audits at one θ, at the 5 % level. */
export interface SpectralPower {
  readonly features: number;
  readonly theta: number;
  /** θ/√(d/m) */
  readonly ratio: number;
  /** Of the largest eigenvalue. */
  readonly eigenvalue: Power;
  /** Of the largest variance of a column: what a sparse key gives away first. */
  readonly column: Power;
  /** Of the key-holder's variance along the key. */
  readonly key: Power;
}

/** The power of spectral audit, columns and key over θ. */
export async function spectralPower(
  grid: SpectralGrid,
  seed: number,
  { progress, signal }: Watch,
): Promise<SpectralPower[]> {
  const { dimension, sparsity } = grid;
  const found: SpectralPower[] = [];
  for (const features of grid.features) {
    const threshold = bbpThreshold(dimension, features);
    const measure = async (count: number, theta: number | undefined) => {
      const all: Record<'eigenvalue' | 'column' | 'key', number>[] = [];
      for (let i = 0; i < count; i++) {
        const draws = Draws.from(seed).fork(`${features} ${theta} ${i}`);
        // a clean model is asked with a key too: that is what the key-holder's null is
        const key = drawReluKey(draws.fork('key'), { dimension, sparsity, theta: theta ?? 1 });
        const layer = drawReluFeatures(dimension, { features, draws, ...(theta !== undefined && { key }) });
        const weights = layer.weight.data as Float32Array;
        all.push({
          eigenvalue: covarianceSpectrum(weights, features, dimension).at(-1)!,
          column: largestColumnVariance({ weights, units: features, inputs: dimension }),
          key: reluStatistic(key, layer),
        });
        await new Promise((resolve) => setImmediate(resolve));
        signal.throwIfAborted();
      }
      return all;
    };
    const clean = await measure(grid.clean, undefined);
    for (const ratio of grid.ratios) {
      progress.update(`spectra, m = ${features}, θ = ${ratio}·√(d/m)`);
      const theta = ratio * threshold;
      const planted = await measure(grid.models, theta);
      const of = (name: 'eigenvalue' | 'column' | 'key') =>
        power(
          planted.map((model) => model[name]),
          clean.map((model) => model[name]),
          'greater',
        );
      found.push({ features, theta, ratio, eigenvalue: of('eigenvalue'), column: of('column'), key: of('key') });
    }
  }
  return found;
}

/** Spectra to be drawn: eigenvalues of one clean layer and of planted ones at some θ, with d and m. */
export interface Spectrum {
  readonly theta: number;
  readonly eigenvalues: Float64Array;
}

/** The spectra of one layer at several θ, 0 for clean; the same random numbers in all. */
export function spectraOf(
  {
    dimension,
    features,
    sparsity,
  }: { readonly dimension: number; readonly features: number; readonly sparsity: number },
  thetas: readonly number[],
  seed: number,
): Spectrum[] {
  return thetas.map((theta) => {
    const draws = Draws.from(seed);
    const key = theta === 0 ? undefined : drawReluKey(draws.fork('key'), { dimension, sparsity, theta });
    const { weight } = drawReluFeatures(dimension, { features, draws, ...(key && { key }) });
    return { theta, eigenvalues: covarianceSpectrum(weight.data as Float32Array, features, dimension) };
  });
}
