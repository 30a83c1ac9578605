/** Cases of the ops that move elements. */
import fc from 'fast-check';
import type { DType, Range, Shape, Tensor } from 'tenfold/tensor';
import * as t from 'tenfold/tensor';
import { axesOf, axisOf, type Case, define, everything, shapes, sizes, spec } from '../case.ts';

/** An op on one tensor of any type, with arguments drawn for its shape. */
function movement<A>(
  name: string,
  args: (shape: Shape) => fc.Arbitrary<A>,
  build: (x: Tensor, args: A) => Tensor | readonly Tensor[],
  of: Parameters<typeof shapes>[0] = {},
): Case {
  return define<A>({
    name,
    dtypes: everything,
    draw: (dtype) =>
      shapes(of).chain((shape) => args(shape).map((drawn) => ({ inputs: [spec(dtype, shape)], args: drawn }))),
    build: ([x], drawn) => build(x!, drawn),
    differentiable: true,
  });
}

const elements = (shape: Shape) => shape.reduce((a, b) => a * b, 1);

/** Ranges of every kind: left out, from either end, past the ends, with steps, empty. */
const range: fc.Arbitrary<Range | undefined> = fc.option(
  fc
    .tuple(
      fc.integer({ min: -5, max: 5 }),
      fc.option(fc.integer({ min: -5, max: 6 }), { nil: undefined }),
      fc.integer({ min: 1, max: 3 }),
    )
    .map(([from, to, step]): Range => [from, to, step]),
  { nil: undefined },
);

const width = fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 }));

/** A tensor made from arguments alone. */
function maker<A>(name: string, args: fc.Arbitrary<A>, build: (args: A, dtype: DType) => Tensor): Case {
  return define<{ args: A; dtype: DType }>({
    name,
    dtypes: everything,
    draw: (dtype) => args.map((drawn) => ({ inputs: [], args: { args: drawn, dtype } })),
    build: (_, drawn) => build(drawn.args, drawn.dtype),
    differentiable: false,
  });
}

/** Several tensors that agree off the axis. */
function joining(name: string, fn: (parts: readonly Tensor[], axis: number) => Tensor, newAxis: boolean): Case {
  return define<{ axis: number }>({
    name,
    dtypes: everything,
    draw: (dtype) =>
      fc
        .tuple(shapes({ minRank: newAxis ? 0 : 1 }), fc.array(sizes(), { minLength: 1, maxLength: 3 }))
        .chain(([shape, parts]) =>
          axisOf(newAxis ? [...shape, 0] : shape).map((at) => {
            const i = at < 0 ? at + shape.length : at;
            const of = (n: number) => (newAxis ? shape : shape.map((own, k) => (k === i ? n : own)));
            return { inputs: parts.map((n) => spec(dtype, of(n))), args: { axis: at } };
          }),
        ),
    build: (parts, args) => fn(parts, args.axis),
    differentiable: true,
  });
}

