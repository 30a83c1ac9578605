/**
 * Programs: what a TypeScript function on symbolic tensors becomes.
 *
 * Calling an op on tensors makes a node: the op, its inputs, its attributes, and the types of its outputs, checked at
 * once. Nodes are immutable and only point backwards, so a program is the graph that its outputs reach, and a pass over
 * it is a walk in the order of creation. There is no tape and no tracing state: differentiating (gradient.ts),
 * simplifying (simplify.ts), lowering (lower.ts) and interpreting (interpret.ts) are functions from such graphs.
 *
 * What an op is stands in one place, its `Op` record in ops/: shape rule, gradient rule, lowering and plain meaning
 * side by side.
 */
import { type NDArray, toFloats } from './array.ts';
import { type DType, isFloat } from './dtype.ts';
import type { Emitter } from './lower.ts';
import { elements, formatShape, type Shape } from './shape.ts';
import type { Sizes } from './sizes.ts';

/** The type of a tensor: element type and shape. */
export interface Type {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** A tensor's elements in the reference interpreter: every element type as float64. */
export interface Value extends Type {
  readonly data: Float64Array;
}

/** What a gradient rule may look at. */
export interface Applied<A> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attrs: A;
}

/** One operation: all that the engine knows of it. */
export interface Op<A = unknown> {
  /** Unique, camelCase; it names the op in printed programs and in errors. */
  readonly name: string;
  /** Each element of the result depends on one element of every operand, at the same place. */
  readonly elementwise?: true;
  /** Shape rule: the output types, or an error that names the op and what is wrong. */
  infer(inputs: readonly Tensor[], attrs: A): readonly Type[];
  /**
   * Gradient rule: from the cotangents of the outputs (undefined where nothing depends on one) to those of the inputs
   * (undefined where an input has none). Absent: the op has no gradient, and differentiating through it is an error.
   */
  vjp?(node: Applied<A>, cotangents: readonly (Tensor | undefined)[]): readonly (Tensor | undefined)[];
  /** A simpler tensor of equal value and type, if there is one. */
  simplify?(inputs: readonly Tensor[], attrs: A): Tensor | undefined;
  /** Lowering: emits ONNX nodes and returns the names of the outputs. */
  lower(emit: Emitter, inputs: readonly string[], node: Node<A>): string | readonly string[];
  /** Plain meaning, in float64: the executable specification. */
  meaning(inputs: readonly Value[], attrs: A, outputs: readonly Type[]): readonly Float64Array[];
}

/** An op applied to tensors. */
export interface Node<A = unknown> {
  /** Grows with creation, so that sorting by it is a topological order. */
  readonly id: number;
  readonly op: Op<A>;
  readonly inputs: readonly Tensor[];
  readonly attrs: A;
  readonly outputs: readonly Tensor[];
  /** Where the user's code made it. */
  readonly site: Error | undefined;
}

/** A symbolic tensor: one output of a node. */
export class Tensor implements Type {
  readonly node: Node;
  readonly index: number;
  readonly dtype: DType;
  readonly shape: Shape;

  constructor(node: Node, index: number, type: Type) {
    this.node = node;
    this.index = index;
    this.dtype = type.dtype;
    this.shape = type.shape;
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return elements(this.shape);
  }

  /** Its type, for messages; the value exists only when the compiled program runs. */
  toString(): string {
    return formatType(this);
  }
}

/** `float32[2,3]`. */
export function formatType(type: Type): string {
  return `${type.dtype}${formatShape(type.shape)}`;
}

let created = 0;
let currentSite: Error | undefined;

/** Applies an op: checks the types and makes the node. Returns all outputs. */
export function applyAll<A>(op: Op<A>, inputs: readonly Tensor[], attrs: A): readonly Tensor[] {
  for (const [i, input] of inputs.entries()) {
    if (!(input instanceof Tensor)) {
      const got = input === undefined ? 'undefined' : Object.prototype.toString.call(input).slice(8, -1);
      throw new TypeError(
        `${op.name}: expected a tensor as argument ${i + 1}, got ${got} (constant() makes one of an array)`,
      );
    }
  }
  const types = op.infer(inputs, attrs);
  for (const { shape } of types) {
    if (!shape.every((n) => Number.isSafeInteger(n) && n >= 0))
      throw new RangeError(`${op.name}: expected sizes that are non-negative integers, got ${formatShape(shape)}`);
  }
  const outputs: Tensor[] = [];
  const node: Node<A> = { id: created++, op, inputs, attrs, outputs, site: currentSite ?? callSite() };
  for (const [i, type] of types.entries()) outputs.push(new Tensor(node as Node, i, type));
  return outputs;
}

