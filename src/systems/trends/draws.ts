/**
 * Random numbers for choices on the host, the same for the same seed: xoshiro128** (Blackman and Vigna 2021), seeded
 * through splitmix32. Layouts draw a hundred million of them, for which the counter-based generator of the tensor room
 * would take longer than the layout.
 */
export class Draws {
  readonly #state = new Uint32Array(4);

  constructor(seed: number) {
    let z = seed >>> 0;
    for (let i = 0; i < 4; i++) {
      z = (z + 0x9e3779b9) >>> 0;
      let mixed = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      this.#state[i] = mixed ^ (mixed >>> 15);
    }
  }

  /** A word: 0 to 2³² − 1. */
  word(): number {
    const s = this.#state;
    const five = Math.imul(s[1]!, 5);
    const result = Math.imul((five << 7) | (five >>> 25), 9) >>> 0;
    const t = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = (s[3]! << 11) | (s[3]! >>> 21);
    return result;
  }

  /** In [0, 1). */
  unit(): number {
    return this.word() / 2 ** 32;
  }

  /** A whole number from 0 to `count` − 1; uneven by count/2³², which nothing here can see. */
  below(count: number): number {
    return Math.floor(this.unit() * count);
  }

  /** Puts a list in random order, in place (Fisher and Yates). */
  shuffle(list: Int32Array | Uint32Array): void {
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const moved = list[i]!;
      list[i] = list[j]!;
      list[j] = moved;
    }
  }
}
