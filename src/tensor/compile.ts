/**
 * Compiling: a TypeScript function on tensors becomes a function on arrays.
 *
 * The function is traced once per signature – the structure of its arguments, the type of every array in them, and
 * the value of everything that is neither array nor number – then simplified, lowered and loaded; later calls of the
 * same signature only run. A new shape is a new signature: sizes that grow are rounded up to a capacity first
 * (capacity.ts), so that the number of programs stays logarithmic.
 */
import { NDArray } from './array.ts';
import { type Loaded, load } from './load.ts';
import { firstNonFinite, type NonFinite } from './nonfinite.ts';
import { simplify } from './passes/simplify.ts';
import { input, inputOp, type Program, reachable, Tensor, type Type, tensorNames } from './program.ts';
import type { Device } from './runtime/device.ts';
import { defaultDevice } from './runtime/open.ts';
import { flattenTree, type MapTree } from './tree.ts';

/** The arguments of a compiled function: arrays where the traced one has tensors, or numbers for float32 scalars. */
export type Arguments<A extends readonly unknown[]> = MapTree<A, Tensor, NDArray | number>;

/** A function traced for one signature. */
export interface Traced {
  readonly program: Program;
  /** Builds the result from the program's outputs. */
  readonly build: (outputs: readonly NDArray[]) => unknown;
}

/** A compiled function. */
export interface Compiled<A extends readonly unknown[], R> {
  /** Runs on arrays; tracing and loading happen at the first call of a signature. */
  (...args: Arguments<A>): Promise<MapTree<R, Tensor, NDArray>>;
  /** The program for these arguments, simplified. Print it with `printProgram`. */
  program(...args: Arguments<A>): Program;
  /** Values of intermediate tensors, by the names of the printed program (`%12`); those inside a loop have many. */
  inspect(names: readonly string[], ...args: Arguments<A>): Promise<Map<string, NDArray>>;
  /**
   * Where the first value that is not finite came from, for these arguments: the op and the user's line. The whole
   * program runs once more, watched; undefined when all it computes is finite.
   */
  findNonFinite(...args: Arguments<A>): Promise<NonFinite | undefined>;
  /** Number of signatures seen. */
  readonly signatures: number;
  /** Gives back the loaded programs. */
  release(): Promise<void>;
}

/**
 * Compiles `fn`.
 *
 * Arguments and results are trees (nested arrays and plain objects) of tensors. Numbers among the arguments become
 * float32 scalars; strings, booleans, null and undefined are part of the signature and reach `fn` as they are.
 * Arrays that `fn` closes over go in by `constant()`: they are frozen into the program, where the runtime can prepare
 * them once.
 *
 * @example
 * const f = compile((x: Tensor, w: Tensor) => relu(matmul(x, w)));
 * const y = await f(array([[1, 2]]), array([[3], [4]]));
 */
export function compile<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  options: { device?: Device } = {},
): Compiled<A, R> {
  const traceable = fn as unknown as (...args: unknown[]) => unknown;
  const seen = new Map<string, Promise<{ traced: Traced; loaded: Loaded }>>();
  const device = () => options.device ?? defaultDevice();

  const run = async (...args: unknown[]): Promise<unknown> => {
    const call = readArguments(args);
    let entry = seen.get(call.signature);
    if (entry === undefined) {
      const traced = trace(traceable, args);
      entry = load(traced.program, device()).then((loaded) => ({ traced, loaded }));
      seen.set(call.signature, entry);
      entry.catch(() => seen.delete(call.signature));
    }
    const { traced, loaded } = await entry;
    return traced.build(await loaded.run(call.arrays));
  };

  const program = (...args: unknown[]) => trace(traceable, args).program;

  const inspect = async (names: readonly string[], ...args: unknown[]) => {
    const whole = program(...args);
    const byName = new Map([...tensorNames(whole)].map(([tensor, name]) => [name, tensor]));
    const outputs = names.map((name) => {
      const tensor = byName.get(name);
      if (!tensor) {
        const inside = /^%\d+\//.test(name) ? ' inside a loop (return it among the results of the scan)' : '';
        throw new ReferenceError(`inspect: expected a name of the printed program, got ${name}${inside}`);
      }
      return tensor;
    });
    const loaded = await load({ ...whole, outputs, outputNames: outputs.map((_, i) => `value${i}`) }, device());
    try {
      const results = await loaded.run(readArguments(args).arrays);
      return new Map(names.map((name, i) => [name, results[i]!]));
    } finally {
      await loaded.release();
    }
  };

  const findNonFinite = (...args: unknown[]) => firstNonFinite(program(...args), readArguments(args).arrays, device());

  const release = async () => {
    const entries = await Promise.allSettled(seen.values());
    seen.clear();
    await Promise.all(entries.map((entry) => entry.status === 'fulfilled' && entry.value.loaded.release()));
  };

  Object.defineProperty(run, 'signatures', { get: () => seen.size });
  return Object.assign(run, { program, inspect, findNonFinite, release }) as unknown as Compiled<A, R>;
}

/** Traces `fn` for arguments of the types of `args`. */
export function trace(fn: (...args: unknown[]) => unknown, args: readonly unknown[]): Traced {
  const names = parameterNames(fn, args.length);
  const inputs: Tensor[] = [];
  const tensors = args.map((arg, i) => {
    const flat = flattenTree(arg, names[i]!);
    return flat.build(
      flat.leaves.map((leaf, j) => {
        const type = typeOf(leaf, flat.paths[j]!);
        if (type === undefined) return leaf;
        const tensor = input(flat.paths[j]!, type);
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

interface Call {
  readonly signature: string;
  /** The program's inputs, in order. */
  readonly arrays: NDArray[];
}

function readArguments(args: readonly unknown[]): Call {
  const { leaves, paths, structure } = flattenTree(args);
  const arrays: NDArray[] = [];
  const types = leaves.map((leaf, i) => {
    const type = typeOf(leaf, paths[i]!);
    if (type === undefined) return JSON.stringify(leaf) ?? 'undefined';
    arrays.push(typeof leaf === 'number' ? new NDArray('float32', [], Float32Array.of(leaf)) : (leaf as NDArray));
    return `${type.dtype}${type.shape}`;
  });
  return { signature: `${structure} ${types.join(' ')}`, arrays };
}

const scalar: Type = { dtype: 'float32', shape: [] };

/** The type of an argument's leaf; undefined for what is part of the signature by its value. */
function typeOf(leaf: unknown, path: string): Type | undefined {
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
function parameterNames(fn: (...args: unknown[]) => unknown, count: number): string[] {
  const head = /^(?:async\s*)?(?:function\s*\w*\s*)?\(?([^()=]*)/.exec(fn.toString())?.[1] ?? '';
  const listed = head.split(',').map((part) => /^\s*([A-Za-z_$][\w$]*)\s*$/.exec(part)?.[1]);
  const names = Array.from({ length: count }, (_, i) => listed[i] ?? `arg${i}`);
  return new Set(names).size === count ? names : names.map((_, i) => `arg${i}`);
}
