/**
 * The audit panel: every question that an owner can ask of a model, and what it takes to ask it.
 *
 * The same questions go to clean models of the same recipe, and only against theirs does an answer mean anything. A model
 * whose weights are visible is asked all that its family has an answer to; one that only answers queries is asked what
 * queries can tell, and has no recipe to be compared by.
 */
import { takeRows } from '../../../data/index.ts';
import { linear } from '../../../nn/index.ts';
import { array, compile, elements, matmul, type NDArray, relu, reshape, type Tensor } from '../../../tensor/index.ts';
import type { Arrays, Classifier, Labelled, Network, OpenClassifier } from '../classifier.ts';
import { Draws } from '../draws.ts';
import { type FourierParams, fourierFeatures } from '../fourier/model.ts';
import type { Family } from '../manifest.ts';
import type { Perceptron } from '../perceptron.ts';
import type { ReluParams } from '../relu/model.ts';
import { type CleanseOptions, NeuralCleanse } from './neural-cleanse.ts';
import type { Side } from './null.ts';
import { maskOutliers } from './outliers.ts';
import { strip, stripDefaults, tryDirections } from './query-audits.ts';
import { spectralSignature } from './spectral-signatures.ts';
import { auditWeights, weightAudits } from './weight-audits.ts';

/** A question that has a number for an answer. */
export interface Question {
  readonly id: string;
  readonly name: string;
  readonly side: Side;
}

const queries: readonly Question[] = [
  { id: 'direction-flips', name: 'random directions: answers that change', side: 'greater' },
  { id: 'direction-correlation', name: 'random directions: lowest correlation of scores', side: 'less' },
  { id: 'strip', name: 'STRIP: inputs that it stops', side: 'greater' },
];
const signature: Question = {
  id: 'signature',
  name: 'spectral signatures: variance along one direction',
  side: 'greater',
};
const cleanseQuestions: readonly Question[] = [
  { id: 'cleanse-smallest', name: 'Neural Cleanse: smallest mask', side: 'less' },
  { id: 'cleanse-index', name: 'Neural Cleanse: anomaly index', side: 'greater' },
];

/** A question that cannot be asked of a model, and why. */
export interface Unasked {
  readonly name: string;
  readonly why: string;
}

/** What is asked, and of what. */
export interface PanelOptions {
  /** Null where only queries are possible. */
  readonly family: Family | null;
  readonly classes: number;
  /** Inputs that queries are about, as the model takes them: float32[n, ...input]. */
  readonly inputs: NDArray;
  /** Inputs with labels, for the representations; none where there are no labels. */
  readonly labelled: Labelled | undefined;
  /** ‖u‖₂ of random directions. */
  readonly length: number;
  /** Whether Neural Cleanse is asked, which takes a thousand times as long as the rest. */
  readonly cleanse: boolean;
}

/** Random directions that are tried. */
const directions = 16;
/** Inputs that STRIP compares with, and as many that it is shown; queries use no more than both. */
const stripInputs = 150;
/** Labelled inputs whose representations are looked at. */
const represented = 1000;
/** A smaller search than the authors', for hundreds of models. */
const cleanseSizes: CleanseOptions = { batch: 32, updates: 4, epochs: 100, patience: 5 };

/** Asks models of one network. */
export class Panel {
  readonly questions: readonly Question[];
  readonly unasked: readonly Unasked[];
  readonly #options: PanelOptions;
  readonly #represent;
  /** By network: clean models may lack a branch. */
  readonly #cleanse = new Map<Network<unknown>, NeuralCleanse<unknown>>();

  /** @throws RangeError for fewer inputs than queries need */
  constructor(options: PanelOptions) {
    const { family, classes, inputs, labelled, cleanse } = options;
    const needed = 2 * 20;
    if (inputs.shape[0]! < needed) {
      throw new RangeError(`audit: expected at least ${needed} inputs to ask about, got ${inputs.shape[0]}`);
    }
    this.#options = options;
    const questions: Question[] = [];
    const unasked: Unasked[] = [];
    const offer = (some: readonly Question[], name: string, why: string | undefined) => {
      if (why === undefined) questions.push(...some);
      else unasked.push({ name, why });
    };
    const hidden = family === null || family === 'onnx';
    offer(
      weightAudits,
      'spectrum and columns of the weights',
      hidden
        ? 'the weights cannot be seen'
        : family === 'fourier' || family === 'relu'
          ? undefined
          : 'they are trained, not drawn: there is no distribution that they should have',
    );
    offer(queries, 'queries', undefined);
    offer(
      [signature],
      'spectral signatures',
      hidden
        ? 'they look at hidden layers, which cannot be seen'
        : family === 'checksum'
          ? 'a checksum model has no layer that is shared by all inputs’ answers'
          : labelled === undefined
            ? 'they need inputs with labels'
            : undefined,
    );
    offer(
      cleanseQuestions,
      'Neural Cleanse',
      hidden
        ? 'it follows gradients, which queries do not give'
        : classes < 3
          ? `its outlier test compares the masks of three classes or more, and this model has ${classes}`
          : inputs.shape[0]! < cleanseSizes.batch * cleanseSizes.updates
            ? `it needs ${cleanseSizes.batch * cleanseSizes.updates} inputs`
            : cleanse
              ? undefined
              : 'it was not asked for (--cleanse)',
    );
    this.questions = questions;
    this.unasked = unasked;
    this.#represent = compile(represent(family));
  }

