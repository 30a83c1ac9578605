/**
 * Loops inside one program.
 *
 * `scan` traces its body once, on placeholders for the carry and for one slice of the inputs. Whatever the body uses
 * that does not depend on them is found on the graph and stays outside: it is computed once and captured.
 *
 * The gradient is a scan that runs the other way. The forward loop hands out the carry before each step (outputs that
 * the lowering leaves out when nothing reads them), and the backward loop computes each step again from it: memory
 * grows with the carry, not with what happens inside a step.
 */
import { isFloat } from './dtype.ts';
import { pullback } from './gradient.ts';
import { interpret } from './interpret.ts';
import { add } from './ops/arithmetic.ts';
import { iota, zeros } from './ops/constants.ts';
import { simplify } from './passes/simplify.ts';
import {
  applyAll,
  at,
  constantOp,
  formatType,
  input,
  type Node,
  type Op,
  type Program,
  reachable,
  Tensor,
  type Type,
  type Value,
} from './program.ts';
import { elements } from './shape.ts';
import { flattenTree } from './tree.ts';

export interface Loop {
  /** One step: inputs are captured, carry and slices, in this order; outputs are carry and results. */
  readonly body: Program;
  readonly captured: number;
  readonly carried: number;
  readonly length: number;
  readonly reverse: boolean;
}

/** The inputs of a loop or of its body, by what they are. */
export function parts<T>(
  { captured, carried }: Loop,
  list: readonly T[],
): { captured: readonly T[]; carry: readonly T[]; xs: readonly T[] } {
  return {
    captured: list.slice(0, captured),
    carry: list.slice(captured, captured + carried),
    xs: list.slice(captured + carried),
  };
}

/** Outputs: the last carry, the stacked results, and the carry before each step. */
const scanOp: Op<Loop> = {
  name: 'scan',
  infer: (_, loop) => {
    const { body, carried, length } = loop;
    const stacked = ({ dtype, shape }: Type): Type => ({ dtype, shape: [length, ...shape] });
    return [
      ...body.outputs.slice(0, carried),
      ...body.outputs.slice(carried).map(stacked),
      ...body.outputs.slice(0, carried).map(stacked),
    ];
  },
  vjp: ({ inputs, outputs, attrs: loop }, cotangents) => backward(loop, inputs, outputs, cotangents),
  lower: (emit, names, node) => {
    const loop = node.attrs;
    const { body, carried } = loop;
    const results = body.outputs.length - carried;
    const saved = node.outputs.slice(carried + results).flatMap((t, i) => (emit.isUsed(t) ? [i] : []));
    const given = parts(loop, names);
    const own = parts(loop, body.inputs);
    const inner = emit.inner();
    const graph = inner.graph(
      {
        outputs: [...body.outputs, ...saved.map((i) => own.carry[i]!)],
        outputNames: [...body.outputs, ...saved].map((_, i) => `result${i}`),
        inputs: body.inputs,
      },
      'body',
      new Map(own.captured.map((t, i) => [t, given.captured[i]!])),
    );
    const direction = Number(loop.reverse);
    const out = emit.ops('Scan', [...given.carry, ...given.xs], graph.output!.length, {
      body: graph,
      num_scan_inputs: own.xs.length,
      scan_input_directions: own.xs.map(() => direction),
      scan_output_directions: graph.output!.slice(carried).map(() => direction),
    });
    const carries = node.outputs.slice(carried + results).map(() => '');
    for (const [k, i] of saved.entries()) carries[i] = out[carried + results + k]!;
    return [...out.slice(0, carried + results), ...carries];
  },
  meaning: (inputs, loop, types) => {
    const { captured, carry, xs } = parts(loop, inputs);
    const out = types.map((type) => new Float64Array(elements(type.shape)));
    const results = loop.body.outputs.length - loop.carried;
    const put = (value: Value, output: number, step: number) => out[output]!.set(value.data, step * value.data.length);
    let state = carry;
    for (let k = 0; k < loop.length; k++) {
      const step = loop.reverse ? loop.length - 1 - k : k;
      for (const [i, value] of state.entries()) put(value, loop.carried + results + i, step);
      const slices = xs.map(({ dtype, shape, data }) => {
        const size = elements(shape.slice(1));
        return { dtype, shape: shape.slice(1), data: data.slice(step * size, (step + 1) * size) };
      });
      const next = interpret(loop.body, [...captured, ...state, ...slices]);
      for (const [i, value] of next.slice(loop.carried).entries()) put(value, loop.carried + i, step);
      state = next.slice(0, loop.carried);
    }
    for (const [i, value] of state.entries()) out[i]!.set(value.data);
    return out;
  },
};

