/**
 * Orders of rows, as pure functions of a key.
 */
import { type NDArray, threefry } from '../tensor/index.ts';

/** Draws that are made at once: bounds the memory beside the order itself. */
const chunk = 65_536;

/**
 * The numbers 0 to `size` - 1 in random order, every order equally likely up to a bias below size / 2⁵³; the same for the
 * same key and stream. `size` is at most 2³².
 * @param key from `random.key`
 * @param stream gives another order for the same key: the number of an epoch
 */
export function shuffled(key: NDArray<'uint32'>, size: number, stream = 0): Uint32Array {
  const words = threefry.foldIn([key.data[0]!, key.data[1]!], stream);
  const order = new Uint32Array(size);
  for (let i = 0; i < size; i++) order[i] = i;
  // Fisher and Yates; the swap of place i draws from block i.
  for (let start = 1; start < size; start += chunk) {
    const count = Math.min(chunk, size - start);
    const [high, low] = threefry.blocks(words, count, start);
    for (let i = 0; i < count; i++) {
      const unit = (high[i]! * 2 ** 21 + (low[i]! >>> 11)) / 2 ** 53;
      const last = start + i;
      const other = Math.floor(unit * (last + 1));
      const moved = order[last]!;
      order[last] = order[other]!;
      order[other] = moved;
    }
  }
  return order;
}
