/**
 * Drawing a token: temperature, the k most likely, and the nucleus.
 *
 * The nucleus is metaseq's: of the tokens in descending order, one is dropped when those before it hold topP or more of
 * the probability, so that the most likely one always stays. Equally likely tokens are ordered by id. What is dropped
 * leaves its probability to the rest. A draw is a function of a number u in [0, 1), and u of seed, prompt, sample and
 * step alone: the same seed gives the same text, whatever else is in the batch.
 *
 * Source: Holtzman et al., "The curious case of neural text degeneration" (ICLR 2020), section 3.1.
 */
import { threefry } from '../../tensor/index.ts';
import { Best } from './best.ts';
import type { Choices } from './constraint.ts';

/** How tokens are drawn. */
export interface DrawOptions {
  /** Logits are divided by it; 0 takes the most likely token. Default 0. */
  readonly temperature?: number;
  /** Only so many of the most likely tokens. Default all. */
  readonly topK?: number;
  /** Only the most likely tokens that together hold this probability, in (0, 1]. Default 1. */
  readonly topP?: number;
}

/** @throws RangeError for an option that makes no sense */
export function checkDraw(op: string, { temperature = 0, topK = 1, topP = 1 }: DrawOptions): void {
  if (!(temperature >= 0 && temperature < Number.POSITIVE_INFINITY))
    throw new RangeError(`${op}: expected a temperature of at least 0, got ${temperature}`);
  if (!(topK >= 1)) throw new RangeError(`${op}: expected topK of at least 1, got ${topK}`);
  if (!(topP > 0 && topP <= 1)) throw new RangeError(`${op}: expected topP in (0, 1], got ${topP}`);
}

/** The uniform number of a step: 53 bits in [0, 1). */
export function uniform(key: threefry.Key, step: number): number {
  const [high, low] = threefry.blocks(key, 1, step);
  return (high[0]! * 2 ** 21 + (low[0]! >>> 11)) / 2 ** 53;
}

/** Tokens that are sorted first for a nucleus. */
const few = 64;

/** Draws tokens over one vocabulary. */
export class Drawing {
  readonly #options: DrawOptions;
  readonly #weights: Float64Array;

  constructor(vocabulary: number, options: DrawOptions) {
    this.#options = options;
    this.#weights = new Float64Array(vocabulary);
  }

  /** The place of a choice; undefined when there is none. @param u gives the number that decides, if one has to */
  draw(choices: Choices, u: () => number): number | undefined {
    const { temperature = 0, topK = Number.POSITIVE_INFINITY, topP = 1 } = this.#options;
    const { count, values } = choices;
    let first = -1;
    let most = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      if (values[i]! > most) {
        most = values[i]!;
        first = i;
      }
    }
    if (first < 0) return undefined;
    if (temperature === 0) return first;
    const weight = (logit: number) => Math.exp((logit - most) / temperature);
    if (topK < count || topP < 1) return this.#drawSome(choices, weight, Math.min(topK, count), topP, u());
    let total = 0;
    for (let i = 0; i < count; i++) total += this.#weights[i] = weight(values[i]!);
    return pick(this.#weights, count, u() * total);
  }

  #drawSome(choices: Choices, weight: (logit: number) => number, topK: number, topP: number, u: number): number {
    const { count, values } = choices;
    let all = 0;
    for (let i = 0; i < count; i++) all += weight(values[i]!);
    // A few tokens hold most of the probability: sort a few, and more only where they do not.
    for (let size = topK < count ? topK : Math.min(few, count); ; size = Math.min(8 * size, count)) {
      const best = new Best(size);
      for (let i = 0; i < count; i++) if (values[i]! >= best.floor) best.offer(values[i]!, i);
      const sorted = best.sorted();
      const total = topK < count ? sorted.reduce((sum, { score }) => sum + weight(score), 0) : all;
      let kept = 0;
      let mass = 0;
      for (; kept < sorted.length && (topP === 1 || mass < topP * total); kept++)
        mass += this.#weights[kept] = weight(sorted[kept]!.score);
      const complete = kept < sorted.length || size === topK || size === count;
      if (complete) return sorted[pick(this.#weights, kept, u * mass)]!.item;
    }
  }
}

/** The place where the running sum of weights passes `target`. */
function pick(weights: Float64Array, count: number, target: number): number {
  let sum = 0;
  let last = 0;
  for (let i = 0; i < count; i++) {
    if (weights[i]! > 0) last = i;
    sum += weights[i]!;
    if (sum > target) return i;
  }
  return last; // rounding
}
