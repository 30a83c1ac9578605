/**
 * Open axes: sizes of arguments that one program leaves open.
 *
 * A function is declared with a name for each open axis of its arguments, traced at several example sizes, and lowered
 * to one model that computes what depends on them (lower-open.ts).
 */
import { type OpenAxes, type Program, reachable, type Type } from './program.ts';
import { formatShape } from './shape.ts';
import { exampleSizes, examplesNeeded, type Sizes } from './sizes.ts';
import { type Traceable, type Traced, trace } from './trace.ts';

/** Which axes of which arguments are open. */
export class OpenSpec {
  readonly #specs: readonly (OpenAxes | null)[];
  /** Of the open axes. */
  readonly names: readonly string[];

  /** @throws TypeError unless names are identifiers */
  constructor(specs: readonly (OpenAxes | null)[]) {
    for (const name of specs.flatMap((spec) => spec ?? [])) {
      if (name !== null && !/^[A-Za-z_]\w*$/.test(name))
        throw new TypeError(`compile: expected names of open axes that are identifiers, got ${JSON.stringify(name)}`);
    }
    this.#specs = specs;
    this.names = [...new Set(specs.flatMap((spec) => spec ?? []).filter((name) => name !== null))];
  }

  /**
   * The open axes of an array in the argument of this number.
   * @throws RangeError when it has another number of axes than was declared
   */
  axesOf(argument: number, { shape }: Type, path: string): OpenAxes {
    const spec = this.#specs[argument] ?? shape.map(() => null);
    if (spec.length !== shape.length)
      throw new RangeError(
        `compile: expected ${spec.length} axes (${spec.join(', ')}) at ${path}, got shape ${formatShape(shape)}`,
      );
    return spec;
  }
}

/**
 * Traces `fn` for arguments of the types of `args` but for their open axes, at several sizes of those. The program is
 * that of the first example.
 * @throws TypeError when what it returns beside tensors depends on the sizes
 */
export function traceOpen(fn: Traceable, args: readonly unknown[], spec: OpenSpec): Traced {
  const traceAt = (sizes: Sizes) => {
    const axes: OpenAxes[] = [];
    const traced = trace(fn, args, (type, argument, path) => {
      const own = spec.axesOf(argument, type, path);
      axes.push(own);
      return { dtype: type.dtype, shape: type.shape.map((n, i) => (own[i] == null ? n : sizes[own[i]]!)) };
    });
    return { traced, axes, sizes };
  };
  const traces = new Map<string, ReturnType<typeof traceAt>>();
  const at = (sizes: Sizes) => {
    const key = Object.values(sizes).join();
    const known = traces.get(key) ?? traceAt(sizes);
    traces.set(key, known);
    return known;
  };
  // sizes that occur whatever the open ones are
  const sizesAway = (from: ReadonlySet<number>) => sizesIn(at(exampleSizes(spec.names, from, 1)[0]!).traced.program);
  const here = sizesAway(new Set());
  const there = sizesAway(here);
  const taken = new Set([...here].filter((n) => there.has(n)));
  const examples = [...exampleSizes(spec.names, taken, examplesNeeded).map(at), ...large(at, spec.names, taken)];
  const [first, ...others] = examples as [(typeof examples)[number], ...(typeof examples)[number][]];
  for (const other of others) {
    if (JSON.stringify(other.traced.rest) !== JSON.stringify(first.traced.rest))
      throw new TypeError(
        `compile: expected values beside tensors that do not depend on ${spec.names.join(', ')}, got ${JSON.stringify(first.traced.rest)} and ${JSON.stringify(other.traced.rest)}`,
      );
  }
  const open = { axes: first.axes, examples: examples.map(({ sizes, traced: { program } }) => ({ sizes, program })) };
  return { ...first.traced, program: { ...first.traced.program, open } };
}

/**
 * A trace at large sizes, as large as the function takes: it sees what is done otherwise from some size on. A function
 * that refuses them all has a limit of its own.
 */
function large<T>(at: (sizes: Sizes) => T, names: readonly string[], taken: ReadonlySet<number>): T[] {
  for (const least of [1000, 250, 60]) {
    try {
      return [at(exampleSizes(names, taken, 1, least)[0]!)];
    } catch {}
  }
  return [];
}

function sizesIn(program: Program): Set<number> {
  return new Set(reachable(program.outputs).flatMap((node) => node.outputs.flatMap((t) => t.shape)));
}

/**
 * The sizes of open axes in one call.
 * @throws RangeError when axes of one name differ
 */
export class CallSizes {
  readonly #seen = new Map<string, { size: number; path: string }>();

  read({ shape }: Type, axes: OpenAxes, path: string): void {
    for (const [i, name] of axes.entries()) {
      if (name === null) continue;
      const size = shape[i]!;
      const seen = this.#seen.get(name);
      if (seen === undefined) this.#seen.set(name, { size, path });
      else if (seen.size !== size)
        throw new RangeError(
          `compile: expected one size of ${name}, got ${seen.size} at ${seen.path} and ${size} at ${path}`,
        );
    }
  }
}
