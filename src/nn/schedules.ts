/**
 * Schedules: quantities that change over training, such as learning rates and the β of an information bottleneck.
 *
 * A schedule is a function from the step, a float32 scalar that counts from 0, to a scalar, traced into the program.
 * Where a rate stays constant, a number does.
 */
import { add, clip, cos, exp, full, lessEqual, mul, sub, type Tensor, where } from '../tensor/index.ts';

/** A quantity as a function of the step. */
export type Schedule = (step: Tensor) => Tensor;

/** A quantity that is constant or scheduled. */
export type Rate = number | Schedule;

/** The value of a rate at a step. */
export function rateAt(rate: Rate, step: Tensor): Tensor {
  return typeof rate === 'number' ? full([], rate) : rate(step);
}

/** Ends of a schedule, and its length; it stays at `to` afterwards. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly steps: number;
}

/** The share of `steps` that has passed, in [0, 1]. */
function passed(step: Tensor, steps: number): Tensor {
  return clip(mul(step, 1 / steps), 0, 1);
}

function checkSteps(name: string, steps: number): void {
  if (!(steps > 0)) throw new RangeError(`${name}: expected steps above 0, got ${steps}`);
}

/** from + (to − from) · t, with t the share of the steps that has passed. */
export function linearSchedule({ from, to, steps }: Span): Schedule {
  checkSteps('linearSchedule', steps);
  return (step) => add(mul(passed(step, steps), to - from), from);
}

/** to + ½ (from − to) (1 + cos πt): half a cosine (Loshchilov and Hutter 2017, SGDR). */
export function cosineSchedule({ from, to, steps }: Span): Schedule {
  checkSteps('cosineSchedule', steps);
  return (step) => add(mul(add(cos(mul(passed(step, steps), Math.PI)), 1), (from - to) / 2), to);
}

/** from · (to / from)ᵗ: straight on a logarithmic scale. */
export function exponentialSchedule({ from, to, steps }: Span): Schedule {
  if (!(from > 0 && to > 0)) throw new RangeError(`exponentialSchedule: expected ends above 0, got ${from} and ${to}`);
  checkSteps('exponentialSchedule', steps);
  return (step) => exp(add(mul(passed(step, steps), Math.log(to / from)), Math.log(from)));
}

/**
 * One rate after another: each entry is the first step of a piece and its rate, whose own steps count from there.
 * @example
 * piecewiseSchedule([[0, 0.1], [1000, 0.01], [2000, 0.001]]) // falls by ten at steps 1000 and 2000
 */
export function piecewiseSchedule(pieces: readonly (readonly [start: number, rate: Rate])[]): Schedule {
  if (pieces[0]?.[0] !== 0 || pieces.some(([start], i) => i > 0 && start <= pieces[i - 1]![0])) {
    const starts = pieces.map(([start]) => start).join(', ');
    throw new RangeError(`piecewiseSchedule: expected starts that rise from 0, got ${starts || 'none'}`);
  }
  return (step) =>
    pieces
      .map(([start, rate]) => rateAt(rate, sub(step, start)))
      .reduce((before, piece, i) => where(lessEqual(full([], pieces[i]![0]), step), piece, before));
}

/**
 * A linear warm-up before another rate: steps 0 … steps − 1 have peak · 1/steps … peak, then `then` begins, by default
 * staying at the peak.
 */
export function warmUp(steps: number, peak: number, then: Rate = peak): Schedule {
  return piecewiseSchedule([
    [0, linearSchedule({ from: peak / steps, to: peak, steps: Math.max(steps - 1, 1) })],
    [steps, then],
  ]);
}
