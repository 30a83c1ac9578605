/**
 * Words near a word: those that it begins, and those that are some edits away.
 *
 * A sorted list of words is a trie without nodes: what shares a beginning lies together, and with the beginning it shares
 * rows of the table of edit distances. A beginning that is too far from the word, however it goes on, is left with all that
 * lies there. An edit is a letter put in, left out or replaced, or two neighbours changed over (F. Damerau, "A technique
 * for computer detection and correction of spelling errors", 1964; no letter is edited twice).
 */

/** A word near another. */
export interface NearWord {
  readonly word: string;
  /** Edits between the other word and this one, or, where it may go on, its nearest beginning: the longest of such. */
  readonly edits: number;
  /** Letters after that beginning. */
  readonly more: number;
}

export class SortedWords {
  readonly #words: readonly string[];

  /** @param words each once */
  constructor(words: Iterable<string>) {
    this.#words = [...words].sort();
  }

  /**
   * The words near one, itself among them, sorted. Letters are UTF-16 units; memory grows with the square of their number.
   * @param edits most
   * @param prefix whether they may go on
   */
  near(word: string, edits: number, prefix: boolean): NearWord[] {
    const words = this.#words;
    const found: NearWord[] = [];
    if (edits === 0) {
      for (let i = this.#firstFrom(word); words[i]?.startsWith(word); i++) {
        const more = words[i]!.length - word.length;
        if (more === 0 || prefix) found.push({ word: words[i]!, edits: 0, more });
        else break;
      }
      return found;
    }
    const table = new Distances(word, edits);
    // words from `from` to `to` begin with the same letters, `depth` of them; `best` is the nearest beginning so far
    const visit = (from: number, to: number, depth: number, best: { edits: number; at: number }): void => {
      for (let i = from; i < to; ) {
        const own = words[i]!;
        if (own.length === depth) {
          const whole = prefix ? best : { edits: table.whole(depth), at: depth };
          if (whole.edits <= edits) found.push({ word: own, edits: whole.edits, more: depth - whole.at });
          i++;
          continue;
        }
        const end = this.#lastWith(own.charCodeAt(depth), depth, i, to);
        const least = table.add(own, depth + 1);
        const whole = table.whole(depth + 1);
        const nearest = whole <= best.edits ? { edits: whole, at: depth + 1 } : best;
        if (least <= edits) visit(i, end, depth + 1, nearest);
        else if (prefix && nearest.edits <= edits) {
          for (const one of words.slice(i, end)) {
            found.push({ word: one, edits: nearest.edits, more: one.length - nearest.at });
          }
        }
        i = end;
      }
    };
    visit(0, words.length, 0, { edits: table.whole(0), at: 0 });
    return found;
  }

  /** The first that is not before a word. */
  #firstFrom(word: string): number {
    let [low, high] = [0, this.#words.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#words[middle]! < word) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The end of those from `from` on that have a letter at a place, up to which they are the same. */
  #lastWith(letter: number, place: number, from: number, to: number): number {
    let [low, high] = [from + 1, to];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#words[middle]!.charCodeAt(place) === letter) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Edits between the beginnings of a word and those of others, a row a beginning; more than `most` is `most + 1`. */
class Distances {
  readonly #word: string;
  readonly #most: number;
  readonly #rows: Uint8Array[];

  constructor(word: string, most: number) {
    this.#word = word;
    this.#most = most;
    this.#rows = [Uint8Array.from({ length: word.length + 1 }, (_, i) => Math.min(i, most + 1))];
  }

  /** From the whole word to the first letters of the other, of which `depth` have been added. */
  whole(depth: number): number {
    return this.#rows[depth]![this.#word.length]!;
  }

  /** Makes the row of another's first `depth` letters, which lies on that of one letter less. @returns its least */
  add(other: string, depth: number): number {
    const word = this.#word;
    const far = this.#most + 1;
    const before = this.#rows[depth - 1]!;
    this.#rows[depth] ??= new Uint8Array(before.length);
    const row = this.#rows[depth].fill(far);
    row[0] = Math.min(depth, far);
    let least = row[0];
    const letter = other.charCodeAt(depth - 1);
    // outside of this band all is too far
    for (let i = Math.max(1, depth - this.#most); i <= Math.min(word.length, depth + this.#most); i++) {
      const own = word.charCodeAt(i - 1);
      let value = Math.min(before[i]! + 1, row[i - 1]! + 1, before[i - 1]! + Number(own !== letter));
      if (depth > 1 && i > 1 && own === other.charCodeAt(depth - 2) && word.charCodeAt(i - 2) === letter) {
        value = Math.min(value, this.#rows[depth - 2]![i - 2]! + 1);
      }
      row[i] = Math.min(value, far);
      least = Math.min(least, row[i]!);
    }
    return least;
  }
}
