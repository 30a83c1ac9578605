/** Malformed lines, told with their place: the first of them one by one, the rest as a number. */
import type { Progress } from '../../../command/index.ts';
import type { Problem } from '../readers/item.ts';

/** Told one by one. */
const TOLD = 20;

export class Problems {
  readonly #progress: Progress;
  count = 0;

  constructor(progress: Progress) {
    this.#progress = progress;
  }

  tell({ where, what }: Problem): void {
    this.count++;
    if (this.count <= TOLD) this.#progress.note(`left out: ${where}: ${what}`);
    else if (this.count === TOLD + 1)
      this.#progress.note('left out: more lines are malformed; the result has their number');
  }
}
