/** Tensors that a program makes of nothing: one value over and over, and the integers in a row. */
import { NDArray, store } from '../array.ts';
import { isFloat } from '../dtype.ts';
import { apply, constantOp, type Op, type Tensor, type Type } from '../program.ts';
import { broadcastTo } from './broadcast.ts';

/** A constant of one element. */
export function scalar(dtype: Type['dtype'], value: number): Tensor {
  return apply(constantOp, [], { value: new NDArray(dtype, [], store(dtype, [value])) });
}

/** @throws TypeError when an integer or bool type does not have the value, which would be cut to fit */
export function requireHeld(op: string, dtype: Type['dtype'], value: number): void {
  if (isFloat(dtype)) return;
  if (!Number.isSafeInteger(value) || Number(store(dtype, [value])[0]) !== value)
    throw new TypeError(`${op}: expected a number of the element type, got ${value} for ${dtype} (cast first)`);
}

/** A tensor filled with one value. */
export function full(shape: readonly number[], value: number, dtype: Type['dtype'] = 'float32'): Tensor {
  requireHeld('full', dtype, value);
  return broadcastTo(scalar(dtype, value), shape);
}

/** A tensor of zeros. */
export function zeros(shape: readonly number[], dtype: Type['dtype'] = 'float32'): Tensor {
  return full(shape, 0, dtype);
}

/** A tensor of ones. */
export function ones(shape: readonly number[], dtype: Type['dtype'] = 'float32'): Tensor {
  return full(shape, 1, dtype);
}

const iotaOp: Op<{ n: number; dtype: Type['dtype'] }> = {
  name: 'iota',
  infer: (_, { n, dtype }) => [{ dtype, shape: [n] }],
  vjp: () => [],
  lower: (emit, _, { attrs: { n, dtype } }) => {
    const count = emit.op('Range', [emit.scalar('int32', 0), emit.scalar('int32', n), emit.scalar('int32', 1)]);
    return dtype === 'int32' ? count : emit.cast(count, dtype);
  },
  meaning: (_, { n }) => [Float64Array.from({ length: n }, (_, i) => i)],
};

/** The integers 0 … n−1 as one axis. */
export function iota(n: number, dtype: Type['dtype'] = 'int32'): Tensor {
  return apply(iotaOp, [], { n, dtype });
}