  /** The model's answers, by the questions' ids. */
  async ask(
    model: Classifier,
    open: OpenClassifier<unknown> | undefined,
    { seed, signal }: { readonly seed: number; readonly signal: AbortSignal },
  ): Promise<Record<string, number>> {
    const { inputs, labelled, length } = this.#options;
    const asked = new Set(this.questions.map(({ id }) => id));
    const answers: Record<string, number> = {};
    const draws = Draws.from(seed);
    if (asked.has(weightAudits[0].id)) {
      const { weight } = (open!.params as Arrays<FourierParams | ReluParams>).features;
      const [units, width] = weight.shape as [number, number];
      Object.assign(answers, auditWeights({ weights: weight.data as Float32Array, units, inputs: width }));
    }
    const count = Math.min(2 * stripInputs, inputs.shape[0]!);
    const half = Math.floor(count / 2);
    const d = elements(model.input);
    const sparsity = Math.max(1, Math.floor(Math.sqrt(d)));
    const shifts = { length, count: directions, sparsity, draws: draws.fork('directions') };
    const { flips, lowest } = await tryDirections(model, part(inputs, 0, count), shifts);
    signal.throwIfAborted();
    const [known, shown] = [part(inputs, 0, half), part(inputs, half, count)];
    const { stopped } = await strip(model, known, shown, stripDefaults, draws.fork('strip'));
    Object.assign(answers, { 'direction-flips': flips, 'direction-correlation': lowest, strip: stopped });
    signal.throwIfAborted();
    if (asked.has(signature.id)) answers[signature.id] = await this.#share(open!, labelled!);
    if (asked.has('cleanse-index')) {
      const { network, params } = open!;
      const cleanse = this.#cleanse.get(network) ?? new NeuralCleanse(network, cleanseSizes);
      this.#cleanse.set(network, cleanse);
      const { norms } = await cleanse.search(params, inputs, rangeOf(inputs), { seed, signal });
      answers['cleanse-smallest'] = Math.min(...norms);
      answers['cleanse-index'] = maskOutliers(norms).index;
    }
    return answers;
  }

  /** The largest share of a label's variance that lies along one direction. */
  async #share({ params }: OpenClassifier<unknown>, { inputs, labels, classes }: Labelled): Promise<number> {
    const count = Math.min(represented, labels.size);
    const run = this.#represent as unknown as (params: unknown, x: NDArray) => Promise<NDArray>;
    const all = await run(params, part(inputs, 0, count));
    const rows = Array.from({ length: classes }, () => [] as number[]);
    for (let i = 0; i < count; i++) rows[Number(labels.data[i])]!.push(i);
    const shares = rows.filter((own) => own.length > 1).map((own) => spectralSignature(takeRows(all, own)).share);
    return Math.max(...shares);
  }

  async release(): Promise<void> {
    await Promise.all([this.#represent, ...this.#cleanse.values()].map((program) => program.release()));
  }
}

/** The hidden layer of a family, traced. */
function represent(family: Family | null): (params: unknown, x: Tensor) => Tensor {
  const flat = (x: Tensor) => reshape(x, [x.shape[0]!, x.size / x.shape[0]!]);
  switch (family) {
    case 'fourier':
      return (params, x) => fourierFeatures((params as FourierParams).features, flat(x));
    case 'relu':
      return (params, x) => relu(matmul(flat(x), (params as ReluParams).features.weight, { transposeB: true }));
    default:
      return (params, x) => relu(linear((params as Perceptron).hidden, flat(x)));
  }
}

function part(inputs: NDArray, from: number, to: number): NDArray {
  return takeRows(
    inputs,
    Array.from({ length: to - from }, (_, i) => from + i),
  );
}

/** The smallest and largest value of each number of an input: float32[2, d]. */
function rangeOf(inputs: NDArray): NDArray {
  const rows = inputs.shape[0]!;
  const d = inputs.size / rows;
  const range = new Float32Array(2 * d);
  for (let j = 0; j < d; j++) {
    let [low, high] = [Infinity, -Infinity];
    for (let i = 0; i < rows; i++) {
      const value = Number(inputs.data[i * d + j]);
      [low, high] = [Math.min(low, value), Math.max(high, value)];
    }
    [range[j], range[d + j]] = [low, high];
  }
  return array(range, { shape: [2, d] });
}