/** Whether a node is a loop. */
export function isLoop(node: Node): node is Node<Loop> {
  return node.op === (scanOp as unknown);
}

/** The cotangents of a loop's inputs: the loop run backwards over the cotangents of its steps. */
function backward(
  loop: Loop,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  cotangents: readonly (Tensor | undefined)[],
): (Tensor | undefined)[] {
  const { body, carried } = loop;
  const results = body.outputs.length - carried;
  const given = parts(loop, inputs);
  // what a further differentiation asks of the carries that a gradient has read, one entry a float carry
  const asked = cotangents.slice(carried + results).filter((_, i) => isFloat(given.carry[i]!.dtype));
  const zeroed = (i: number) =>
    cotangents[i] ?? (isFloat(outputs[i]!.dtype) ? zeros(outputs[i]!.shape, outputs[i]!.dtype) : undefined);
  const floats = <T extends Type>(list: readonly T[]) => list.filter((t) => isFloat(t.dtype));
  const present = (list: readonly (Tensor | undefined)[]) => list.filter((t) => t !== undefined);

  const start = {
    carry: present(given.carry.map((_, i) => zeroed(i))),
    captured: floats(given.captured).map((t) => zeros(t.shape, t.dtype)),
  };
  const steps = {
    carry: outputs.slice(carried + results),
    xs: given.xs,
    results: present(Array.from({ length: results }, (_, i) => zeroed(carried + i))),
    asked: present(asked),
  };
  const [end, slices] = scan(
    (g, at: typeof steps) => {
      // the step again, on fresh nodes, and its pullback
      const next = inline(body, [...given.captured, ...at.carry, ...at.xs]);
      const wanted = [...floats(given.captured), ...floats(at.carry), ...floats(at.xs)];
      const all = pullback(floats(next), [...g.carry, ...at.results], wanted);
      const n = g.captured.length;
      const m = n + g.carry.length;
      const here = [...at.asked];
      const carry = all.slice(n, m).map((total, i) => (asked[i] ? add(total, here.shift()!) : total));
      return [{ carry, captured: g.captured.map((total, i) => add(total, all[i]!)) }, all.slice(m)] as const;
    },
    start,
    steps,
    { reverse: !loop.reverse },
  );
  const back = [...end.captured, ...end.carry, ...slices];
  return inputs.map((t) => (isFloat(t.dtype) ? back.shift() : undefined));
}

/** A program's nodes made again on other inputs: its outputs for them. */
export function inline(program: Program, inputs: readonly Tensor[]): Tensor[] {
  const made = new Map<Tensor, Tensor>(program.inputs.map((t, i) => [t, inputs[i]!]));
  for (const node of reachable(program.outputs)) {
    if (made.has(node.outputs[0]!)) continue;
    const outputs = at(node.site, () =>
      applyAll(
        node.op,
        node.inputs.map((t) => made.get(t)!),
        node.attrs,
      ),
    );
    for (const [i, output] of outputs.entries()) made.set(node.outputs[i]!, output);
  }
  return program.outputs.map((t) => made.get(t)!);
}

/**
 * Runs `body` over the leading axis of every tensor in `xs`, handing a carry from step to step, inside one program.
 *
 * Returns the last carry and the results of all steps, stacked along a new leading axis. The carry keeps its structure
 * and types. Without `xs`, give `length`.
 *
 * @example
 * const [total, running] = scan((sum, x: Tensor) => [add(sum, x), add(sum, x)], zeros([]), x);
 */
