/**
 * The order of computing.
 *
 * A runtime computes what a result needs just before it, so that an optimizer's new parameters and moments – three
 * arrays for every gradient – fill the memory while the activations that the rest of the backward pass needs are still
 * there. What is made to wait for all gradients comes when the activations are gone.
 */
import { apply, formatType, type Op, requireFloat, type Tensor } from '../program.ts';

const afterOp: Op<undefined> = {
  name: 'after',
  infer: ([x]) => [x!],
  vjp: ({ inputs }, [g]) => inputs.map((_, i) => (i === 0 ? g : undefined)),
  lower: (emit, [x, ...others], { inputs: [type] }) => {
    if (emit.target.provider !== 'cpu' || emit.target.portable || type!.dtype !== 'float32') return x!;
    // an entry of each, and none of them used; of several operands the runtime computes the one made last first
    const entries = others.toReversed().map((other) => emit.op('Gather', [emit.reshape(other, [-1]), emit.ints([0])]));
    const one = emit.op('Gather', [emit.op('Concat', entries, { axis: 0 }), emit.ints([0])]);
    return emit.op('Where', [emit.scalar('bool', 1), x!, emit.reshape(one, type!.shape)]);
  },
  meaning: ([x]) => [x!.data],
};

/**
 * The float scalar x, computed when all of `others` have been, which are computed in the order in which they were made:
 * on the CPU in float32; elsewhere x itself.
 * @param others of x's element type; those without elements are not waited for
 * @throws TypeError for other element types, or an x that is no scalar
 */
export function after(x: Tensor, others: readonly Tensor[]): Tensor {
  requireFloat('after', x);
  const odd = [x, ...others].find((t) => t.dtype !== x.dtype || (t === x && x.rank !== 0));
  if (odd) throw new TypeError(`after: expected a scalar and others of its type, got ${formatType(odd)}`);
  const waited = others.filter(({ size }) => size > 0).toSorted((a, b) => a.node.id - b.node.id);
  return waited.length === 0 ? x : apply(afterOp, [x, ...waited], undefined);
}
