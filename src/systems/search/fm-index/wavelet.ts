/**
 * A wavelet matrix over a four-digit prefix code: a sequence of symbols in about its entropy, with ranks in time linear in
 * the length of a symbol's word, whatever the length of the sequence.
 *
 * Level k holds digit k of every symbol whose word is longer than k, stably sorted by the digits before, the last one
 * first. All levels lie one after the other in one sequence of digits, and positions count from its beginning. The way
 * down by digit d is `position := jump(k, d) + rank(d, position)`; where that passes the last element of the next level
 * it has reached a leaf.
 *
 * Symbols are numbered in the order of the leaves. So the step of an FM-index, the rank of a symbol plus the number of
 * smaller ones, is the position reached less a constant of the level.
 */
import { type Code, codeWords } from './code.ts';
import { countInPair, digitAt, inOnePair, QuadWriter, rankOf, ranks, ranksInPair } from './quads.ts';

/** The arrays that a wavelet matrix is made of; they can lie in a file as they are. */
export interface WaveletParts {
  readonly words: Int32Array;
  readonly supers: Int32Array;
}

/** A set of symbols, each with a count. */
export interface Tally {
  readonly symbols: Int32Array;
  readonly counts: Int32Array;
}

export class WaveletMatrix {
  readonly #words: Int32Array;
  readonly #supers: Int32Array;
  readonly #code: Code;
  readonly #digits: Int32Array;
  readonly #lengths: Uint8Array;
  /** By 4k + d: see above. */
  readonly #jump: Int32Array;
  /** The position after the last element of level k. */
  readonly #end: Int32Array;
  /** By how much a leaf's position at depth k exceeds rank plus number of smaller symbols. */
  readonly #excess: Int32Array;

  /** The ranges being taken apart by `tally`: depth, node, from, to. */
  readonly #stack = new Int32Array(4 * 64);
  readonly #ranks = new Int32Array(8);
  #found: Tally | undefined;

  /** The bounds that `narrow` found, or the symbol that `step` passed. */
  from = 0;
  to = 0;
  symbol = 0;

