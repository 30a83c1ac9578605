/**
 * Arithmetic on shapes. Shapes are plain arrays of non-negative integers, known when a program is traced.
 */

export type Shape = readonly number[];

/** Number of elements of a shape. */
export function elements(shape: Shape): number {
  let count = 1;
  for (const n of shape) count *= n;
  return count;
}

/** `[2,3]`, as error messages and printed programs show shapes. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(',')}]`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

/** Row-major strides, in elements. */
export function strides(shape: Shape): number[] {
  const out = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) out[i] = out[i + 1]! * shape[i + 1]!;
  return out;
}

/**
 * The shape to which all of `shapes` broadcast by NumPy's rule: aligned at the last axis, sizes equal or 1.
 * @throws RangeError naming `op` and the shapes
 */
export function broadcastShapes(op: string, ...shapes: Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((s) => s.length));
  const out = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (let i = 0; i < shape.length; i++) {
      const at = rank - shape.length + i;
      const n = shape[i]!;
      if (n === 1 || n === out[at]) continue;
      if (out[at] !== 1) {
        throw new RangeError(`${op}: expected shapes that broadcast, got ${shapes.map(formatShape).join(' and ')}`);
      }
      out[at] = n;
    }
  }
  return out;
}

/**
 * A non-negative axis from one that may count from the end.
 * @throws RangeError when it is outside `rank`
 */
export function normalizeAxis(op: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new RangeError(`${op}: expected axis in [${-rank}, ${rank - 1}], got ${axis}`);
  }
  return axis < 0 ? axis + rank : axis;
}

/** Non-negative, distinct, sorted axes; `undefined` means all. */
export function normalizeAxes(op: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  const list = (typeof axes === 'number' ? [axes] : axes).map((axis) => normalizeAxis(op, axis, rank));
  const distinct = [...new Set(list)].sort((a, b) => a - b);
  if (distinct.length !== list.length) throw new RangeError(`${op}: expected distinct axes, got ${formatShape(list)}`);
  return distinct;
}

/** The shape after reducing `axes`. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): number[] {
  return keepDims ? shape.map((n, i) => (axes.includes(i) ? 1 : n)) : shape.filter((_, i) => !axes.includes(i));
}
