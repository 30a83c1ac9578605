/**
 * How many steps one run of a training program takes.
 *
 * A run has a fixed cost, of handing arrays in and out, which a small model's step does not outweigh. So runs grow
 * until they last about a tenth of a second, short enough for progress and for stopping between them. The number of
 * steps in a run does not change what they compute.
 */

const wantedMilliseconds = 100;
const mostSteps = 64;
const mostBatchBytes = 2 ** 26;

/** Decides the number of steps of each run, from what the runs before have taken. */
export class Pace {
  readonly #limit: number;
  #perRun = 1;
  #runs = 0;

  /** @param limit steps between two events at which a run must end */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Steps of the next run, when `left` remain before the next event: always one of two numbers, each a program. */
  next(left: number): number {
    return this.#perRun <= left ? this.#perRun : 1;
  }

  /** Tells how long a run took, and the bytes of its batches. */
  took(milliseconds: number, bytes: number): void {
    // the first run compiles; the second tells
    if (++this.#runs !== 2) return;
    const fitting = Math.min(mostSteps, wantedMilliseconds / milliseconds, mostBatchBytes / bytes, this.#limit);
    if (fitting < 2) return;
    // equal runs between events, so that as few steps as possible are left over
    this.#perRun = Math.floor(this.#limit / Math.ceil(this.#limit / fitting));
  }
}
