/** Cases of quantised weights. */
import fc from 'fast-check';
import * as t from 'tenfold/tensor';
import { type Case, define, shapes, sizes, spec } from '../case.ts';

interface Sizes {
  readonly bits: number;
  readonly rows: number;
  readonly blocks: number;
  readonly block: number;
}

const weights: fc.Arbitrary<Sizes> = fc.record({
  bits: fc.constantFrom(4, 8),
  rows: fc.integer({ min: 1, max: 5 }),
  blocks: fc.integer({ min: 1, max: 3 }),
  block: fc.constantFrom(16, 32, 64),
});

const packed = ({ bits, rows, blocks, block }: Sizes, dtype: t.DType = 'uint8') =>
  spec(dtype, [rows, blocks, (block * bits) / 8], [0, 255]);
const scales = ({ rows, blocks }: Sizes) => spec('float32', [rows, blocks], [-0.1, 0.1]);
const quantized = (q: t.Tensor, s: t.Tensor, { bits }: Sizes): t.Quantized =>
  bits === 4 ? { int4: q, scales: s } : { int8: q, scales: s };

export const quantizeds: readonly Case[] = [
  define<Sizes>({
    name: 'quantizedMatmul',
    dtypes: ['float32'],
    draw: (dtype) =>
      fc.tuple(weights, shapes({ maxRank: 2 }), sizes()).map(([w, lead, m]) => ({
        inputs: [spec(dtype, [...lead, m, w.blocks * w.block]), packed(w), scales(w)],
        args: w,
      })),
    build: ([x, q, s], w) => t.quantizedMatmul(x!, quantized(q!, s!, w)),
    differentiable: true,
    // the kernel rounds x to eight bits
    tolerance: 2e-2,
  }),
  define<Sizes>({
    name: 'quantizedTake',
    dtypes: ['uint8'],
    draw: (dtype) =>
      fc.tuple(weights, shapes({ maxRank: 2 }), fc.constantFrom('int32', 'int64')).map(([w, at, type]) => ({
        inputs: [packed(w, dtype), scales(w), spec(type as 'int32', at, { within: w.rows })],
        args: w,
      })),
    build: ([q, s, i], w) => t.quantizedTake(quantized(q!, s!, w), i!),
    differentiable: false,
  }),
  define<Sizes>({
    name: 'dequantize',
    dtypes: ['uint8'],
    draw: (dtype) => weights.map((w) => ({ inputs: [packed(w, dtype), scales(w)], args: w })),
    build: ([q, s], w) => t.dequantize(quantized(q!, s!, w)),
    differentiable: false,
  }),
];
