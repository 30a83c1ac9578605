/** Cases of reductions, softmax, cumulative sums and the losses on top of them. */
import fc from 'fast-check';
import type { DType, Tensor } from 'tenfold/tensor';
import * as t from 'tenfold/tensor';
import { axesOf, axisOf, type Case, define, everything, floats, shapes, signed, spec, type Values } from '../case.ts';

interface Over {
  readonly axes?: number | readonly number[] | undefined;
  readonly keepDims?: boolean;
}

/** A reduction over any axes. */
function reduction(
  name: string,
  fn: (x: Tensor, axes?: number | readonly number[], options?: { keepDims?: boolean }) => Tensor,
  dtypes: readonly DType[],
  options: { least?: number; values?: Values; differentiable?: boolean } = {},
): Case {
  return define<Over>({
    name,
    dtypes,
    draw: (dtype) =>
      shapes({ least: options.least ?? 0 }).chain((shape) =>
        fc
          .tuple(axesOf(shape), fc.boolean())
          .map(([axes, keepDims]) => ({ inputs: [spec(dtype, shape, options.values)], args: { axes, keepDims } })),
      ),
    build: ([x], { axes, keepDims = false }) => fn(x!, axes, { keepDims }),
    differentiable: options.differentiable ?? true,
  });
}

interface Along {
  readonly axis: number;
}

/** An op along one axis. */
function along<O extends object = object>(
  name: string,
  fn: (x: Tensor, axis: number, options: O) => Tensor | readonly Tensor[],
  dtypes: readonly DType[],
  draw: { least?: number; values?: Values; options?: fc.Arbitrary<O>; differentiable?: boolean } = {},
): Case {
  return define<Along & O>({
    name,
    dtypes,
    draw: (dtype) =>
      shapes({ minRank: 1, least: draw.least ?? 0 }).chain((shape) =>
        fc
          .tuple(axisOf(shape), draw.options ?? fc.constant({} as O))
          .map(([axis, options]) => ({ inputs: [spec(dtype, shape, draw.values)], args: { axis, ...options } })),
      ),
    build: ([x], { axis, ...options }) => fn(x!, axis, options as unknown as O),
    differentiable: draw.differentiable ?? true,
  });
}

const kept = fc.record({ keepDims: fc.boolean() });
const summed: readonly DType[] = [...signed, 'uint32'];

export const reductions: readonly Case[] = [
  reduction('sum', t.sum, summed),
  // tall enough for the lowering by a product with ones
  define<undefined>({
    name: 'sum',
    dtypes: ['float32'],
    draw: (dtype) =>
      fc
        .tuple(fc.integer({ min: 20, max: 70 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 3 }))
        .map(([rows, more, columns]) => ({ inputs: [spec(dtype, [rows, more, columns])], args: undefined })),
    build: ([x]) => [t.sum(x!, 0), t.sum(x!, [0, 1], { keepDims: true }), t.sum(x!)],
    differentiable: false,
  }),
  reduction('mean', t.mean, floats, { least: 1 }),
  reduction('variance', t.variance, floats, { least: 1 }),
  reduction('max', t.max, [...signed, 'uint8', 'uint32'], { least: 1 }),
  reduction('min', t.min, [...signed, 'uint8', 'uint32'], { least: 1 }),
  reduction('prod', t.prod, summed, { values: 'steps' }),
  reduction('any', t.any, everything, { values: [0, 1], differentiable: false }),
  reduction('all', t.all, everything, { values: [0, 1], differentiable: false }),
  reduction('logSumExp', t.logSumExp, floats, { least: 1 }),

  along('argmax', t.argmax, [...signed, 'uint8'], { least: 1, values: 'steps', options: kept, differentiable: false }),
  along('argmin', t.argmin, [...signed, 'uint8'], { least: 1, values: 'steps', options: kept, differentiable: false }),
  along('softmax', t.softmax, floats),
  along('logSoftmax', t.logSoftmax, floats),
  along('cumsum', t.cumsum, signed, { options: fc.record({ reverse: fc.boolean(), exclusive: fc.boolean() }) }),

  define<undefined>({
    name: 'crossEntropy',
    dtypes: floats,
    draw: (dtype) =>
      fc.tuple(shapes({ maxRank: 2 }), fc.integer({ min: 1, max: 5 })).map(([lines, classes]) => ({
        inputs: [spec(dtype, [...lines, classes]), spec('int32', lines, [0, classes - 1])],
        args: undefined,
      })),
    build: ([logits, labels]) => t.crossEntropy(logits!, labels!),
    differentiable: true,
  }),
  // labels outside the classes: NaN
  define<undefined>({
    name: 'crossEntropy',
    dtypes: floats,
    draw: (dtype) =>
      fc.tuple(shapes({ maxRank: 2 }), fc.integer({ min: 1, max: 3 })).map(([lines, classes]) => ({
        inputs: [spec(dtype, [...lines, classes]), spec('int32', lines, [-classes, 2 * classes])],
        args: undefined,
      })),
    build: ([logits, labels]) => t.crossEntropy(logits!, labels!),
    differentiable: false,
  }),
];
