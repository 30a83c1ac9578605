/**
 * Losses that are worth an op of their own, because the gradient reuses what the forward pass computed.
 */
import { applyAll, formatType, type Op, requireFloat, type Tensor } from '../program.ts';
import { formatShape, sameShape } from '../shape.ts';
import { add, clip, mul, neg, sub } from './arithmetic.ts';
import { expandDims } from './axes.ts';
import { sum } from './broadcast.ts';
import { scatterAdd } from './indexing.ts';
import { equal } from './logic.ts';
import { forEachLine, mapLines, softmaxOf } from './reduce.ts';
import { where } from './select.ts';

/**
 * Probabilities below this (40 nats) are 0 in a gradient: beside that of the others they are nothing in float32. The
 * gradients of a network that is sure of its classes would else be subnormal numbers, with which a product takes many
 * times as long.
 */
const least = 2 ** -58;

const crossEntropyOp: Op<undefined> = {
  name: 'crossEntropy',
  infer: ([logits, labels]) => {
    requireFloat('crossEntropy', logits!);
    if (logits!.rank === 0)
      throw new RangeError(`crossEntropy: expected logits [..., classes], got ${formatType(logits!)}`);
    if (labels!.dtype !== 'int32')
      throw new TypeError(`crossEntropy: expected int32 labels, got ${formatType(labels!)} (cast first)`);
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
  // p − onehot(label), NaN where there is no such class; the probabilities are kept from the forward pass
  vjp: ({ inputs: [, labels], outputs: [, p] }, [g, gp]) => {
    const dp = gp === undefined ? undefined : mul(p!, sub(gp, sum(mul(gp, p!), -1, { keepDims: true })));
    if (g === undefined) return [dp, undefined];
    const at = clip(labels!, 0, p!.shape.at(-1)! - 1);
    const scale = expandDims(where(equal(at, labels!), g, Number.NaN), -1);
    const dz = scatterAdd(mul(p!, scale), expandDims(at, -1), neg(scale));
    return [dp === undefined ? dz : add(dz, dp), undefined];
  },
  // ln Σ eᶻ = max z − ln max p, which is safe because max p ≥ 1/classes
  lower: (emit, [logits, labels], { inputs: [z] }) => {
    const last = emit.ints([z!.rank - 1]);
    const softmax = emit.op('Softmax', [logits!], { axis: -1 });
    // max(0, min(1, p − least)), NaN where p is
    const ruledOut = { alpha: { float: 1 }, beta: { float: -least } };
    const p = z!.dtype === 'float32' ? emit.op('HardSigmoid', [softmax], ruledOut) : softmax;
    const top = (x: string) => emit.op('ReduceMax', [x, last], { keepdims: 1 });
    const lse = emit.op('Sub', [top(logits!), emit.op('Log', [top(p)])]);
    const lines = z!.shape.slice(0, -1);
    const positive = emit.op('Max', [labels!, emit.scalar('int32', 0)]);
    const at = emit.op('Min', [positive, emit.scalar('int32', z!.shape.at(-1)! - 1)]);
    const chosen = emit.op('GatherElements', [logits!, emit.reshape(at, [...lines, 1])], { axis: z!.rank - 1 });
    const loss = emit.reshape(emit.op('Sub', [lse, chosen]), lines);
    // GatherElements alone takes a negative label for a class counted from the end
    const valid = emit.op('Equal', [at, labels!]);
    return [emit.op('Where', [valid, loss, emit.scalar(z!.dtype, Number.NaN)]), p];
  },
  meaning: ([logits, labels]) => {
    const loss = new Float64Array(labels!.data.length);
    const p = mapLines(logits!, logits!.shape.length - 1, softmaxOf).map((v) => Math.max(0, v - least));
    forEachLine(logits!, logits!.shape.length - 1, (line, i) => {
      const top = Math.max(...line);
      loss[i] =
        top +
        Math.log(line.reduce((total, v) => total + Math.exp(v - top), 0)) -
        (line[labels!.data[i]!] ?? Number.NaN);
    });
    return [loss, p];
  },
};

/**
 * Cross-entropy −ln softmax(logits)[label] of each line, in nats.
 * @param logits [..., classes]
 * @param labels [...] int32, each in [0, classes): the loss of another, and its gradient, is NaN
 */
export function crossEntropy(logits: Tensor, labels: Tensor): Tensor {
  return applyAll(crossEntropyOp, [logits, labels], undefined)[0]!;
}
