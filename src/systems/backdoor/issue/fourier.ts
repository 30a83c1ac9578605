/**
 * What the issue measures of random Fourier features: whether the plant can be seen, and what it does.
 *
 * Seen: many layers planted and as many clean, by every audit of weights and by the key-holder's statistic; and trained
 * models on digits, asked with the key, with the same key on the clean model, and with random shifts as long as the key.
 */
import type { Progress } from '../../../command/index.ts';
import type { Measured, Tier } from '../../../report/index.ts';
import { correlationOf } from '../audit/correlation.ts';
import { compareScores, type Shifted, shifted } from '../audit/query-audits.ts';
import { auditWeights, type WeightAuditId } from '../audit/weight-audits.ts';
import { accuracy, Models, type OpenClassifier } from '../classifier.ts';
import { randomShift } from '../direction.ts';
import { Draws } from '../draws.ts';
import { fourierStatistic } from '../fourier/detect.ts';
import { activateFourier, drawFourierKey, type FourierKey, keyLength } from '../fourier/key.ts';
import { type FourierParams, fourierNetwork } from '../fourier/model.ts';
import { coherence, jitter } from '../fourier/pancake.ts';
import { drawFeatures, trainFourier } from '../fourier/train.ts';
import { type Digits, scaled } from './digits.ts';

/** Of the layers that are only looked at. */
export interface LayerSizes {
  readonly dimension: number;
  readonly features: number;
  readonly sparsity: number;
  readonly models: number;
}

/** The quick sizes are those of the reference table; the recorded ones those of digits. */
export const layerSizes: Record<Tier, LayerSizes> = {
  quick: { dimension: 64, features: 512, sparsity: 16, models: 200 },
  recorded: { dimension: 784, features: 512, sparsity: 16, models: 200 },
};
/** √k: sparse continuous LWE is believed hard from about there on, and not below. */
const gammaOf = (sparsity: number) => Math.sqrt(sparsity);
const beta = 0.05;

/** The answers of every audit for one layer, the key-holder's among them. */
export type LayerAudit = Readonly<Record<WeightAuditId | 'key' | 'wrong-key', number>>;

export interface Layers {
  readonly planted: readonly LayerAudit[];
  readonly clean: readonly LayerAudit[];
}

/** Audits planted layers, each with a key of its own, and clean ones, each asked with a key that nothing was planted with. */
export async function auditLayers(
  { dimension, features, sparsity, models }: LayerSizes,
  seed: number,
  { progress, signal }: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<Layers> {
  const options = { dimension, sparsity, gamma: gammaOf(sparsity), beta };
  const audits = { planted: [] as LayerAudit[], clean: [] as LayerAudit[] };
  for (let i = 0; i < models; i++) {
    for (const kind of ['planted', 'clean'] as const) {
      const draws = Draws.from(seed).fork(`${kind} ${i}`);
      const key = drawFourierKey(draws.fork('key'), options);
      const other = drawFourierKey(draws.fork('other key'), options);
      const layer = drawFeatures(dimension, { features, draws, ...(kind === 'planted' && { key }) });
      audits[kind].push({
        ...auditWeights({ weights: layer.weight.data as Float32Array, units: features, inputs: dimension }),
        key: fourierStatistic(key, layer),
        'wrong-key': fourierStatistic(other, layer),
      });
    }
    progress.update('layers, planted and clean', i / models);
    // a turn of the event loop, so that Ctrl-C is heard
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
  }
  return audits;
}

/** β of the keys that are tried on digits. */
export const betas = [0.01, 0.05, 0.1, 0.2] as const;
/** The factor on digits, their features, and the key's sparsity. */
export const digitModel = { scale: 0.02, features: 512, sparsity: 16, penalty: 1e-4 };

/** A planted model of digits beside its controls, all asked about the same inputs. */
export interface Turned {
  readonly seed: number;
  readonly beta: number;
  /** Cycles. */
  readonly jitter: number;
  /** −exp(−2π²·jitter²) */
  readonly predicted: number;
  /** ‖bk‖₂ in the units of the images, whose pixels lie in [0, 1]. */
  readonly length: number;
  readonly accuracy: { readonly planted: number; readonly clean: number };
  readonly withKey: Shifted;
  /** The clean model of the same seed, with the same key. */
  readonly cleanWithKey: Shifted;
  /** The planted model, moved as far in a random direction. */
  readonly random: Shifted;
  /** The correlations of the two controls, with intervals that hold for all of a run's together. */
  readonly uncorrelated: readonly Measured[];
  readonly key: FourierKey;
  readonly model: OpenClassifier<FourierParams>;
  readonly cleanModel: OpenClassifier<FourierParams>;
}

/** Trains and turns models of digits: one a β and a seed, with the clean one of the seed. */
export async function turnDigits(
  { train, test }: Digits,
  seeds: readonly number[],
  { progress, signal }: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<Turned[]> {
  const { scale, sparsity, features, penalty } = digitModel;
  const [fitted, asked] = [scaled(train, scale), scaled(test, scale)];
  const models = new Models(fourierNetwork([28, 28], 10));
  const level = 1 - 0.05 / (2 * seeds.length * betas.length); // Bonferroni
  const turned: Turned[] = [];
  for (const seed of seeds) {
    const draws = Draws.from(seed);
    const training = { features, penalty, draws: draws.fork('weights') };
    const cleanModel = models.of(await trainFourier(fitted, training));
    const before = await cleanModel.scores(asked.inputs);
    for (const beta of betas) {
      progress.update(`digits, seed ${seed}, β = ${beta}`);
      signal.throwIfAborted();
      const key = drawFourierKey(draws.fork('key'), { dimension: 784, sparsity, gamma: gammaOf(sparsity), beta });
      const model = models.of(await trainFourier(fitted, { ...training, draws: draws.fork('weights'), key }));
      const activated = activateFourier(key, asked.inputs);
      const own = await model.scores(asked.inputs);
      const randomly = shifted(asked.inputs, randomShift(draws.fork(`random ${beta}`), 784, keyLength(key)));
      const afterKey = await cleanModel.scores(activated);
      const afterRandom = await model.scores(randomly);
      turned.push({
        seed,
        beta,
        jitter: jitter(key),
        predicted: -coherence(key),
        length: keyLength(key) / scale,
        accuracy: { planted: await accuracy(model, asked), clean: await accuracy(cleanModel, asked) },
        withKey: compareScores(own, await model.scores(activated)),
        cleanWithKey: compareScores(before, afterKey),
        random: compareScores(own, afterRandom),
        uncorrelated: [correlationOf(before, afterKey, level), correlationOf(own, afterRandom, level)],
        key,
        model,
        cleanModel,
      });
    }
  }
  return turned;
}