  /** @param counts how often each symbol occurs */
  constructor({ words, supers }: WaveletParts, code: Code, counts: Int32Array) {
    this.#words = words;
    this.#supers = supers;
    this.#code = code;
    ({ digits: this.#digits, lengths: this.#lengths } = codeWords(code));
    const { sizes, before } = levels(code, counts);
    this.#end = new Int32Array(code.depth + 1);
    this.#jump = new Int32Array(4 * code.depth);
    this.#excess = new Int32Array(code.depth + 1);
    for (let k = 0, start = 0; k <= code.depth; k++) {
      this.#end[k] = start + sizes[k]!;
      if (k > 0) {
        this.#excess[k] = this.#end[k]! - sizes[0]! + sizes[k - 1]!;
        for (let j = 4 * k - 4; j < 4 * k; j++) {
          this.#jump[j] = start + before[j]! - rankOf(words, supers, j & 3, start - sizes[k - 1]!);
        }
      }
      start += sizes[k]!;
    }
  }

  /** From positions of the sequence to those of the symbol among all, sorted: bounds in `from` and `to`. */
  narrow(from: number, to: number, symbol: number): void {
    const words = this.#words;
    const supers = this.#supers;
    const length = this.#lengths[symbol]!;
    let word = this.#digits[symbol]!;
    for (let j = 0; j < 4 * length; j += 4, word >>>= 2) {
      const digit = word & 3;
      const near = inOnePair(from, to);
      if (near && from === to) break;
      const next = this.#jump[j + digit]! + rankOf(words, supers, digit, from);
      to = near
        ? next + countInPair(words, digit, from, to)
        : this.#jump[j + digit]! + rankOf(words, supers, digit, to);
      from = next;
    }
    const excess = this.#excess[length]!;
    this.from = from - excess;
    this.to = to - excess;
  }

  /** The place of element `at` among all, stably sorted; its symbol in `symbol`. */
  step(at: number): number {
    const words = this.#words;
    const supers = this.#supers;
    const { inner, firstLeaf, firstSymbol } = this.#code;
    let node = 0;
    for (let k = 0; ; ) {
      const digit = digitAt(words, at);
      at = this.#jump[4 * k + digit]! + rankOf(words, supers, digit, at);
      node += digit * inner[k]!;
      if (at >= this.#end[++k]!) {
        this.symbol = firstSymbol[k]! + node - firstLeaf[k]!;
        return at - this.#excess[k]!;
      }
    }
  }

  /** The different symbols from `from` to `to`, in no particular order, and how often each occurs there. */
  tally(from: number, to: number): Tally {
    this.#found ??= { symbols: new Int32Array(this.#code.symbols), counts: new Int32Array(this.#code.symbols) };
    const { symbols, counts } = this.#found;
    const words = this.#words;
    const supers = this.#supers;
    const { inner, firstLeaf, firstSymbol } = this.#code;
    const stack = this.#stack;
    const both = this.#ranks;
    const jump = this.#jump;
    const end = this.#end;
    let found = 0;
    let top = 0;
    stack[0] = 0;
    stack[1] = 0;
    stack[2] = from;
    stack[3] = to;
    if (from < to) top = 4;
    while (top > 0) {
      top -= 4;
      let k = stack[top]!;
      let node = stack[top + 1]!;
      let low = stack[top + 2]!;
      const high = stack[top + 3]!;
      if (high - low === 1) {
        do {
          const digit = digitAt(words, low);
          low = jump[4 * k + digit]! + rankOf(words, supers, digit, low);
          node += digit * inner[k]!;
        } while (low < end[++k]!);
        symbols[found] = firstSymbol[k]! + node - firstLeaf[k]!;
        counts[found++] = 1;
        continue;
      }
      ranks(words, supers, low, both, 0);
      if (inOnePair(low, high)) ranksInPair(words, low, high, both);
      else ranks(words, supers, high, both, 4);
      const parents = inner[k]!;
      for (let digit = 0, j = 4 * k++; digit < 4; digit++, j++, node += parents) {
        const count = both[digit + 4]! - both[digit]!;
        if (count === 0) continue;
        low = jump[j]! + both[digit]!;
        if (low >= end[k]!) {
          symbols[found] = firstSymbol[k]! + node - firstLeaf[k]!;
          counts[found++] = count;
        } else {
          stack[top] = k;
          stack[top + 1] = node;
          stack[top + 2] = low;
          stack[top + 3] = low + count;
          top += 4;
        }
      }
    }
    return { symbols: symbols.slice(0, found), counts: counts.slice(0, found) };
  }
}

/**
 * Writes the wavelet matrix of a sequence to `parts`, which hold zeros.
 *
 * @param sequence symbols of the code; used up
 * @param scratch as long as the sequence; used up
 */
export function buildWavelet(
  sequence: Uint16Array | Int32Array,
  scratch: Uint16Array | Int32Array,
  code: Code,
  counts: Int32Array,
  parts: WaveletParts,
): void {
  const { digits, lengths } = codeWords(code);
  const { sizes, before } = levels(code, counts);
  const writer = new QuadWriter(parts.words, parts.supers);
  for (let k = 0; k < code.depth; k++) {
    const to = before.slice(4 * k, 4 * k + 4);
    for (let i = 0; i < sizes[k]!; i++) {
      const symbol = sequence[i]!;
      const digit = (digits[symbol]! >>> (2 * k)) & 3;
      writer.push(digit);
      if (lengths[symbol]! > k + 1) scratch[to[digit]!++] = symbol;
    }
    [sequence, scratch] = [scratch, sequence];
  }
  writer.end();
}

/** Digits of all levels together, for symbols that occur `counts` times. */
export function digitsOf(code: Code, counts: Int32Array): number {
  return levels(code, counts).sizes.reduce((sum, size) => sum + size, 0);
}

/** By level k: the elements in it; by 4k + d: those of a digit below d. */
function levels(code: Code, counts: Int32Array): { sizes: Int32Array; before: Int32Array } {
  const { digits, lengths } = codeWords(code);
  const sizes = new Int32Array(code.depth + 1);
  const before = new Int32Array(4 * code.depth);
  for (let s = 0; s < code.symbols; s++) {
    const count = counts[s]!;
    for (let k = 0; k < lengths[s]!; k++) {
      sizes[k]! += count;
      for (let d = ((digits[s]! >>> (2 * k)) & 3) + 1; d < 4; d++) before[4 * k + d]! += count;
    }
  }
  return { sizes, before };
}
