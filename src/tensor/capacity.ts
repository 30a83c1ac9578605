/**
 * Sizes that grow.
 *
 * A program is compiled for the shapes that it is given, so that a size that takes every value – a last batch, a
 * growing sequence, a beam – would compile a program for each. Where only shapes depend on the size, its axis is
 * declared open (compile.ts), and one program serves all. Elsewhere – in a training step, on a GPU – such a size is
 * rounded up to a capacity, what is added is filler, and the true length goes in as a number, from which the program
 * makes a mask. Capacities double, so the number of programs is the logarithm of the largest size, and never more than
 * half of what is computed is filler.
 *
 * @example
 * const total = compile((rows: Tensor, length: Tensor) => sum(where(lengthMask(length, rows.shape[0]!), rows, 0)));
 * await total(padTo(rows, 0, capacity(rows.shape[0]!)), rows.shape[0]!);
 */
import { NDArray, store } from './array.ts';
import { allocate } from './dtype.ts';
import { iota } from './ops/constants.ts';
import { less } from './ops/logic.ts';
import { cast } from './ops/select.ts';
import type { Tensor } from './program.ts';
import { elements, formatShape, normalizeAxis } from './shape.ts';

/**
 * The capacity for `size` entries: the least of `least`, 2 · least, 4 · least, … that holds them.
 * @throws RangeError unless size is an integer of at least 0 and least one of at least 1
 */
export function capacity(size: number, least = 16): number {
  if (!Number.isSafeInteger(size) || size < 0)
    throw new RangeError(`capacity: expected a size of at least 0, got ${size}`);
  if (!Number.isSafeInteger(least) || least < 1)
    throw new RangeError(`capacity: expected a least capacity of at least 1, got ${least}`);
  let room = least;
  while (room < size) room *= 2;
  return room;
}

/**
 * `source` with `fill` (default 0) after its last entry along `axis`, up to `size` entries.
 * @throws RangeError when it already has more
 */
export function padTo(source: NDArray, axis: number, size: number, fill = 0): NDArray {
  const at = normalizeAxis('padTo', axis, source.shape.length);
  const has = source.shape[at]!;
  if (!Number.isInteger(size) || size < has)
    throw new RangeError(`padTo: expected a size of at least ${has} for ${formatShape(source.shape)}, got ${size}`);
  if (size === has) return source;
  const shape = source.shape.map((n, i) => (i === at ? size : n));
  const data = allocate(source.dtype, elements(shape));
  if (fill !== 0) data.fill(store(source.dtype, [fill])[0] as never);
  const inner = elements(source.shape.slice(at + 1));
  const outer = elements(source.shape.slice(0, at));
  for (let i = 0; i < outer; i++) {
    data.set(source.data.subarray(i * has * inner, (i + 1) * has * inner) as never, i * size * inner);
  }
  return new NDArray(source.dtype, shape, data);
}

/** In a program: true for the first `length` (a scalar) of `size` places, [size]. */
export function lengthMask(length: Tensor, size: number): Tensor {
  return less(iota(size), cast(length, 'int32'));
}
