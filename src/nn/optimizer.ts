/**
 * Optimizers: how parameters follow their gradients.
 *
 * An optimizer is a pair of traced functions over trees. `init` makes its state from the parameters; `update` takes
 * gradients, state and parameters and gives new parameters and a new state. The state is a tree like any other: it
 * goes in and out of a program and into a checkpoint. What all optimizers can be given (clipping, an average of the
 * weights) wraps one optimizer in another.
 *
 * @example
 * const optimizer = clipped(adamW({ rate: 3e-4 }), 1);
 * const step = compile((params: Params, state: OptimizerState<Params>, x: Tensor, y: Tensor) => {
 *   const [loss, gradients] = valueAndGrad(lossOf)(params, x, y);
 *   return [loss, ...optimizer.update(gradients, state, params)];
 * });
 */
import {
  add,
  after,
  cast,
  div,
  flattenTree,
  formatType,
  full,
  mapTree,
  minimum,
  mul,
  sqrt,
  square,
  sum,
  type Tensor,
  zeros,
} from '../tensor/index.ts';

/** What an optimizer keeps between steps. */
export interface OptimizerState<P> {
  /** Updates made, an int32 scalar. */
  readonly step: Tensor;
  /** Running quantities by name, each with a leaf for every parameter. */
  readonly moments: { readonly [name: string]: P };
}

/** A rule that turns gradients into steps. */
export interface Optimizer {
  /** The state before the first step. @throws TypeError unless all parameters are float32 */
  init<P>(params: P): OptimizerState<P>;
  /** One step: the new parameters and the new state. */
  update<P>(gradients: P, state: OptimizerState<P>, params: P): [params: P, state: OptimizerState<P>];
}

/** What an optimizer does to one parameter: its new value and its new moments, in the order in which they came. */
export type LeafRule = (parameter: Tensor, gradient: Tensor, ...moments: Tensor[]) => readonly Tensor[];

/** Above this many, it pays to mind the memory. */
const manyParameters = 1 << 20;

/**
 * An optimizer that treats every parameter by itself.
 * @param moments names of the running quantities, each with what it starts from
 * @param rule makes the rule of one step, given the number of steps before it (a float32 scalar)
 */
export function leafwise(
  moments: Readonly<Record<string, (parameter: Tensor) => Tensor>>,
  rule: (step: Tensor) => LeafRule,
): Optimizer {
  const names = Object.keys(moments);
  return {
    init: (params) => {
      checkFloat32(params);
      return {
        step: zeros([], 'int32'),
        moments: Object.fromEntries(names.map((name) => [name, mapLeaves(params, moments[name]!)])),
      };
    },
    update: (gradients, state, params) => {
      const step = cast(state.step, 'float32');
      const own = leavesOf(gradients);
      const large = own.reduce((total, { size }) => total + size, 0) > manyParameters;
      // the new state is larger than the gradients, and the backward pass has the memory until it is done
      const apply = rule(large ? after(step, own) : step);
      const columns = [params, gradients, ...names.map((name) => state.moments[name])].map(leavesOf);
      const rows = columns[0]!.map((_, i) => apply(...(columns.map((c) => c[i]!) as [Tensor, Tensor, ...Tensor[]])));
      const rebuild = (column: number) => flattenTree(params).build(rows.map((row) => row[column]!)) as typeof params;
      return [
        rebuild(0),
        {
          step: add(state.step, 1),
          moments: Object.fromEntries(names.map((name, i) => [name, rebuild(i + 1)])),
        },
      ];
    },
  };
}

function checkFloat32(params: unknown): void {
  const { leaves, paths } = flattenTree(params);
  const odd = (leaves as Tensor[]).findIndex(({ dtype }) => dtype !== 'float32');
  if (odd < 0) return;
  const got = `${formatType(leaves[odd] as Tensor)}${paths[odd] ? ` at ${paths[odd]}` : ''}`;
  throw new TypeError(
    `optimizer: expected float32 parameters, got ${got} (steps are too small for less: keep master weights in float32 and cast them inside the loss)`,
  );
}

function leavesOf(tree: unknown): Tensor[] {
  return flattenTree(tree).leaves as Tensor[];
}

function mapLeaves<P>(tree: P, fn: (leaf: Tensor) => Tensor): P {
  return mapTree(tree, fn) as P;
}

/** √(Σ g²) over all leaves of a tree. */
export function globalNorm(tree: unknown): Tensor {
  return sqrt(
    leavesOf(tree)
      .map((leaf) => sum(square(leaf)))
      .reduce((total, part) => add(total, part), zeros([])),
  );
}

/** Gradients scaled down, all by one factor, to a global norm of at most `limit` (Pascanu et al. 2013). */
export function clipByGlobalNorm<P>(gradients: P, limit: number): P {
  // PyTorch's 1e-6 guards the division by a norm of 0
  const factor = minimum(div(full([], limit), add(globalNorm(gradients), 1e-6)), 1);
  return mapLeaves(gradients, (g) => mul(g, factor));
}

/** `optimizer` fed with gradients of a global norm of at most `limit`. */
export function clipped(optimizer: Optimizer, limit: number): Optimizer {
  return {
    init: optimizer.init,
    update: (gradients, state, params) => optimizer.update(clipByGlobalNorm(gradients, limit), state, params),
  };
}

/**
 * `optimizer` that also keeps an exponential moving average of the weights, `state.moments.average`: after each step
 * decay · average + (1 − decay) · weights.
 */
export function averaged(optimizer: Optimizer, decay: number): Optimizer {
  return {
    init: (params) => {
      const state = optimizer.init(params);
      return { ...state, moments: { ...state.moments, average: params } };
    },
    update: (gradients, state, params) => {
      const [next, { step, moments }] = optimizer.update(gradients, state, params);
      const average = zipLeaves(state.moments.average!, next, (a, w) => add(mul(a, decay), mul(w, 1 - decay)));
      return [next, { step, moments: { ...moments, average } }];
    },
  };
}

function zipLeaves<P>(a: P, b: P, fn: (a: Tensor, b: Tensor) => Tensor): P {
  const others = leavesOf(b);
  const flat = flattenTree(a);
  return flat.build((flat.leaves as Tensor[]).map((leaf, i) => fn(leaf, others[i]!))) as P;
}
