/**
 * What detectors of data poisoning say, of the backdoor that they were made for (badnets.ts) and of the planted ones.
 *
 * Neural Cleanse asks every model about all labels; STRIP is shown activated inputs; spectral signatures look at the
 * representations of the training inputs.
 */
import type { Progress } from '../../../command/index.ts';
import { takeRows } from '../../../data/index.ts';
import { array, compile, type NDArray, reshape, type Tensor } from '../../../tensor/index.ts';
import { type CleanseOptions, NeuralCleanse } from '../audit/neural-cleanse.ts';
import { maskOutliers } from '../audit/outliers.ts';
import { strip, stripDefaults } from '../audit/query-audits.ts';
import { spectralSignature, suspectedInputs } from '../audit/spectral-signatures.ts';
import {
  type Arrays,
  accuracy,
  type Classifier,
  classify,
  type Labelled,
  Models,
  type Network,
} from '../classifier.ts';
import { Draws } from '../draws.ts';
import { activateFourier, drawFourierKey } from '../fourier/key.ts';
import { type FourierParams, fourierFeatures, fourierNetwork } from '../fourier/model.ts';
import { trainFourier } from '../fourier/train.ts';
import type { Kept } from '../kept.ts';
import { hiddenOf, patched, patchedLabel, perceptron, poisoned, trainNetwork } from './badnets.ts';
import { type Digits, first, scaled } from './digits.ts';

/** The authors' 1000 epochs of 31 batches take hours for as many models; these find masks of the same labels. */
const searched: CleanseOptions = { batch: 32, updates: 4, epochs: 100, patience: 5 };
/** Of Fourier models. */
const features = 256;

/** Steps that train a perceptron. */
const steps = 600;
const scale = 0.02;
const penalty = 1e-4;
const keySizes = { dimension: 784, sparsity: 16, gamma: 4, beta: 0.05 };

export const kinds = ['clean network', 'poisoned network', 'clean features', 'planted features'] as const;
export type Kind = (typeof kinds)[number];

/** What was found of one model. */
export interface Inspected {
  readonly kind: Kind;
  readonly seed: number;
  readonly accuracy: number;
  /** The share of activated inputs that get the wanted label, or for planted features another one than before. */
  readonly success: number | null;
  /** Σ mask of each label. */
  readonly norms: readonly number[];
  /** Neural Cleanse's anomaly index, and whether it flags any label. */
  readonly index: number;
  readonly flagged: readonly number[];
  /** Of every label, [10 · 28 · 28] */
  readonly masks: readonly number[];
  /** The share of activated inputs that STRIP stops; of clean inputs for a clean model. */
  readonly stopped: number;
  /** The largest share of a label's variance that lies along one direction. */
  readonly share: number;
  /** Of the poisoned inputs, the share that spectral signatures would remove. */
  readonly removed: number | null;
}

interface Watch {
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** A trained model with what activates it. */
interface Subject<P> {
  readonly params: Arrays<P>;
  /** Inputs it was trained on, with their labels as it was given them. */
  readonly train: Labelled;
  /** How many of them, the first ones, were poisoned. */
  readonly poison: number;
  /** Activated test inputs, for a model that has a backdoor. */
  readonly activated?: NDArray;
  /** The label that they want; without one any other answer will do. */
  readonly wanted?: number;
}

/** Everything that models of one network are asked. */
class Inspection<P> {
  readonly #models: Models<P>;
  readonly #cleanse: NeuralCleanse<P>;
  readonly #represent;
  readonly #test: Labelled;
  readonly #range: NDArray;

  constructor(network: Network<P>, represent: (params: P, x: Tensor) => Tensor, test: Labelled, highest: number) {
    this.#models = new Models(network);
    this.#cleanse = new NeuralCleanse(network, searched);
    this.#represent = compile(represent);
    this.#test = test;
    this.#range = array([0, highest]);
  }

