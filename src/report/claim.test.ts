import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { atLeast, atMost, type ClaimRule, claimRule, equals, type Predicate, within } from './claim.ts';

function rule(predicate: Predicate, more: Partial<ClaimRule> = {}): ClaimRule {
  return claimRule({
    id: 'some-claim',
    system: 'bottleneck',
    statement: 'It is so.',
    paper: 0.5,
    unit: 'bit',
    predicate,
    seeds: { quick: [1], recorded: [1, 2, 3] },
    detects: 0.02,
    ...more,
  });
}

test('a claim has DESIGN’s seven keys and no other', () => {
  const claim = rule(atMost(1)).judge({ tier: 'recorded', value: 0.25, interval: [0.2, 0.3] });
  expect(claim).toEqual({
    id: 'some-claim',
    statement: 'It is so.',
    paper: 0.5,
    measured: 0.25,
    interval: [0.2, 0.3],
    verdict: 'holds',
    command: 'tenfold issue --recorded bottleneck',
  });
});

describe('verdicts', () => {
  test.each([
    ['value on the allowed side', 0.9, undefined, 'holds'],
    ['value on the bound', 1, undefined, 'holds'],
    ['value on the other side', 1.1, undefined, 'does not hold'],
    ['interval all on the allowed side', 0.9, [0.8, 1], 'holds'],
    ['interval all on the other side', 1.2, [1.1, 1.3], 'does not hold'],
    ['interval on both sides, wider than what the run detects', 0.99, [0.9, 1.08], 'not testable at this scale'],
    ['interval on both sides, narrow: by its value', 0.99, [0.98, 1.005], 'holds'],
    ['interval on both sides, narrow: by its value', 1.01, [0.995, 1.02], 'does not hold'],
    ['nothing measured', null, undefined, 'not testable at this scale'],
  ] as const)('at most 1: %s', (_, value, interval, verdict) => {
    const measurement = { tier: 'quick', value, ...(interval && { interval }) } as const;
    expect(rule(atMost(1)).judge(measurement).verdict).toBe(verdict);
  });

  test('at least, within, equals', () => {
    const verdict = (predicate: Predicate, value: number | string) =>
      rule(predicate).judge({ tier: 'quick', value }).verdict;
    expect(verdict(atLeast(2), 2)).toBe('holds');
    expect(verdict(atLeast(2), 1.9)).toBe('does not hold');
    expect(verdict(within(3, 0.5), 3.5)).toBe('holds');
    expect(verdict(within(3, 0.5), 2.4)).toBe('does not hold');
    expect(verdict(equals('3, then 10'), '3, then 10')).toBe('holds');
    expect(verdict(equals('3, then 10'), '10, then 3')).toBe('does not hold');
  });

  test('an interval around the value never turns a verdict over, it can only withhold it', () => {
    const number = fc.double({ min: -2, max: 2, noNaN: true });
    const width = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(number, width, width, (value, below, above) => {
        const bare = rule(atMost(0)).judge({ tier: 'quick', value }).verdict;
        const { verdict } = rule(atMost(0)).judge({ tier: 'quick', value, interval: [value - below, value + above] });
        expect([bare, 'not testable at this scale']).toContain(verdict);
      }),
    );
  });
});

test('the words come from the numbers that are tested', () => {
  expect(atMost(0.03).words('bit')).toBe('measured ≤ 0.03\u00a0bit');
  expect(atLeast(-1).words('')).toBe('measured ≥ −1');
  expect(equals('3, then 10').words('')).toBe('measured is “3, then 10”');
  expect(within(0.7578784625, 0.01).words('bit')).toBe('|measured − 0.7578784625| ≤ 0.01\u00a0bit');
});

test('a rule cannot be changed after it is declared', () => {
  const seeds = { quick: [1], recorded: [] as number[] };
  const frozen = rule(atMost(1), { seeds });
  seeds.quick.push(2);
  expect(frozen.seeds.quick).toEqual([1]);
  expect(() => Object.assign(frozen, { detects: 1 })).toThrow(TypeError);
  expect(() => Object.assign(frozen.predicate, { test: () => true })).toThrow(TypeError);
  expect(() => (frozen.seeds.quick as number[]).push(3)).toThrow(TypeError);
  const claim = frozen.judge({ tier: 'quick', value: 5 });
  expect(() => Object.assign(claim, { verdict: 'holds' })).toThrow(TypeError);
});

test('rules and measurements that make no sense are refused', () => {
  expect(() => rule(atMost(1), { id: 'Some Claim' })).toThrow(
    "claimRule: expected an id like 'a-b-2', got 'Some Claim'",
  );
  expect(() => rule(atMost(1), { detects: 0 })).toThrow('expected detects > 0, got 0');
  expect(() => rule(atMost(1), { seeds: { quick: [], recorded: [] } })).toThrow('expected seeds, got none');
  const quickOnly = rule(atMost(1), { seeds: { quick: [1], recorded: [] } });
  expect(() => quickOnly.judge({ tier: 'recorded', value: 1 })).toThrow("expected a tier with seeds, got 'recorded'");
  expect(() => quickOnly.judge({ tier: 'quick', value: Number.NaN })).toThrow('expected a finite value, got NaN');
  expect(() => quickOnly.judge({ tier: 'quick', value: 1, interval: [2, 1] })).toThrow('got [2, 1]');
});
