/**
 * Quantised constants in files of the ONNX standard: blocks of DequantizeLinear, which has been in the standard since
 * set 21, before a product. A runtime without kernels for it multiplies floats; ONNX Runtime joins the two into the
 * kernel that the engine uses itself. That it recognises in the layout [in, out] only, into which weights are turned.
 */
import { NDArray } from '../array.ts';
import { reshape } from '../ops/axes.ts';
import { take } from '../ops/indexing.ts';
import { type Bits, dequantizeByParts } from '../ops/quantized.ts';
import { apply, constantOp, type Op, type Program, reachable, type Tensor } from '../program.ts';
import { weightsOf } from '../quantize.ts';
import { elements } from '../shape.ts';
import { type Rule, simplify } from './simplify.ts';

/** A program as it is exported, its examples of open sizes too. */
export function quantizedForExport(program: Program): Program {
  const rewritten = (one: Program) =>
    reachable(one.outputs).some(({ op }) => op.name === 'dequantize') ? simplify(one, [rule]) : one;
  const { open } = program;
  if (!open) return rewritten(program);
  const examples = open.examples.map((example) => ({ ...example, program: rewritten(example.program) }));
  return { ...rewritten(program), open: { ...open, examples } };
}

const rule: Rule = ({ op, attrs }, [first, second]) => {
  if (op.name === 'matmul') {
    const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean };
    const weights = !transposeA && transposeB ? turned(second!) : undefined;
    return weights && apply(blockwiseMatmulOp, [first!], weights);
  }
  if (op.name !== 'take' || (attrs as { axis: number }).axis !== 0 || first!.node.op.name !== 'dequantize')
    return undefined;
  // the rows that are wanted, before they are made floats
  const [packed, scales] = first!.node.inputs.map((t) => take(t, reshape(second!, [-1])));
  const rows = dequantizeByParts(packed!, scales!, first!.node.attrs as Bits);
  return reshape(rows, [...second!.shape, first!.shape[1]!]);
};

interface Turned {
  readonly bits: 4 | 8;
  /** Tells these weights from others of their shape. */
  readonly id: number;
  /** [in · out · bits / 8]: (q − 2ᵇ⁻¹) as two's complements, [in, out]. */
  readonly packed: NDArray;
  /** [in / block, out] */
  readonly scales: NDArray;
}

const known = new WeakMap<NDArray, Turned>();
let made = 0;

/** The weights of a dequantised constant, [in, out]. Made once, so that all examples of a program have the same. */
function turned({ node }: Tensor): Turned | undefined {
  if (node.op.name !== 'dequantize' || node.inputs.some((t) => t.node.op !== (constantOp as unknown))) return undefined;
  const [packed, scales] = node.inputs.map((t) => (t.node.attrs as { value: NDArray }).value) as [NDArray, NDArray];
  const { bits } = node.attrs as Bits;
  if (!known.has(packed)) known.set(packed, turn(packed, scales, bits));
  return known.get(packed)!;
}

function turn(packed: NDArray, scales: NDArray, bits: 4 | 8): Turned {
  const [out, blocks, bytes] = packed.shape as [number, number, number];
  const [from, to] = [packed.data as Uint8Array, new Uint8Array(packed.size)];
  const width = (blocks * bytes * 8) / bits;
  for (let row = 0; row < out; row++) {
    for (let k = 0; k < width; k++) {
      const [at, into] = [row * width + k, k * out + row];
      // the highest bit turned round is the offset subtracted
      if (bits === 8) to[into] = from[at]! ^ 0x80;
      else to[into >> 1]! |= (((from[at >> 1]! >> (4 * (at & 1))) & 15) ^ 8) << (4 * (into & 1));
    }
  }
  const s = scales.data as Float32Array;
  const turnedScales = Float32Array.from(s, (_, i) => s[(i % out) * blocks + Math.floor(i / out)]!);
  return {
    bits,
    id: made++,
    packed: new NDArray('uint8', [to.length], to),
    scales: new NDArray('float32', [blocks, out], turnedScales),
  };
}

const blockwiseMatmulOp: Op<Turned> = {
  name: 'blockwiseMatmul',
  infer: ([x], { scales }) => [{ dtype: 'float32', shape: [...x!.shape.slice(0, -1), scales.shape[1]!] }],
  lower: (emit, [x], { inputs: [type], attrs: { bits, packed, scales } }) => {
    const [blocks, out] = scales.shape as [number, number];
    const width = type!.shape.at(-1)!;
    const q = emit.signed(packed, bits, [width, out]);
    const w = emit.op('DequantizeLinear', [q, emit.constant(scales)], { axis: 0, block_size: width / blocks });
    // with an axis more, so that no bias or activation is joined to it first
    const axis = emit.ints([0]);
    return emit.op('Squeeze', [emit.op('MatMul', [emit.op('Unsqueeze', [x!, axis]), w]), axis]);
  },
  meaning: ([x], { bits, packed, scales }, [type]) => {
    const [blocks, out] = scales.shape as [number, number];
    const width = x!.shape.at(-1)!;
    // the offset is in the numbers: with it back, they are read as ever, with a scale of 1
    const flip = bits === 8 ? 0x80 : 0x88;
    const bytes = Array.from(packed.data as Uint8Array, (v) => v ^ flip);
    const w = weightsOf(bytes, [1], bits);
    return [
      Float64Array.from({ length: elements(type!.shape) }, (_, i) => {
        const [row, column] = [Math.floor(i / out), i % out];
        let total = 0;
        for (let k = 0; k < width; k++) {
          const scale = (scales.data as Float32Array)[Math.floor((k * blocks) / width) * out + column]!;
          total += x!.data[row * width + k]! * w[k * out + column]! * scale;
        }
        return total;
      }),
    ];
  },
};
