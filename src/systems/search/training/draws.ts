/** Random choices, one after another, that depend on the seed alone. */
import { threefry } from '../../../tensor/index.ts';

const CHUNK = 1024;

export class Draws {
  readonly #key: threefry.Key;
  #block = 0;
  #words: Uint32Array = new Uint32Array(0);
  #at = 0;

  /** @param stream gives other choices for the same seed */
  constructor(seed: number, stream = 0) {
    this.#key = threefry.foldIn(threefry.seedKey(seed), stream);
  }

  /** Uniform in [0, 1), a multiple of 2⁻³². */
  unit(): number {
    if (this.#at === this.#words.length) {
      const [high, low] = threefry.blocks(this.#key, CHUNK, this.#block);
      this.#block += CHUNK;
      this.#words = new Uint32Array(2 * CHUNK);
      this.#words.set(high);
      this.#words.set(low, CHUNK);
      this.#at = 0;
    }
    return this.#words[this.#at++]! / 2 ** 32;
  }

  /** A whole number in [0, below). */
  below(below: number): number {
    return Math.floor(this.unit() * below);
  }

  /** One of some values. */
  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  /** A place, each as likely as its weight, which is at least 0. */
  weighted(weights: readonly number[]): number {
    let left = this.unit() * weights.reduce((sum, weight) => sum + weight, 0);
    for (const [i, weight] of weights.entries()) {
      left -= weight;
      if (left < 0) return i;
    }
    return weights.length - 1;
  }
}
