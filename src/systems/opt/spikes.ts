/**
 * Loss spikes: how one is told, and what is done about it.
 *
 * The paper's authors restarted from a checkpoint, passed over the data at hand, and lowered the learning rate when that
 * did not help. The same here, without a person awake: a first spike goes back to the last checkpoint and passes over its
 * batch; another one soon after goes back to the last checkpoint after which training stayed calm, and halves the rate.
 *
 * Source: OPT paper, section 2.5 ("Training Processes: Loss Divergences").
 */

/** Losses that a new one is compared with. */
const memory = 64;
/** Fewer than these say nothing. */
const least = 32;
/** A spike lies above the mean by this many standard deviations, and by this many nats. */
const deviations = 10;
const nats = 1;
/** Steps within which a second spike counts as the first one's return. */
const soon = 200;

/** Watches the losses of consecutive steps. */
export class SpikeWatch {
  readonly #losses: number[] = [];
  #lowest = Number.POSITIVE_INFINITY;

  /** The mean of the losses that a new one is compared with. */
  get mean(): number {
    return this.#losses.reduce((sum, loss) => sum + loss, 0) / this.#losses.length;
  }

  /** Whether this loss is a spike; if it is not, it is remembered. */
  isSpike(loss: number): boolean {
    if (!Number.isFinite(loss)) return true;
    if (this.#losses.length >= least) {
      const { mean } = this;
      const variance = this.#losses.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (this.#losses.length - 1);
      if (loss > mean + Math.max(deviations * Math.sqrt(variance), nats)) return true;
    }
    this.#losses.push(loss);
    if (this.#losses.length > memory) this.#losses.shift();
    return false;
  }

  /** Whether the losses lie where they should: their mean is about the lowest that it has been. */
  get isCalm(): boolean {
    if (this.#losses.length < least) return false;
    this.#lowest = Math.min(this.#lowest, this.mean);
    return this.mean < this.#lowest + 0.1;
  }
}

/** What to do about a spike at `step`, given the steps of earlier ones. */
export function remedy(step: number, earlier: readonly { readonly step: number; readonly factor: number }[]) {
  const last = earlier.at(-1);
  const again = last !== undefined && step - last.step < soon;
  const factor = (last?.factor ?? 1) * (again ? 0.5 : 1);
  return { back: again ? 'last good checkpoint' : 'last checkpoint', factor } as const;
}

/** With more than this many, a run is given up. */
export const mostInterventions = 12;
