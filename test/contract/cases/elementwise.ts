/** Cases of the elementwise ops. */
import fc from 'fast-check';
import type { DType, Operand, Tensor } from 'tenfold/tensor';
import * as t from 'tenfold/tensor';
import {
  broadcasting,
  type Case,
  define,
  everything,
  floats,
  integers,
  numbers,
  shapes,
  signed,
  spec,
  type Values,
} from '../case.ts';

type Domain = { dtypes?: readonly DType[]; values?: Values; tolerance?: number };

/** An op from one tensor to one of its shape. */
function unary(fn: (x: Tensor) => Tensor, name: string, domain: Domain = {}, differentiable = true): Case {
  return define<undefined>({
    name,
    dtypes: domain.dtypes ?? floats,
    draw: (dtype) => shapes().map((shape) => ({ inputs: [spec(dtype, shape, domain.values)], args: undefined })),
    build: ([x]) => fn(x!),
    differentiable,
    ...(domain.tolerance && { tolerance: domain.tolerance }),
  });
}

/** An op from two tensors that broadcast; one of them is sometimes a number. */
function binary(
  fn: (a: Operand, b: Operand) => Tensor,
  name: string,
  options: Domain & { second?: (dtype: DType) => Values | undefined; alone?: boolean } = {},
  differentiable = true,
): Case {
  return define<{ left?: number; right?: number }>({
    name,
    dtypes: options.dtypes ?? numbers,
    draw: (dtype) => {
      const second = options.second?.(dtype) ?? options.values;
      const both = broadcasting(2).map(([a, b]) => ({
        inputs: [spec(dtype, a!, options.values), spec(dtype, b!, second)],
        args: {},
      }));
      if (options.alone) return both;
      const number = fc.constantFrom(1, 2, 3);
      const withNumber = fc.tuple(shapes(), number, fc.boolean()).map(([shape, value, left]) => ({
        inputs: [spec(dtype, shape, left ? second : options.values)],
        args: left ? { left: value } : { right: value },
      }));
      return fc.oneof({ weight: 4, arbitrary: both }, { weight: 1, arbitrary: withNumber });
    },
    build: ([a, b], { left, right }) => (left !== undefined ? fn(left, a!) : fn(a!, right ?? b!)),
    differentiable,
    ...(options.tolerance && { tolerance: options.tolerance }),
  });
}

/** Away from 0 on the positive side; integers from 1. */
const positive = (dtype: DType): Values => (t.isFloat(dtype) ? [0.25, 3] : [1, 5]);
const wide = (dtype: DType): Values | undefined => (t.isFloat(dtype) ? undefined : 'wide');
const bools: readonly DType[] = ['bool'];
const shiftable: readonly DType[] = ['uint8', 'uint32'];

/** Integer arithmetic over the whole range of the type: it wraps. */
const wrapping = (fn: (a: Operand, b: Operand) => Tensor, name: string): Case =>
  define<undefined>({
    name,
    dtypes: ['int32', 'uint32', 'uint8'],
    draw: (dtype) =>
      broadcasting(2).map(([a, b]) => ({
        inputs: [spec(dtype, a!, wide(dtype)), spec(dtype, b!, wide(dtype))],
        args: undefined,
      })),
    build: ([a, b]) => fn(a!, b!),
    differentiable: false,
  });

