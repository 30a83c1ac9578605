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
import { countInPair, digitAt, inOnePair, onlyDigit, QuadWriter, rankOf, ranks, ranksInPair } from './quads.ts';

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

  readonly #ranks = new Int32Array(8);
  #held: readonly [Ranges, Ranges, Ranges] | undefined;

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

  /**
   * The different symbols from `from` to `to`, those of short words first, and how often each occurs there.
   *
   * All ranges of a level are taken apart before the next level, so that what one waits for in memory, others do not.
   */
  tally(from: number, to: number): Tally {
    const words = this.#words;
    const supers = this.#supers;
    const jumps = this.#jump;
    const { inner, firstLeaf, firstSymbol } = this.#code;
    const [a, b, found] = this.#scratch();
    const both = this.#ranks;
    let now = a;
    let next = b;
    const { nodes: foundSymbols, counts: foundCounts } = found;
    let ranges = 0;
    let symbols = 0;
    if (from < to) {
      now.nodes[0] = 0;
      now.lows[0] = from;
      now.counts[0] = to - from;
      ranges = 1;
    }
    for (let k = 0; ranges > 0; k++) {
      const { nodes: theseNodes, lows: theseLows, counts: theseCounts } = now;
      const { nodes, lows, counts } = next;
      const parents = inner[k]!;
      const last = this.#end[k + 1]! - 1;
      const symbolOf = firstSymbol[k + 1]! - firstLeaf[k + 1]!;
      let inside = 0;
      for (let i = 0; i < ranges; i++) {
        const node = theseNodes[i]!;
        const low = theseLows[i]!;
        const size = theseCounts[i]!;
        // Written in any case, and kept by what is added to the lengths: no processor could guess the branches.
        const near = inOnePair(low, low + size);
        const digit = near ? onlyDigit(words, low, low + size) : -1;
        if (digit >= 0) {
          const at = jumps[4 * k + digit]! + rankOf(words, supers, digit, low);
          const x = node + digit * parents;
          nodes[inside] = x;
          lows[inside] = at;
          counts[inside] = size;
          foundSymbols[symbols] = symbolOf + x;
          foundCounts[symbols] = size;
          const leaf = (last - at) >>> 31;
          symbols += leaf;
          inside += 1 - leaf;
          continue;
        }
        ranks(words, supers, low, both, 0);
        if (near) ranksInPair(words, low, low + size, both);
        else ranks(words, supers, low + size, both, 4);
        for (let digit = 0, x = node; digit < 4; digit++, x += parents) {
          const before = both[digit]!;
          const count = both[digit + 4]! - before;
          const at = jumps[4 * k + digit]! + before;
          nodes[inside] = x;
          lows[inside] = at;
          counts[inside] = count;
          foundSymbols[symbols] = symbolOf + x;
          foundCounts[symbols] = count;
          const some = -count >>> 31;
          const leaf = (last - at) >>> 31;
          symbols += some & leaf;
          inside += some & ~leaf;
        }
      }
      [now, next] = [next, now];
      ranges = inside;
    }
    return { symbols: foundSymbols.slice(0, symbols), counts: foundCounts.slice(0, symbols) };
  }

  #scratch(): readonly [Ranges, Ranges, Ranges] {
    this.#held ??= [room(this.#code.symbols), room(this.#code.symbols), room(this.#code.symbols)];
    return this.#held;
  }
}

/** Ranges of a level's nodes, or symbols found: as many at most as there are symbols, and one more to write to. */
interface Ranges {
  readonly nodes: Int32Array;
  readonly lows: Int32Array;
  readonly counts: Int32Array;
}

function room(most: number): Ranges {
  return { nodes: new Int32Array(most + 1), lows: new Int32Array(most + 1), counts: new Int32Array(most + 1) };
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
