/** Parts of tensors and tensors put together: slices, joins and padding, whose gradients are made of each other. */
import { apply, applyAll, formatType, type Op, requireSameDType, type Tensor } from '../program.ts';
import { elements, formatShape, normalizeAxes, normalizeAxis } from '../shape.ts';
import { expandDims, reshape, squeeze } from './axes.ts';
import { broadcastTo } from './broadcast.ts';
import { requireHeld, zeros } from './constants.ts';
import { remap } from './walk.ts';

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
