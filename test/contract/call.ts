/**
 * Calls of a case made concrete: arrays filled in, traced together with their gradient, and compared with what they
 * should give.
 */
import fc from 'fast-check';
import {
  add,
  type DType,
  flattenTree,
  fromValue,
  full,
  gradients,
  isFloat,
  mul,
  type NDArray,
  sum,
  type Tensor,
  type Type,
  toFloats,
} from 'tenfold/tensor';
import { type Call, type Case, fill, stream } from './case.ts';

/** A call and the seed of its arrays: what a failing property prints. */
export interface Drawn extends Call {
  readonly seed: number;
}

export function drawn(of: Case, dtype: DType): fc.Arbitrary<Drawn> {
  return fc.noBias(fc.tuple(of.draw(dtype), fc.nat()).map(([call, seed]) => ({ ...call, seed })));
}

/** The arrays of a call. */
export function inputsOf(call: Drawn): NDArray[] {
  const random = stream(call.seed);
  return call.inputs.map((spec) => fill(spec, random));
}

/** Arrays for the cotangents of a call's float outputs. */
export function cotangentsOf(outputs: readonly Type[], seed: number): NDArray[] {
  const random = stream(seed + 1);
  return outputs
    .filter(({ dtype }) => isFloat(dtype))
    .map(({ dtype, shape }) => fill({ dtype, shape, values: [-1, 1] }, random));
}

export function outputsOf(of: Case, inputs: readonly Tensor[], args: unknown): readonly Tensor[] {
  return [of.build(inputs, args)].flat();
}

/** Σ cotangent · output over the float outputs: a scalar whose gradient is the vector–Jacobian product. */
export function project(outputs: readonly Tensor[], cotangents: readonly Tensor[]): Tensor {
  const float = outputs.filter(({ dtype }) => isFloat(dtype));
  return float.reduce((total, y, i) => add(total, sum(mul(y, cotangents[i]!))), full([], 0, float[0]?.dtype));
}

/** The outputs of a call followed by the gradients of their projection by every float input. */
export function withGradients(
  of: Case,
  inputs: readonly Tensor[],
  cotangents: readonly Tensor[],
  args: unknown,
): { outputs: readonly Tensor[]; gradients: readonly Tensor[] } {
  const outputs = outputsOf(of, inputs, args);
  const by = inputs.filter(({ dtype }) => isFloat(dtype));
  return { outputs, gradients: cotangents.length > 0 ? gradients(project(outputs, cotangents), by) : [] };
}

/** True for a call whose gradient there is to check. */
export function hasGradient(of: Case, dtype: DType): boolean {
  return of.differentiable && isFloat(dtype);
}

/** The tensors, or arrays, among the leaves of a tree. */
export function leaves<L>(tree: unknown): L[] {
  return flattenTree(tree).leaves as L[];
}

/**
 * What is wrong with `got`, or undefined: integers must be equal, floats within `tolerance` of the value or of the
 * array's largest magnitude, whichever is wider; infinities and NaN must stand where they should.
 */
export function mismatch(
  got: NDArray,
  want: Type & { data: ArrayLike<number> },
  tolerance: number,
): string | undefined {
  if (got.dtype !== want.dtype || `${got.shape}` !== `${want.shape}`)
    return `expected ${want.dtype}[${want.shape}], got ${got.dtype}[${got.shape}]`;
  const numbers = toFloats(got);
  const rounded = toFloats(fromValue({ ...want, data: Float64Array.from(want.data) }));
  const finite = Array.from(rounded, (v) => (Number.isFinite(v) ? Math.abs(v) : 0));
  const scale = Math.max(1, ...finite);
  for (let i = 0; i < numbers.length; i++) {
    const [g, w] = [numbers[i]!, rounded[i]!];
    if (Object.is(g, w) || g === w) continue;
    const allowed = isFloat(got.dtype) ? tolerance * scale : 0;
    if (!(Math.abs(g - w) <= allowed)) return `at ${i}: expected ${w}, got ${g} (allowed ${allowed})`;
  }
  return undefined;
}

/** Relative error that a float16 result may have: 11 bits, a few operations deep. */
export const halfTolerance = 4e-3;

export function toleranceOf(of: Case, dtype: DType): number {
  return dtype === 'float16' ? halfTolerance : (of.tolerance ?? 1e-5);
}