export function scan<C, X, Y>(
  body: (carry: C, x: X) => readonly [C, Y],
  carry: C,
  xs: X,
  options: { length?: number; reverse?: boolean } = {},
): [C, Y] {
  const init = flattenTree(carry, 'carry');
  const over = flattenTree(xs, 'x');
  const initial = tensorsOf(init.leaves, init.paths);
  const sequences = xs === undefined ? [] : tensorsOf(over.leaves, over.paths);
  const length = options.length ?? sequences[0]?.shape[0];
  if (length === undefined) throw new TypeError('scan: expected inputs to scan over or a length, got neither');
  for (const [i, t] of sequences.entries()) {
    if (t.shape[0] !== length)
      throw new RangeError(
        `scan: expected ${length} entries along the first axis of ${over.paths[i]}, got ${formatType(t)}`,
      );
  }

  const state = initial.map((t, i) => input(init.paths[i]!, t));
  const slices = sequences.map((t, i) => input(over.paths[i]!, { dtype: t.dtype, shape: t.shape.slice(1) }));
  const [nextCarry, result] = body(init.build(state) as C, (xs === undefined ? undefined : over.build(slices)) as X);
  const next = flattenTree(nextCarry, 'carry');
  const results = flattenTree(result, 'result');
  if (next.structure !== init.structure)
    throw new TypeError(
      `scan: expected the body to return a carry of structure ${init.structure}, got ${next.structure}`,
    );
  const outputs = tensorsOf(next.leaves, next.paths);
  for (const [i, t] of outputs.entries()) {
    if (formatType(t) !== formatType(initial[i]!))
      throw new TypeError(`scan: expected ${next.paths[i]} to stay ${formatType(initial[i]!)}, got ${formatType(t)}`);
  }
  const at = results.leaves.flatMap((leaf, i) => (leaf instanceof Tensor ? [i] : []));
  outputs.push(...at.map((i) => results.leaves[i] as Tensor));

  if (length === 0) {
    // ONNX's Scan needs a step to make
    const leaves = [...results.leaves];
    for (const [k, i] of at.entries()) {
      const { dtype, shape } = outputs[initial.length + k]!;
      leaves[i] = zeros([0, ...shape], dtype);
    }
    return [carry, results.build(leaves) as Y];
  }

  // ONNX's Scan needs something to scan over
  const counted = sequences.length === 0;
  const own = [...state, ...(counted ? [input('step', { dtype: 'int32', shape: [] })] : slices)];
  const { program, captured } = close(outputs, own);
  const loop: Loop = {
    body: program,
    captured: captured.length,
    carried: initial.length,
    length,
    reverse: options.reverse ?? false,
  };
  const all = applyAll(scanOp, [...captured, ...initial, ...(counted ? [iota(length)] : sequences)], loop);
  const leaves = [...results.leaves];
  for (const [k, i] of at.entries()) leaves[i] = all[initial.length + k];
  return [init.build(all.slice(0, initial.length)) as C, results.build(leaves) as Y];
}

function tensorsOf(leaves: readonly unknown[], paths: readonly string[]): Tensor[] {
  return leaves.map((leaf, i) => {
    if (!(leaf instanceof Tensor))
      throw new TypeError(`scan: expected a tensor at ${paths[i]}, got ${leaf === null ? 'null' : typeof leaf}`);
    return leaf;
  });
}

/**
 * The program of one step. What the outputs reach that does not depend on `own` is captured: it becomes an input, and
 * stays outside. Constants are kept inside, where the runtime sees their values.
 */
function close(outputs: readonly Tensor[], own: readonly Tensor[]): { program: Program; captured: Tensor[] } {
  const inside = new Set<Node>(own.map((t) => t.node));
  const captured = new Map<Tensor, Tensor>();
  const made = new Map<Tensor, Tensor>(own.map((t) => [t, t]));
  const inner = (t: Tensor): Tensor => {
    const known = made.get(t) ?? captured.get(t);
    if (known) return known;
    if (t.node.op === (constantOp as unknown)) return t;
    const outer = input(`captured${captured.size}`, t);
    captured.set(t, outer);
    return outer;
  };
  for (const node of reachable(outputs)) {
    if (inside.has(node) || !node.inputs.some((t) => inside.has(t.node))) continue;
    inside.add(node);
    const again = at(node.site, () => applyAll(node.op, node.inputs.map(inner), node.attrs));
    for (const [i, output] of again.entries()) made.set(node.outputs[i]!, output);
  }
  const closed = outputs.map(inner);
  const program = simplify({
    inputs: [...captured.values(), ...own],
    outputs: closed,
    outputNames: closed.map(() => ''),
  });
  return { program, captured: [...captured.keys()] };
}
