/**
 * Tracing: a function called on symbolic tensors, whose results are a program.
 *
 * The leaves of its argument trees become the program's inputs, named by their paths; the tensors of its result become
 * the outputs. Everything else in the arguments reaches the function as it is.
 */
import { NDArray } from './array.ts';
import { constant } from './constant.ts';
import { simplify } from './passes/simplify.ts';
import { input, inputOp, type Program, reachable, Tensor, type Type } from './program.ts';
import { QuantizedArray } from './quantize.ts';
import { flattenTree } from './tree.ts';

/** A function on trees of tensors, as tracing sees it. */
export type Traceable = (...args: unknown[]) => unknown;

/** A function traced for one signature. */
export interface Traced {
  readonly program: Program;
  /** What stands in the result beside tensors. */
  readonly rest: readonly unknown[];
  /** Builds the result from the program's outputs. */
  readonly build: (outputs: readonly NDArray[]) => unknown;
}

/**
 * Traces `fn` for arguments of the types of `args`, or of what `retype` makes of them, given the argument's number and
 * the array's path.
 */
export function trace(
  fn: Traceable,
  args: readonly unknown[],
  retype: (type: Type, argument: number, path: string) => Type = (type) => type,
): Traced {
  const names = parameterNames(fn, args.length);
  const inputs: Tensor[] = [];
  const tensors = args.map((arg, i) => {
    const flat = flattenTree(arg, names[i]!);
    return flat.build(
      flat.leaves.map((leaf, j) => {
        if (leaf instanceof QuantizedArray) return constant(leaf);
        const type = typeOf(leaf, flat.paths[j]!);
        if (type === undefined) return leaf;
        const tensor = input(flat.paths[j]!, retype(type, i, flat.paths[j]!));
        inputs.push(tensor);
        return tensor;
      }),
    );
  });
  const paths = new Set<string>();
  for (const { node } of inputs) {
    const { name } = node.attrs as { name: string };
    if (paths.has(name)) throw new TypeError(`compile: expected arguments of different paths, got ${name} twice`);
    paths.add(name);
  }
  const returned = fn(...tensors);
  if (returned instanceof Promise) {
    returned.catch(() => undefined);
    throw new TypeError(
      'compile: expected a function that returns tensors, got one that returns a promise (inside, call functions themselves, not their compiled forms)',
    );
  }
  const result = flattenTree(returned);
  const at = result.leaves.flatMap((leaf, i) => (leaf instanceof Tensor ? [i] : []));
  const outputs = at.map((i) => result.leaves[i] as Tensor);
  requireOwn(outputs, inputs);
  const program = simplify({
    inputs,
    outputs,
    outputNames: at.map((i) => result.paths[i]!),
  });
  return {
    program,
    rest: result.leaves.filter((leaf) => !(leaf instanceof Tensor)),
    build: (outputs) => {
      const leaves = [...result.leaves];
      for (const [k, i] of at.entries()) leaves[i] = outputs[k];
      return result.build(leaves);
    },
  };
}

/** @throws ReferenceError when outputs reach an argument of another trace, which has no value here */
function requireOwn(outputs: readonly Tensor[], inputs: readonly Tensor[]): void {
  const own = new Set(inputs.map((t) => t.node));
  for (const node of reachable(outputs)) {
    if (node.op !== (inputOp as unknown) || own.has(node)) continue;
    const { name } = node.attrs as { name: string };
    throw new ReferenceError(`compile: expected tensors of this trace, got ${name} of another (make it an argument)`);
  }
}

const scalar: Type = { dtype: 'float32', shape: [] };

/** The type of an argument's leaf; undefined for what is part of the signature by its value. */
export function typeOf(leaf: unknown, path: string): Type | undefined {
  if (leaf instanceof NDArray) return leaf;
  switch (typeof leaf) {
    case 'number':
      return scalar;
    case 'string':
    case 'boolean':
    case 'undefined':
      return undefined;
  }
  if (leaf === null) return undefined;
  const kind =
    leaf instanceof Tensor
      ? 'a tensor of a trace (call the function itself, not its compiled form)'
      : (leaf?.constructor?.name ?? typeof leaf);
  throw new TypeError(
    `compile: expected arrays and numbers, got ${kind} at ${path} (array() makes an array of numbers)`,
  );
}

/** Names of a function's parameters, where its text shows plain ones: they name a printed program's inputs. */
function parameterNames(fn: Traceable, count: number): string[] {
  const head = /^(?:async\s*)?(?:function\s*\w*\s*)?\(?([^()=]*)/.exec(fn.toString())?.[1] ?? '';
  const listed = head.split(',').map((part) => /^\s*([A-Za-z_$][\w$]*)\s*$/.exec(part)?.[1]);
  const names = Array.from({ length: count }, (_, i) => listed[i] ?? `arg${i}`);
  return new Set(names).size === count ? names : names.map((_, i) => `arg${i}`);
}
