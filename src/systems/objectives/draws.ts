/** Random numbers of a run: counter-based, so that the n-th draw of a name is the same after every resumption. */
import { threefry } from '../../tensor/index.ts';

const block = 64;

/** An endless stream of uniform numbers. */
export class Draws {
  readonly #key: threefry.Key;
  #used = 0;
  #drawn: Float64Array = new Float64Array(0);

  private constructor(key: threefry.Key) {
    this.#key = key;
  }

  /** The stream of whole numbers: a seed, and what is drawn under it. */
  static of(seed: number, ...path: readonly number[]): Draws {
    return new Draws(path.reduce((key, part) => threefry.foldIn(key, part), threefry.seedKey(seed)));
  }

  /** Uniform in [0, 1). */
  next(): number {
    const at = this.#used++ % block;
    if (at === 0) {
      const [high, low] = threefry.blocks(this.#key, block, this.#used - 1);
      this.#drawn = Float64Array.from(high, (word, i) => (word * 2 ** 21 + (low[i]! >>> 11)) / 2 ** 53);
    }
    return this.#drawn[at]!;
  }

  /** A whole number in [0, count). */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  /** One of a list. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** The list in random order. */
  shuffled<T>(list: readonly T[]): T[] {
    const order = [...list];
    for (let last = order.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      [order[last], order[other]] = [order[other]!, order[last]!];
    }
    return order;
  }
}
