/**
 * Simplification: the program built again from its inputs, each node at most once.
 *
 * Equal nodes become one (common subexpressions), an op's own `simplify` rule replaces what it can (x · 1, a reshape of
 * a reshape, a transpose that a product absorbs), and what no output needs is never reached. Tensors without elements
 * become constants, and so does what is made of nothing else: runtimes are unreliable with those.
 */
import { contentKey, type NDArray } from '../array.ts';
import { fromValue } from '../interpret.ts';
import {
  apply,
  applyAll,
  at,
  constantOp,
  inputOp,
  type Node,
  type Program,
  reachable,
  type Tensor,
} from '../program.ts';

/** What a node may be replaced by, given its inputs as they have become; undefined to leave it. */
export type Rule = (node: Node, inputs: readonly Tensor[]) => Tensor | undefined;

/** An equal program with fewer nodes, or with what further rules make of them. Its inputs are the same tensors. */
export function simplify(program: Program, rules: readonly Rule[] = []): Program {
  const known = new Map<string, readonly Tensor[]>();
  const made = new Map<Tensor, Tensor>();

  const rebuild = (node: Node, inputs: readonly Tensor[]): readonly Tensor[] => {
    const key = keyOf(node, inputs);
    const same = key === undefined ? undefined : known.get(key);
    if (same) return same;
    const empty = withoutElements(node, inputs);
    if (empty) return empty.map(settle);
    let simpler = node.op.simplify?.(inputs, node.attrs);
    for (const rule of rules) simpler ??= rule(node, inputs);
    const outputs = simpler
      ? [settle(simpler)]
      : inputs.every((t, i) => t === node.inputs[i])
        ? node.outputs
        : applyAll(node.op, inputs, node.attrs);
    if (key !== undefined) known.set(key, outputs);
    return outputs;
  };

  // what a rule made is itself new: it is rebuilt too, so that its nodes are shared and simplified in turn
  const settle = (tensor: Tensor): Tensor => {
    if (!made.has(tensor)) place(tensor.node, rebuild(tensor.node, tensor.node.inputs.map(settle)));
    return made.get(tensor)!;
  };
  const place = (node: Node, outputs: readonly Tensor[]): void => {
    for (const [i, output] of outputs.entries()) {
      made.set(node.outputs[i]!, output);
      made.set(output, output);
    }
  };

  for (const node of reachable([...program.inputs, ...program.outputs])) {
    if (node.op === (inputOp as unknown)) place(node, node.outputs);
    else
      place(
        node,
        at(node.site, () =>
          rebuild(
            node,
            node.inputs.map((t) => made.get(t)!),
          ),
        ),
      );
  }
  return { ...program, outputs: program.outputs.map((t) => made.get(t)!) };
}

/** The outputs of a node as constants, where they have no elements or all its operands have none. */
function withoutElements(node: Node, inputs: readonly Tensor[]): readonly Tensor[] | undefined {
  if (node.op === (constantOp as unknown)) return undefined;
  const none = (list: readonly Tensor[]) => list.every(({ size }) => size === 0);
  if (!none(node.outputs) && (inputs.length === 0 || !none(inputs))) return undefined;
  const values = none(node.outputs)
    ? node.outputs.map(() => new Float64Array(0))
    : node.op.meaning(
        inputs.map(({ dtype, shape }) => ({ dtype, shape, data: new Float64Array(0) })),
        node.attrs,
        node.outputs,
      );
  return node.outputs.map(({ dtype, shape }, i) =>
    apply(constantOp, [], { value: fromValue({ dtype, shape, data: values[i]! }) }),
  );
}

let identities = 0;
const identityOf = new WeakMap<object, number>();

/** Equal for nodes that compute the same; undefined for inputs and for what holds a program. */
function keyOf({ op, attrs }: Node, inputs: readonly Tensor[]): string | undefined {
  if (op === (constantOp as unknown)) {
    const { value } = attrs as { value: NDArray };
    if (value.size <= 16 && value.remote === undefined) return `constant ${contentKey(value)}`;
    if (!identityOf.has(value)) identityOf.set(value, identities++);
    return `constant #${identityOf.get(value)}`;
  }
  if (Object.values((attrs ?? {}) as object).some((v) => typeof v === 'object' && v !== null && 'outputs' in v))
    return undefined;
  return `${op.name} ${inputs.map((t) => `${t.node.id}.${t.index}`)} ${JSON.stringify(attrs, exactly)}`;
}

/** Keeps apart what JSON writes alike: −0 and 0, the infinities and NaN. */
const exactly = (_: string, v: unknown) =>
  Object.is(v, -0) ? '-0' : typeof v === 'number' && !Number.isFinite(v) ? String(v) : v;
