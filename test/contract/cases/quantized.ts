/** Cases of quantised weights; their products and rows are in tensor-quantized.test.ts. */
import fc from 'fast-check';
import * as t from 'tenfold/tensor';
import { type Case, define, spec } from '../case.ts';

interface Sizes {
  readonly bits: 4 | 8;
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

export const quantizeds: readonly Case[] = [
  define<Sizes>({
    name: 'dequantize',
    dtypes: ['uint8'],
    draw: (dtype) => weights.map((w) => ({ inputs: [packed(w, dtype), scales(w)], args: w })),
    build: ([q, s], w) => t.dequantize(q!, s!, w),
    differentiable: false,
  }),
];
