import { expect, it } from 'vitest';
import { array, NDArray } from '../array.ts';
import { interpret, toValue } from '../interpret.ts';
import { add } from '../ops/arithmetic.ts';
import { take } from '../ops/indexing.ts';
import { matmul } from '../ops/linear.ts';
import { dequantize } from '../ops/quantized.ts';
import { printProgram, type Tensor } from '../program.ts';
import { quantize } from '../quantize.ts';
import { trace } from '../trace.ts';
import { quantized } from './quantized.ts';
import { quantizedForExport } from './quantized-export.ts';

const ramp = (shape: readonly number[]) =>
  array(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i + 1)),
    { shape },
  );

it.each([4, 8] as const)('products and rows of %i bits mean what they did', (bits) => {
  const w = quantize(ramp([5, 32]), { bits, block: 16 });
  const x = ramp([2, 3, 32]);
  const ids = new NDArray('int32', [2, 2], Int32Array.of(0, -1, 4, 2));
  const fn = (x: Tensor, ids: Tensor, w: Tensor) => [matmul(x, w, { transposeB: true }), take(w, ids), add(w, 1)];
  const { program } = trace(fn as never, [x, ids, w]);
  const fused = quantized(program);
  const text = printProgram(fused);
  expect(text).toContain('quantizedMatmul');
  expect(text).toContain('quantizedTake');
  // what adds to it still needs the floats
  expect(text.match(/dequantize/g)).toHaveLength(1);
  const exported = quantizedForExport(program);
  expect(printProgram(exported)).toContain('blockwiseMatmul');
  const values = [x, ids].map(toValue);
  for (const [i, wanted] of interpret(program, values).entries()) {
    for (const got of [interpret(fused, values)[i]!, interpret(exported, values)[i]!]) {
      expect(got.shape).toEqual(wanted.shape);
      for (const [k, v] of got.data.entries()) expect(v).toBeCloseTo(wanted.data[k]!, 12);
    }
  }
});

it('weights that a run brings are left as floats', () => {
  const { packed, scales } = quantize(ramp([5, 32]), { bits: 4 });
  const fn = (x: Tensor, q: Tensor, s: Tensor) => matmul(x, dequantize(q, s, { bits: 4 }), { transposeB: true });
  const { program } = trace(fn as never, [ramp([2, 32]), packed, scales]);
  expect(printProgram(quantized(program))).toBe(printProgram(program));
});
