/**
 * How Neural Cleanse weighs a small mask against success, label by label, after every epoch (visualizer.py).
 *
 * The cost is 0 until the change has succeeded `patience` epochs in a row. Then it doubles after as many successes in a
 * row, and falls to 1/2^1.5 after as many failures. A label's search stops when its cost has been both up and down and the
 * smallest mask has not become smaller for 5 · patience epochs.
 */
import {
  add,
  cast,
  equal,
  full,
  greaterEqual,
  less,
  logicalAnd,
  logicalNot,
  minimum,
  mul,
  ones,
  type Tensor,
  where,
  zeros,
} from '../../../tensor/index.ts';

/** One number a label, float32[labels]; flags are 0 or 1. */
export interface Schedule {
  readonly cost: Tensor;
  /** Successes in a row while the cost is 0. */
  readonly set: Tensor;
  /** Successes and failures in a row. */
  readonly up: Tensor;
  readonly down: Tensor;
  /** Whether the cost ever rose, and fell. */
  readonly rose: Tensor;
  readonly fell: Tensor;
  /** Epochs without a smaller mask, and the smallest Σ mask by the epoch before. */
  readonly stale: Tensor;
  readonly smallest: Tensor;
  /** 1 until the label's search has stopped. */
  readonly active: Tensor;
}

/** Σ mask of no mask: larger than any. */
export const none = 1e30;

const firstCost = 1e-3;
const rise = 2;
const fall = rise ** 1.5;
/** In multiples of patience. */
const staleness = 5;

export function firstSchedule(labels: number): Schedule {
  const zero = zeros([labels]);
  return {
    cost: zero,
    set: zero,
    up: zero,
    down: zero,
    rose: zero,
    fell: zero,
    stale: zero,
    smallest: full([labels], none),
    active: ones([labels]),
  };
}

/**
 * Traced: the schedule after an epoch.
 * @param succeeds whether the change succeeded in this epoch, bool[labels]
 * @param smallest the smallest Σ mask that has succeeded so far, [labels]
 */
export function nextSchedule(before: Schedule, succeeds: Tensor, smallest: Tensor, patience: number): Schedule {
  const counted = (condition: Tensor, count: Tensor) => where(condition, add(count, 1), 0);

  const found = less(smallest, none);
  const stale = where(found, counted(greaterEqual(smallest, before.smallest), before.stale), before.stale);
  const both = logicalAnd(equal(before.rose, 1), equal(before.fell, 1));
  const stops = logicalAnd(both, greaterEqual(stale, staleness * patience));

  const set = counted(logicalAnd(equal(before.cost, 0), succeeds), before.set);
  // the count is not taken back at the first cost, as in the authors' code: while the cost is above 0 it is 0 anyhow
  const begins = greaterEqual(set, patience);
  const kept = (value: Tensor) => where(begins, 0, value);
  const up = counted(succeeds, kept(before.up));
  const down = counted(logicalNot(succeeds), kept(before.down));
  const [rises, falls] = [greaterEqual(up, patience), greaterEqual(down, patience)];
  const cost = where(begins, firstCost, before.cost);
  const flag = (condition: Tensor, value: Tensor) => where(condition, 1, value);
  return {
    cost: where(rises, mul(cost, rise), where(falls, mul(cost, 1 / fall), cost)),
    set,
    up: where(rises, 0, up),
    down: where(falls, 0, down),
    rose: flag(rises, kept(before.rose)),
    fell: flag(falls, kept(before.fell)),
    stale,
    smallest: minimum(before.smallest, smallest),
    active: mul(before.active, cast(logicalNot(stops), 'float32')),
  };
}
