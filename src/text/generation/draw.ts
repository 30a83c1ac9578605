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
  /** Only so many of the most likely tokens, a whole number of at least 1. Default all. */
  readonly topK?: number;
  /** Only the most likely tokens that together hold this probability, in (0, 1]. Default 1. */
  readonly topP?: number;
}

/**
 * Checks options of drawing, as every generation does; for who wants to know before a model is loaded.
 * @param op the operation that messages begin with
 * @throws RangeError for an option that makes no sense
 */
export function checkDraw(op: string, { temperature = 0, topK = 1, topP = 1 }: DrawOptions): void {
  if (!(temperature >= 0 && temperature < Number.POSITIVE_INFINITY))
    throw new RangeError(`${op}: expected a temperature of at least 0, got ${temperature}`);
  if (!(Number.isSafeInteger(topK) && topK >= 1))
    throw new RangeError(`${op}: expected topK to be a whole number of at least 1, got ${topK} (leave it out for all)`);
  if (!(topP > 0 && topP <= 1)) throw new RangeError(`${op}: expected topP in (0, 1], got ${topP}`);
}

/** The uniform number of a step: 53 bits in [0, 1). */
export function uniform(key: threefry.Key, step: number): number {
  const [high, low] = threefry.blocks(key, 1, step);
  return (high[0]! * 2 ** 21 + (low[0]! >>> 11)) / 2 ** 53;
}

/** Bins of equal width in logits, over as many nats below the most likely token, that a nucleus is found in. */
const bins = { count: 4096, nats: 32 };

/** Draws tokens over one vocabulary. */
export class Drawing {
  readonly #options: DrawOptions;
  readonly #weights: Float64Array;
  readonly #mass = new Float64Array(bins.count);

  constructor(vocabulary: number, options: DrawOptions) {
    this.#options = options;
    this.#weights = new Float64Array(vocabulary);
  }

  /** The place of a choice; undefined when there is none. @param u gives the number that decides, if one has to */
  draw({ count, values }: Choices, u: () => number): number | undefined {
    const { temperature = 0, topK = Number.POSITIVE_INFINITY, topP = 1 } = this.#options;
    const first = mostLikely(values, count);
    if (first === undefined || temperature === 0) return first;
    const most = values[first]!;
    const weights = this.#weights;
    for (let i = 0; i < count; i++) weights[i] = Math.exp((values[i]! - most) / temperature);
    if (topK < count) {
      const best = new Best(topK);
      for (let i = 0; i < count; i++) if (values[i]! >= best.floor) best.offer(values[i]!, i);
      const last = best.sorted().at(-1)!;
      for (let i = 0; i < count; i++) {
        if (values[i]! < last.score || (values[i] === last.score && i > last.item)) weights[i] = 0;
      }
    }
    if (topP < 1) this.#cut(values, count, most, temperature, topP);
    let total = 0;
    for (let i = 0; i < count; i++) total += weights[i]!;
    return pick(weights, count, u() * total);
  }

  /** Takes their weight from the tokens outside the nucleus. Only the bin that it ends in has to be sorted. */
  #cut(values: Float32Array, count: number, most: number, temperature: number, topP: number): void {
    const [weights, mass] = [this.#weights, this.#mass];
    const scale = bins.count / bins.nats / temperature;
    const binOf = (i: number) => Math.min(bins.count - 1, Math.floor((most - values[i]!) * scale));
    mass.fill(0);
    let total = 0;
    for (let i = 0; i < count; i++) {
      if (weights[i] === 0) continue;
      mass[binOf(i)]! += weights[i]!;
      total += weights[i]!;
    }
    let before = 0;
    let end = 0;
    while (end < bins.count - 1 && before + mass[end]! < topP * total) before += mass[end++]!;
    const last: number[] = [];
    for (let i = 0; i < count; i++) {
      if (weights[i] === 0) continue;
      const bin = binOf(i);
      if (bin > end) weights[i] = 0;
      else if (bin === end) last.push(i);
    }
    last.sort((a, b) => values[b]! - values[a]! || a - b);
    for (const i of last) {
      const weight = weights[i]!;
      if (before >= topP * total) weights[i] = 0;
      before += weight;
    }
  }
}

/** The place of the largest value that is not −∞; of several, the first. */
function mostLikely(values: Float32Array, count: number): number | undefined {
  let first: number | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    if (values[i]! > most) {
      most = values[i]!;
      first = i;
    }
  }
  return first;
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
