/**
 * Placing: which nodes of a program a device runs, and which the host computes before it.
 *
 * A provider may lack an op altogether: WebGPU has no bit operations, so it cannot draw random numbers. What such a
 * node needs is mostly a key and a counter, given as arguments: the host computes it with the op's plain meaning and
 * hands the result to the rest as one more input. Only whole numbers and scalars are worth that; a node that would
 * need the device's floats on the host is refused, by name and line, because a run would stop halfway for it.
 *
 * What a device can run but a loop in JavaScript does better, the host computes too (`early`).
 *
 * The host also keeps what a device need not see: constants that are results, and everything without elements.
 */
import { NDArray } from '../array.ts';
import { allocate, isFloat } from '../dtype.ts';
import {
  apply,
  applyAll,
  at,
  constantOp,
  formatSite,
  formatType,
  input,
  inputOp,
  type Node,
  type Program,
  reachable,
  type Tensor,
} from '../program.ts';
import type { Support } from '../support.ts';

/** A program divided. */
export interface Placed {
  /** What the host computes from the program's inputs: results, and after those what the device needs. */
  readonly host: Program;
  /** How many of the host's outputs are results. */
  readonly kept: number;
  /** What the device runs: its inputs are the program's, and after those what the host computed for it. */
  readonly device: Program;
  /** Whose output each of the program's is, and which. */
  readonly results: readonly { readonly fromHost: boolean; readonly at: number }[];
}

/**
 * Divides a program between the host and a provider.
 * @throws TypeError naming the op and the user's line, when the provider lacks one that the host cannot compute first
 */
export function place(program: Program, provider: string, support: Support): Placed {
  // simplification has made constants of tensors without elements, but for parts of what was split
  const wanted = program.outputs.map((t) => (t.size === 0 ? empty(t) : t));
  const host = new Set<Node>();
  for (const node of support.early(reachable(wanted))) {
    const before = reachable(node.inputs).filter((needed) => !isGiven(needed));
    if (before.some((needed) => needed.outputs.some(isArrayOfFloats)) || node.inputs.some(isArrayOfFloats)) continue;
    for (const needed of [...before, node]) host.add(needed);
  }
  for (const node of reachable(wanted)) {
    if (isGiven(node) || host.has(node)) continue;
    const reason = support.lacks(node);
    if (reason === undefined) continue;
    for (const needed of reachable(node.inputs)) {
      if (isGiven(needed)) continue;
      if (needed.outputs.some(isArrayOfFloats)) throw refusal(provider, node, reason);
      host.add(needed);
    }
    if (node.inputs.some(isArrayOfFloats)) throw refusal(provider, node, reason);
    host.add(node);
  }

  // a result that is an input is the device's to hand on where it can, so that it stays where it is
  const onHost = ({ node, dtype }: Tensor) =>
    host.has(node) || node.op === (constantOp as unknown) || (isGiven(node) && !support.copies(dtype));
  const kept: Tensor[] = [];
  const rest: Tensor[] = [];
  const names: string[] = [];
  const results = wanted.map((t, i) => {
    const from = onHost(t) ? kept : rest;
    const known = from === kept || !support.copies(t.dtype) ? from.indexOf(t) : -1;
    if (known < 0 && from === rest) names.push(program.outputNames[i]!);
    return { fromHost: from === kept, at: known < 0 ? from.push(t) - 1 : known };
  });

  const handed = new Map<Tensor, Tensor>();
  const made = new Map<Tensor, Tensor>();
  for (const node of reachable(rest)) {
    if (isGiven(node) || host.has(node)) continue;
    for (const t of node.inputs) {
      if (host.has(t.node) && !handed.has(t)) handed.set(t, input(`host${handed.size}`, t));
    }
    const inputs = node.inputs.map((t) => handed.get(t) ?? made.get(t) ?? t);
    if (inputs.every((t, i) => t === node.inputs[i])) continue;
    const outputs = at(node.site, () => applyAll(node.op, inputs, node.attrs));
    for (const [i, output] of outputs.entries()) made.set(node.outputs[i]!, output);
  }
  const computed = [...kept, ...handed.keys()];
  return {
    host: { inputs: program.inputs, outputs: computed, outputNames: computed.map(() => '') },
    kept: kept.length,
    device: {
      inputs: [...program.inputs, ...handed.values()],
      outputs: rest.map((t) => made.get(t) ?? t),
      outputNames: names,
    },
    results,
  };
}

/** Says that a provider lacks an op, and where the user asked for it. */
export function refusal(provider: string, node: Node, reason: string): TypeError {
  const site = formatSite(node.site);
  const types = node.inputs.map(formatType).join(', ');
  return new TypeError(
    `${node.op.name}: expected an op that the provider ${provider} has, got ${node.op.name}(${types}): ${reason}${site ? ` (made at ${site})` : ''}`,
  );
}

/** What the host does not compute for a device: floats, but for scalars. */
function isArrayOfFloats({ dtype, size }: Tensor): boolean {
  return isFloat(dtype) && size > 1;
}

function isGiven(node: Node): boolean {
  return node.op === (inputOp as unknown) || node.op === (constantOp as unknown);
}

function empty({ dtype, shape }: Tensor): Tensor {
  return apply(constantOp, [], { value: new NDArray(dtype, shape, allocate(dtype, 0)) });
}
