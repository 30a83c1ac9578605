/** Cases of convolutions, pooling, resizing, normalisation and loops. */
import fc from 'fast-check';
import type { ConvOptions, Tensor } from 'tenfold/tensor';
import * as t from 'tenfold/tensor';
import { type Case, define, floats, shapes, sizes, spec } from '../case.ts';

/** How a window lies over one axis of x, and how long the axis is. */
interface Axis {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padding: readonly [number, number];
  readonly size: number;
  readonly outputPadding: number;
}

const extent = ({ kernel, dilation }: Pick<Axis, 'kernel' | 'dilation'>) => dilation * (kernel - 1) + 1;

/** A window that fits at least once. */
const overAxis: fc.Arbitrary<Axis> = fc
  .tuple(
    fc.constantFrom(1, 2, 3, 3),
    fc.constantFrom(1, 1, 2, 3),
    fc.constantFrom(1, 1, 2),
    fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 })),
    fc.nat({ max: 6 }),
    fc.nat({ max: 2 }),
  )
  .map(([kernel, stride, dilation, padding, more, extra]) => ({
    kernel,
    stride,
    dilation,
    padding,
    size: Math.max(1, extent({ kernel, dilation }) - padding[0] - padding[1]) + more,
    outputPadding: extra % stride,
  }));

/** Groups, and channels of each on both sides: plain, grouped, by channel, and enough for every way of lowering. */
const channels = fc.constantFrom(
  { groups: 1, from: 1, to: 2 },
  { groups: 1, from: 3, to: 1 },
  { groups: 1, from: 9, to: 3 },
  { groups: 2, from: 2, to: 1 },
  { groups: 3, from: 1, to: 1 },
  { groups: 2, from: 1, to: 2 },
  { groups: 16, from: 1, to: 1 },
);

interface ConvArgs {
  readonly options: ConvOptions & { outputPadding?: readonly number[] };
  readonly bias: boolean;
}

const axes = fc.array(overAxis, { minLength: 1, maxLength: 3, size: 'max' });

function optionsOf(over: readonly Axis[], groups: number): ConvOptions {
  return {
    stride: over.map((a) => a.stride),
    dilation: over.map((a) => a.dilation),
    padding: over.map((a) => a.padding),
    groups,
  };
}

/** One window over every axis as numbers, the way that it is mostly called. */
const square = fc
  .tuple(fc.constantFrom(1, 3), fc.constantFrom(1, 2), sizes(1), fc.integer({ min: 1, max: 3 }))
  .map(([kernel, stride, more, rank]) => ({ kernel, stride, padding: (kernel - 1) / 2, size: more + 1, rank }));

const convolutions: readonly Case[] = [
  define<ConvArgs>({
    name: 'conv',
    dtypes: floats,
    draw: (dtype) => {
      const free = fc.tuple(axes, channels, sizes(), fc.boolean()).map(([over, { groups, from, to }, n, bias]) => ({
        inputs: [
          spec(dtype, [n, groups * from, ...over.map((a) => a.size)]),
          spec(dtype, [groups * to, from, ...over.map((a) => a.kernel)]),
          spec(dtype, [groups * to]),
        ],
        args: { options: optionsOf(over, groups), bias },
      }));
      const plain = fc
        .tuple(square, channels)
        .map(([{ kernel, stride, padding, size, rank }, { groups, from, to }]) => ({
          inputs: [
            spec(dtype, [2, groups * from, ...new Array<number>(rank).fill(size)]),
            spec(dtype, [groups * to, from, ...new Array<number>(rank).fill(kernel)]),
          ],
          args: { options: { stride, padding, groups }, bias: false },
        }));
      return fc.oneof(free, plain);
    },
    build: ([x, w, b], { options, bias }) => t.conv(x!, w!, bias ? { ...options, bias: b! } : options),
    differentiable: true,
  }),
  define<ConvArgs>({
    name: 'convTranspose',
    dtypes: floats,
    draw: (dtype) =>
      fc.tuple(axes, channels, sizes(), fc.boolean()).map(([over, { groups, from, to }, n, bias]) => {
        const input = over.map((a) => Math.max(1, a.size - 3));
        const fitting = over.map((a, i) => {
          const room = (input[i]! - 1) * a.stride + extent(a) - 1;
          const before = Math.min(a.padding[0], room);
          return { ...a, padding: [before, Math.min(a.padding[1], room - before)] as const };
        });
        return {
          inputs: [
            spec(dtype, [n, groups * from, ...input]),
            spec(dtype, [groups * from, to, ...over.map((a) => a.kernel)]),
            spec(dtype, [groups * to]),
          ],
          args: {
            options: { ...optionsOf(fitting, groups), outputPadding: over.map((a) => a.outputPadding) },
            bias,
          },
        };
      }),
    build: ([x, w, b], { options, bias }) => t.convTranspose(x!, w!, bias ? { ...options, bias: b! } : options),
    differentiable: true,
  }),
];