/** Applies an op of one output. */
export function apply<A>(op: Op<A>, inputs: readonly Tensor[], attrs: A): Tensor {
  return applyAll(op, inputs, attrs)[0]!;
}

/** Nodes made while `fn` runs count as made where `site` was: gradient and simplified nodes keep the user's line. */
export function at<T>(site: Error | undefined, fn: () => T): T {
  const before = currentSite;
  currentSite = site;
  try {
    return fn();
  } finally {
    currentSite = before;
  }
}

function callSite(): Error {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 24;
  const site = new Error();
  Error.stackTraceLimit = limit;
  return site;
}

/** Folders whose code makes nodes for the user: the engine's, and that of the layers above it. */
const ownFolders = ['./', '../nn/', '../text/'].map((folder) => new URL(folder, import.meta.url).href);

/** The first stack frame outside the engine and its layers, as `file:line:column`; undefined when there is none. */
export function formatSite(site: Error | undefined): string | undefined {
  for (const line of site?.stack?.split('\n').slice(1) ?? []) {
    const place = /\(?((?:file:\/\/|\/|[A-Za-z]:\\|https?:)[^()]*:\d+:\d+)\)?$/.exec(line)?.[1];
    if (place === undefined) continue;
    if (!ownFolders.some((folder) => place.includes(folder.replace('file://', ''))))
      return place.replace('file://', '');
  }
  return undefined;
}

/** A traced function. */
export interface Program {
  /** The arguments, each made by {@link input}. */
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Names of the outputs: their paths in the tree that the function returned. */
  readonly outputNames: readonly string[];
  /** Where some of its axes are open: what runs is then made from the examples, and the program itself is for reading. */
  readonly open?: Open;
}

/** What is known of a program of open axes. */
export interface Open {
  /** By input: the names of its open axes, null at the others. */
  readonly axes: readonly OpenAxes[];
  /** The program traced at several sizes. */
  readonly examples: readonly { readonly sizes: Sizes; readonly program: Program }[];
}

/** One entry an axis: a name where it is open, null where its size is fixed. */
export type OpenAxes = readonly (string | null)[];

/** An argument of a program: a leaf of the graph that is given when it runs. */
export const inputOp: Op<{ name: string; type: Type }> = {
  name: 'input',
  infer: (_, { type }) => [type],
  vjp: () => [],
  lower: (emit, _, node) => emit.input(node),
  meaning: () => {
    throw new ReferenceError('input: has no meaning of its own; its value is given');
  },
};

/** A value known when the program is traced; it travels inside the program. */
export const constantOp: Op<{ value: NDArray }> = {
  name: 'constant',
  infer: (_, { value }) => [{ dtype: value.dtype, shape: value.shape }],
  vjp: () => [],
  lower: (emit, _, { attrs }) => emit.constant(attrs.value),
  meaning: (_, { value }) => [toFloat64(value)],
};

/** A new argument. */
export function input(name: string, type: Type): Tensor {
  return apply(inputOp, [], { name, type: { dtype: type.dtype, shape: type.shape } });
}

/** The elements of a concrete array as float64, for the reference interpreter. */
export function toFloat64(value: NDArray): Float64Array {
  return Float64Array.from(toFloats(value));
}

