/**
 * Products and rows of quantised constants by the kernels that read their packed bytes. As inputs of the program, whose
 * values a kernel would have to prepare at every run, they are multiplied as floats.
 */
import { type Bits, quantizedMatmulOp, quantizedTakeOp } from '../ops/quantized.ts';
import { apply, constantOp, type Program, reachable, type Tensor } from '../program.ts';
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