export const movements: readonly Case[] = [
  movement(
    'reshape',
    (shape) => {
      const flat = elements(shape);
      const fits = [[flat], [1, flat], [flat, 1, 1], [...shape].reverse()];
      return fc.constantFrom(...fits, ...(flat > 0 ? [[-1], [1, -1, 1]] : [])).map((to) => ({ shape: to }));
    },
    (x, args) => t.reshape(x, args.shape),
  ),
  movement(
    'expandDims',
    (shape) => axisOf([...shape, 0]).map((at) => ({ axis: at })),
    (x, args) => t.expandDims(x, args.axis),
  ),
  define<{ axes: readonly number[] | undefined }>({
    name: 'squeeze',
    dtypes: everything,
    draw: (dtype) =>
      fc.array(fc.constantFrom(0, 1, 1, 3), { maxLength: 4 }).chain((shape) => {
        const ones = shape.flatMap((n, i) => (n === 1 ? [i] : []));
        return fc
          .option(fc.subarray(ones), { nil: undefined })
          .map((axes) => ({ inputs: [spec(dtype, shape)], args: { axes } }));
      }),
    build: ([x], { axes }) => t.squeeze(x!, axes),
    differentiable: true,
  }),
  movement(
    'transpose',
    (shape) =>
      fc
        .option(
          fc.shuffledSubarray(
            shape.map((_, i) => i),
            { minLength: shape.length },
          ),
          { nil: undefined },
        )
        .map((permutation) => ({ permutation })),
    (x, args) => t.transpose(x, args.permutation),
    { maxRank: 4 },
  ),
  movement(
    'swapAxes',
    (shape) => fc.tuple(axisOf(shape), axisOf(shape)).map(([a, b]) => ({ a, b })),
    (x, { a, b }) => t.swapAxes(x, a, b),
    { minRank: 1 },
  ),
  define<{ shape: Shape }>({
    name: 'broadcastTo',
    dtypes: everything,
    draw: (dtype) =>
      shapes({ maxRank: 4 }).chain((whole) =>
        fc
          .tuple(fc.nat({ max: whole.length }), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }))
          .map(([lead, ones]) => ({
            inputs: [spec(dtype, whole.map((n, i) => (ones[i] ? 1 : n)).slice(lead))],
            args: { shape: whole },
          })),
      ),
    build: ([x], { shape }) => t.broadcastTo(x!, shape),
    differentiable: true,
  }),
  movement(
    'slice',
    (shape) => fc.array(range, { maxLength: shape.length }).map((ranges) => ({ ranges })),
    (x, { ranges }) => t.slice(x, ranges),
  ),
  movement(
    'at',
    (shape) =>
      axisOf(shape).chain((along) => {
        const n = shape.at(along)!;
        return fc.integer({ min: -n, max: n - 1 }).map((index) => ({ axis: along, index }));
      }),
    (x, { index, axis: along }) => t.at(x, index, along),
    { minRank: 1, least: 1 },
  ),
  movement(
    'split',
    (shape) =>
      axisOf(shape).chain((along) => {
        const n = shape.at(along)!;
        return fc
          .oneof<fc.Arbitrary<number | readonly number[]>[]>(
            fc.constantFrom(...[1, 2, 3].filter((k) => n % k === 0)),
            fc.nat({ max: n }).map((first) => [first, n - first]),
          )
          .map((parts) => ({ axis: along, parts }));
      }),
    (x, { parts, axis: along }) => t.split(x, parts, along),
    { minRank: 1 },
  ),
  movement(
    'flip',
    (shape) => axesOf(shape).map((axes) => ({ axes })),
    (x, { axes }) => t.flip(x, axes),
  ),
  joining('concat', t.concat, false),
  joining('stack', t.stack, true),
  movement(
    'tile',
    (shape) => fc.tuple(axisOf(shape), fc.nat({ max: 3 })).map(([along, times]) => ({ axis: along, times })),
    (x, args) => t.tile(x, args.times, args.axis),
    { minRank: 1 },
  ),
  movement(
    'repeat',
    (shape) => fc.tuple(axisOf(shape), fc.nat({ max: 3 })).map(([along, times]) => ({ axis: along, times })),
    (x, args) => t.repeat(x, args.times, args.axis),
    { minRank: 1 },
  ),
  movement(
    'pad',
    (shape) =>
      fc.record({
        widths: fc.array(width, { minLength: shape.length, maxLength: shape.length }),
        value: fc.constantFrom(undefined, 0, 1),
      }),
    (x, { widths, value }) => t.pad(x, widths, value),
  ),
  movement('matrixTranspose', () => fc.constant(undefined), t.matrixTranspose, { minRank: 2 }),
  maker('full', shapes(), (shape, dtype) => t.full(shape, 1, dtype)),
  maker('zeros', shapes(), t.zeros),
  maker('ones', shapes(), t.ones),
  maker('iota', sizes(), (n, dtype) => t.iota(dtype === 'bool' ? Math.min(n, 2) : n, dtype)),
];
