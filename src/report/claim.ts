/**
 * A claim: one statement of a paper beside what was measured here, with a verdict.
 *
 * How it will be judged is fixed in code before the run, as a frozen ClaimRule: the predicate, the seeds of each tier and
 * the smallest effect that the run could detect. The predicate writes the words that the page prints from the same
 * numbers that it tests, so that the two cannot drift apart, and `judge` is pure: the same measurement, the same verdict.
 *
 * A verdict from an interval: the claim holds when the whole interval satisfies the predicate and does not hold when none
 * of it does. An interval that straddles the bound decides by its value where it is narrower than the smallest effect
 * (half-width at most `detects`); a wider one could not have told, and the claim is not testable at this scale.
 */

import { formatExact } from './format.ts';
import type { Interval } from './measured.ts';

export type Verdict = 'holds' | 'does not hold' | 'not testable at this scale';

/** Quick: within 40 seconds, run by `npm start`. Recorded: as long as it takes, kept in the repository. */
export type Tier = 'quick' | 'recorded';

/** As issue.json holds it (DESIGN.md, "Two files a machine reads"). */
export interface Claim {
  readonly id: string;
  readonly statement: string;
  /** The paper's value; null where it gives none. */
  readonly paper: number | string | null;
  /** The value measured here; null where nothing could be measured. */
  readonly measured: number | string | null;
  readonly interval: Interval | null;
  readonly verdict: Verdict;
  /** What to type to measure it again. */
  readonly command: string;
}

export interface Measurement {
  readonly tier: Tier;
  readonly value: number | string | null;
  readonly interval?: Interval;
}

/** What must be true of the measurement: in words, as the page prints it, and as a test. */
export interface Predicate {
  words(unit: string): string;
  /** Undefined: it cannot be told from this measurement. */
  test(measurement: Measurement, detects: number | null): boolean | undefined;
}

export interface ClaimRule {
  /** Stable, unique in its system: `circuit-information`. */
  readonly id: string;
  /** The system's id, for the command that reproduces it. */
  readonly system: string;
  readonly statement: string;
  readonly paper: number | string | null;
  /** Unit of paper and measured values: `bit`; '' for a pure number. */
  readonly unit: string;
  readonly predicate: Predicate;
  /** The seeds that each tier runs; none where the tier does not measure this claim. */
  readonly seeds: Readonly<Record<Tier, readonly number[]>>;
  /** The smallest effect the run could detect, in the claim's unit; null for a claim that is not about a size. */
  readonly detects: number | null;
  /** The claim for one measurement. Pure. */
  judge(measurement: Measurement): Claim;
}

/** Declares a rule, frozen. @throws RangeError for a rule that could not be judged */
export function claimRule(declared: Omit<ClaimRule, 'judge'>): ClaimRule {
  const { id, system, statement, paper, predicate, detects } = declared;
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id)) throw new RangeError(`claimRule: expected an id like 'a-b-2', got '${id}'`);
  if (detects !== null && !(detects > 0)) throw new RangeError(`claimRule ${id}: expected detects > 0, got ${detects}`);
  const seeds = Object.freeze({
    quick: Object.freeze([...declared.seeds.quick]),
    recorded: Object.freeze([...declared.seeds.recorded]),
  });
  if (seeds.quick.length + seeds.recorded.length === 0)
    throw new RangeError(`claimRule ${id}: expected seeds, got none`);
  return Object.freeze({
    ...declared,
    predicate: Object.freeze({ ...predicate }),
    seeds,
    judge(measurement: Measurement): Claim {
      checkMeasurement(id, measurement);
      if (seeds[measurement.tier].length === 0) {
        throw new RangeError(`claim ${id}: expected a tier with seeds, got '${measurement.tier}', which declares none`);
      }
      const holds = measurement.value === null ? undefined : predicate.test(measurement, detects);
      return Object.freeze({
        id,
        statement,
        paper,
        measured: measurement.value,
        interval: measurement.interval ?? null,
        verdict: holds === undefined ? 'not testable at this scale' : holds ? 'holds' : 'does not hold',
        command: issueCommand(system, measurement.tier),
      });
    },
  });
}

/** The command that measures a system's claims again. */
export function issueCommand(system: string, tier: Tier): string {
  return tier === 'quick' ? `tenfold issue ${system}` : `tenfold issue --recorded ${system}`;
}

/** measured ≤ bound */
export function atMost(bound: number): Predicate {
  return region([-Infinity, bound], (unit) => `measured ≤ ${formatExact(bound, unit)}`);
}

/** measured ≥ bound */
export function atLeast(bound: number): Predicate {
  return region([bound, Infinity], (unit) => `measured ≥ ${formatExact(bound, unit)}`);
}

/** |measured − target| ≤ tolerance */
export function within(target: number, tolerance: number): Predicate {
  return region(
    [target - tolerance, target + tolerance],
    (unit) => `|measured − ${formatExact(target)}| ≤ ${formatExact(tolerance, unit)}`,
  );
}

/** measured = value exactly: an order, a name, a count. */
export function equals(value: number | string): Predicate {
  return {
    words: (unit) => (typeof value === 'number' ? `measured = ${formatExact(value, unit)}` : `measured is “${value}”`),
    test: (measurement) => measurement.value === value,
  };
}

function region(allowed: Interval, words: (unit: string) => string): Predicate {
  const inside = (x: number) => allowed[0] <= x && x <= allowed[1];
  return {
    words,
    test({ value, interval }, detects) {
      if (typeof value !== 'number') return undefined;
      if (!interval) return inside(value);
      const [low, high] = interval;
      if (inside(low) && inside(high)) return true;
      if (high < allowed[0] || low > allowed[1]) return false;
      return detects !== null && (high - low) / 2 <= detects ? inside(value) : undefined;
    },
  };
}

function checkMeasurement(id: string, { value, interval }: Measurement): void {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new RangeError(`claim ${id}: expected a finite value, got ${value}; pass null for one that was not measured`);
  }
  if (interval && !(interval[0] <= interval[1] && interval.every(Number.isFinite))) {
    throw new RangeError(`claim ${id}: expected a finite interval [low, high], got [${interval.join(', ')}]`);
  }
}
