/**
 * Open sizes in a lowered program.
 *
 * A program with open axes is traced and lowered at several example sizes. The models must be the same node for node,
 * but for numbers in constants: shapes, bounds, lengths. Each of these is found as a sum of products of the open sizes
 * (sizes.ts), and the one model that comes out computes it from the shapes of its inputs, once a run. What else differs
 * between the examples is refused, with the op and the user's line.
 */
import type { GraphProto, NodeProto, TensorProto, ValueInfoProto } from './onnx/schema.ts';
import { formatSite, type Node } from './program.ts';
import { float32, int32, int64, type OpenInput, type SizeEntry, SizeNodes } from './size-nodes.ts';
import { formatSize, SizeSolver, type Sizes } from './sizes.ts';

/** A program lowered at example sizes. */
export interface LoweredExample {
  readonly sizes: Sizes;
  readonly graph: GraphProto;
  /** Constants that lie outside the graph, by the location that it names. */
  readonly external: readonly { readonly path: string; readonly data: Uint8Array }[];
  /** The node that each ONNX node and constant was made for, by its name. */
  readonly origins: ReadonlyMap<string, Node>;
}

/**
 * The graph of which the examples are instances. Its inputs are those that nodes or sizes read.
 * @throws TypeError naming the op and the user's line, when something else than a size depends on the sizes
 */
export function unite(examples: readonly LoweredExample[], inputs: readonly OpenInput[]): GraphProto {
  const union = new Union(examples, inputs);
  const graph = union.graph(examples.map((example) => example.graph));
  return {
    ...graph,
    node: [...union.sizes.nodes, ...graph.node!],
    initializer: [...union.sizes.initializers, ...graph.initializer!],
    input: graph.input!.filter((_, i) => inputs[i]!.read || union.sizes.sources.has(inputs[i]!.name)),
  };
}

/** Up to here constants may be made of sizes, and equal ones become one. */
const shortBytes = 1024;

/** Makes one graph of several. */
class Union {
  /** What computes the sizes; it goes before everything else. */
  readonly sizes: SizeNodes;
  readonly #examples: readonly LoweredExample[];
  readonly #solver: SizeSolver;
  /** New names of constants. */
  readonly #renamed = new Map<string, string>();

  constructor(examples: readonly LoweredExample[], inputs: readonly OpenInput[]) {
    this.#examples = examples;
    this.sizes = new SizeNodes(inputs);
    this.#solver = new SizeSolver(examples.map(({ sizes }) => sizes));
  }

  /** One graph of its instances, at any depth. */
  graph(graphs: readonly GraphProto[]): GraphProto {
    const [first, ...others] = graphs as readonly [GraphProto, ...GraphProto[]];
    const all = <T>(pick: (graph: GraphProto) => readonly T[], i: number) => graphs.map((graph) => pick(graph)[i]);
    const known = new Map<string, string>();
    const initializer: TensorProto[] = [];
    for (const [i, tensor] of first.initializer!.entries()) {
      const instances = all((graph) => graph.initializer!, i);
      // their nodes differ, then, and tell where
      if (instances.some((other) => other?.name !== tensor.name)) continue;
      const name = this.#constant(instances as TensorProto[], known);
      if (name === tensor.name) initializer.push(tensor);
      else this.#renamed.set(tensor.name!, name);
    }
    const node = first.node!.map((proto, i) =>
      this.#node(
        proto,
        all((graph) => graph.node!, i),
      ),
    );
    for (const [e, other] of others.entries())
      if (other.node!.length !== first.node!.length)
        throw this.#differ(undefined, other.node![first.node!.length], e + 1);
    return {
      name: first.name!,
      node,
      initializer,
      input: first.input!.map((_, i) => this.#port(all((graph) => graph.input!, i) as ValueInfoProto[])),
      output: first.output!.map((_, i) => this.#port(all((graph) => graph.output!, i) as ValueInfoProto[])),
    };
  }

  #node(first: NodeProto, instances: readonly (NodeProto | undefined)[]): NodeProto {
    for (const [e, other] of instances.entries())
      if (other === undefined || !alike(first, other)) throw this.#differ(first, other, e);
    const attribute = (first.attribute ?? []).map((own, i) => {
      if (own.g === undefined) return own;
      return { ...own, g: this.graph(instances.map((other) => other!.attribute![i]!.g!)) };
    });
    return { ...first, attribute, input: first.input!.map((name) => this.#renamed.get(name) ?? name) };
  }

  /** The name of a constant: its own, that of an equal one (`known`), or that of what is computed in its place. */
  #constant(instances: readonly TensorProto[], known: Map<string, string>): string {
    const [first] = instances as readonly [TensorProto];
    const name = first.name!;
    // in a file, equal constants are one place
    if (this.#file(first) && instances.every((other) => `${other.dims}` === `${first.dims}` && samePlace(other, first)))
      return name;
    const data = instances.map((tensor, e) => this.#bytes(tensor, e));
    const sameType = instances.every(
      (other) => `${other.dataType}[${other.dims}]` === `${first.dataType}[${first.dims}]`,
    );
    if (!sameType) throw this.#refuse(name, `values of one type and shape`, `a table that depends on them`);
    if (data.every((bytes) => equalBytes(bytes, data[0]!))) {
      if (data[0]!.length > shortBytes) return name;
      const key = `${first.dataType}[${first.dims}]${data[0]}`;
      if (!known.has(key)) known.set(key, name);
      return known.get(key)!;
    }
    const values = data.map((bytes) => numbersOf(bytes, first.dataType!));
    const entries: SizeEntry[] = [];
    for (const i of values[0]?.keys() ?? []) {
      const entry = this.#solve(
        values.map((list) => list![i]!),
        first.dataType!,
      );
      if (entry) entries.push(entry);
      else break;
    }
    if (entries.length !== values[0]?.length) {
      const shown = this.#examples.slice(0, 2).map((_, e) => `${values[e] ?? 'a table'} at ${this.#at(e)}`);
      throw this.#refuse(name, 'numbers that are sums and products of them', shown.join(', '));
    }
    return this.sizes.array(entries, first.dataType!, first.dims!);
  }

  /** Whether a constant lies in a file. */
  #file(tensor: TensorProto): boolean {
    const path = locationOf(tensor);
    return path !== undefined && this.#examples[0]!.external.every((constant) => constant.path !== path);
  }

  #bytes(tensor: TensorProto, example: number): Uint8Array {
    const path = locationOf(tensor);
    return path === undefined
      ? tensor.rawData!
      : this.#examples[example]!.external.find((file) => file.path === path)!.data;
  }

