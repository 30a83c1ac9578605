/**
 * Compiling: a TypeScript function on tensors becomes a function on arrays.
 *
 * The function is traced once per signature – the structure of its arguments, the type of every array in them, and
 * the value of everything that is neither array nor number – then simplified, lowered and loaded; later calls of the
 * same signature only run. A new shape is a new signature, but for axes that are declared open: one program serves every
 * size of those. It is made by tracing the function at several example sizes (lower-open.ts).
 */
import { NDArray } from './array.ts';
import { type Loaded, load } from './load.ts';
import { firstNonFinite, type NonFinite } from './nonfinite.ts';
import { CallSizes, OpenSpec, traceOpen } from './open.ts';
import { type OpenAxes, type Program, type Tensor, tensorNames } from './program.ts';
import { QuantizedArray } from './quantize.ts';
import type { Device } from './runtime/device.ts';
import { defaultDevice } from './runtime/open.ts';
import { type Traceable, type Traced, trace, typeOf } from './trace.ts';
import { flattenTree, type MapTree } from './tree.ts';

/** The arguments of a compiled function: arrays where the traced one has tensors, or numbers for float32 scalars. */
export type Arguments<A extends readonly unknown[]> = MapTree<A, Tensor, NDArray | number>;

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
 * `open` names axes whose size may differ from call to call without another program: one entry an argument, for every
 * array in it, with a name for an open axis and null for a fixed one. Axes of equal name have one size in a call; any
 * size will do, 0 and 1 too. `fn` computes with their sizes as with any others, by sums and products. What it does is
 * learnt from examples, the least about 5, the largest a few thousand if it takes that: where it does something else at
 * one of them than at another, or a constant depends on them, compilation is refused with the op and the line.
 *
 * @example
 * const f = compile((x: Tensor, w: Tensor) => relu(matmul(x, w)));
 * const y = await f(array([[1, 2]]), array([[3], [4]]));
 *
 * @example
 * const f = compile((x: Tensor) => softmax(matmul(x, x, { transposeB: true })), { open: [['rows', null]] });
 * await f(zerosArray([3, 8]));
 * await f(zerosArray([400, 8])); // the same program
 */
export function compile<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  options: { device?: Device; open?: readonly (OpenAxes | null)[] } = {},
): Compiled<A, R> {
  const traceable = fn as unknown as Traceable;
  const open = options.open && new OpenSpec(options.open);
  const seen = new Map<string, Promise<{ traced: Traced; loaded: Loaded }>>();
  const device = () => options.device ?? defaultDevice();

  const run = async (...args: unknown[]): Promise<unknown> => {
    const call = readArguments(args, open);
    let entry = seen.get(call.signature);
    if (entry === undefined) {
      const traced = open ? traceOpen(traceable, args, open) : trace(traceable, args);
      entry = load(traced.program, device()).then((loaded) => ({ traced, loaded }));
      seen.set(call.signature, entry);
      entry.catch(() => seen.delete(call.signature));
    }
    const { traced, loaded } = await entry;
    return traced.build(await loaded.run(call.arrays));
  };

  const atSizes = (args: readonly unknown[]) => trace(traceable, args).program;
  const program = (...args: unknown[]): Program => {
    readArguments(args, open);
    return { ...(open && traceOpen(traceable, args, open).program), ...atSizes(args) };
  };

  const inspect = async (names: readonly string[], ...args: unknown[]) => {
    const whole = atSizes(args);
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
      const results = await loaded.run(readArguments(args, open).arrays);
      return new Map(names.map((name, i) => [name, results[i]!]));
    } finally {
      await loaded.release();
    }
  };

  const findNonFinite = (...args: unknown[]) =>
    firstNonFinite(atSizes(args), readArguments(args, open).arrays, device());

  const release = async () => {
    const entries = await Promise.allSettled(seen.values());
    seen.clear();
    await Promise.all(entries.map((entry) => entry.status === 'fulfilled' && entry.value.loaded.release()));
  };

  Object.defineProperty(run, 'signatures', { get: () => seen.size });
  return Object.assign(run, { program, inspect, findNonFinite, release }) as unknown as Compiled<A, R>;
}

interface Call {
  readonly signature: string;
  /** The program's inputs, in order. */
  readonly arrays: NDArray[];
}

let identities = 0;
const known = new WeakMap<object, number>();

/** A number of its own for every object. */
function identityOf(value: object): number {
  if (!known.has(value)) known.set(value, identities++);
  return known.get(value)!;
}

/** @throws RangeError when open axes of one name differ in size */
function readArguments(args: readonly unknown[], open: OpenSpec | undefined): Call {
  const { leaves, paths, structure } = flattenTree(args);
  const arrays: NDArray[] = [];
  const sizes = new CallSizes();
  const types = leaves.map((leaf, i) => {
    const path = paths[i]!;
    if (leaf instanceof QuantizedArray) return `constant${identityOf(leaf)}`;
    const type = typeOf(leaf, path);
    if (type === undefined) return JSON.stringify(leaf) ?? 'undefined';
    arrays.push(typeof leaf === 'number' ? new NDArray('float32', [], Float32Array.of(leaf)) : (leaf as NDArray));
    if (open === undefined) return `${type.dtype}${type.shape}`;
    const axes = open.axesOf(Number.parseInt(path, 10), type, path);
    sizes.read(type, axes, path);
    return `${type.dtype}${type.shape.map((n, axis) => axes[axis] ?? n)}`;
  });
  return { signature: `${structure} ${types.join(' ')}`, arrays };
}
