/**
 * Neural Cleanse (Wang et al. 2019, IEEE S&P; schedule and numbers as in the authors' visualizer.py): for each label the
 * smallest change, one mask and one pattern for all inputs, that turns every input into that label.
 *
 *     x' = (1 − mask) ⊙ x + mask ⊙ pattern,   minimize  cross-entropy(scores(x'), label) + cost · Σ mask
 *
 * Mask and pattern are tanh of free variables, stepped by Adam. The cost begins at 0, takes its first value once the
 * change succeeds, and then rises while it succeeds and falls while it does not. A label whose mask is far smaller than the
 * others' has a short cut (outliers.ts).
 *
 * All labels are searched at once in one program: their changed inputs are one batch. Models of one network share the
 * program, because weights are arguments.
 */
import { type Progress, silent } from '../../../command/index.ts';
import { adam, type OptimizerState } from '../../../nn/index.ts';
import {
  add,
  argmax,
  array,
  at,
  atanh,
  broadcastTo,
  cast,
  compile,
  crossEntropy,
  elements,
  equal,
  expandDims,
  full,
  greaterEqual,
  iota,
  less,
  logicalAnd,
  mean,
  mul,
  type NDArray,
  random,
  reshape,
  scan,
  sub,
  sum,
  type Tensor,
  tanh,
  valueAndGrad,
  where,
} from '../../../tensor/index.ts';
import type { Arrays, Network } from '../classifier.ts';
import { firstSchedule, nextSchedule, none, type Schedule } from './cleanse-schedule.ts';

/** How long and on how much is searched. The authors' numbers are {@link publishedCleanse}. */
export interface CleanseOptions {
  /** Inputs in one step of Adam. */
  readonly batch: number;
  /** Steps of Adam between two looks at the cost, an epoch; batch · updates inputs are used. */
  readonly updates: number;
  /** Epochs. */
  readonly epochs: number;
  /** Epochs in a row that succeed, or fail, before the cost changes. */
  readonly patience: number;
}

/** The authors' example: 31 batches of 32 inputs an epoch, 1000 epochs. */
export const publishedCleanse: CleanseOptions = { batch: 32, updates: 31, epochs: 1000, patience: 5 };

const rate = 0.1;
const betas = [0.5, 0.9] as const;
/** A change succeeds when it turns this share of the inputs. */
const success = 0.99;
/** Keras' epsilon: keeps tanh's inverse finite. */
const epsilon = 1e-7;

/** What was found for every label, in their order. */
export interface Cleansed {
  /** Σ mask of the smallest successful change; of the last one where none succeeded. */
  readonly norms: readonly number[];
  /** Whether any change succeeded. */
  readonly succeeded: readonly boolean[];
  /** float32[labels, …input], in [0, 1] */
  readonly masks: NDArray<'float32'>;
  /** float32[labels, …input], in the inputs' range */
  readonly patterns: NDArray<'float32'>;
}

/** Mask and pattern of each label before tanh: [labels, d]. */
interface Change {
  readonly mask: Tensor;
  readonly pattern: Tensor;
}

interface Search {
  readonly change: Change;
  readonly optimizer: OptimizerState<Change>;
  readonly schedule: Schedule;
  /** The smallest successful change so far and its Σ mask. */
  readonly best: Change & { readonly norm: Tensor };
}

/** Epochs in one run of the program: the search can be stopped between two. */
const epochsARun = 20;

/** Searches models of one network. */
export class NeuralCleanse<P> {
  readonly network: Network<P>;
  readonly options: CleanseOptions;
  readonly #start;
  readonly #run;
  readonly #result;

