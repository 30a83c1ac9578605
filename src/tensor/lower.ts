/**
 * Lowering: a program becomes one ONNX model.
 *
 * Each op emits its own nodes (the `lower` of its record); this file gives them the Emitter to do it with, names
 * things so that the model reads like the printed program, and keeps large constants out of the protobuf, whose limit
 * is 2 GB.
 */
import { contentKey, type NDArray, store } from './array.ts';
import { placeOf } from './constant-file.ts';
import { bytesOf, type DType, onnxCode } from './dtype.ts';
import { unite } from './lower-open.ts';
import { encodeModel } from './onnx/codec.ts';
import type { AttributeProto, GraphProto, NodeProto, TensorProto, ValueInfoProto } from './onnx/schema.ts';
import {
  inputOp,
  type Node,
  nodeName,
  type Op,
  type Open,
  type Program,
  reachable,
  type Tensor,
  type Type,
  tensorNames,
} from './program.ts';

/** What the model is for. */
export interface Target {
  /** ONNX Runtime's name of the execution provider. */
  readonly provider: string;
  /** Only operators of the ONNX standard, so that any runtime opens the model. */
  readonly portable: boolean;
  /** The standard's operator set. */
  readonly opset: number;
  /** By op, what is emitted instead of its own lowering. */
  readonly lowerings: Readonly<Record<string, Op['lower']>>;
}

const irVersion = 10;

/** Constants at least this large lie outside the protobuf. */
const externalBytes = 1 << 20;

/** An attribute value; its ONNX type follows from the value, and `float` marks a number that may look like an integer. */
export type Attribute =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly float: number }
  | GraphProto
  | undefined;

/** A model ready to be loaded. */
export interface Lowered {
  /** The ONNX model. */
  readonly bytes: Uint8Array;
  /** Constants that lie outside `bytes`, by the location that the model names. */
  readonly external: readonly { readonly path: string; readonly data: Uint8Array }[];
  /** Where the files are that constants lie in instead, by the location that the model names: read there by the runtime. */
  readonly folder?: string;
  /** Names of the model's inputs, and which of the program's inputs they are: the unused ones are not in the model. */
  readonly inputs: readonly { readonly name: string; readonly index: number }[];
  readonly outputs: readonly { readonly name: string; readonly type: Type }[];
}

/** Lowers a program. */
export function lower(program: Program, target: Target): Lowered {
  const { graph, shared } = program.open ? emitOpen(program.open, target) : emit(program, target, false);
  const external = shared.folder === undefined ? shared.external : [];
  // a runtime takes constants from files or from memory, but not from both
  if (shared.folder !== undefined) for (const { constant, data } of shared.external) inline(constant, data);
  const domains = [...shared.domains];
  const bytes = encodeModel({
    irVersion,
    producerName: 'tenfold',
    graph,
    opsetImport: [{ domain: '', version: target.opset }, ...domains.map((domain) => ({ domain, version: 1 }))],
  });
  const index = new Map(program.inputs.map((t, i) => [inputName(t), i]));
  return {
    bytes,
    external,
    ...(shared.folder !== undefined && { folder: shared.folder }),
    inputs: graph.input!.map(({ name }) => ({ name, index: index.get(name)! })),
    outputs: graph.output!.map(({ name }, i) => {
      const { dtype, shape } = program.outputs[i]!;
      return { name, type: { dtype, shape } };
    }),
  };
}

/** Moves a constant from outside into the model. */
export function inline(constant: TensorProto, data: Uint8Array): void {
  delete constant.externalData;
  delete constant.dataLocation;
  constant.rawData = data;
}

/** A program as a graph, and what lies beside it. */
interface Emitted {
  readonly graph: GraphProto;
  readonly shared: Shared;
}

function emit(program: Program, target: Target, open: boolean): Emitted {
  const shared = new Shared(open);
  return { graph: new Emitter(target, shared).graph(program, 'tenfold'), shared };
}