const ordinary: readonly Case[] = [
  binary(t.add, 'add'),
  binary(t.sub, 'sub'),
  binary(t.mul, 'mul'),
  binary(t.div, 'div', { second: positive }),
  binary(t.mod, 'mod', { second: positive }),
  binary(t.pow, 'pow', { dtypes: signed, values: [0.25, 3], second: (dtype) => (t.isFloat(dtype) ? [-2, 3] : [0, 4]) }),
  binary(t.maximum, 'maximum'),
  binary(t.minimum, 'minimum'),

  unary(t.neg, 'neg', { dtypes: signed }),
  unary(t.abs, 'abs', { dtypes: numbers }),
  unary(t.sign, 'sign', { dtypes: numbers }),
  unary(t.square, 'square', { dtypes: numbers }),
  define<{ low: number; high: number }>({
    name: 'clip',
    dtypes: numbers,
    draw: (dtype) =>
      fc.tuple(shapes(), fc.integer({ min: 0, max: 2 }), fc.integer({ min: 2, max: 4 })).map(([shape, low, high]) => ({
        inputs: [spec(dtype, shape)],
        args: { low, high },
      })),
    build: ([x], { low, high }) => t.clip(x!, low, high),
    differentiable: true,
  }),

  unary(t.exp, 'exp'),
  unary(t.expm1, 'expm1'),
  unary(t.log, 'log', { values: [0.1, 5] }),
  unary(t.log1p, 'log1p', { values: [-0.9, 5] }),
  unary(t.sqrt, 'sqrt', { values: [0.1, 5] }),
  unary(t.rsqrt, 'rsqrt', { values: [0.1, 5] }),
  unary(t.reciprocal, 'reciprocal', { values: [0.1, 5] }),
  unary(t.sin, 'sin'),
  unary(t.cos, 'cos'),
  unary(t.tan, 'tan', { values: [-1.4, 1.4] }),
  unary(t.asin, 'asin', { values: [-0.95, 0.95] }),
  unary(t.acos, 'acos', { values: [-0.95, 0.95] }),
  unary(t.atan, 'atan'),
  unary(t.sinh, 'sinh'),
  unary(t.cosh, 'cosh'),
  unary(t.tanh, 'tanh'),
  unary(t.asinh, 'asinh'),
  unary(t.acosh, 'acosh', { values: [1.1, 5] }),
  unary(t.atanh, 'atanh', { values: [-0.95, 0.95] }),

  unary(t.relu, 'relu', { dtypes: signed }),
  unary(t.sigmoid, 'sigmoid'),
  unary(t.softplus, 'softplus'),
  unary(t.erf, 'erf'),
  unary(t.gelu, 'gelu'),
  unary(t.silu, 'silu'),
  unary((x) => t.leakyRelu(x, 0.25), 'leakyRelu'),

  unary(t.floor, 'floor'),
  unary(t.ceil, 'ceil'),
  unary(t.round, 'round'),
  unary(t.isNaN, 'isNaN', {}, false),
  unary(t.isFinite, 'isFinite', {}, false),

  binary(t.equal, 'equal', { dtypes: everything, values: 'steps', alone: true }, false),
  binary(t.notEqual, 'notEqual', { dtypes: everything, values: 'steps', alone: true }, false),
  binary(t.less, 'less', { values: 'steps' }, false),
  binary(t.lessEqual, 'lessEqual', { values: 'steps' }, false),
  binary(t.greater, 'greater', { values: 'steps' }, false),
  binary(t.greaterEqual, 'greaterEqual', { values: 'steps' }, false),
  binary(t.logicalAnd, 'logicalAnd', { dtypes: bools, alone: true }, false),
  binary(t.logicalOr, 'logicalOr', { dtypes: bools, alone: true }, false),
  binary(t.logicalXor, 'logicalXor', { dtypes: bools, alone: true }, false),
  unary(t.logicalNot, 'logicalNot', { dtypes: bools }, false),
  binary(t.bitwiseAnd, 'bitwiseAnd', { dtypes: integers, second: wide }, false),
  binary(t.bitwiseOr, 'bitwiseOr', { dtypes: integers, second: wide }, false),
  binary(t.bitwiseXor, 'bitwiseXor', { dtypes: integers, second: wide }, false),
  binary(t.shiftLeft, 'shiftLeft', { dtypes: shiftable, values: 'wide', second: () => [0, 7], alone: true }, false),
  binary(t.shiftRight, 'shiftRight', { dtypes: shiftable, values: 'wide', second: () => [0, 7], alone: true }, false),

  wrapping(t.add, 'add'),
  wrapping(t.sub, 'sub'),
  wrapping(t.mul, 'mul'),

  define<undefined>({
    name: 'where',
    dtypes: everything,
    draw: (dtype) =>
      broadcasting(3).map(([c, a, b]) => ({
        inputs: [spec('bool', c!), spec(dtype, a!), spec(dtype, b!)],
        args: undefined,
      })),
    build: ([condition, a, b]) => t.where(condition!, a!, b!),
    differentiable: true,
  }),
  define<{ to: DType }>({
    name: 'cast',
    dtypes: everything,
    draw: (dtype) =>
      fc.tuple(shapes(), fc.constantFrom(...everything)).map(([shape, to]) => ({
        // a negative float has no place in an unsigned integer
        inputs: [spec(dtype, shape, t.isFloat(dtype) && to.startsWith('u') ? [0, 3] : undefined)],
        args: { to },
      })),
    build: ([x], { to }) => t.cast(x!, to),
    differentiable: true,
  }),
  unary(t.stopGradient, 'stopGradient', { dtypes: everything }, false),
  define<undefined>({
    name: 'after',
    dtypes: floats,
    draw: (dtype) =>
      shapes().map((shape) => ({ inputs: [spec(dtype, []), spec(dtype, shape), spec(dtype, [3])], args: undefined })),
    build: ([x, ...others]) => t.after(x!, others),
    differentiable: true,
  }),
];

/** Ops, and ops on an element type, whose results on special values are left open, and why. */
const unspecified: Readonly<Record<string, string>> = {
  cast: 'an integer has no place for them',
  pow: '1 to the power NaN or infinity is 1 to the runtime, as in C, and NaN to JavaScript',
  'sign float16': 'the runtime gives 0 for NaN',
};

/** The same calls on NaN and infinities, whose derivatives are left open. */
const onSpecialValues = ordinary.map(
  (of): Case => ({
    ...of,
    dtypes: of.dtypes.filter(
      (dtype) => t.isFloat(dtype) && !(of.name in unspecified) && !(`${of.name} ${dtype}` in unspecified),
    ),
    draw: (dtype) =>
      of.draw(dtype).map(({ inputs, args }) => ({
        inputs: inputs.map((input) => (t.isFloat(input.dtype) ? { ...input, values: 'special' } : input)),
        args,
      })),
    differentiable: false,
    on: 'special values',
  }),
);

export const elementwise: readonly Case[] = [...ordinary, ...onSpecialValues.filter(({ dtypes }) => dtypes.length > 0)];
