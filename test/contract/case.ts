/**
 * One op as the contract sees it: what it is called with, and which calls are worth trying.
 *
 * A `Case` says how to draw calls – element types, shapes with broadcasting and empty axes, arguments – and how to make
 * the call from tensors. The suites derive the rest from it: the lowering against the reference interpreter, the gradient
 * against finite differences, both against PyTorch's answers, and that other element types are refused.
 */
import fc from 'fast-check';
import { array, type DType, isFloat, type NDArray, type Shape, type Tensor } from 'tenfold/tensor';

/**
 * What an array is filled with: numbers in [low, high] (integers for integer types), 'steps' of ¼ in [−2, 2] where ties
 * matter, 'wide' integers over the whole range of their type, 'special' floats (NaN, infinities and zeros among others),
 * or indices of an axis of n, negative ones included.
 */
export type Values = readonly [low: number, high: number] | 'steps' | 'wide' | 'special' | { readonly within: number };

/** An argument to make up. */
export interface Spec {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly values: Values;
}

/** A call: arrays to make up, and arguments that are not tensors. */
export interface Call<A = unknown> {
  readonly inputs: readonly Spec[];
  readonly args: A;
}

export interface Case<A = unknown> {
  /** The public function, as the index exports it. */
  readonly name: string;
  /** Element types that it is defined for; a call with another is refused when it is traced. */
  readonly dtypes: readonly DType[];
  /** Calls with a main operand of `dtype`. */
  draw(dtype: DType): fc.Arbitrary<Call<A>>;
  build(inputs: readonly Tensor[], args: A): Tensor | readonly Tensor[];
  /** False where there is no gradient to check: nothing flows, or the outputs are not floats. */
  readonly differentiable: boolean;
  /** What its calls are on, where a device may skip just these. */
  readonly on?: 'special values';
  /** Relative error that a float32 lowering may have. Default 1e-5. */
  readonly tolerance?: number;
}

/** Checks a case's types and forgets what its arguments are. */
export function define<A>(definition: Case<A>): Case {
  return definition as Case;
}

export const floats: readonly DType[] = ['float32', 'float16'];
export const integers: readonly DType[] = ['int32', 'int64', 'uint8', 'uint32'];
export const numbers: readonly DType[] = [...floats, ...integers];
export const signed: readonly DType[] = [...floats, 'int32', 'int64'];
export const everything: readonly DType[] = [...numbers, 'bool'];

/** A spec with the values that suit its type: floats and signed integers on both sides of 0. */
export function spec(dtype: DType, shape: Shape, values?: Values): Spec {
  if (values) return { dtype, shape, values };
  if (isFloat(dtype)) return { dtype, shape, values: [-3, 3] };
  if (dtype === 'bool') return { dtype, shape, values: [0, 1] };
  return { dtype, shape, values: dtype.startsWith('u') ? [0, 9] : [-9, 9] };
}

/** Sizes of an axis: mostly small, sometimes 1 or 0. */
export function sizes(least = 0): fc.Arbitrary<number> {
  const common = { weight: 8, arbitrary: fc.integer({ min: Math.max(least, 1), max: 4 }) };
  return least > 0 ? common.arbitrary : fc.oneof(common, { weight: 1, arbitrary: fc.constant(0) });
}

/** Shapes of `rank` axes (a range of ranks), each of at least `least` entries. */
export function shapes(
  options: { least?: number; minRank?: number; maxRank?: number } = {},
): fc.Arbitrary<readonly number[]> {
  const { least = 0, minRank = 0, maxRank = 3 } = options;
  return fc.array(sizes(least), { minLength: minRank, maxLength: maxRank, size: 'max' });
}

/** `count` shapes that broadcast together: axes of one shape left out in front or made 1. */
export function broadcasting(count: number, maxRank = 3): fc.Arbitrary<readonly (readonly number[])[]> {
  return shapes({ maxRank }).chain((whole) =>
    fc.tuple(
      ...Array.from({ length: count }, () =>
        fc
          .tuple(
            fc.nat({ max: whole.length }),
            fc.array(fc.boolean(), { minLength: whole.length, maxLength: whole.length }),
          )
          .map(([lead, ones]) => whole.map((n, i) => (ones[i] ? 1 : n)).slice(lead)),
      ),
    ),
  );
}

/** An axis of a shape, counted from either end. */
export function axisOf(shape: Shape): fc.Arbitrary<number> {
  return fc.integer({ min: -shape.length, max: shape.length - 1 });
}

/** Distinct axes of a shape, or undefined for all. */
export function axesOf(shape: Shape): fc.Arbitrary<readonly number[] | undefined> {
  return fc.option(
    fc.subarray(shape.map((_, i) => i)).map((axes) => axes.map((a, k) => (k % 2 ? a - shape.length : a))),
    {
      nil: undefined,
    },
  );
}

/** Numbers in [0, 1) from a seed (mulberry32). */
export function stream(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const wide: Partial<Record<DType, readonly [number, number]>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  uint8: [0, 255],
  // the reference counts in doubles
  int64: [-(2 ** 50), 2 ** 50],
};

const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1, -1, 0.5, -2.5, 3];

/** Makes up the array of a spec. */
export function fill({ dtype, shape, values }: Spec, random: () => number): NDArray {
  const count = shape.reduce((a, b) => a * b, 1);
  const between = (low: number, high: number) =>
    isFloat(dtype)
      ? low + (high - low) * random()
      : Math.ceil(low) + Math.floor(random() * (Math.floor(high) - Math.ceil(low) + 1));
  const one = () => {
    if (values === 'steps') return isFloat(dtype) ? Math.floor(random() * 17) / 4 - 2 : between(0, 2);
    if (values === 'special') return special[Math.floor(random() * special.length)]!;
    if (values === 'wide') return between(...(wide[dtype] ?? [-2, 2]));
    if ('within' in values) return between(-values.within, values.within - 1);
    return between(...values);
  };
  return array(Float64Array.from({ length: count }, one), { dtype, shape });
}
