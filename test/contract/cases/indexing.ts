/** Cases of the matrix product, of computed positions, of order, and of random numbers. */
import fc from 'fast-check';
import type { DType, Shape, Tensor } from 'tenfold/tensor';
import * as t from 'tenfold/tensor';
import { axisOf, broadcasting, type Case, define, everything, shapes, signed, sizes, spec } from '../case.ts';

const indexTypes = fc.constantFrom<DType[]>('int32', 'int64');
const added: readonly DType[] = [...signed, 'uint32', 'uint8'];
const ordered: readonly DType[] = ['float32', 'int32', 'int64', 'uint8'];

/** A shape with its size along an axis replaced. */
const resized = (shape: Shape, axis: number, n: number) =>
  shape.map((own, i) => (i === (axis + shape.length) % shape.length ? n : own));

/** A shape, an axis of it with entries, and `count` indices into that axis. */
const picked = shapes({ minRank: 1 })
  .chain((shape) => fc.tuple(fc.constant(shape), axisOf(shape), sizes(1), shapes({ maxRank: 2 }), indexTypes))
  .map(([shape, axis, n, lines, type]) => ({ shape: resized(shape, axis, n), axis, n, lines, type }));

export const products: readonly Case[] = [
  define<{ transposeA: boolean; transposeB: boolean }>({
    name: 'matmul',
    dtypes: signed,
    draw: (dtype) =>
      fc
        .tuple(broadcasting(2, 2), sizes(), sizes(), sizes(), fc.boolean(), fc.boolean())
        .map(([[a, b], m, k, n, transposeA, transposeB]) => ({
          inputs: [
            spec(dtype, [...a!, ...(transposeA ? [k, m] : [m, k])]),
            spec(dtype, [...b!, ...(transposeB ? [n, k] : [k, n])]),
          ],
          args: { transposeA, transposeB },
        })),
    build: ([a, b], options) => t.matmul(a!, b!, options),
    differentiable: true,
  }),
];