  /** A whole number as a size; a float may be one over a size, too, as in a mean. */
  #solve(values: readonly number[], dataType: number): SizeEntry | undefined {
    if (values.every(Number.isInteger)) {
      const size = this.#solver.solve(values);
      return size && { size, inverse: false };
    }
    const inverses = values.map((v) => Math.round(1 / v));
    if (dataType !== float32 || inverses.some((n, i) => Math.fround(1 / n) !== values[i])) return undefined;
    const size = this.#solver.solve(inverses);
    return size && { size, inverse: true };
  }

  /** An input or output: sizes that differ get a name, or say what they are. */
  #port(instances: readonly ValueInfoProto[]): ValueInfoProto {
    const { name, type } = instances[0]!;
    const shapes = instances.map((port) => port.type!.tensorType!.shape!.dim!.map(({ dimValue }) => dimValue!));
    const dim = shapes[0]!.map((n, axis) => {
      const values = shapes.map((shape) => shape[axis]!);
      if (values.every((v) => v === n)) return { dimValue: n };
      const size = this.#solver.solve(values);
      if (size === undefined)
        throw this.#refuse(
          name,
          'sizes that are sums and products of them',
          `${values.slice(0, 2).join(' and ')} of ${name}`,
        );
      return { dimParam: formatSize(size) };
    });
    return { name, type: { tensorType: { elemType: type!.tensorType!.elemType!, shape: { dim } } } };
  }

  #at(example: number): string {
    return Object.entries(this.#examples[example]!.sizes)
      .map(([name, n]) => `${name}=${n}`)
      .join(', ');
  }

  #refuse(name: string, expected: string, got: string): TypeError {
    const origin = this.#examples[0]!.origins.get(name);
    const names = Object.keys(this.#examples[0]!.sizes).join(', ');
    return new TypeError(
      `${origin?.op.name ?? 'compile'}: expected, at all sizes of ${names}, ${expected}, got ${got}${madeAt(origin)}`,
    );
  }

  /** Says that a decision depends on the sizes. */
  #differ(first: NodeProto | undefined, other: NodeProto | undefined, example: number): TypeError {
    const told = ([0, example] as const).map((e) => {
      const origin = this.#examples[e]!.origins.get((e === 0 ? first : other)?.name ?? '');
      return `${origin?.op.name ?? 'no more'}${madeAt(origin)} at ${this.#at(e)}`;
    });
    const names = Object.keys(this.#examples[0]!.sizes).join(', ');
    return new TypeError(`compile: expected the same ops at all sizes of ${names}, got ${told.join(', ')}`);
  }
}

function locationOf({ dataLocation, externalData }: TensorProto): string | undefined {
  return dataLocation === 1 ? externalData!.find(({ key }) => key === 'location')!.value : undefined;
}

function samePlace(a: TensorProto, b: TensorProto): boolean {
  return JSON.stringify(a.externalData) === JSON.stringify(b.externalData);
}

function madeAt(origin: Node | undefined): string {
  const site = formatSite(origin?.site);
  return site === undefined ? '' : ` (made at ${site})`;
}

/** Whether two nodes do the same to the same, but for graphs inside them. */
function alike(a: NodeProto, b: NodeProto): boolean {
  return textOf(a) === textOf(b);
}

function textOf({ attribute, ...node }: NodeProto): string {
  return JSON.stringify([node, attribute?.map(({ g, ...rest }) => rest)]);
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.buffer === b.buffer && a.byteOffset === b.byteOffset) return a.length === b.length;
  return a.length === b.length && a.every((v, i) => v === b[i]);
}

/** The numbers of a short constant that may be made of sizes. */
function numbersOf(bytes: Uint8Array, dataType: number): number[] | undefined {
  if (bytes.length > shortBytes) return undefined;
  const { buffer } = bytes.slice();
  if (dataType === int64) return Array.from(new BigInt64Array(buffer), Number);
  if (dataType === int32) return Array.from(new Int32Array(buffer));
  return dataType === float32 && bytes.length === 4 ? Array.from(new Float32Array(buffer)) : undefined;
}