  constructor(network: Network<P>, options: CleanseOptions) {
    this.network = network;
    this.options = options;
    const labels = network.classes;
    const d = elements(network.input);
    this.#start = compile((key: Tensor) => start(key, labels, d));
    this.#run = compile((params: P, images: Tensor, range: Tensor, search: Search) =>
      run(network, options, params, images, range, search),
    );
    this.#result = compile(result);
  }

  /**
   * @param inputs float32[n, …input], n ≥ batch · updates; the first of them are used
   * @param range the smallest and largest value that an input's numbers may take, for all or one each: float32[2] or [2, d]
   * @param options.seed of the first masks and patterns
   * @throws RangeError for too few inputs
   */
  async search(
    params: Arrays<P>,
    inputs: NDArray,
    range: NDArray,
    options: { readonly seed: number; readonly progress?: Progress; readonly signal?: AbortSignal },
  ): Promise<Cleansed> {
    const { network } = this;
    const { batch, updates, epochs } = this.options;
    const d = elements(network.input);
    const needed = batch * updates;
    if ((inputs.shape[0] ?? 0) < needed) {
      throw new RangeError(`neuralCleanse: expected at least ${needed} inputs, got ${inputs.shape[0]}`);
    }
    const used = (inputs.data as Float32Array).subarray(0, needed * d);
    const images = array(used, { shape: [updates, batch, d] });
    const bounds = range.size === 2 ? array(range.data as Float32Array, { shape: [2, 1] }) : range;
    let search = await this.#start(random.key(options.seed));
    // what P is, the compiler cannot tell: its arrays go where its tensors are
    const run = this.#run as unknown as (...args: readonly unknown[]) => Promise<unknown>;
    for (let epoch = 0; epoch < epochs; epoch += epochsARun) {
      options.signal?.throwIfAborted();
      (options.progress ?? silent).update('Neural Cleanse', epoch / epochs);
      search = (await run(params, images, bounds, search)) as typeof search;
      if ((search.schedule.active.data as Float32Array).every((active) => active === 0)) break;
    }
    const { masks, patterns, norms, found } = await this.#result(search, bounds);
    const shaped = (flat: NDArray) => array(flat.data as Float32Array, { shape: [network.classes, ...network.input] });
    return {
      norms: [...(norms.data as Float32Array)],
      succeeded: Array.from(found.data as Uint8Array, Boolean),
      masks: shaped(masks),
      patterns: shaped(patterns),
    };
  }

  async release(): Promise<void> {
    await Promise.all([this.#start.release(), this.#run.release(), this.#result.release()]);
  }
}

/** Random masks and patterns, uniform in [0, 1]. */
function start(key: Tensor, labels: number, d: number): Search {
  const [maskKey, patternKey] = random.split(key) as [Tensor, Tensor];
  const free = (own: Tensor) => atanh(mul(sub(random.uniform(own, [labels, d]), 0.5), 2 - epsilon));
  const change = { mask: free(maskKey), pattern: free(patternKey) };
  return {
    change,
    optimizer: optimizer.init(change),
    schedule: firstSchedule(labels),
    best: { ...change, norm: full([labels], none) },
  };
}

// Keras' Adam adds 1e-7 where PyTorch's adds 1e-8
const optimizer = adam({ rate, betas, eps: epsilon });

/** Traced: some epochs of all labels. */
function run<P>(
  network: Network<P>,
  options: CleanseOptions,
  params: P,
  images: Tensor,
  range: Tensor,
  search: Search,
): Search {
  const [last] = scan(
    (before: Search) => [epoch(network, options, params, images, range, before), undefined] as const,
    search,
    undefined,
    { length: epochsARun },
  );
  return last;
}

/** Traced: one epoch: steps of Adam, then a look at the cost. */
function epoch<P>(
  network: Network<P>,
  { patience }: CleanseOptions,
  params: P,
  images: Tensor,
  range: Tensor,
  search: Search,
): Search {
  const labels = network.classes;
  const batch = images.shape[1]!;
  const wanted = broadcastTo(expandDims(iota(labels), 1), [labels, batch]);
  const lossOf = (change: Change, x: Tensor) => {
    const { mask, changed } = applied(change, range, x);
    const scores = network.apply(params, reshape(changed, [labels * batch, ...network.input]));
    const grid = reshape(scores, [labels, batch, network.classes]);
    const turned = mean(cast(equal(argmax(grid, -1), wanted), 'float32'), 1);
    const size = sum(mask, 1);
    // labels do not touch each other's terms, so that one gradient serves all
    const loss = sum(add(mean(crossEntropy(grid, wanted), 1), mul(search.schedule.cost, size)));
    return [loss, { turned, size }] as [Tensor, { turned: Tensor; size: Tensor }];
  };
  const [[change, optimizerState], seen] = scan(
    ([before, state], x: Tensor) => {
      const [[, seen], gradient] = valueAndGrad(lossOf)(before, x);
      return [optimizer.update(gradient as Change, state, before), seen] as const;
    },
    [search.change, search.optimizer] as [Change, OptimizerState<Change>],
    images,
  );
  const [rate, norm] = [mean(seen.turned, 0), mean(seen.size, 0)];
  const succeeds = greaterEqual(rate, success);
  const { best, schedule } = search;
  const better = logicalAnd(logicalAnd(succeeds, less(norm, best.norm)), equal(schedule.active, 1));
  const smallest = where(better, norm, best.norm);
  const chosen = expandDims(better, 1);
  return {
    change,
    optimizer: optimizerState,
    schedule: nextSchedule(schedule, succeeds, smallest, patience),
    best: {
      mask: where(chosen, change.mask, best.mask),
      pattern: where(chosen, change.pattern, best.pattern),
      norm: smallest,
    },
  };
}

/** x' for every label and input, [labels, batch, d], and the masks, [labels, d]. */
function applied(change: Change, range: Tensor, x: Tensor): { mask: Tensor; changed: Tensor } {
  const mask = unit(change.mask);
  const pattern = inRange(unit(change.pattern), range);
  const [m, p] = [expandDims(mask, 1), expandDims(pattern, 1)];
  return { mask, changed: add(x, mul(m, sub(p, x))) };
}

/** From a free number to one in (0, 1). */
function unit(free: Tensor): Tensor {
  return add(mul(tanh(free), 1 / (2 - epsilon)), 0.5);
}

function inRange(share: Tensor, range: Tensor): Tensor {
  const [low, high] = [at(range, 0), at(range, 1)];
  return add(low, mul(share, sub(high, low)));
}

/** Traced: what the search of every label ends with: the best change, or the last where none succeeded. */
function result({ change, best }: Search, range: Tensor) {
  const found = less(best.norm, none);
  const chosen = expandDims(found, 1);
  const masks = unit(where(chosen, best.mask, change.mask));
  const patterns = inRange(unit(where(chosen, best.pattern, change.pattern)), range);
  return { masks, patterns, norms: sum(masks, 1), found };
}
