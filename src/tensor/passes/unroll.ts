/**
 * Unrolling: loops written out, for a provider without them. The steps become ordinary nodes, so that what the host
 * has to compute for a step (its random numbers) is found like any other node.
 */
import { zeros } from '../ops/constants.ts';
import { at as entry, stack } from '../ops/slicing.ts';
import { applyAll, at, inputOp, type Program, reachable, type Tensor } from '../program.ts';
import { inline, isLoop, type Loop, parts } from '../scan.ts';
import { simplify } from './simplify.ts';

/** The program with every scan replaced by its steps. */
export function unroll(program: Program): Program {
  const nodes = reachable(program.outputs);
  if (!nodes.some(isLoop)) return program;
  const made = new Map<Tensor, Tensor>();
  for (const node of nodes) {
    if (node.op === (inputOp as unknown)) continue;
    const inputs = node.inputs.map((t) => made.get(t) ?? t);
    const outputs = at(node.site, () =>
      isLoop(node)
        ? steps(node.attrs, inputs)
        : inputs.every((t, i) => t === node.inputs[i])
          ? node.outputs
          : applyAll(node.op, inputs, node.attrs),
    );
    for (const [i, output] of outputs.entries()) made.set(node.outputs[i]!, output);
  }
  return simplify({ ...program, outputs: program.outputs.map((t) => made.get(t) ?? t) });
}

/** The outputs of a loop: the last carry, the stacked results, and the stacked carries before each step. */
function steps(loop: Loop, inputs: readonly Tensor[]): Tensor[] {
  const { captured, carry, xs } = parts(loop, inputs);
  const { body, carried, length, reverse } = loop;
  let state = carry;
  const results: (readonly Tensor[])[] = [];
  const before: (readonly Tensor[])[] = [];
  for (let k = 0; k < length; k++) {
    const step = reverse ? length - 1 - k : k;
    const next = inline(body, [...captured, ...state, ...xs.map((x) => entry(x, step))]);
    before[step] = state;
    results[step] = next.slice(carried);
    state = next.slice(0, carried);
  }
  const stacked = (types: readonly Tensor[], rows: readonly (readonly Tensor[])[]) =>
    types.map(({ dtype, shape }, i) => (length > 0 ? stack(rows.map((row) => row[i]!)) : zeros([0, ...shape], dtype)));
  return [...state, ...stacked(body.outputs.slice(carried), results), ...stacked(carry, before)];
}
