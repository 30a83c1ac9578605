/**
 * A priority queue of counted pairs: the highest count first, and of equal counts the smallest pair. A binary heap on
 * two arrays of numbers.
 */
export class PairQueue {
  readonly #counts: number[] = [];
  readonly #pairs: number[] = [];

  push(count: number, pair: number): void {
    let at = this.#counts.length;
    this.#counts.push(count);
    this.#pairs.push(pair);
    for (let parent = (at - 1) >> 1; at > 0 && this.#before(at, parent); at = parent, parent = (at - 1) >> 1) {
      this.#swap(at, parent);
    }
  }

  pop(): { count: number; pair: number } | undefined {
    if (this.#counts.length === 0) return undefined;
    const top = { count: this.#counts[0]!, pair: this.#pairs[0]! };
    const count = this.#counts.pop()!;
    const pair = this.#pairs.pop()!;
    const size = this.#counts.length;
    if (size === 0) return top;
    this.#counts[0] = count;
    this.#pairs[0] = pair;
    for (let at = 0; ; ) {
      let first = at;
      for (const child of [2 * at + 1, 2 * at + 2]) if (child < size && this.#before(child, first)) first = child;
      if (first === at) return top;
      this.#swap(at, first);
      at = first;
    }
  }

  #before(a: number, b: number): boolean {
    const [x, y] = [this.#counts[a]!, this.#counts[b]!];
    return x > y || (x === y && this.#pairs[a]! < this.#pairs[b]!);
  }

  #swap(a: number, b: number): void {
    [this.#counts[a], this.#counts[b]] = [this.#counts[b]!, this.#counts[a]!];
    [this.#pairs[a], this.#pairs[b]] = [this.#pairs[b]!, this.#pairs[a]!];
  }
}
