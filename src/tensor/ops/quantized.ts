/**
 * Products with quantised weights (quantize.ts), and rows of quantised tables, by the runtime's own kernels.
 *
 * The kernel of the product rounds the other operand to eight bits, too, with a scale for every block of every row
 * (accuracy level 4), so that it multiplies whole numbers: against the plain meaning a result is off by about 0.4 % of
 * the largest. It prepares the weights when the program is loaded, which it does for constants only: as arguments they
 * are unpacked at every run.
 */
import type { Emitter } from '../lower.ts';
import { apply, formatType, type Op, requireIndices, type Tensor, type Type, type Value } from '../program.ts';
import type { Quantized } from '../quantize.ts';
import { elements, formatShape } from '../shape.ts';
import { bitwiseAnd, cast, mul, shiftRight, sub } from './elementwise.ts';
import { matmul } from './linear.ts';
import { expandDims, reshape, stack, sum } from './movement.ts';

interface Bits {
  readonly bits: number;
}

/** Rows, blocks a row and weights a block of packed weights. */
function layout(packed: Type, { bits }: Bits): { rows: number; blocks: number; block: number; width: number } {
  const [rows, blocks, bytes] = packed.shape as [number, number, number];
  const block = (bytes * 8) / bits;
  return { rows, blocks, block, width: blocks * block };
}

/** @throws TypeError or RangeError unless these are what `quantize` gives */
function requireQuantized(op: string, packed: Type, scales: Type, attrs: Bits): void {
  const { rows, blocks, block } = layout(packed, attrs);
  const fits = packed.dtype === 'uint8' && packed.shape.length === 3 && scales.dtype === 'float32';
  if (!fits || formatShape(scales.shape) !== formatShape([rows, blocks]) || block < 16 || Math.log2(block) % 1 !== 0) {
    throw new TypeError(
      `${op}: expected weights as quantize() gives them, got ${formatType(packed)} and scales ${formatType(scales)}`,
    );
  }
}

function partsOf(op: string, weights: Quantized): { packed: Tensor; scales: Tensor; bits: number } {
  const { scales } = weights;
  const [packed, bits] = 'int4' in weights ? [weights.int4, 4] : [weights.int8, 8];
  if (packed === undefined || scales === undefined)
    throw new TypeError(`${op}: expected weights { int4, scales } or { int8, scales }, got neither`);
  return { packed, scales, bits };
}

/** The weights in float64, row by row. */
function weightsOf(packed: Value, scales: Value, attrs: Bits): Float64Array {
  const { rows, block, width } = layout(packed, attrs);
  const zero = 2 ** (attrs.bits - 1);
  return Float64Array.from({ length: rows * width }, (_, i) => {
    const q = attrs.bits === 8 ? packed.data[i]! : (packed.data[i >> 1]! >> (4 * (i & 1))) & 15;
    return (q - zero) * scales.data[Math.floor(i / block)]!;
  });
}

/** q − 2ᵇ⁻¹, [rows, blocks, block] float32, of ops that any runtime has. */
function emitCentred(emit: Emitter, packed: string, type: Type, { bits }: Bits): string {
  const { rows, blocks, block } = layout(type, { bits });
  const halves = (): string => {
    const low = emit.op('BitwiseAnd', [packed, emit.scalar('uint8', 15)]);
    const high = emit.op('BitShift', [packed, emit.scalar('uint8', 4)], { direction: 'RIGHT' });
    const apart = [low, high].map((half) => emit.reshape(half, [rows, blocks, block / 2, 1]));
    return emit.reshape(emit.op('Concat', apart, { axis: 3 }), [rows, blocks, block]);
  };
  return emit.op('Sub', [
    emit.cast(bits === 8 ? packed : halves(), 'float32'),
    emit.scalar('float32', 2 ** (bits - 1)),
  ]);
}

/** Whether the runtime's own kernels may be used. */
function hasKernels({ target }: Emitter): boolean {
  return target.provider === 'cpu' && !target.portable;
}

const quantizedMatmulOp: Op<Bits> = {
  name: 'quantizedMatmul',
  infer: ([x, packed, scales], attrs) => {
    requireQuantized('quantizedMatmul', packed!, scales!, attrs);
    const { rows, width } = layout(packed!, attrs);
    if (x!.dtype !== 'float32' || x!.rank < 2 || x!.shape.at(-1) !== width)
      throw new TypeError(`quantizedMatmul: expected float32 [..., m, ${width}], got ${formatType(x!)}`);
    return [{ dtype: 'float32', shape: [...x!.shape.slice(0, -1), rows] }];
  },
  // y = x Wᵀ: dx = dy W; ds of a block is Σ (q − 2ᵇ⁻¹) dW over it
  vjp: ({ inputs: [x, packed, scales], attrs }, [g]) => {
    const { rows, width } = layout(packed!, attrs);
    const flat = (t: Tensor, size: number) => reshape(t, [t.size / size, size]);
    const dw = matmul(flat(g!, rows), flat(x!, width), { transposeA: true });
    const centred = centredOf(packed!, attrs);
    return [
      matmul(g!, dequantizedOf(packed!, scales!, attrs)),
      undefined,
      sum(mul(reshape(dw, centred.shape), centred), -1),
    ];
  },
  lower: (emit, [x, packed, scales], { inputs: [, type], attrs }) => {
    const { rows, block, blocks, width } = layout(type!, attrs);
    if (hasKernels(emit)) {
      const sizes = { K: width, N: rows, bits: attrs.bits, block_size: block, accuracy_level: 4 };
      return emit.op('MatMulNBits', [x!, packed!, scales!], sizes, 'com.microsoft');
    }
    const scaled = emit.op('Mul', [emitCentred(emit, packed!, type!, attrs), emit.reshape(scales!, [rows, blocks, 1])]);
    const weights = emit.op('Transpose', [emit.reshape(scaled, [rows, width])], { perm: [1, 0] });
    return emit.op('MatMul', [x!, weights]);
  },
  meaning: ([x, packed, scales], attrs, [type]) => {
    const { rows, width } = layout(packed!, attrs);
    const w = weightsOf(packed!, scales!, attrs);
    return [
      Float64Array.from({ length: elements(type!.shape) }, (_, i) => {
        const [from, row] = [Math.floor(i / rows) * width, (i % rows) * width];
        let total = 0;
        for (let k = 0; k < width; k++) total += x!.data[from + k]! * w[row + k]!;
        return total;
      }),
    ];
  },
};