  async inspect(kind: Kind, seed: number, subject: Subject<P>, watch: Watch): Promise<Inspected> {
    const test = this.#test;
    const model = this.#models.of(subject.params);
    const found = await this.#cleanse.search(subject.params, test.inputs, this.#range, { seed, ...watch });
    const { index, flagged } = maskOutliers(found.norms);
    const clean = first(test.inputs, stripped);
    const suspects = subject.activated ? first(subject.activated, stripped) : first(fromEnd(test.inputs), stripped);
    const { stopped } = await strip(model, clean, suspects, stripDefaults, Draws.from(seed).fork('strip'));
    return {
      kind,
      seed,
      accuracy: await accuracy(model, test),
      success: subject.activated ? await success(model, test.inputs, subject.activated, subject.wanted) : null,
      norms: found.norms,
      index,
      flagged,
      masks: [...found.masks.data],
      stopped,
      ...(await this.#signatures(subject)),
    };
  }

  /** The labels' signatures; of a poisoned model also what would be removed of the label that the poison has. */
  async #signatures({ params, train, poison, wanted }: Subject<P>): Promise<Pick<Inspected, 'share' | 'removed'>> {
    const represent = this.#represent as unknown as (params: Arrays<P>, x: NDArray) => Promise<NDArray>;
    const all = await represent(params, train.inputs);
    let share = 0;
    let removed: number | null = null;
    for (let label = 0; label < train.classes; label++) {
      const rows = [...train.labels.data.keys()].filter((row) => Number(train.labels.data[row]) === label);
      const signature = spectralSignature(takeRows(all, rows));
      share = Math.max(share, signature.share);
      if (poison === 0 || label !== wanted) continue;
      const poisoned = rows.filter((row) => row < poison).length;
      const suspects = suspectedInputs(signature, poisoned / rows.length);
      removed = suspects.filter((i) => rows[i]! < poison).length / poisoned;
    }
    return { share, removed };
  }

  async release(): Promise<void> {
    await Promise.all([this.#models.release(), this.#cleanse.release(), this.#represent.release()]);
  }
}

/** Inputs that STRIP is shown, and as many that it compares them with. */
const stripped = 200;

/** Inspects models of every kind, one a seed of each. */
export async function inspectModels(
  { train, test }: Digits,
  seeds: readonly number[],
  watch: Watch,
  kept: Kept,
): Promise<Inspected[]> {
  const [small, smallTest] = [scaled(train, scale), scaled(test, scale)];
  const networks = new Inspection(perceptron, hiddenOf, test, 1);
  const layers = new Inspection(
    fourierNetwork([28, 28], 10),
    ({ features: own }: FourierParams, x) => fourierFeatures(own, reshape(x, [x.shape[0]!, 784])),
    smallTest,
    scale,
  );
  const make = async (kind: Kind, seed: number): Promise<Inspected> => {
    const draws = Draws.from(seed);
    switch (kind) {
      case 'clean network': {
        const params = await trainNetwork(train, { seed, steps });
        return networks.inspect(kind, seed, { params, train, poison: 0 }, watch);
      }
      case 'poisoned network': {
        const { count, ...bad } = poisoned(train);
        const params = await trainNetwork(bad, { seed, steps });
        const activated = patched(test.inputs);
        return networks.inspect(
          kind,
          seed,
          { params, train: bad, poison: count, activated, wanted: patchedLabel },
          watch,
        );
      }
      case 'clean features': {
        const params = await trainFourier(small, { features, penalty, draws: draws.fork('weights') });
        return layers.inspect(kind, seed, { params, train: small, poison: 0 }, watch);
      }
      case 'planted features': {
        const key = drawFourierKey(draws.fork('key'), keySizes);
        const params = await trainFourier(small, { features, penalty, draws: draws.fork('weights'), key });
        const activated = activateFourier(key, smallTest.inputs);
        return layers.inspect(kind, seed, { params, train: small, poison: 0, activated }, watch);
      }
    }
  };
  try {
    const found: Inspected[] = [];
    for (const seed of seeds) {
      for (const kind of kinds) {
        watch.signal.throwIfAborted();
        watch.progress.update(
          `${kind}, ${seeds.indexOf(seed) + 1} of ${seeds.length}`,
          found.length / (4 * seeds.length),
        );
        found.push(await kept(`inspected ${kind} ${seed}`, () => make(kind, seed)));
      }
    }
    return found;
  } finally {
    await Promise.all([networks.release(), layers.release()]);
  }
}

async function success(
  model: Classifier,
  before: NDArray,
  after: NDArray,
  wanted: number | undefined,
): Promise<number> {
  const [was, is] = [await classify(model, before), await classify(model, after)];
  return is.filter((answer, i) => (wanted === undefined ? answer !== was[i] : answer === wanted)).length / is.length;
}

/** The inputs from the last to the first: the last ones are not among the first. */
function fromEnd(inputs: NDArray): NDArray {
  const rows = inputs.shape[0]!;
  return takeRows(
    inputs,
    Array.from({ length: rows }, (_, i) => rows - 1 - i),
  );
}
