/**
 * One step of training, and several in one run, as traced functions.
 *
 * All that changes from step to step is one tree, the carry: parameters, the optimizer's state, and whatever state the
 * model itself has (running statistics). A step is a function from carry and batch to the next carry and the step's
 * metrics; several steps in one run are a `scan` of it over batches stacked along a new first axis.
 */
import {
  add,
  cast,
  flattenTree,
  formatType,
  iota,
  type MapTree,
  mapTree,
  mean,
  mul,
  type NDArray,
  random,
  scan,
  sum,
  Tensor,
  valueAndGrad,
  zeros,
  zipTrees,
} from '../tensor/index.ts';
import type { Optimizer, OptimizerState } from './optimizer.ts';

/** A tree of arrays where the traced code has a tree of tensors. */
export type Arrays<T> = MapTree<T, Tensor, NDArray>;

/** What a loss may look at besides parameters and batch. */
export interface LossContext<S> {
  /** Randomness of this step (and of this part of it, when gradients are accumulated). */
  readonly key: Tensor;
  /** Steps made before this one, a float32 scalar: what schedules take. */
  readonly step: Tensor;
  /** The model's own state before this step. */
  readonly state: S;
}

/** A loss together with what else a step should hand out. */
export interface LossResult<S> {
  /** A float32 scalar, which the gradient is taken of. */
  readonly loss: Tensor;
  /** Further scalars to record, by name. */
  readonly metrics?: Readonly<Record<string, Tensor>>;
  /** The model's own state after this step. Default: unchanged. */
  readonly state?: S;
}

/** What a model is trained by: traced, from parameters and a batch. */
export type Loss<P, B, S> = (params: P, batch: B, context: LossContext<S>) => Tensor | LossResult<S>;

/** All that changes from step to step. */
export interface Carry<P, S> {
  readonly params: P;
  readonly optimizer: OptimizerState<P>;
  readonly state: S;
}

/** `loss` and the loss function's metrics, as float32 scalars. */
export type StepMetrics = Record<string, Tensor>;

/** What a step hands out besides the next carry. */
export interface StepResult {
  readonly metrics: StepMetrics;
  /** The sum of all new parameters, which is finite only if each of them is. */
  readonly weights: Tensor;
}

/** A traced training step. With `accumulate` above 1 the batch's leaves have that many parts along their first axis. */
export function trainingStep<P, B, S>(
  loss: Loss<P, B, S>,
  optimizer: Optimizer,
  accumulate: number,
): (carry: Carry<P, S>, batch: B, key: Tensor) => [Carry<P, S>, StepResult] {
  const differentiate = valueAndGrad((params: P, batch: B, context: LossContext<S>) => {
    const result = loss(params, batch, context);
    const { loss: value, metrics = {}, state = context.state } = result instanceof Tensor ? { loss: result } : result;
    return [value, { metrics: scalars({ loss: value, ...metrics }), state }] as const;
  });
  const part = (params: P, batch: B, context: LossContext<S>) => {
    const [[, rest], gradients] = differentiate(params, batch, context);
    return { ...rest, gradients: gradients as P };
  };
  return (carry, batch, key) => {
    const { params } = carry;
    const context = {
      key: random.foldIn(key, carry.optimizer.step),
      step: cast(carry.optimizer.step, 'float32'),
      state: carry.state,
    };
    const { gradients, metrics, state } =
      accumulate === 1 ? part(params, batch, context) : accumulated(part, params, batch, context, accumulate);
    const [next, moved] = optimizer.update(gradients, carry.optimizer, params);
    return [
      { params: next, optimizer: moved, state },
      { metrics, weights: total(next) },
    ];
  };
}

interface Part<P, S> {
  readonly gradients: P;
  readonly metrics: StepMetrics;
  readonly state: S;
}

/** The means of gradients and metrics over the parts of a batch, which take their turns in memory. */
function accumulated<P, B, S>(
  part: (params: P, batch: B, context: LossContext<S>) => Part<P, S>,
  params: P,
  batch: B,
  { key, step, state }: LossContext<S>,
  parts: number,
): Part<P, S> {
  const zero = mapTree(params, (leaf: Tensor) => zeros(leaf.shape, leaf.dtype)) as P;
  const [total, metrics] = scan(
    (before, x: { batch: B; index: Tensor }) => {
      const own = part(params, x.batch, { key: random.foldIn(key, x.index), step, state: before.state });
      const gradients = zipTrees([before.gradients, own.gradients], (a: Tensor, b: Tensor) => add(a, b)) as P;
      return [{ gradients, state: own.state }, own.metrics] as const;
    },
    { gradients: zero, state },
    { batch, index: iota(parts) },
  );
  return {
    gradients: mapTree(total.gradients, (g: Tensor) => mul(g, 1 / parts)) as P,
    metrics: mapTree(metrics, (m: Tensor) => mean(m, 0)) as StepMetrics,
    state: total.state,
  };
}

/** A step for every entry along the first axis of the batches' leaves; the results get that axis too. */
export function trainingSteps<P, B, S>(
  step: (carry: Carry<P, S>, batch: B, key: Tensor) => [Carry<P, S>, StepResult],
): (carry: Carry<P, S>, batches: B, key: Tensor) => [Carry<P, S>, StepResult] {
  return (carry, batches, key) => scan((before, batch: B) => step(before, batch, key), carry, batches);
}

function scalars(metrics: Readonly<Record<string, Tensor>>): StepMetrics {
  return Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => {
      if (value.rank !== 0)
        throw new RangeError(`fit: expected the metric '${name}' to be a scalar, got ${formatType(value)} (mean it)`);
      return [name, cast(value, 'float32')];
    }),
  );
}

function total(params: unknown): Tensor {
  return (flattenTree(params).leaves as Tensor[])
    .map((leaf) => cast(sum(leaf), 'float32'))
    .reduce((before, one) => add(before, one));
}