export const indexing: readonly Case[] = [
  define<{ axis: number }>({
    name: 'take',
    dtypes: everything,
    draw: (dtype) =>
      picked.map(({ shape, axis, n, lines, type }) => ({
        inputs: [spec(dtype, shape), spec(type, lines, { within: n })],
        args: { axis },
      })),
    build: ([x, indices], { axis }) => t.take(x!, indices!, axis),
    differentiable: true,
  }),
  define<{ axis: number }>({
    name: 'indexAdd',
    dtypes: added,
    draw: (dtype) =>
      fc.tuple(picked, sizes()).map(([{ shape, axis, n, type }, count]) => ({
        inputs: [spec(dtype, shape), spec(type, [count], { within: n }), spec(dtype, resized(shape, axis, count))],
        args: { axis },
      })),
    build: ([base, indices, updates], { axis }) => t.indexAdd(base!, indices!, updates!, axis),
    differentiable: true,
  }),
  define<{ axis: number }>({
    name: 'takeAlongAxis',
    dtypes: everything,
    draw: (dtype) =>
      fc
        .tuple(picked, sizes(), fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }))
        .map(([{ shape, axis, n, type }, count, cut]) => ({
          inputs: [
            spec(dtype, shape),
            spec(
              type,
              resized(
                shape.map((size, i) => (cut[i] ? Math.min(size, 1) : size)),
                axis,
                count,
              ),
              { within: n },
            ),
          ],
          args: { axis },
        })),
    build: ([x, indices], { axis }) => t.takeAlongAxis(x!, indices!, axis),
    differentiable: true,
  }),
  define<{ axis: number }>({
    name: 'scatterAdd',
    dtypes: added,
    draw: (dtype) =>
      fc
        .tuple(picked, sizes(), fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }))
        .map(([{ shape, axis, n, type }, count, cut]) => {
          const lines = resized(
            shape.map((size, i) => (cut[i] ? Math.min(size, 1) : size)),
            axis,
            count,
          );
          return {
            inputs: [spec(dtype, shape), spec(type, lines, { within: n }), spec(dtype, lines)],
            args: { axis },
          };
        }),
    build: ([base, indices, updates], { axis }) => t.scatterAdd(base!, indices!, updates!, axis),
    differentiable: true,
  }),
  define<{ classes: number; dtype: DType }>({
    name: 'oneHot',
    dtypes: everything,
    draw: (dtype) =>
      fc.tuple(shapes({ maxRank: 2 }), indexTypes, sizes()).map(([shape, type, classes]) => ({
        // an index outside the classes is a line of zeros
        inputs: [spec(type, shape, [-1, 4])],
        args: { classes, dtype },
      })),
    build: ([indices], { classes, dtype }) => t.oneHot(indices!, classes, dtype),
    differentiable: false,
  }),
  define<{ axis: number; size: number }>({
    name: 'dynamicSlice',
    dtypes: everything,
    draw: (dtype) =>
      picked.chain(({ shape, axis, n }) =>
        fc.nat({ max: n }).map((size) => ({
          // a start outside is moved inside
          inputs: [spec(dtype, shape), spec('int32', [], [-2, n + 1])],
          args: { axis, size },
        })),
      ),
    build: ([x, start], { axis, size }) => t.dynamicSlice(x!, start!, size, axis),
    differentiable: true,
  }),
  define<{ axis: number }>({
    name: 'dynamicUpdateSlice',
    dtypes: everything,
    draw: (dtype) =>
      picked.chain(({ shape, axis, n }) =>
        fc.nat({ max: n }).map((size) => ({
          inputs: [spec(dtype, shape), spec(dtype, resized(shape, axis, size)), spec('int32', [], [-2, n + 1])],
          args: { axis },
        })),
      ),
    build: ([x, update, start], { axis }) => t.dynamicUpdateSlice(x!, update!, start!, axis),
    differentiable: true,
  }),
  define<{ axis: number; k: number }>({
    name: 'topK',
    dtypes: ordered,
    draw: (dtype) =>
      picked.chain(({ shape, axis, n }) =>
        fc.nat({ max: n }).map((k) => ({ inputs: [spec(dtype, shape)], args: { axis, k } })),
      ),
    build: ([x], { axis, k }) => Object.values(t.topK(x!, k, axis)),
    differentiable: true,
  }),
  define<{ axis: number; descending: boolean }>({
    name: 'sort',
    dtypes: ordered,
    draw: (dtype) =>
      fc
        .tuple(picked, fc.boolean())
        .map(([{ shape, axis }, descending]) => ({ inputs: [spec(dtype, shape)], args: { axis, descending } })),
    build: ([x], { axis, descending }) => Object.values(t.sort(x!, axis, { descending })),
    differentiable: true,
  }),
];

/** Draws of random numbers: a key, and what to draw. */
function random<A>(name: string, args: fc.Arbitrary<A>, build: (key: Tensor, args: A) => Tensor | readonly Tensor[]) {
  return define<A>({
    name: `random.${name}`,
    dtypes: ['uint32'],
    draw: (dtype) => args.map((drawn) => ({ inputs: [spec(dtype, [2], 'wide')], args: drawn })),
    build: ([key], drawn) => build(key!, drawn),
    differentiable: false,
  });
}

export const randoms: readonly Case[] = [
  random('split', fc.nat({ max: 5 }), t.random.split),
  random('foldIn', fc.nat({ max: 2 ** 32 - 1 }), t.random.foldIn),
  random('bits', shapes(), t.random.bits),
  random('uniform', shapes(), (key, shape) => t.random.uniform(key, shape, -1, 3)),
  random('normal', shapes(), t.random.normal),
  random('hashed', shapes(), t.random.hashed),
  random('bernoulli', shapes(), (key, shape) => t.random.bernoulli(key, 0.25, shape)),
  random('integers', shapes(), (key, shape) => t.random.integers(key, shape, -2, 5)),
  random('permutation', fc.nat({ max: 9 }), t.random.permutation),
  define<undefined>({
    name: 'random.categorical',
    dtypes: ['float32'],
    draw: (dtype) =>
      shapes({ minRank: 1, least: 1 }).map((shape) => ({
        inputs: [spec('uint32', [2], 'wide'), spec(dtype, shape)],
        args: undefined,
      })),
    build: ([key, logits]) => t.random.categorical(key!, logits!),
    differentiable: false,
  }),
];
