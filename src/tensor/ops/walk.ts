/** How the plain meanings of ops walk over elements: by multi-indices, in row-major order. */
import type { Type, Value } from '../program.ts';
import { elements, reducedShape, sameShape, strides } from '../shape.ts';

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
export function remap(
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

/** Reads `value` at the positions of a result of `shape`. */
export function broadcastIndex(value: Value, shape: readonly number[]): (i: number) => number {
  const size = value.data.length;
  if (size === 1) return () => value.data[0]!;
  if (sameShape(value.shape, shape)) return (i) => value.data[i]!;
  const lead = shape.length - value.shape.length;
  const own = strides(value.shape);
  const outer = strides(shape);
  const step = shape.map((_, axis) => (axis < lead || value.shape[axis - lead] === 1 ? 0 : own[axis - lead]!));
  return (i) => {
    let offset = 0;
    let rest = i;
    for (let axis = 0; axis < shape.length; axis++) {
      const at = Math.floor(rest / outer[axis]!);
      rest -= at * outer[axis]!;
      offset += at * step[axis]!;
    }
    return value.data[offset]!;
  };
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
