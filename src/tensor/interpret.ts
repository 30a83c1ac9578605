/**
 * The reference interpreter: a program run by the plain meaning of its ops, in float64. Slow, and what every lowering
 * is held against.
 */
import { NDArray, store } from './array.ts';
import { inputOp, type Program, reachable, type Tensor, toFloat64, type Value } from './program.ts';

/** Runs a program on values. */
export function interpret(program: Program, inputs: readonly Value[]): Value[] {
  const values = new Map<Tensor, Value>(program.inputs.map((t, i) => [t, inputs[i]!]));
  for (const node of reachable(program.outputs)) {
    if (node.op === (inputOp as unknown)) continue;
    const results = node.op.meaning(
      node.inputs.map((t) => values.get(t)!),
      node.attrs,
      node.outputs,
    );
    for (const [i, output] of node.outputs.entries())
      values.set(output, { dtype: output.dtype, shape: output.shape, data: results[i]! });
  }
  return program.outputs.map((t) => values.get(t)!);
}

/** A concrete array as a value. */
export function toValue(source: NDArray): Value {
  return { dtype: source.dtype, shape: source.shape, data: toFloat64(source) };
}

/** A value as a concrete array, rounded to its element type. */
export function fromValue({ dtype, shape, data }: Value): NDArray {
  return new NDArray(dtype, shape, store(dtype, data));
}
