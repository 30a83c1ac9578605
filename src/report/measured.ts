/** [low, high], in the unit of what it belongs to. */
export type Interval = readonly [low: number, high: number];

/** A number with its interval. */
export interface Measured {
  readonly value: number;
  readonly interval: Interval;
}
