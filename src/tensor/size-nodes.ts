/**
 * Nodes that compute sizes from the shapes of a model's inputs, each expression once.
 */
import type { NodeProto, TensorProto } from './onnx/schema.ts';
import type { OpenAxes } from './program.ts';
import type { Size } from './sizes.ts';

/** ONNX's numbers of the element types that arrays of sizes have. */
export const [float32, int32, int64] = [1, 6, 7];

/** An input of the program, whether or not a node reads it. */
export interface OpenInput {
  readonly name: string;
  readonly axes: OpenAxes;
  readonly read: boolean;
}

/** A size, or one over it. */
export interface SizeEntry {
  readonly size: Size;
  readonly inverse: boolean;
}

/** The nodes, as they are asked for. */
export class SizeNodes {
  readonly nodes: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  /** Names of the inputs whose shapes are read. */
  readonly sources = new Set<string>();
  readonly #inputs: readonly OpenInput[];
  /** What was computed, by what it is. */
  readonly #made = new Map<string, string>();

  constructor(inputs: readonly OpenInput[]) {
    this.#inputs = inputs;
  }

  /** Name of an array of these entries, made once. */
  array(entries: readonly SizeEntry[], dataType: number, dims: readonly number[]): string {
    const vector = this.#vector(entries, dataType);
    return dims.length === 1 ? vector : this.#once(`${vector} as [${dims}]`, 'Reshape', [vector, this.#ints(dims)]);
  }

  /** [n] of the element type. */
  #vector(entries: readonly SizeEntry[], dataType: number): string {
    const parts: string[] = [];
    let fixed: number[] = [];
    const flush = () => {
      if (fixed.length > 0) parts.push(this.#ints(fixed));
      fixed = [];
    };
    for (const { size } of entries) {
      if (size.every(({ names }) => names.length === 0)) fixed.push(size.reduce((sum, { factor }) => sum + factor, 0));
      else {
        flush();
        parts.push(this.#size(size));
      }
    }
    flush();
    const ints = parts.length === 1 ? parts[0]! : this.#once(parts.join(), 'Concat', parts, { axis: 0 });
    if (dataType === int64) return ints;
    const cast = this.#once(`${ints} as ${dataType}`, 'Cast', [ints], { to: dataType });
    return entries.some(({ inverse }) => inverse) ? this.#once(`1/${cast}`, 'Reciprocal', [cast]) : cast;
  }

  /** [1] int64. */
  #size(size: Size): string {
    const terms = size.map(({ factor, names }) => {
      const factors = names.map((name) => this.#open(name));
      if (factor !== 1 || names.length === 0) factors.push(this.#ints([factor]));
      return factors.reduce((a, b) => this.#once(`${a}*${b}`, 'Mul', [a, b]));
    });
    return terms.reduce((a, b) => this.#once(`${a}+${b}`, 'Add', [a, b]));
  }

  /** The size of an open axis, as [1] int64, from the shape of an input. */
  #open(name: string): string {
    const having = this.#inputs.filter(({ axes }) => axes.includes(name));
    const source = having.find(({ read }) => read) ?? having[0]!;
    this.sources.add(source.name);
    const start = source.axes.indexOf(name);
    return this.#once(name, 'Shape', [source.name], { start, end: start + 1 });
  }

  #ints(values: readonly number[]): string {
    const key = `ints ${values}`;
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const name = this.#fresh(key);
    const rawData = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    this.initializers.push({ name, dims: [values.length], dataType: int64, rawData });
    return name;
  }

  #once(what: string, opType: string, input: string[], attributes: Readonly<Record<string, number>> = {}): string {
    const known = this.#made.get(what);
    if (known !== undefined) return known;
    const name = this.#fresh(what);
    const attribute = Object.entries(attributes).map(([key, i]) => ({ name: key, type: 2, i }));
    this.nodes.push({ name, opType, input, output: [name], attribute });
    return name;
  }

  #fresh(what: string): string {
    const name = `.size${this.#made.size}`;
    this.#made.set(what, name);
    return name;
  }
}
