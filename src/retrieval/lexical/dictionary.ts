/**
 * The number of every word of an index, found in the bytes of the words as they lie in its file.
 *
 * A table of numbers with open addressing (the place of a word is its bytes' hash, or the next that is free): six to twelve
 * bytes a word, where a Map of strings takes a hundred. The hash is FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo, 1991).
 */

export class Dictionary {
  readonly #letters: Uint8Array;
  /** Where each word ends in the letters. */
  readonly #ends: Int32Array;
  /** By place: one more than the number of a word, or 0; a power of two of them, at most two thirds taken. */
  readonly #table: Int32Array;

  /** @param letters words in UTF-8, each once, one after the other */
  constructor(letters: Uint8Array, ends: Int32Array) {
    this.#letters = letters;
    this.#ends = ends;
    this.#table = new Int32Array(2 ** Math.ceil(Math.log2(1.5 * ends.length + 1)));
    const mask = this.#table.length - 1;
    for (let number = 0, from = 0; number < ends.length; from = ends[number++]!) {
      let place = hash(letters, from, ends[number]!) & mask;
      while (this.#table[place] !== 0) place = (place + 1) & mask;
      this.#table[place] = number + 1;
    }
  }

  /** The number of a word; undefined for one that is not there. */
  get(word: string): number | undefined {
    const wanted = encoder.encode(word);
    const mask = this.#table.length - 1;
    for (let place = hash(wanted, 0, wanted.length) & mask; ; place = (place + 1) & mask) {
      const number = this.#table[place]! - 1;
      if (number < 0) return undefined;
      if (this.#is(number, wanted)) return number;
    }
  }

  /** The words in the order of their numbers. */
  *keys(): Generator<string> {
    for (let number = 0, from = 0; number < this.#ends.length; from = this.#ends[number++]!)
      yield decoder.decode(this.#letters.subarray(from, this.#ends[number]!));
  }

  #is(number: number, wanted: Uint8Array): boolean {
    const from = number === 0 ? 0 : this.#ends[number - 1]!;
    if (this.#ends[number]! - from !== wanted.length) return false;
    for (let i = 0; i < wanted.length; i++) if (this.#letters[from + i] !== wanted[i]) return false;
    return true;
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function hash(bytes: Uint8Array, from: number, to: number): number {
  let value = 0x811c9dc5;
  for (let i = from; i < to; i++) value = Math.imul(value ^ bytes[i]!, 0x01000193);
  // the low bits of its last step depend on few letters
  return value ^ (value >>> 15);
}
