/**
 * Quantised weights inside programs (quantize.ts), as floats. Products and rows of them are done without making the
 * floats, by what passes/quantized.ts puts in their place.
 */
import type { Emitter } from '../lower.ts';
import { apply, formatType, type Op, type Tensor, type Type } from '../program.ts';
import { isBlock, weightsOf } from '../quantize.ts';
import { formatShape } from '../shape.ts';
import { mul, sub } from './arithmetic.ts';
import { expandDims, reshape } from './axes.ts';
import { sum } from './broadcast.ts';
import { bitwiseAnd, shiftRight } from './logic.ts';
import { cast } from './select.ts';
import { stack } from './slicing.ts';

/** How packed weights are to be read. */
export interface Bits {
  readonly bits: 4 | 8;
}

/** Rows, blocks a row, weights a block and weights a row of packed weights. */
export function layout(packed: Type, { bits }: Bits): { rows: number; blocks: number; block: number; width: number } {
  const [rows, blocks, bytes] = packed.shape as [number, number, number];
  const block = (bytes * 8) / bits;
  return { rows, blocks, block, width: blocks * block };
}

const dequantizeOp: Op<Bits> = {
  name: 'dequantize',
  infer: ([packed, scales], attrs) => {
    const { rows, blocks, block, width } = layout(packed!, attrs);
    const types = packed!.dtype === 'uint8' && scales!.dtype === 'float32';
    if (!types || packed!.rank !== 3 || formatShape(scales!.shape) !== formatShape([rows, blocks]) || !isBlock(block)) {
      throw new TypeError(
        `dequantize: expected packed weights uint8[out, blocks, bytes] and scales float32[out, blocks], got ${formatType(packed!)} and ${formatType(scales!)}`,
      );
    }
    return [{ dtype: 'float32', shape: [rows, width] }];
  },
  // ds of a block is Σ (q − 2ᵇ⁻¹) dW over it
  vjp: ({ inputs: [packed], attrs }, [g]) => {
    const centred = centredOf(packed!, attrs);
    return [undefined, sum(mul(reshape(g!, centred.shape), centred), -1)];
  },
  lower: (emit, [packed, scales], { inputs: [type], attrs }) => {
    const { rows, blocks, width } = layout(type!, attrs);
    const scaled = emit.op('Mul', [emitCentred(emit, packed!, type!, attrs), emit.reshape(scales!, [rows, blocks, 1])]);
    return emit.reshape(scaled, [rows, width]);
  },
  meaning: ([packed, scales], { bits }) => [weightsOf(packed!.data, scales!.data, bits)],
};

/** q − 2ᵇ⁻¹, [rows, blocks, block] float32. */
function emitCentred(emit: Emitter, packed: string, type: Type, { bits }: Bits): string {
  const { rows, blocks, block } = layout(type, { bits });
  let q = packed;
  if (bits === 4) {
    const low = emit.op('BitwiseAnd', [packed, emit.scalar('uint8', 15)]);
    const high = emit.op('BitShift', [packed, emit.scalar('uint8', 4)], { direction: 'RIGHT' });
    const apart = [low, high].map((half) => emit.reshape(half, [rows, blocks, block / 2, 1]));
    q = emit.reshape(emit.op('Concat', apart, { axis: 3 }), [rows, blocks, block]);
  }
  return emit.op('Sub', [emit.cast(q, 'float32'), emit.scalar('float32', 2 ** (bits - 1))]);
}

/** q − 2ᵇ⁻¹, [rows, blocks, block] float32. */
function centredOf(packed: Tensor, attrs: Bits): Tensor {
  const { rows, blocks, block } = layout(packed, attrs);
  const q = attrs.bits === 8 ? packed : stack([bitwiseAnd(packed, 15), shiftRight(packed, 4)], 3);
  return sub(cast(reshape(q, [rows, blocks, block]), 'float32'), 2 ** (attrs.bits - 1));
}

/**
 * The float32 weights [out, in] that quantised ones stand for.
 * @param packed [out, in / block, block · bits / 8] uint8
 * @param scales [out, in / block] float32
 */
export function dequantize(packed: Tensor, scales: Tensor, attrs: Bits): Tensor {
  return apply(dequantizeOp, [packed, scales], { bits: attrs.bits });
}

/** The same of ops that every provider has. */
export function dequantizeByParts(packed: Tensor, scales: Tensor, attrs: Bits): Tensor {
  const centred = centredOf(packed, attrs);
  const { rows, width } = layout(packed, attrs);
  return reshape(mul(centred, expandDims(scales, -1)), [rows, width]);
}
