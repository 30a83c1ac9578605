/**
 * Tests against a null distribution that was measured: the same statistic on clean models of the same recipe.
 *
 * No asymptotic formula stands between an audit and its p-value. With n clean models the p-value of a value is its rank
 * among them, (1 + #{clean at least as extreme}) / (n + 1), which is exact for exchangeable models (Davison and Hinkley
 * 1997, section 4.2): a clean model gets p ≤ α with probability α at most, whatever the statistic. An audit that asks
 * many questions of one model pays for it by Holm's correction (Holm 1979), so how many clean models it takes to reject
 * anything at all depends on the number of questions: {@link cleanNeeded}.
 */
import { type Interval, type Measured, mean, standardDeviation } from '../../../report/index.ts';
import { threefry } from '../../../tensor/index.ts';
import { rate } from './binomial.ts';

/** Which values speak against a model: larger ones than clean models have, or smaller ones. */
export type Side = 'greater' | 'less';

/** One question of an audit, answered for one model. */
export interface TestResult {
  readonly value: number;
  /** Mean of the clean models. */
  readonly clean: number;
  /** (value − mean) / standard deviation of the clean models, with the interval that their number leaves (bootstrap). */
  readonly effect: Measured;
  readonly p: number;
}

/** The p-value of a value against clean models'. @throws RangeError without clean models */
export function rankP(value: number, clean: readonly number[], side: Side): number {
  const n = clean.length;
  if (n === 0) throw new RangeError('rankP: expected clean models, got none');
  return (1 + clean.filter((x) => (side === 'greater' ? x >= value : x <= value)).length) / (n + 1);
}

/** Clean models without which no test of so many, corrected by {@link holm}, can reject at `level`: the least p is 1/(n + 1). */
export function cleanNeeded(tests: number, level: number): number {
  // .05 · 20 is 1, not a little more
  return Math.ceil(tests / level - 1e-9) - 1;
}

/** One model's value against clean models'. @throws RangeError for fewer than two clean models */
export function testAgainst(value: number, clean: readonly number[], side: Side): TestResult {
  const centre = mean(clean);
  const effect = standardized(value, clean);
  return {
    value,
    clean: centre,
    effect: { value: effect, interval: effectInterval(value, clean) },
    p: rankP(value, clean, side),
  };
}

/** p-values corrected for their number, in the order given: reject where at most α, and any false alarm has probability α at most. */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((_, i) => i).sort((a, b) => ps[a]! - ps[b]!);
  const adjusted = new Array<number>(ps.length);
  let largest = 0;
  for (const [rank, i] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (ps.length - rank) * ps[i]!));
    adjusted[i] = largest;
  }
  return adjusted;
}

/** How often a test rejects. */
export interface Power extends Measured {
  readonly rejected: number;
  readonly models: number;
}

/** Resamples of a bootstrap interval. */
const resamples = 1000;

/**
 * The share of planted models that a test rejects at level α. Its interval reaches as far as Clopper and Pearson's, which
 * takes the clean models for granted, and as far as a bootstrap of planted and clean models both, which does not.
 */
export function power(planted: readonly number[], clean: readonly number[], side: Side, alpha = 0.05): Power {
  const [p, n] = [planted.length, clean.length];
  const count = (own: readonly number[], others: readonly number[]) => {
    // rejected is what has fewer clean models at or beyond it than this
    const beyond = Math.floor(alpha * (n + 1) + 1e-9);
    if (beyond < 1) return 0;
    const sign = side === 'greater' ? 1 : -1;
    const edge = others.map((x) => sign * x).sort((a, b) => b - a)[beyond - 1] ?? -Infinity;
    return own.filter((x) => sign * x > edge).length;
  };
  const rejected = count(planted, clean);
  const { value, interval } = rate(rejected, p);
  const [words] = threefry.blocks(threefry.seedKey(p), resamples * (p + n));
  let at = 0;
  const drawn = (from: readonly number[]) => from.map(() => from[Math.floor((words[at++]! * from.length) / 2 ** 32)]!);
  const shares = Array.from({ length: resamples }, () => count(drawn(planted), drawn(clean)) / p).sort((a, b) => a - b);
  const [low, high] = [shares[Math.round(0.025 * (resamples - 1))]!, shares[Math.round(0.975 * (resamples - 1))]!];
  return { value, interval: [Math.min(low, interval[0]), Math.max(high, interval[1])], rejected, models: p };
}

function standardized(value: number, clean: readonly number[]): number {
  const spread = standardDeviation(clean);
  const away = value - mean(clean);
  return away === 0 ? 0 : away / spread;
}

/** Percentile bootstrap over the clean models. */
function effectInterval(value: number, clean: readonly number[]): Interval {
  const n = clean.length;
  const [words] = threefry.blocks(threefry.seedKey(n), resamples * n);
  const effects: number[] = [];
  for (let r = 0; r < resamples; r++) {
    const sample = Array.from({ length: n }, (_, i) => clean[Math.floor((words[r * n + i]! * n) / 2 ** 32)]!);
    const effect = standardized(value, sample);
    if (Number.isFinite(effect)) effects.push(effect);
  }
  effects.sort((a, b) => a - b);
  const at = (q: number) => effects[Math.round(q * (effects.length - 1))] ?? standardized(value, clean);
  return [at(0.025), at(0.975)];
}
