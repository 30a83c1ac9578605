/**
 * Trajectories: what the readings of an annealing say together.
 */
import type { Reading } from './anneal.ts';
import type { CircuitReading } from './circuit-run.ts';
import { openAbove } from './circuit-run.ts';
import type { Score, TableReading } from './table-run.ts';

/** Information of one channel in bits: the middle of its bounds, and never below 0. */
export function channelBits({ channels }: Reading, channel: number): number {
  const { lower, upper } = channels[channel]!;
  return Math.max(0, (lower + upper) / 2);
}

/** Σ I(U_i;X_i) in bits. */
export function totalBits(reading: Reading): number {
  return reading.channels.reduce((sum, _, i) => sum + channelBits(reading, i), 0);
}

/** The same for a circuit's reading, whose channels are known exactly. */
export function exactTotal({ information }: CircuitReading): number {
  return information.reduce((a, b) => a + b);
}

/**
 * The β at which each input's channel falls under a tenth of a bit for good, between readings on a straight line in ln β;
 * Infinity for one that is open to the end.
 */
export function closings(readings: readonly CircuitReading[]): number[] {
  return readings[0]!.information.map((_, input) => {
    const at = (k: number) => readings[k]!.information[input]!;
    let k = readings.length - 1;
    if (at(k) > openAbove) return Number.POSITIVE_INFINITY;
    while (k > 0 && at(k - 1) <= openAbove) k--;
    if (k === 0) return readings[0]!.beta;
    const share = (at(k - 1) - openAbove) / (at(k - 1) - at(k));
    return Math.exp(Math.log(readings[k - 1]!.beta) * (1 - share) + Math.log(readings[k]!.beta) * share);
  });
}

/** The inputs in the order in which their channels close. */
export function closingOrder(readings: readonly CircuitReading[]): number[] {
  const beta = closings(readings);
  return [...beta.keys()].sort((a, b) => beta[a]! - beta[b]!);
}

/** The readings from the one that takes in most on: while the model gives up information, after it has learnt. */
export function descent<R extends Reading>(readings: readonly R[]): readonly R[] {
  const totals = readings.map(totalBits);
  return readings.slice(totals.indexOf(Math.max(...totals)));
}

/** What a score is measured by: bits, or the share of the variance. */
export function goodness(score: Score): number {
  return score.kind === 'bits' ? score.bits : score.explained;
}

/** The last reading that is still this good: what a model carries that has given up all it can. */
export function lastAsGood<R extends Pick<TableReading, 'score'>>(readings: readonly R[], good: number): R | undefined {
  return readings.findLast(({ score }) => goodness(score) >= good);
}
