/** The choice between two tensors, other element types, and where gradients stop. */
import { type DType, isFloat, wrap } from '../dtype.ts';
import { apply, formatType, type Op, requireSameDType, type Tensor } from '../program.ts';
import { broadcastShapes, elements } from '../shape.ts';
import { unbroadcast } from './broadcast.ts';
import { type Operand, operand, scalarLike } from './families.ts';
import { broadcastIndex } from './walk.ts';

const whereOp: Op<undefined> = {
  name: 'where',
  elementwise: true,
  infer: ([condition, a, b]) => {
    if (condition!.dtype !== 'bool')
      throw new TypeError(`where: expected a bool condition, got ${formatType(condition!)}`);
    return [
      {
        dtype: requireSameDType('where', [a!, b!]),
        shape: broadcastShapes('where', condition!.shape, a!.shape, b!.shape),
      },
    ];
  },
  vjp: ({ inputs: [condition, a, b] }, [g]) => {
    const zero = scalarLike(g!, 0);
    return [
      undefined,
      unbroadcast(where(condition!, g!, zero), a!.shape),
      unbroadcast(where(condition!, zero, g!), b!.shape),
    ];
  },
  lower: (emit, [condition, a, b], { inputs: [, x] }) => {
    // no kernels for these two: a bool is chosen by logic, a uint32 through int64
    if (x!.dtype === 'bool') {
      const other = emit.op('And', [emit.op('Not', [condition!]), b!]);
      return emit.op('Or', [emit.op('And', [condition!, a!]), other]);
    }
    if (x!.dtype === 'uint32') {
      return emit.cast(emit.op('Where', [condition!, emit.cast(a!, 'int64'), emit.cast(b!, 'int64')]), 'uint32');
    }
    return emit.op('Where', [condition!, a!, b!]);
  },
  meaning: ([condition, a, b], _, [type]) => {
    const [ct, at, bt] = [condition!, a!, b!].map((v) => broadcastIndex(v, type!.shape)) as [
      (i: number) => number,
      (i: number) => number,
      (i: number) => number,
    ];
    return [Float64Array.from({ length: elements(type!.shape) }, (_, i) => (ct(i) ? at(i) : bt(i)))];
  },
};

/** a where the condition holds, b elsewhere; all three broadcast. Gradients reach only what was chosen. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  const like = typeof a === 'number' ? b : a;
  if (typeof like === 'number') throw new TypeError('where: expected a tensor to choose, got two numbers');
  return apply(whereOp, [condition, operand('where', like, a), operand('where', like, b)], undefined);
}

const castOp: Op<{ dtype: DType }> = {
  name: 'cast',
  elementwise: true,
  infer: ([x], { dtype }) => [{ dtype, shape: x!.shape }],
  vjp: ({ inputs: [x] }, [g]) => [isFloat(x!.dtype) && isFloat(g!.dtype) ? cast(g!, x!.dtype) : undefined],
  lower: (emit, [x], { attrs }) => emit.cast(x!, attrs.dtype),
  simplify: ([x], { dtype }) => (x!.dtype === dtype ? x : undefined),
  meaning: ([x], { dtype }) => [
    x!.data.map((v) => (isFloat(dtype) ? v : dtype === 'bool' ? Number(v !== 0) : wrap(dtype, Math.trunc(v)))),
  ],
};

/** x as another element type: floats to integers truncate toward zero, numbers to bool test for non-zero. */
export function cast(x: Tensor, dtype: DType): Tensor {
  return apply(castOp, [x], { dtype });
}

const stopGradientOp: Op<undefined> = {
  name: 'stopGradient',
  elementwise: true,
  infer: ([x]) => [x!],
  vjp: () => [undefined],
  lower: (_, [x]) => x!,
  meaning: ([x]) => [x!.data],
};

/** x, through which no gradient flows. */
export function stopGradient(x: Tensor): Tensor {
  return apply(stopGradientOp, [x], undefined);
}

const identityOp: Op<undefined> = {
  name: 'identity',
  elementwise: true,
  infer: ([x]) => [x!],
  vjp: (_, [g]) => [g],
  lower: (_, [x]) => x!,
  simplify: ([x]) => x,
  meaning: ([x]) => [x!.data],
};

/** x itself, as a node of its own: gradients stop here when a function is differentiated at x. */
export function identity(x: Tensor): Tensor {
  return apply(identityOp, [x], undefined);
}
