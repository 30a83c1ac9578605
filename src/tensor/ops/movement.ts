/**
 * Linear ops that move elements: reshaping, transposing, slicing, joining, padding, broadcasting – and the sum, which
 * is what broadcasting becomes when it is differentiated. Their gradients are made of each other.
 */
import { NDArray, store } from '../array.ts';
import { isFloat } from '../dtype.ts';
import type { Emitter } from '../lower.ts';
import {
  apply,
  applyAll,
  constantOp,
  formatType,
  type Op,
  requireSameDType,
  type Tensor,
  type Type,
  type Value,
} from '../program.ts';
import {
  broadcastShapes,
  elements,
  formatShape,
  normalizeAxes,
  normalizeAxis,
  reducedShape,
  sameShape,
  strides,
} from '../shape.ts';

/** Visits every multi-index of `shape` in row-major order; `index` is reused between calls. */
export function forEachIndex(shape: readonly number[], visit: (index: readonly number[], flat: number) => void): void {
  const index = new Array<number>(shape.length).fill(0);
  const count = elements(shape);
  for (let flat = 0; flat < count; flat++) {
    visit(index, flat);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
}

/** The elements of `x` rearranged: `from` gives the source index of each result index, or undefined for `fill`. */
function remap(
  x: Value,
  type: Type,
  from: (index: readonly number[]) => readonly number[] | undefined,
  fill = 0,
): Float64Array {
  const step = strides(x.shape);
  const out = new Float64Array(elements(type.shape)).fill(fill);
  forEachIndex(type.shape, (index, flat) => {
    const source = from(index);
    if (source) out[flat] = x.data[source.reduce((offset, i, axis) => offset + i * step[axis]!, 0)]!;
  });
  return out;
}

// ---------------------------------------------------------------- shape

const reshapeOp: Op<{ shape: readonly number[] }> = {
  name: 'reshape',
  infer: ([x], { shape }) => {
    if (elements(shape) !== x!.size) {
      throw new RangeError(
        `reshape: expected a shape of ${x!.size} elements for ${formatType(x!)}, got ${formatShape(shape)}`,
      );
    }
    return [{ dtype: x!.dtype, shape }];
  },
  vjp: ({ inputs: [x] }, [g]) => [reshape(g!, x!.shape)],
  simplify: ([x], { shape }) => {
    if (sameShape(x!.shape, shape)) return x;
    if (x!.node.op === (reshapeOp as unknown)) return reshape(x!.node.inputs[0]!, shape);
    if (x!.node.op !== (constantOp as unknown) || x!.size !== 1) return undefined;
    const { value } = x!.node.attrs as { value: NDArray };
    return apply(constantOp, [], { value: new NDArray(value.dtype, shape, value.data) });
  },
  lower: (emit, [x], { attrs }) => emit.reshape(x!, attrs.shape),
  meaning: ([x]) => [x!.data],
};

/** The same elements in another shape; one size may be −1, to be worked out. */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  const unknown = shape.indexOf(-1);
  if (unknown < 0) return apply(reshapeOp, [x], { shape: [...shape] });
  const known = elements(shape.filter((_, i) => i !== unknown));
  if (known === 0 || x.size % known !== 0) {
    throw new RangeError(`reshape: expected a shape that divides ${x.size} elements, got ${formatShape(shape)}`);
  }
  return apply(reshapeOp, [x], { shape: shape.map((n) => (n === -1 ? x.size / known : n)) });
}

