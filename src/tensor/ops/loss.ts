/**
 * Losses that are worth an op of their own, because the gradient reuses what the forward pass computed.
 */
import { applyAll, formatType, type Op, requireFloat, type Tensor } from '../program.ts';
import { formatShape, sameShape } from '../shape.ts';
import { add, mul, neg, sub } from './elementwise.ts';
import { scatterAdd } from './indexing.ts';
import { expandDims, sum } from './movement.ts';
import { forEachLine, mapLines, softmaxOf } from './reduce.ts';

const crossEntropyOp: Op<undefined> = {
  name: 'crossEntropy',
  infer: ([logits, labels]) => {
    requireFloat('crossEntropy', logits!);
    if (logits!.rank === 0)
      throw new RangeError(`crossEntropy: expected logits [..., classes], got ${formatType(logits!)}`);
    if (labels!.dtype !== 'int32')
      throw new TypeError(`crossEntropy: expected int32 labels, got ${formatType(labels!)}`);
    if (!sameShape(logits!.shape.slice(0, -1), labels!.shape)) {
      throw new RangeError(
        `crossEntropy: expected labels of shape ${formatShape(logits!.shape.slice(0, -1))}, got ${formatType(labels!)}`,
      );
    }
    return [
      { dtype: logits!.dtype, shape: labels!.shape },
      { dtype: logits!.dtype, shape: logits!.shape },
    ];
  },
  // p − onehot(label); the probabilities are kept from the forward pass
  vjp: ({ inputs: [, labels], outputs: [, p] }, [g, gp]) => {
    const dp = gp === undefined ? undefined : mul(p!, sub(gp, sum(mul(gp, p!), -1, { keepDims: true })));
    if (g === undefined) return [dp, undefined];
    const scale = expandDims(g, -1);
    const dz = scatterAdd(mul(p!, scale), expandDims(labels!, -1), neg(scale));
    return [dp === undefined ? dz : add(dz, dp), undefined];
  },
  // ln Σ eᶻ = max z − ln max p, which is safe because max p ≥ 1/classes
  lower: (emit, [logits, labels], { inputs: [z] }) => {
    const last = emit.ints([z!.rank - 1]);
    const p = emit.op('Softmax', [logits!], { axis: -1 });
    const top = (x: string) => emit.op('ReduceMax', [x, last], { keepdims: 1 });
    const lse = emit.op('Sub', [top(logits!), emit.op('Log', [top(p)])]);
    const at = emit.op('GatherElements', [logits!, emit.reshape(labels!, [...z!.shape.slice(0, -1), 1])], {
      axis: z!.rank - 1,
    });
    return [emit.reshape(emit.op('Sub', [lse, at]), z!.shape.slice(0, -1)), p];
  },
  meaning: ([logits, labels]) => {
    const loss = new Float64Array(labels!.data.length);
    const p = mapLines(logits!, logits!.shape.length - 1, softmaxOf);
    forEachLine(logits!, logits!.shape.length - 1, (line, i) => {
      const top = Math.max(...line);
      loss[i] = top + Math.log(line.reduce((total, v) => total + Math.exp(v - top), 0)) - line[labels!.data[i]!]!;
    });
    return [loss, p];
  },
};

/**
 * Cross-entropy −ln softmax(logits)[label] of each line, in nats.
 * @param logits [..., classes]
 * @param labels [...] int32, each in [0, classes)
 */
export function crossEntropy(logits: Tensor, labels: Tensor): Tensor {
  return applyAll(crossEntropyOp, [logits, labels], undefined)[0]!;
}