/** The nodes that `outputs` reach, inputs before users. */
export function reachable(outputs: readonly Tensor[]): Node[] {
  const seen = new Set<Node>();
  const stack = outputs.map((t) => t.node);
  while (stack.length > 0) {
    const node = stack.pop()!;
    if (seen.has(node)) continue;
    seen.add(node);
    for (const { node: producer } of node.inputs) if (!seen.has(producer)) stack.push(producer);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}

/**
 * Stable names of the tensors of a program: inputs by their path, others by position. Those of a loop's body begin with
 * the name of the loop's node: `%3/0`.
 */
export function tensorNames(program: Program, loop?: string): Map<Tensor, string> {
  const names = new Map<Tensor, string>();
  const start = loop === undefined ? '%' : `${loop}/`;
  let next = 0;
  for (const node of reachable([...program.inputs, ...program.outputs])) {
    if (node.op === (inputOp as unknown)) {
      names.set(node.outputs[0]!, `${start}${(node.attrs as { name: string }).name}`);
      continue;
    }
    const base = `${start}${next++}`;
    for (const output of node.outputs) names.set(output, node.outputs.length === 1 ? base : `${base}.${output.index}`);
  }
  return names;
}

/** The name of a node that is no input: that of its outputs, without their index. */
export function nodeName(names: ReadonlyMap<Tensor, string>, { outputs }: Node): string {
  return names.get(outputs[0]!)!.replace(/\.0$/, '');
}

/**
 * The program as text, one node a line; equal programs print equally.
 *
 * @example
 * printProgram(compiled.program(x));
 * // (%x: float32[2,3]) {
 * //   %0 = exp %x : float32[2,3]
 * //   return %0
 * // }
 */
export function printProgram(program: Program): string {
  return print(program);
}

function print(program: Program, loop?: string): string {
  const names = tensorNames(program, loop);
  const nameOf = (tensor: Tensor) => names.get(tensor)!;
  const lines: string[] = [];
  for (const node of reachable(program.outputs)) {
    if (node.op === (inputOp as unknown)) continue;
    const outputs = node.outputs.map(nameOf).join(', ');
    const inputs = node.inputs.map((t) => ` ${nameOf(t)}`).join('');
    lines.push(
      `${outputs} = ${node.op.name}${inputs}${printAttrs(node.attrs, nodeName(names, node))} : ${node.outputs.map(formatType).join(', ')}`,
    );
  }
  lines.push(
    `return ${program.outputs.map((t, i) => (program.outputNames[i] ? `${program.outputNames[i]}: ` : '') + nameOf(t)).join(', ')}`,
  );
  const head = program.inputs.map((t) => `${nameOf(t)}: ${formatType(t)}`).join(', ');
  return `(${head}) {\n${lines.map((line) => `  ${line.replaceAll('\n', '\n  ')}\n`).join('')}}`;
}

function printAttrs(attrs: unknown, of: string): string {
  const parts: string[] = [];
  for (const [key, value] of Object.entries((attrs ?? {}) as Record<string, unknown>)) {
    if (value === undefined) continue;
    parts.push(`${key}=${printAttr(value, of)}`);
  }
  return parts.length > 0 ? ` {${parts.join(', ')}}` : '';
}

function printAttr(value: unknown, of: string): string {
  if (isProgram(value)) return print(value, of);
  if (Array.isArray(value)) return `[${value.map((v) => printAttr(v, of)).join(',')}]`;
  if (typeof value === 'object' && value !== null && 'data' in value) {
    const { dtype, shape, remote } = value as NDArray;
    if (remote !== undefined) return `${dtype}${formatShape(shape)}(…)`;
    const flat = toFloats(value as NDArray);
    const shown = Array.from({ length: Math.min(flat.length, 6) }, (_, i) => Number(flat[i]!.toPrecision(6)));
    return `${dtype}${formatShape(shape)}(${shown.join(', ')}${flat.length > 6 ? ', …' : ''})`;
  }
  return String(value);
}

function isProgram(value: unknown): value is Program {
  return typeof value === 'object' && value !== null && 'inputs' in value && 'outputs' in value;
}

/** @throws TypeError unless all of `inputs` have one element type */
export function requireSameDType(op: string, inputs: readonly Type[]): DType {
  const [first] = inputs as readonly [Type, ...Type[]];
  for (const other of inputs) {
    if (other.dtype !== first.dtype) {
      throw new TypeError(
        `${op}: expected one element type, got ${inputs.map(formatType).join(' and ')} (cast one of them)`,
      );
    }
  }
  return first.dtype;
}

/** @throws TypeError unless `input` is float32 or float16 */
export function requireFloat(op: string, input: Type): void {
  if (!isFloat(input.dtype)) throw new TypeError(`${op}: expected a float tensor, got ${formatType(input)}`);
}

/** @throws TypeError unless `input` is an integer tensor */
export function requireIndices(op: string, input: Type): void {
  if (input.dtype !== 'int32' && input.dtype !== 'int64') {
    throw new TypeError(`${op}: expected int32 or int64 indices, got ${formatType(input)}`);
  }
}