/** The one graph of a program's examples. */
function emitOpen({ axes, examples }: Open, target: Target): Emitted {
  const emitted = examples.map(({ program }) => emit(program, target, true));
  const { inputs, outputs } = examples[0]!.program;
  const read = new Set(reachable(outputs));
  const graph = unite(
    emitted.map(({ graph, shared }, i) => ({
      sizes: examples[i]!.sizes,
      graph,
      external: shared.external,
      origins: shared.origins,
    })),
    inputs.map((t, i) => ({ name: inputName(t), axes: axes[i]!, read: read.has(t.node) })),
  );
  return { graph, shared: emitted[0]!.shared };
}

/** What the emitters of a model and of its subgraphs share. */
class Shared {
  /** Whether the sizes are an example of others: equal constants may then differ, and nothing may be chosen by size. */
  readonly open: boolean;
  readonly domains = new Set<string>();
  readonly external: { path: string; data: Uint8Array; constant: TensorProto }[] = [];
  /** Where constants lie in files, if any do. */
  folder: string | undefined;
  /** The program's node that each ONNX node and constant was made for, by its name. */
  readonly origins = new Map<string, Node>();
  #next = 0;

  constructor(open: boolean) {
    this.open = open;
  }

  fresh(): string {
    return `.${this.#next++}`;
  }
}

/** Collects the nodes of one ONNX graph. */
export class Emitter {
  readonly target: Target;
  readonly shared: Shared;
  readonly #nodes: NodeProto[] = [];
  readonly #initializers: TensorProto[] = [];
  readonly #constants = new Map<unknown, string>();
  readonly #outer: Emitter | undefined;
  /** Keeps the names of inner graphs apart. */
  readonly #scope: string;
  /** In the printed program, the loop whose body this is. */
  readonly #loop: string | undefined;
  /** What is being lowered, and its name in the printed program. */
  #origin: Node | undefined;
  #node = '';
  /** ONNX nodes emitted for it so far. */
  #parts = 0;
  #used: ReadonlySet<Tensor> = new Set();

  constructor(target: Target, shared: Shared, outer?: Emitter) {
    this.target = target;
    this.shared = shared;
    this.#outer = outer;
    this.#loop = outer ? outer.#node : undefined;
    this.#scope = outer ? `${shared.fresh()}/` : '';
  }

  /** Whether the sizes stand for any others, so that nothing may be chosen by them. */
  get open(): boolean {
    return this.shared.open;
  }

  /** Emits an ONNX node of one output and returns the output's name. */
  op(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): string {
    return this.ops(type, inputs, 1, attributes, domain)[0]!;
  }

