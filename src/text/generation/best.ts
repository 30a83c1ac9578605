/**
 * The k best of many scored items, found in one pass without sorting them: a heap of the best so far, whose worst is
 * the floor that the next item has to pass. Of equal scores the item with the smaller index is better, so that the
 * outcome does not depend on the order of the pass.
 */
export class Best {
  readonly #limit: number;
  readonly #scores: Float64Array;
  readonly #items: Float64Array;
  #size = 0;

  /** @param limit how many to keep */
  constructor(limit: number) {
    this.#limit = limit;
    this.#scores = new Float64Array(limit);
    this.#items = new Float64Array(limit);
  }

  /** A score below this is not among the best; −∞ until there are enough of them. */
  get floor(): number {
    return this.#size < this.#limit ? Number.NEGATIVE_INFINITY : this.#scores[0]!;
  }

  /** Takes an item in if it is among the best. A score of −∞ never is. */
  offer(score: number, item: number): void {
    if (score === Number.NEGATIVE_INFINITY || this.#limit === 0) return;
    if (this.#size < this.#limit) this.#rise(this.#size++, score, item);
    else if (this.#worse(0, score, item)) this.#sink(score, item);
  }

  /** The best, best first. */
  sorted(): { score: number; item: number }[] {
    return Array.from({ length: this.#size }, (_, i) => ({ score: this.#scores[i]!, item: this.#items[i]! })).sort(
      (a, b) => b.score - a.score || a.item - b.item,
    );
  }

  /** Whether what stands at a place of the heap is worse. */
  #worse(at: number, score: number, item: number): boolean {
    return this.#scores[at]! < score || (this.#scores[at] === score && this.#items[at]! > item);
  }

  #rise(from: number, score: number, item: number): void {
    let at = from;
    for (let parent = (at - 1) >> 1; at > 0 && !this.#worse(parent, score, item); parent = (at - 1) >> 1) {
      this.#scores[at] = this.#scores[parent]!;
      this.#items[at] = this.#items[parent]!;
      at = parent;
    }
    this.#scores[at] = score;
    this.#items[at] = item;
  }

  /** Puts an item in the place of the worst. */
  #sink(score: number, item: number): void {
    let at = 0;
    for (let child = 1; child < this.#size; child = 2 * at + 1) {
      if (child + 1 < this.#size && this.#worse(child + 1, this.#scores[child]!, this.#items[child]!)) child++;
      if (!this.#worse(child, score, item)) break;
      this.#scores[at] = this.#scores[child]!;
      this.#items[at] = this.#items[child]!;
      at = child;
    }
    this.#scores[at] = score;
    this.#items[at] = item;
  }
}
