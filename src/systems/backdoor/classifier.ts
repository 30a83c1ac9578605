/**
 * What a model is to everything here: inputs in, a score for each class out.
 *
 * A {@link Classifier} can only be asked, which is what a black-box query is. An {@link OpenClassifier} also shows its
 * network and its weights, so that whoever holds it can differentiate: what a white-box audit has. Planted and clean models
 * are the same type, made by the same code.
 */
import {
  array,
  capacity,
  compile,
  type Device,
  dispose,
  elements,
  type MapTree,
  NDArray,
  padTo,
  type Tensor,
  toHost,
} from '../../tensor/index.ts';

/** Something that answers queries. */
export interface Classifier {
  /** At least 2; a class is a number in [0, classes). */
  readonly classes: number;
  /** The shape of one input, without the batch's axis. */
  readonly input: readonly number[];
  /**
   * @param batch float32[n, ...input]
   * @returns float32[n, classes]; the largest score of a row is the answer ({@link answers})
   */
  scores(batch: NDArray): Promise<NDArray>;
  /** Gives back what it holds. */
  release(): Promise<void>;
}

/** A tree of arrays where a network has a tree of tensors. */
export type Arrays<P> = MapTree<P, Tensor, NDArray>;

/** A family of models: one traced function, and as many weights as there are models. */
export interface Network<P> {
  readonly classes: number;
  readonly input: readonly number[];
  /**
   * Traced, and differentiable in weights and inputs wherever a gradient exists.
   * @param x [n, ...input]
   * @returns [n, classes]
   */
  apply(params: P, x: Tensor): Tensor;
}

/** A classifier whose owner can look inside. */
export interface OpenClassifier<P> extends Classifier {
  readonly network: Network<P>;
  readonly params: Arrays<P>;
}

/** Inputs with the class of each. */
export interface Labelled {
  /** float32[n, ...input] */
  readonly inputs: NDArray;
  /** int32[n] */
  readonly labels: NDArray;
  readonly classes: number;
}

/** Inputs that one run of a program takes at most. */
const batchRows = 1024;

/** Classifiers of one network share its compiled program: the weights are arguments. */
export class Models<P> {
  readonly network: Network<P>;
  readonly #compiled;

  constructor(network: Network<P>, options: { readonly device?: Device } = {}) {
    this.network = network;
    this.#compiled = compile((params: P, x: Tensor) => network.apply(params, x), options);
  }

  /** The model of these weights. It needs no release of its own. */
  of(params: Arrays<P>): OpenClassifier<P> {
    const { network } = this;
    const { classes, input } = network;
    const run = this.#compiled as unknown as (params: Arrays<P>, x: NDArray) => Promise<NDArray>;
    return {
      network,
      params,
      classes,
      input,
      scores: (batch) => inBatches(batch, network, (x) => run(params, x)),
      release: async () => {},
    };
  }

  release(): Promise<void> {
    return this.#compiled.release();
  }
}

/**
 * The scores of a batch of any size, by runs on padded parts: the number of programs stays logarithmic in the size.
 * @throws RangeError for inputs of another shape than the classifier takes
 */
export async function inBatches(
  batch: NDArray,
  { classes, input }: Pick<Classifier, 'classes' | 'input'>,
  run: (x: NDArray) => Promise<NDArray>,
): Promise<NDArray> {
  requireInputs(batch, input);
  const rows = batch.shape[0]!;
  const scores = new Float32Array(rows * classes);
  for (let start = 0; start < rows; start += batchRows) {
    const count = Math.min(batchRows, rows - start);
    const part = rowsOf(batch, start, count);
    const found = await run(padTo(part, 0, capacity(count)));
    const out = await toHost(found);
    dispose(found);
    scores.set((out.data as Float32Array).subarray(0, count * classes), start * classes);
  }
  return array(scores, { shape: [rows, classes] });
}

/** Rows of a batch, where they lie. */
export function rowsOf(batch: NDArray, start: number, count: number): NDArray<'float32'> {
  const [, ...input] = batch.shape;
  const width = elements(input);
  const data = batch.data as Float32Array<ArrayBuffer>;
  return new NDArray('float32', [count, ...input], data.subarray(start * width, (start + count) * width));
}

/** @throws TypeError or RangeError unless `batch` is float32[n, ...input] */
export function requireInputs(batch: NDArray, input: readonly number[]): void {
  const wanted = `float32[n,${input.join(',')}]`;
  const [, ...shape] = batch.shape;
  if (batch.dtype !== 'float32') throw new TypeError(`classify: expected inputs ${wanted}, got ${batch.dtype}`);
  if (batch.shape.length === 0 || shape.join() !== input.join()) {
    throw new RangeError(`classify: expected inputs ${wanted}, got float32[${batch.shape.join(',')}]`);
  }
}

/** The class of the largest score of each row; the first of equals. */
export function answers(scores: NDArray): Int32Array {
  const [rows = 0, classes = 0] = scores.shape;
  const { data } = scores;
  return Int32Array.from({ length: rows }, (_, row) => {
    let best = 0;
    for (let c = 1; c < classes; c++) if (data[row * classes + c]! > data[row * classes + best]!) best = c;
    return best;
  });
}

/** A classifier's answers to a batch. */
export async function classify(classifier: Classifier, batch: NDArray): Promise<Int32Array> {
  return answers(await classifier.scores(batch));
}

/** The share of inputs that get their own class. */
export async function accuracy(classifier: Classifier, { inputs, labels }: Labelled): Promise<number> {
  const given = await classify(classifier, inputs);
  return given.reduce((right, answer, i) => right + Number(answer === labels.data[i]), 0) / given.length;
}
