/**
 * Products and rows of quantised constants by the CPU's kernels that read their packed bytes. As inputs of the program,
 * whose values a kernel would have to prepare at every run, they are multiplied as floats.
 *
 * The kernel of the product rounds the other operand to eight bits, too, with a scale for every block of every row
 * (accuracy level 4), so that it multiplies whole numbers: against the plain meaning a result is off by about half a
 * percent of its size.
 */
import type { NDArray } from '../array.ts';
import { type Bits, layout } from '../ops/quantized.ts';
import { apply, constantOp, type Op, type Program, reachable, type Tensor } from '../program.ts';
import { weightsOf } from '../quantize.ts';
import { elements } from '../shape.ts';
import { type Rule, simplify } from './simplify.ts';

/** A program with its quantised constants where they are. */
export function quantized(program: Program): Program {
  const any = reachable(program.outputs).some(({ op }) => op.name === 'dequantize');
  return any ? simplify(program, [fuse]) : program;
}

const fuse: Rule = ({ op, attrs }, [first, second]) => {
  if (op.name === 'matmul') {
    const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean };
    if (transposeA || !transposeB || !isPacked(second!)) return undefined;
    const { inputs, attrs: bits } = second!.node;
    return apply(quantizedMatmulOp, [first!, ...inputs], bits as Bits);
  }
  if (op.name !== 'take' || (attrs as { axis: number }).axis !== 0 || !isPacked(first!)) return undefined;
  const { inputs, attrs: bits } = first!.node;
  return apply(quantizedTakeOp, [...inputs, second!], bits as Bits);
};

function isPacked({ node }: Tensor): boolean {
  return node.op.name === 'dequantize' && node.inputs.every((t) => t.node.op === (constantOp as unknown));
}

/** x Wᵀ of x [..., m, in], packed weights and scales. */
const quantizedMatmulOp: Op<Bits> = {
  name: 'quantizedMatmul',
  infer: ([x, packed], attrs) => [{ dtype: 'float32', shape: [...x!.shape.slice(0, -1), layout(packed!, attrs).rows] }],
  lower: (emit, inputs, { inputs: [, packed], attrs }) => {
    const { rows, block, width } = layout(packed!, attrs);
    const sizes = { K: width, N: rows, bits: attrs.bits, block_size: block, accuracy_level: 4 };
    return emit.op('MatMulNBits', inputs, sizes, 'com.microsoft');
  },
  meaning: ([x, packed, scales], attrs, [type]) => {
    const { rows, width } = layout(packed!, attrs);
    const w = weightsOf(packed!.data, scales!.data, attrs.bits);
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

/** The rows of a table at indices: packed weights, scales, indices. */
const quantizedTakeOp: Op<Bits> = {
  name: 'quantizedTake',
  infer: ([packed, , indices], attrs) => [
    { dtype: 'float32', shape: [...indices!.shape, layout(packed!, attrs).width] },
  ],
  lower: (emit, [, scales, indices], { inputs: [packed], attrs }) => {
    const { rows, block, width } = layout(packed!, attrs);
    // a constant of its own: the product gives its own back once it is packed
    const { value } = packed!.node.attrs as { value: NDArray };
    const table = emit.reshaped(value, [rows, (width * attrs.bits) / 8]);
    const options = { gather_axis: 0, quantize_axis: 1, block_size: block, bits: attrs.bits };
    return emit.op('GatherBlockQuantized', [table, indices!, scales!], options, 'com.microsoft');
  },
  meaning: ([packed, scales, indices], attrs) => {
    const { rows, width } = layout(packed!, attrs);
    const w = weightsOf(packed!.data, scales!.data, attrs.bits);
    const out = new Float64Array(indices!.data.length * width);
    for (const [i, index] of indices!.data.entries()) {
      const row = index < 0 ? index + rows : index;
      if (!(row >= 0 && row < rows))
        throw new RangeError(`take: expected an index in [${-rows}, ${rows - 1}], got ${index}`);
      out.set(w.subarray(row * width, (row + 1) * width), i * width);
    }
    return [out];
  },
};