/**
 * x Wᵀ with quantised weights, which should be constants: four-bit ones are read in a quarter of the time of floats.
 * @param x [..., m, in] float32
 * @param weights of `quantize`, [out, in]
 * @returns [..., m, out]
 */
export function quantizedMatmul(x: Tensor, weights: Quantized): Tensor {
  const { packed, scales, bits } = partsOf('quantizedMatmul', weights);
  return apply(quantizedMatmulOp, [x, packed, scales], { bits });
}

const quantizedTakeOp: Op<Bits> = {
  name: 'quantizedTake',
  infer: ([packed, scales, indices], attrs) => {
    requireQuantized('quantizedTake', packed!, scales!, attrs);
    requireIndices('quantizedTake', indices!);
    return [{ dtype: 'float32', shape: [...indices!.shape, layout(packed!, attrs).width] }];
  },
  lower: (emit, [packed, scales, indices], { inputs: [type, , at], attrs }) => {
    const { blocks, block, width } = layout(type!, attrs);
    if (hasKernels(emit)) {
      const table = emit.reshape(packed!, [type!.shape[0]!, (width * attrs.bits) / 8]);
      const options = { gather_axis: 0, quantize_axis: 1, block_size: block, bits: attrs.bits };
      return emit.op('GatherBlockQuantized', [table, indices!, scales!], options, 'com.microsoft');
    }
    const flat = emit.reshape(indices!, [at!.size]);
    const [rows, scaling] = [packed!, scales!].map((from) => emit.op('Gather', [from, flat], { axis: 0 }));
    const picked = { dtype: 'uint8', shape: [at!.size, blocks, type!.shape[2]!] } as const;
    const scaled = emit.op('Mul', [
      emitCentred(emit, rows!, picked, attrs),
      emit.reshape(scaling!, [at!.size, blocks, 1]),
    ]);
    return emit.reshape(scaled, [...at!.shape, width]);
  },
  meaning: ([packed, scales, indices], attrs) => {
    const { rows, width } = layout(packed!, attrs);
    const w = weightsOf(packed!, scales!, attrs);
    const out = new Float64Array(indices!.data.length * width);
    for (const [i, index] of indices!.data.entries()) {
      const row = index < 0 ? index + rows : index;
      if (!(row >= 0 && row < rows))
        throw new RangeError(`quantizedTake: expected an index in [${-rows}, ${rows - 1}], got ${index}`);
      out.set(w.subarray(row * width, (row + 1) * width), i * width);
    }
    return [out];
  },
};

/**
 * Rows of a quantised table: the embedding that a tied head multiplies with.
 * @param weights of `quantize`, [rows, width]
 * @param indices [...] int32 or int64; negative ones count from the end
 * @returns [..., width] float32
 */
export function quantizedTake(weights: Quantized, indices: Tensor): Tensor {
  const { packed, scales, bits } = partsOf('quantizedTake', weights);
  return apply(quantizedTakeOp, [packed, scales, indices], { bits });
}

/** The weights [out, in] that quantised ones stand for, float32. */
export function dequantize(weights: Quantized): Tensor {
  const { packed, scales, bits } = partsOf('dequantize', weights);
  requireQuantized('dequantize', packed, scales, { bits });
  return dequantizedOf(packed, scales, { bits });
}

function dequantizedOf(packed: Tensor, scales: Tensor, attrs: Bits): Tensor {
  const { rows, width } = layout(packed, attrs);
  return reshape(mul(centredOf(packed, attrs), expandDims(scales, -1)), [rows, width]);
}

/** q − 2ᵇ⁻¹, [rows, blocks, block] float32. */
function centredOf(packed: Tensor, attrs: Bits): Tensor {
  const { rows, blocks, block } = layout(packed, attrs);
  const q = attrs.bits === 8 ? packed : stack([bitwiseAnd(packed, 15), shiftRight(packed, 4)], 3);
  return sub(cast(reshape(q, [rows, blocks, block]), 'float32'), 2 ** (attrs.bits - 1));
}
