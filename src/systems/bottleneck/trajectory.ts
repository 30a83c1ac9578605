/**
 * Trajectories: what the readings of an annealing say together.
 */
import type { Reading } from './anneal.ts';
import type { CircuitReading } from './circuit-run.ts';
import { openAbove } from './circuit-run.ts';
import type { TableReading } from './table-run.ts';

/** What a channel carries, in bits: between `lower` and `upper`. */
export interface ChannelBounds {
  readonly lower: number;
  readonly upper: number;
  /** The rows that it was looked at on cannot tell more apart: of the two, only the lower bound says anything. */
  readonly saturated: boolean;
}

/** A lower bound this close to log₂ N bits, which it cannot exceed, has reached it. */
const nearCeiling = 0.5;

/** Both bounds of a channel's information, in bits. The KL is an upper bound, too, and the smaller one where N is small. */
export function channelBounds({ channels, sampled }: Reading, channel: number): ChannelBounds {
  const { lower, upper, kl } = channels[channel]!;
  const low = Math.max(0, lower);
  return { lower: low, upper: Math.max(low, Math.min(upper, kl)), saturated: low > Math.log2(sampled) - nearCeiling };
}

/** Both bounds of Σ I(U_i;X_i). */
export function totalBounds(reading: Reading): ChannelBounds {
  const all = reading.channels.map((_, i) => channelBounds(reading, i));
  return {
    lower: all.reduce((sum, { lower }) => sum + lower, 0),
    upper: all.reduce((sum, { upper }) => sum + upper, 0),
    saturated: all.some(({ saturated }) => saturated),
  };
}

/** Information of one channel in bits: the middle of its bounds. */
export function channelBits(reading: Reading, channel: number): number {
  const { lower, upper } = channelBounds(reading, channel);
  return (lower + upper) / 2;
}

/** Σ I(U_i;X_i) in bits: the middle of its bounds. */
export function totalBits(reading: Reading): number {
  const { lower, upper } = totalBounds(reading);
  return (lower + upper) / 2;
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

/** The last reading that is still this good on the validation rows: what a model carries that has given up all it can. */
export function lastAsGood<R extends Pick<TableReading, 'validation'>>(
  readings: readonly R[],
  good: number,
): R | undefined {
  return readings.findLast(({ validation }) => validation >= good);
}

/** The reading that predicts the validation rows best. */
export function bestReading<R extends Pick<TableReading, 'validation'>>(readings: readonly R[]): R {
  return readings.reduce((a, b) => (b.validation > a.validation ? b : a));
}
