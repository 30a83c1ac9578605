/** The best few of many scored documents: a heap with the worst of the best on top. */

export interface Hit {
  readonly document: number;
  readonly score: number;
}

export class Best {
  readonly #most: number;
  readonly #documents: number[] = [];
  readonly #scores: number[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether it would be among the best now. */
  wants(document: number, score: number): boolean {
    return this.#documents.length < this.#most || (this.#most > 0 && this.#worse(0, document, score));
  }

  add(document: number, score: number): void {
    if (!this.wants(document, score)) return;
    const documents = this.#documents;
    const scores = this.#scores;
    let at: number;
    if (documents.length < this.#most) {
      at = documents.length;
      documents.push(document);
      scores.push(score);
      for (; at > 0; at = (at - 1) >> 1) {
        const parent = (at - 1) >> 1;
        if (this.#worse(parent, document, score)) break;
        documents[at] = documents[parent]!;
        scores[at] = scores[parent]!;
      }
    } else {
      at = 0;
      for (let child = 1; child < documents.length; child = 2 * at + 1) {
        if (child + 1 < documents.length && this.#worse(child + 1, documents[child]!, scores[child]!)) child++;
        if (!this.#worse(child, document, score)) break;
        documents[at] = documents[child]!;
        scores[at] = scores[child]!;
        at = child;
      }
    }
    documents[at] = document;
    scores[at] = score;
  }

  /** The best first; of equal scores, the earlier document. */
  sorted(): Hit[] {
    return this.#documents
      .map((document, i) => ({ document, score: this.#scores[i]! }))
      .sort((a, b) => b.score - a.score || a.document - b.document);
  }

  /** Whether what lies at `at` is worse than this. */
  #worse(at: number, document: number, score: number): boolean {
    const other = this.#scores[at]!;
    return other < score || (other === score && this.#documents[at]! > document);
  }
}