interface PoolArgs {
  readonly window: number | readonly number[];
  readonly options: t.PoolOptions;
}

function pool(
  name: string,
  fn: (x: Tensor, window: number | readonly number[], options?: t.PoolOptions) => Tensor,
): Case {
  return define<PoolArgs>({
    name,
    dtypes: floats,
    draw: (dtype) => {
      const free = fc.tuple(axes, sizes(), sizes(1)).map(([over, n, c]) => ({
        inputs: [spec(dtype, [n, c, ...over.map((a) => a.size + extent(a))])],
        args: {
          window: over.map((a) => a.kernel),
          options: {
            stride: over.map((a) => a.stride),
            padding: over.map((a) => a.padding.map((p) => Math.min(p, a.kernel - 1)) as [number, number]),
          },
        },
      }));
      const plain = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })).map(([window, rank]) => ({
        inputs: [spec(dtype, [2, 1, ...new Array<number>(rank).fill(5)])],
        args: { window, options: {} },
      }));
      return fc.oneof(free, plain);
    },
    build: ([x], { window, options }) => fn(x!, window, options),
    differentiable: true,
  });
}

export const spatial: readonly Case[] = [
  ...convolutions,
  pool('maxPool', t.maxPool),
  pool('avgPool', t.avgPool),
  define<{ sizes: readonly number[]; mode: 'nearest' | 'linear' }>({
    name: 'resize',
    dtypes: floats,
    draw: (dtype) =>
      fc
        .tuple(
          fc.array(fc.tuple(sizes(1), fc.integer({ min: 1, max: 7 })), { minLength: 1, maxLength: 3 }),
          sizes(),
          fc.constantFrom('nearest' as const, 'linear' as const),
        )
        .map(([pairs, n, mode]) => ({
          inputs: [spec(dtype, [n, 2, ...pairs.map(([from]) => from)])],
          args: { sizes: pairs.map(([, to]) => to), mode },
        })),
    build: ([x], args) => t.resize(x!, args.sizes, args.mode),
    differentiable: true,
  }),
  define<{ epsilon: number }>({
    name: 'layerNorm',
    dtypes: floats,
    draw: (dtype) =>
      fc
        .tuple(shapes({ maxRank: 2 }), fc.integer({ min: 1, max: 5 }), fc.constantFrom(0.01, 0.125))
        .map(([lines, n, epsilon]) => ({
          inputs: [spec(dtype, [...lines, n]), spec(dtype, [n]), spec(dtype, [n])],
          args: { epsilon },
        })),
    build: ([x, weight, bias], { epsilon }) => t.layerNorm(x!, weight!, bias!, epsilon),
    differentiable: true,
  }),
];

export const loops: readonly Case[] = [
  // a recurrent network: captured weights, a carry of two kinds, results of every step
  define<{ reverse: boolean }>({
    name: 'scan',
    dtypes: floats,
    draw: (dtype) =>
      fc
        .tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 1, max: 3 }), fc.boolean())
        .map(([steps, n, reverse]) => ({
          inputs: [spec(dtype, [steps, n]), spec(dtype, [n, n], [-1, 1]), spec(dtype, [n])],
          args: { reverse },
        })),
    build: ([xs, w, h], { reverse }) => {
      const step = (carry: { h: Tensor; count: Tensor }, x: Tensor) => {
        const row = t.matmul(t.reshape(carry.h, [1, -1]), w!);
        const next = t.tanh(t.add(t.reshape(row, [-1]), x));
        return [
          { h: next, count: t.add(carry.count, 1) },
          { next, before: carry.count },
        ] as const;
      };
      const [last, all] = t.scan(step, { h: h!, count: t.zeros([], 'int32') }, xs!, { reverse });
      return [last.h, last.count, all.next, all.before];
    },
    differentiable: true,
  }),
  // without anything to scan over
  define<{ length: number }>({
    name: 'scan',
    dtypes: floats,
    draw: (dtype) =>
      fc
        .tuple(shapes({ maxRank: 2 }), fc.integer({ min: 1, max: 3 }))
        .map(([shape, length]) => ({ inputs: [spec(dtype, shape), spec(dtype, shape)], args: { length } })),
    build: ([x, y], { length }) => {
      const [last, all] = t.scan((v: Tensor) => [t.add(t.mul(v, 0.5), t.mul(v, y!)), v] as const, x!, undefined, {
        length,
      });
      return [last, all];
    },
    differentiable: true,
  }),
];