  /** Emits an ONNX node of `count` outputs. */
  ops(
    type: string,
    inputs: readonly string[],
    count: number,
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): string[] {
    const output = Array.from({ length: count }, () => this.shared.fresh());
    const attribute = Object.entries(attributes).flatMap(([name, value]) =>
      value === undefined ? [] : [attributeOf(name, value)],
    );
    // errors and profiles tell of a node by its name, which has to be its own
    const part = this.#parts++;
    const name = part === 0 ? this.#node : `${this.#node}#${part}`;
    this.#nodes.push({ name, opType: type, input: [...inputs], output, attribute, ...(domain && { domain }) });
    if (this.#origin) this.shared.origins.set(name, this.#origin);
    if (domain) this.shared.domains.add(domain);
    return output;
  }

  /** Name of a constant, made once. */
  constant(value: NDArray): string {
    const key = value.size > 64 || placeOf(value) ? value : this.open ? undefined : contentKey(value);
    const known = key === undefined ? undefined : this.known(key);
    if (known !== undefined) return known;
    const name = this.#initializer(value, value.shape, onnxCode(value.dtype));
    if (key !== undefined) this.#constants.set(key, name);
    return name;
  }

  /** Name of a constant whose bytes ONNX takes for signed numbers of four or eight bits, of this shape. */
  signed(value: NDArray, bits: 4 | 8, shape: readonly number[]): string {
    return this.#initializer(value, shape, bits === 4 ? 22 : 3);
  }

  /** Name of a constant in another shape. */
  reshaped(value: NDArray, shape: readonly number[]): string {
    return this.#initializer(value, shape, onnxCode(value.dtype));
  }

  #initializer(value: NDArray, shape: readonly number[], dataType: number): string {
    const name = this.shared.fresh();
    if (this.#origin) this.shared.origins.set(name, this.#origin);
    const constant: TensorProto = { name, dims: [...shape], dataType };
    this.#initializers.push(constant);
    const outside = (location: string, offset: number, length: number) => {
      constant.dataLocation = 1;
      const entries = { location, offset: String(offset), length: String(length) };
      constant.externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
    };
    const place = placeOf(value);
    if (place) {
      this.shared.folder = place.file.root;
      outside(place.file.location, place.offset, value.size * bytesOf(value.dtype));
      return name;
    }
    const { data } = value;
    const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    if (raw.length < externalBytes) {
      constant.rawData = raw;
    } else {
      const path = `constant${name}`;
      this.shared.external.push({ path, data: raw, constant });
      outside(path, 0, raw.length);
    }
    return name;
  }

  /** Name of a constant of this graph or of the enclosing ones, which an inner graph sees. */
  known(key: unknown): string | undefined {
    return this.#constants.get(key) ?? this.#outer?.known(key);
  }

  /** A constant scalar. */
  scalar(dtype: DType, value: number): string {
    return this.array(dtype, [], [value]);
  }

  /** A small constant. */
  array(dtype: DType, shape: readonly number[], values: readonly number[]): string {
    const data = store(dtype, values);
    return this.constant({ dtype, shape, data, size: data.length } as NDArray);
  }

  /** A constant int64 vector, as ONNX takes shapes, axes and bounds. */
  ints(values: readonly number[]): string {
    return this.array('int64', [values.length], values);
  }

  cast(input: string, dtype: DType): string {
    return this.op('Cast', [input], { to: onnxCode(dtype) });
  }

  reshape(input: string, shape: readonly number[]): string {
    return this.op('Reshape', [input, this.ints(shape)], { allowzero: 1 });
  }

  /** ONNX name of a program input. */
  input(node: Node): string {
    return this.#scope + inputName(node.outputs[0]!);
  }

  /** Whether anything reads this tensor: an output that nothing reads need not be computed. */
  isUsed(tensor: Tensor): boolean {
    return this.#used.has(tensor);
  }

  /**
   * A program as an ONNX graph. An inner graph (of Scan) is given the names that its `captured` inputs have outside.
   */
  graph(program: Program, name: string, captured: ReadonlyMap<Tensor, string> = new Map()): GraphProto {
    const nodes = reachable(program.outputs);
    this.#used = new Set([...program.outputs, ...nodes.flatMap((node) => node.inputs)]);
    const names = new Map<Tensor, string>(captured);
    const printed = tensorNames(program, this.#loop);
    for (const node of lastFirst(nodes)) {
      if (captured.has(node.outputs[0]!)) continue;
      this.#origin = node;
      this.#node = nodeName(printed, node);
      this.#parts = 0;
      const inputs = node.inputs.map((t) => names.get(t)!);
      const lower = this.target.lowerings[node.op.name] ?? node.op.lower;
      const result = lower(this, inputs, node);
      for (const [i, output] of [result].flat().entries()) names.set(node.outputs[i]!, output);
    }
    const declared = program.inputs.filter((t) => !captured.has(t));
    const outputNames = this.#outputNames(program);
    const rename = this.#readable(program, names, outputNames);
    const output = program.outputs.map((tensor, i) => {
      const wanted = outputNames[i]!;
      const from = names.get(tensor)!;
      if (rename(from) !== wanted) this.#nodes.push({ opType: 'Identity', input: [from], output: [wanted] });
      return valueInfo(wanted, tensor);
    });
    for (const proto of this.#nodes) renameNode(proto, rename);
    // an inner graph declares every input, because Scan feeds by position; a model only those that something reads
    const live = new Set(nodes);
    const input = declared.filter((t) => this.#outer !== undefined || this.open || live.has(t.node));
    return {
      name,
      node: this.#nodes,
      initializer: this.#initializers,
      input: input.map((t) => valueInfo(this.input(t.node), t)),
      output,
    };
  }

  /** An emitter for a graph inside this one. */
  inner(): Emitter {
    return new Emitter(this.target, this.shared, this);
  }

  /** Names of the outputs: their paths, marked where something else has the name or might be given it. */
  #outputNames(program: Program): string[] {
    const taken = new Set(program.inputs.map(inputName));
    return program.outputNames.map((path, i) => {
      let name = path || `output${i}`;
      while (taken.has(name) || /^[.%]/.test(name)) name = `result${i}.${name}`;
      taken.add(name);
      return this.#scope + name;
    });
  }

  /** Renames what the program's nodes made as the printed program does, and outputs by their paths: profiles can be read. */
  #readable(
    program: Program,
    names: ReadonlyMap<Tensor, string>,
    outputNames: readonly string[],
  ): (name: string) => string {
    const printed = tensorNames(program);
    const own = new Set(this.#nodes.flatMap((proto) => proto.output!));
    const renamed = new Map<string, string>();
    for (const [i, tensor] of program.outputs.entries()) {
      const name = names.get(tensor)!;
      if (own.has(name) && !renamed.has(name)) renamed.set(name, outputNames[i]!);
    }
    for (const [tensor, name] of names) {
      if (own.has(name) && !renamed.has(name)) renamed.set(name, this.#scope + printed.get(tensor)!);
    }
    return (name) => renamed.get(name) ?? name;
  }
}

/**
 * Nodes in the order in which they are emitted. Of a node's operands ONNX Runtime computes the one emitted last first. So
 * what is made of a single argument, such as transformed weights, goes before everything else: it is then computed just
 * before it is used, and not kept in memory while the rest of a network is computed.
 */
function lastFirst(nodes: readonly Node[]): Node[] {
  const sources = new Map<Node, Node | undefined>();
  const [first, rest]: [Node[], Node[]] = [[], []];
  for (const node of nodes) {
    const own = node.op === (inputOp as unknown) ? [node] : node.inputs.map((t) => sources.get(t.node));
    const given = new Set(own.filter((source) => source !== undefined));
    const single = given.size <= 1 && node.inputs.every((t) => sources.has(t.node));
    if (single) sources.set(node, given.values().next().value);
    (single ? first : rest).push(node);
  }
  return [...first, ...rest];
}

/** Renames in a node and in the graphs inside it. */
function renameNode(proto: NodeProto, rename: (name: string) => string): void {
  proto.input = proto.input!.map(rename);
  proto.output = proto.output!.map(rename);
  for (const { g } of proto.attribute ?? []) for (const inner of g?.node ?? []) renameNode(inner, rename);
}

function inputName(tensor: Tensor): string {
  return (tensor.node.attrs as { name: string }).name;
}

function valueInfo(name: string, { dtype, shape }: Type): ValueInfoProto {
  return {
    name,
    type: { tensorType: { elemType: onnxCode(dtype), shape: { dim: shape.map((dimValue) => ({ dimValue })) } } },
  };
}

const text = new TextEncoder();

function attributeOf(name: string, value: Exclude<Attribute, undefined>): AttributeProto {
  if (typeof value === 'number') return { name, type: 2, i: value };
  if (typeof value === 'string') return { name, type: 3, s: text.encode(value) };
  if (Array.isArray(value)) {
    return typeof value[0] === 'string'
      ? { name, type: 8, strings: value.map((s) => text.encode(s)) }
      : { name, type: 7, ints: value as number[] };
  }
  return 'float' in value
    ? { name, type: 1, f: (value as { float: number }).float }
    : { name, type: 5, g: value as GraphProto };
}
