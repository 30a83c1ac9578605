/**
 * How well a table's target is predicted, with an interval, on rows that had no say in it.
 *
 * The rows held out are of two parts. Validation rows decide which reading of a run is looked at; test rows decide
 * nothing, and what is said of that reading is measured on them. The best of many readings on one and the same part would
 * tell something of a target that is pure noise.
 *
 * A score is a mean over rows of what the prediction is better by than the target's own distribution among these rows. To
 * know nothing cannot come out above zero, and Student's interval of the mean says whether the prediction does. InfoNCE
 * judges a row by the others of its block, so there the mean is over blocks.
 */
import { formatMeasured, formatNumber, type Interval, meanInterval } from '../../report/index.ts';
import { type NDArray, toFloats } from '../../tensor/index.ts';
import { toBits } from './channel.ts';
import type { Feature } from './columns.ts';

/** How well a target is predicted; intervals are at 95 %. */
export type Score = {
  /** Rows that it was measured on. */
  readonly rows: number;
} & (
  | {
      readonly kind: 'bits';
      /** Lower bound of I(U;Y) in bits. */
      readonly bits: number;
      readonly interval: Interval;
      /** What it cannot exceed, in bits: H(Y); of InfoNCE log₂ of a block's rows, however much more is known. */
      readonly ceiling: number;
    }
  | {
      readonly kind: 'error';
      /** Root of the mean squared error, in the target's unit. */
      readonly error: number;
      /** The share of the variance that is explained. */
      readonly explained: number;
      /** Of `explained`. */
      readonly interval: Interval;
    }
);

/** What the task's losses on some rows say. @param losses nats or squares: one a row, or one a block for InfoNCE */
export type Scorer = (losses: ArrayLike<number>) => Score;

/**
 * For rows of a categorical target, given as its codes: H(Y) − cross-entropy.
 * @throws RangeError when the rows have one value only
 */
export function classScorer(codes: NDArray, { name }: Pick<Feature, 'name'>): Scorer {
  const values = Array.from(toFloats(codes));
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  if (counts.size < 2) throw oneValue(name);
  const surprise = values.map((value) => -Math.log2(counts.get(value)! / values.length));
  const ceiling = surprise.reduce((a, b) => a + b) / surprise.length;
  return (losses) => {
    const { value: bits, interval } = meanInterval(surprise.map((own, i) => own - toBits(losses[i]!)));
    return { kind: 'bits', bits, interval, ceiling, rows: values.length };
  };
}

/**
 * For rows of a continuous target, given standardised: 1 − mean squared error / variance, and the interval of this ratio
 * by its linear part in each row.
 * @throws RangeError when the rows have one value only
 */
export function numberScorer(standardised: NDArray, target: Extract<Feature, { kind: 'continuous' }>): Scorer {
  const values = Array.from(toFloats(standardised));
  const mean = values.reduce((a, b) => a + b) / values.length;
  const squares = values.map((value) => (value - mean) ** 2);
  const variance = squares.reduce((a, b) => a + b) / values.length;
  if (!(variance > 0)) throw oneValue(target.name);
  return (losses) => {
    const squared = Array.from(losses);
    const left = squared.reduce((a, b) => a + b) / squared.length / variance;
    const rows = squared.map((loss, i) => 1 - left - (loss - left * squares[i]!) / variance);
    const { value: explained, interval } = meanInterval(rows);
    const error = Math.sqrt(left * variance) * target.scale.std;
    return { kind: 'error', error, explained, interval, rows: values.length };
  };
}

function oneValue(name: string): RangeError {
  return new RangeError(
    `fit: expected several values of "${name}" among the rows held out, got one (another --seed splits otherwise)`,
  );
}

/** For blocks of `rows` rows: log rows − InfoNCE's loss. */
export function contrastiveScorer(rows: number): Scorer {
  const ceiling = Math.log2(rows);
  return (losses) => {
    const { value: bits, interval } = meanInterval(Array.from(losses, (loss) => ceiling - toBits(loss)));
    return { kind: 'bits', bits, interval, ceiling, rows: rows * losses.length };
  };
}

/** What readings are compared by: bits, or the share of the variance. */
export function goodness(score: Score): number {
  return score.kind === 'bits' ? score.bits : score.explained;
}

/** What float32 leaves of a loss that says nothing. */
const rounding = 1e-5;

/** Whether the whole interval lies above what knowing nothing gives. */
export function aboveZero({ interval }: Score): boolean {
  return interval[0] > rounding;
}

/** A score in words. */
export function describeScore(score: Score): string {
  return `${known(score)}, on ${formatNumber(score.rows)} test rows`;
}

function known(score: Score): string {
  if (score.kind === 'bits') {
    const { bits, interval, ceiling } = score;
    return `${formatMeasured(bits, interval)} of at most ${formatNumber(ceiling, { unit: 'bit' })} known`;
  }
  const [low, high] = score.interval;
  const explained = formatMeasured(100 * score.explained, [100 * low, 100 * high], { unit: '%' });
  return `${explained} of its variance explained, error ${formatNumber(score.error)}`;
}

/** The score as a run's record holds it. */
export function numbersOf({ kind, interval: [low, high], ...numbers }: Score): Record<string, number> {
  return { ...numbers, low, high };
}

/** The score in a record. */
export function scoreIn(numbers: Readonly<Record<string, number>>): Score {
  const { bits, error, explained, low, high, ceiling, rows } = numbers;
  const shared = { interval: [low!, high!] as const, rows: rows! };
  if (bits === undefined) return { kind: 'error', error: error!, explained: explained!, ...shared };
  return { kind: 'bits', bits, ceiling: ceiling!, ...shared };
}