/** x with an axis of size 1 put in at `axis`. */
export function expandDims(x: Tensor, axis: number): Tensor {
  const at = normalizeAxis('expandDims', axis, x.rank + 1);
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

/** x without the given axes, which must have size 1 (default: all that have). */
export function squeeze(x: Tensor, axes?: number | readonly number[]): Tensor {
  const drop =
    axes === undefined ? x.shape.flatMap((n, i) => (n === 1 ? [i] : [])) : normalizeAxes('squeeze', axes, x.rank);
  for (const axis of drop) {
    if (x.shape[axis] !== 1) throw new RangeError(`squeeze: expected size 1 at axis ${axis}, got ${formatType(x)}`);
  }
  return reshape(x, reducedShape(x.shape, drop, false));
}

const transposeOp: Op<{ permutation: readonly number[] }> = {
  name: 'transpose',
  infer: ([x], { permutation }) => {
    if (
      !sameShape(
        [...permutation].sort((a, b) => a - b),
        x!.shape.map((_, i) => i),
      )
    ) {
      throw new RangeError(`transpose: expected a permutation of ${x!.rank} axes, got ${formatShape(permutation)}`);
    }
    return [{ dtype: x!.dtype, shape: permutation.map((axis) => x!.shape[axis]!) }];
  },
  vjp: ({ attrs: { permutation } }, [g]) => [
    transpose(
      g!,
      permutation.map((_, i) => permutation.indexOf(i)),
    ),
  ],
  simplify: ([x], { permutation }) => {
    // axes of size 1 may stand anywhere: with the others in order nothing moves
    const moved = permutation.filter((axis) => x!.shape[axis] !== 1);
    if (moved.every((axis, i) => i === 0 || axis > moved[i - 1]!))
      return reshape(
        x!,
        permutation.map((axis) => x!.shape[axis]!),
      );
    if (x!.node.op !== (transposeOp as unknown)) return undefined;
    const inner = (x!.node.attrs as { permutation: readonly number[] }).permutation;
    return transpose(
      x!.node.inputs[0]!,
      permutation.map((axis) => inner[axis]!),
    );
  },
  lower: (emit, [x], { attrs }) => emit.op('Transpose', [x!], { perm: attrs.permutation }),
  meaning: ([x], { permutation }, [type]) => {
    const source = new Array<number>(permutation.length);
    return [
      remap(x!, type!, (index) => {
        for (const [i, axis] of permutation.entries()) source[axis] = index[i]!;
        return source;
      }),
    ];
  },
};

/** x with its axes in another order: axis i of the result is axis permutation[i] of x. Default: reversed. */
export function transpose(x: Tensor, permutation?: readonly number[]): Tensor {
  const order = permutation ?? x.shape.map((_, i) => x.rank - 1 - i);
  return apply(transposeOp, [x], { permutation: order.map((axis) => normalizeAxis('transpose', axis, x.rank)) });
}

/** x with two axes exchanged. */
export function swapAxes(x: Tensor, a: number, b: number): Tensor {
  const [i, j] = [normalizeAxis('swapAxes', a, x.rank), normalizeAxis('swapAxes', b, x.rank)];
  return transpose(
    x,
    x.shape.map((_, axis) => (axis === i ? j : axis === j ? i : axis)),
  );
}

// ---------------------------------------------------------------- broadcast and sum

const broadcastOp: Op<{ shape: readonly number[] }> = {
  name: 'broadcastTo',
  infer: ([x], { shape }) => {
    if (!sameShape(broadcastShapes('broadcastTo', x!.shape, shape), shape)) {
      throw new RangeError(
        `broadcastTo: expected a shape that ${formatType(x!)} broadcasts to, got ${formatShape(shape)}`,
      );
    }
    return [{ dtype: x!.dtype, shape }];
  },
  vjp: ({ inputs: [x] }, [g]) => [unbroadcast(g!, x!.shape)],
  simplify: ([x], { shape }) => (sameShape(x!.shape, shape) ? x : undefined),
  lower: (emit, [x], { attrs }) => emit.op('Expand', [x!, emit.ints(attrs.shape)]),
  meaning: ([x], _, [type]) => {
    const lead = type!.shape.length - x!.shape.length;
    return [remap(x!, type!, (index) => x!.shape.map((n, axis) => (n === 1 ? 0 : index[axis + lead]!)))];
  },
};

/** x repeated along axes of size 1 (and along new leading ones) until it has `shape`. */
export function broadcastTo(x: Tensor, shape: readonly number[]): Tensor {
  return apply(broadcastOp, [x], { shape: [...shape] });
}

/** Sums a cotangent over the axes along which an operand of `shape` was broadcast. */
export function unbroadcast(g: Tensor, shape: readonly number[]): Tensor {
  if (sameShape(g.shape, shape)) return g;
  const lead = g.rank - shape.length;
  const axes = g.shape.flatMap((n, i) => (i < lead || (shape[i - lead] === 1 && n !== 1) ? [i] : []));
  return reshape(axes.length > 0 ? sum(g, axes) : g, shape);
}

/** Axes over which an op reduces, and whether they stay with size 1. */
export interface Reduction {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

/** Sums of fewer rows than this are not worth a matrix product. */
const rowsForProduct = 32;

const sumOp: Op<Reduction> = {
  name: 'sum',
  infer: ([x], { axes, keepDims }) => {
    if (x!.dtype === 'bool' || x!.dtype === 'uint8') {
      throw new TypeError(`sum: expected numbers of at least 32 bits, got ${formatType(x!)} (cast first)`);
    }
    return [{ dtype: x!.dtype, shape: reducedShape(x!.shape, axes, keepDims) }];
  },
  vjp: ({ inputs: [x], attrs: { axes } }, [g]) => [
    broadcastTo(reshape(g!, reducedShape(x!.shape, axes, true)), x!.shape),
  ],
  simplify: ([x], { axes, keepDims }) => {
    if (axes.every((axis) => x!.shape[axis] === 1)) return reshape(x!, reducedShape(x!.shape, axes, keepDims));
    const { op, inputs, attrs } = x!.node;
    // the sign is changed after the sum, where there is less of it
    return op.name === 'neg' ? apply(op, [sum(inputs[0]!, axes, { keepDims })], attrs) : undefined;
  },
  lower: (emit, [x], { inputs, outputs, attrs: { axes, keepDims } }) => {
    const { dtype, shape } = inputs[0]!;
    const lead = axes.filter((axis, i) => axis === i);
    const [rows, columns] = [elements(shape.slice(0, lead.length)), elements(shape.slice(lead.length))];
    if (dtype !== 'float32' || rows < rowsForProduct || columns === 1 || emit.open) {
      return reduce(emit, 'ReduceSum', x!, inputs[0]!, { axes, keepDims });
    }
    const total = sumOfRows(emit, x!, rows, columns);
    if (lead.length === axes.length) return emit.reshape(total, outputs[0]!.shape);
    const rest = emit.reshape(total, shape.slice(lead.length));
    const others = axes.slice(lead.length).map((axis) => axis - lead.length);
    return emit.reshape(emit.op('ReduceSum', [rest, emit.ints(others)], { keepdims: 0 }), outputs[0]!.shape);
  },
  meaning: ([x], { axes }, [type]) => [foldOver(x!, axes, type!, 0, (total, v) => total + v)],
};

/**
 * The sum of the rows of a matrix [rows, columns], as products with ones: over leading axes these are faster than
 * ReduceSum, and more accurate, when the rows are first summed in about √rows groups.
 */
function sumOfRows(emit: Emitter, x: string, rows: number, columns: number): string {
  const groups = largestDivisor(rows, Math.ceil(Math.sqrt(rows)));
  if (groups === 1) return emit.op('MatMul', [emit.constant(onesRow(rows)), emit.reshape(x, [rows, columns])]);
  const split = emit.reshape(x, [groups, rows / groups, columns]);
  const partial = emit.op('MatMul', [emit.constant(onesRow(rows / groups)), split]);
  return emit.op('MatMul', [emit.constant(onesRow(groups)), emit.reshape(partial, [groups, columns])]);
}

const onesRows = new Map<number, NDArray>();

/** [1, n] ones. Made once, so that a program holds it once. */
function onesRow(n: number): NDArray {
  const known = onesRows.get(n) ?? new NDArray('float32', [1, n], new Float32Array(n).fill(1));
  onesRows.set(n, known);
  return known;
}

/** The largest divisor of n that is at most `limit`. */
function largestDivisor(n: number, limit: number): number {
  for (let d = limit; d > 1; d--) if (n % d === 0) return d;
  return 1;
}

/** Emits one of ONNX's reductions; a uint32 goes through int64, for which there are kernels. */
export function reduce(emit: Emitter, type: string, x: string, { dtype }: Type, { axes, keepDims }: Reduction): string {
  const wide = dtype === 'uint32' ? emit.cast(x, 'int64') : x;
  const out = emit.op(type, [wide, emit.ints(axes)], { keepdims: Number(keepDims), noop_with_empty_axes: 1 });
  return dtype === 'uint32' ? emit.cast(out, 'uint32') : out;
}

/** Folds `x` over `axes` in the reference interpreter. */
export function foldOver(
  x: Value,
  axes: readonly number[],
  type: Type,
  start: number,
  fold: (accumulated: number, v: number) => number,
): Float64Array {
  const kept = strides(reducedShape(x.shape, axes, true)).map((stride, axis) => (axes.includes(axis) ? 0 : stride));
  const out = new Float64Array(elements(type.shape)).fill(start);
  forEachIndex(x.shape, (index, flat) => {
    const at = index.reduce((offset, i, axis) => offset + i * kept[axis]!, 0);
    out[at] = fold(out[at]!, x.data[flat]!);
  });
  return out;
}

/**
 * Sum over axes (default: all). Summing over no elements gives 0. A sum of integers has to fit their type, and 53 bits:
 * runtimes compute it in doubles.
 */
export function sum(x: Tensor, axes?: number | readonly number[], options: { keepDims?: boolean } = {}): Tensor {
  return apply(sumOp, [x], { axes: normalizeAxes('sum', axes, x.rank), keepDims: options.keepDims ?? false });
}

// ---------------------------------------------------------------- slicing

/** The part of one axis that a slice keeps: from, to (default: the end; negative counts from it), step (default 1). */
export type Range = readonly [start: number, end?: number | undefined, step?: number];

interface SliceAttrs {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly steps: readonly number[];
}

const sliceOp: Op<SliceAttrs> = {
  name: 'slice',
  infer: ([x], { starts, ends, steps }) => [
    { dtype: x!.dtype, shape: starts.map((start, i) => Math.max(0, Math.ceil((ends[i]! - start) / steps[i]!))) },
  ],
  vjp: ({ inputs: [x], outputs: [y], attrs: { starts, steps } }, [g]) => [
    spread(g!, y!.shape, x!.shape, starts, steps),
  ],
  simplify: ([x], { starts, ends, steps }) =>
    starts.every((start, i) => start === 0 && ends[i] === x!.shape[i] && steps[i] === 1) ? x : undefined,
  lower: (emit, [x], { inputs, attrs: { starts, ends, steps } }) => {
    const axes = starts.flatMap((start, i) =>
      start === 0 && ends[i] === inputs[0]!.shape[i] && steps[i] === 1 ? [] : [i],
    );
    const pick = (list: readonly number[]) => emit.ints(axes.map((axis) => list[axis]!));
    return emit.op('Slice', [x!, pick(starts), pick(ends), emit.ints(axes), pick(steps)]);
  },
  meaning: ([x], { starts, steps }, [type]) => [
    remap(x!, type!, (index) => index.map((i, axis) => starts[axis]! + i * steps[axis]!)),
  ],
};

/** The transpose of a slice: g put back where it was taken from, zeros elsewhere. */
export function spread(
  g: Tensor,
  sizes: readonly number[],
  shape: readonly number[],
  starts: readonly number[],
  steps: readonly number[],
): Tensor {
  let out = g;
  for (const [axis, step] of steps.entries()) {
    const size = sizes[axis]!;
    if (step === 1 || size < 2) continue;
    // zeros between elements: [n] → [n,1] → pad to [n,step] → [n·step] without the tail
    const wide = pad(expandDims(out, axis + 1), pairsAt(out.rank + 1, axis + 1, [0, step - 1]));
    const flat = reshape(
      wide,
      out.shape.map((n, i) => (i === axis ? n * step : n)),
    );
    out = slice(
      flat,
      flat.shape.map((_, i) => (i === axis ? [0, (size - 1) * step + 1] : undefined)),
    );
  }
  return pad(
    out,
    out.shape.map((n, i) => [starts[i]!, shape[i]! - starts[i]! - n]),
  );
}

function pairsAt(rank: number, axis: number, pair: readonly [number, number]): (readonly [number, number])[] {
  return Array.from({ length: rank }, (_, i) => (i === axis ? pair : [0, 0]));
}

/**
 * Part of x: one range an axis, undefined (or left out at the end) for the whole axis.
 *
 * @example
 * slice(x, [undefined, [0, 3], [-1]]) // first three of axis 1, the last of axis 2
 */
export function slice(x: Tensor, ranges: readonly (Range | undefined)[]): Tensor {
  if (ranges.length > x.rank)
    throw new RangeError(`slice: expected at most ${x.rank} ranges for ${formatType(x)}, got ${ranges.length}`);
  const bounds = x.shape.map((n, axis) => {
    const [start, end = n, step = 1] = ranges[axis] ?? [0];
    if (!Number.isInteger(step) || step < 1)
      throw new RangeError(`slice: expected a positive step, got ${step} (flip() reverses)`);
    if (!Number.isInteger(start) || !Number.isInteger(end))
      throw new RangeError(`slice: expected bounds that are integers, got ${formatShape([start, end])}`);
    const inside = (at: number) => Math.min(n, Math.max(0, at < 0 ? at + n : at));
    return [inside(start), Math.max(inside(start), inside(end)), step] as const;
  });
  return apply(sliceOp, [x], {
    starts: bounds.map((b) => b[0]),
    ends: bounds.map((b) => b[1]),
    steps: bounds.map((b) => b[2]),
  });
}

/** Entry `index` along `axis`, without that axis. */
export function at(x: Tensor, index: number, axis = 0): Tensor {
  const i = normalizeAxis('at', axis, x.rank);
  const n = x.shape[i]!;
  if (!Number.isInteger(index) || index < -n || index >= n)
    throw new RangeError(`at: expected an index in [${-n}, ${n - 1}], got ${index}`);
  const from = index < 0 ? index + n : index;
  return squeeze(slice(x, pairs(x.rank, i, [from, from + 1])), i);
}

function pairs(rank: number, axis: number, range: Range): (Range | undefined)[] {
  return Array.from({ length: rank }, (_, i) => (i === axis ? range : undefined));
}

/** x cut along an axis, one slice a part. */
function slices(x: Tensor, sizes: readonly number[], axis: number): Tensor[] {
  let from = 0;
  return sizes.map((size) => {
    from += size;
    return slice(x, pairs(x.rank, axis, [from - size, from]));
  });
}

const splitOp: Op<{ sizes: readonly number[]; axis: number }> = {
  name: 'split',
  infer: ([x], { sizes, axis }) =>
    sizes.map((size) => ({ dtype: x!.dtype, shape: x!.shape.map((n, i) => (i === axis ? size : n)) })),
  // one concatenation, where the gradients of slices would each be padded to the whole
  vjp: ({ outputs, attrs: { axis } }, gs) => [
    concat(
      outputs.map((y, i) => gs[i] ?? zeros(y.shape, y.dtype)),
      axis,
    ),
  ],
  lower: (emit, [x], { attrs: { sizes, axis } }) => emit.ops('Split', [x!, emit.ints(sizes)], sizes.length, { axis }),
  meaning: ([x], { sizes, axis }, types) => {
    let from = 0;
    return sizes.map((size, k) => {
      from += size;
      return remap(x!, types[k]!, (index) => index.map((i, a) => (a === axis ? from - size + i : i)));
    });
  },
};

/** x cut along an axis into parts of the given sizes, or into `parts` equal ones. */
export function split(x: Tensor, parts: number | readonly number[], axis = -1): Tensor[] {
  const i = normalizeAxis('split', axis, x.rank);
  const n = x.shape[i]!;
  const sizes = typeof parts === 'number' ? new Array<number>(parts).fill(n / parts) : parts;
  if (sizes.some((s) => !Number.isInteger(s) || s < 0) || sizes.reduce((a, b) => a + b, 0) !== n) {
    throw new RangeError(
      `split: expected sizes that sum to ${n}, got ${typeof parts === 'number' ? `${parts} equal parts` : formatShape(sizes)}`,
    );
  }
  return sizes.length === 1 ? [x] : [...applyAll(splitOp, [x], { sizes, axis: i })];
}

const flipOp: Op<{ axes: readonly number[] }> = {
  name: 'flip',
  infer: ([x]) => [x!],
  vjp: ({ attrs: { axes } }, [g]) => [flip(g!, axes)],
  lower: (emit, [x], { attrs: { axes } }) => {
    if (axes.length === 0) return x!;
    const all = (v: number) => emit.ints(axes.map(() => v));
    return emit.op('Slice', [x!, all(-1), all(-(2 ** 31)), emit.ints(axes), all(-1)]);
  },
  meaning: ([x], { axes }, [type]) => [
    remap(x!, type!, (index) => index.map((i, axis) => (axes.includes(axis) ? x!.shape[axis]! - 1 - i : i))),
  ],
};

/** x reversed along axes (default: all). */
export function flip(x: Tensor, axes?: number | readonly number[]): Tensor {
  return apply(flipOp, [x], { axes: normalizeAxes('flip', axes, x.rank) });
}

// ---------------------------------------------------------------- joining and padding

const concatOp: Op<{ axis: number }> = {
  name: 'concat',
  infer: (inputs, { axis }) => {
    const dtype = requireSameDType('concat', inputs);
    const [first] = inputs as readonly [Tensor];
    for (const other of inputs) {
      if (other.rank !== first.rank || other.shape.some((n, i) => i !== axis && n !== first.shape[i])) {
        throw new RangeError(
          `concat: expected shapes equal but for axis ${axis}, got ${inputs.map(formatType).join(', ')}`,
        );
      }
    }
    return [
      {
        dtype,
        shape: first.shape.map((n, i) => (i === axis ? inputs.reduce((total, t) => total + t.shape[axis]!, 0) : n)),
      },
    ];
  },
  vjp: ({ inputs, attrs: { axis } }, [g]) =>
    slices(
      g!,
      inputs.map((t) => t.shape[axis]!),
      axis,
    ),
  simplify: (inputs) => (inputs.length === 1 ? inputs[0] : undefined),
  lower: (emit, inputs, { attrs }) => emit.op('Concat', inputs, { axis: attrs.axis }),
  meaning: (inputs, { axis }, [type]) => {
    const out = new Float64Array(elements(type!.shape));
    const inner = elements(type!.shape.slice(axis + 1));
    const row = type!.shape[axis]! * inner;
    let from = 0;
    for (const x of inputs) {
      const width = x.shape[axis]! * inner;
      for (let i = 0; i * width < x.data.length; i++)
        out.set(x.data.subarray(i * width, (i + 1) * width), i * row + from);
      from += width;
    }
    return [out];
  },
};

/** Tensors joined along an axis that they have. */
export function concat(parts: readonly Tensor[], axis = 0): Tensor {
  if (parts.length === 0) throw new RangeError('concat: expected at least one tensor, got none');
  return apply(concatOp, parts, { axis: normalizeAxis('concat', axis, parts[0]!.rank) });
}

/** Tensors of one shape joined along a new axis. */
export function stack(parts: readonly Tensor[], axis = 0): Tensor {
  return concat(
    parts.map((x) => expandDims(x, axis)),
    axis,
  );
}

/** x repeated `times` along an axis, whole after whole. */
export function tile(x: Tensor, times: number, axis = 0): Tensor {
  const i = normalizeAxis('tile', axis, x.rank);
  const wide = [...x.shape.slice(0, i), times, ...x.shape.slice(i)];
  return reshape(
    broadcastTo(expandDims(x, i), wide),
    x.shape.map((n, j) => (j === i ? n * times : n)),
  );
}

/** Each entry along an axis repeated `times`, one after another. */
export function repeat(x: Tensor, times: number, axis = 0): Tensor {
  const i = normalizeAxis('repeat', axis, x.rank);
  const wide = [...x.shape.slice(0, i + 1), times, ...x.shape.slice(i + 1)];
  return reshape(
    broadcastTo(expandDims(x, i + 1), wide),
    x.shape.map((n, j) => (j === i ? n * times : n)),
  );
}

const padOp: Op<{ widths: readonly (readonly [number, number])[]; value: number }> = {
  name: 'pad',
  infer: ([x], { widths }) => [{ dtype: x!.dtype, shape: x!.shape.map((n, i) => n + widths[i]![0] + widths[i]![1]) }],
  vjp: ({ inputs: [x], attrs: { widths } }, [g]) => [
    slice(
      g!,
      x!.shape.map((n, i) => [widths[i]![0], widths[i]![0] + n]),
    ),
  ],
  simplify: ([x], { widths }) => (widths.every(([before, after]) => before === 0 && after === 0) ? x : undefined),
  lower: (emit, [x], { inputs, attrs: { widths, value } }) => {
    const bounds = emit.ints([...widths.map((w) => w[0]), ...widths.map((w) => w[1])]);
    return emit.op('Pad', [x!, bounds, emit.scalar(inputs[0]!.dtype, value)], { mode: 'constant' });
  },
  meaning: ([x], { widths, value }, [type]) => [
    remap(
      x!,
      type!,
      (index) => {
        const source = index.map((i, axis) => i - widths[axis]![0]);
        return source.every((i, axis) => i >= 0 && i < x!.shape[axis]!) ? source : undefined;
      },
      value,
    ),
  ],
};

/** x with `value` (default 0) put before and after each axis: one [before, after] an axis. */
export function pad(x: Tensor, widths: readonly (readonly [number, number])[], value = 0): Tensor {
  if (
    widths.length !== x.rank ||
    widths.some(([a, b]) => !Number.isInteger(a) || !Number.isInteger(b) || a < 0 || b < 0)
  ) {
    throw new RangeError(
      `pad: expected ${x.rank} pairs of non-negative widths for ${formatType(x)}, got ${JSON.stringify(widths)}`,
    );
  }
  requireHeld('pad', x.dtype, value);
  return apply(padOp, [x], { widths, value });
}

// ---------------------------------------------------------------- constants

/** A constant of one element. */
export function scalar(dtype: Type['dtype'], value: number): Tensor {
  return apply(constantOp, [], { value: new NDArray(dtype, [], store(dtype, [value])) });
}

/** @throws TypeError when an integer or bool type does not have the value, which would be cut to fit */
export function requireHeld(op: string, dtype: Type['dtype'], value: number): void {
  if (isFloat(dtype)) return;
  if (!Number.isSafeInteger(value) || Number(store(dtype, [value])[0]) !== value)
    throw new TypeError(`${op}: expected a number of the element type, got ${value} for ${dtype} (cast first)`);
}

/** A tensor filled with one value. */
export function full(shape: readonly number[], value: number, dtype: Type['dtype'] = 'float32'): Tensor {
  requireHeld('full', dtype, value);
  return broadcastTo(scalar(dtype, value), shape);
}

/** A tensor of zeros. */
export function zeros(shape: readonly number[], dtype: Type['dtype'] = 'float32'): Tensor {
  return full(shape, 0, dtype);
}

/** A tensor of ones. */
export function ones(shape: readonly number[], dtype: Type['dtype'] = 'float32'): Tensor {
  return full(shape, 1, dtype);
}

const iotaOp: Op<{ n: number; dtype: Type['dtype'] }> = {
  name: 'iota',
  infer: (_, { n, dtype }) => [{ dtype, shape: [n] }],
  vjp: () => [],
  lower: (emit, _, { attrs: { n, dtype } }) => {
    const count = emit.op('Range', [emit.scalar('int32', 0), emit.scalar('int32', n), emit.scalar('int32', 1)]);
    return dtype === 'int32' ? count : emit.cast(count, dtype);
  },
  meaning: (_, { n }) => [Float64Array.from({ length: n }, (_, i) => i)],
};

/** The integers 0 … n−1 as one axis. */
export function iota(n: number, dtype: Type['dtype'] = 'int32'): Tensor {
  return apply(iotaOp, [], { n, dtype });
}
