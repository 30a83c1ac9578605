/** Kleinberg's automaton against trying every sequence of states, and what a burst is. */
import fc from 'fast-check';
import {
  type Burst,
  type BurstOptions,
  batchedBursts,
  gapBursts,
  phraseBursts,
  phrasesOf,
  timelineOf,
} from 'tenfold/trends';
import { describe, expect, it } from 'vitest';

/** The least cost over all sequences, from the definitions: σ of a batch or gap in a state, τ of going up. */
function leastCost(n: number, states: number, sigma: (state: number, t: number) => number, gamma: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let code = 0; code < states ** n; code++) {
    let [cost, before] = [0, 0];
    for (let t = 0, rest = code; t < n; t++, rest = Math.floor(rest / states)) {
      const state = rest % states;
      cost += sigma(state, t) + Math.max(0, state - before) * gamma * Math.log(n);
      before = state;
    }
    least = Math.min(least, cost);
  }
  return least;
}

/** The cost of one sequence. */
function costOf(path: ArrayLike<number>, sigma: (state: number, t: number) => number, gamma: number): number {
  return Array.from(path).reduce(
    (cost, state, t) =>
      cost + sigma(state, t) + Math.max(0, state - (path[t - 1] ?? 0)) * gamma * Math.log(path.length),
    0,
  );
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const options = fc.record({
  scale: fc.double({ min: 1.1, max: 4, noNaN: true }),
  gamma: fc.double({ min: 0, max: 3, noNaN: true }),
  states: fc.integer({ min: 2, max: 4 }),
});
const batches = fc.array(
  fc.integer({ min: 1, max: 30 }).chain((d) => fc.tuple(fc.integer({ min: 0, max: d }), fc.constant(d))),
  { minLength: 1, maxLength: 6 },
);

describe('batchedBursts', () => {
  const sigmaOf = (relevant: readonly number[], total: readonly number[], { scale }: Required<BurstOptions>) => {
    const p0 = sum(relevant) / sum(total);
    return (i: number, t: number) => {
      const p = p0 * scale ** i;
      return -(relevant[t]! * Math.log(p) + (total[t]! - relevant[t]!) * Math.log(1 - p));
    };
  };

  it('costs what the cheapest of all sequences costs', () => {
    fc.assert(
      fc.property(batches, options, (rows, form) => {
        const relevant = rows.map(([r]) => r);
        const total = rows.map(([, d]) => d);
        const { cost, states } = batchedBursts(relevant, total, form);
        const share = sum(relevant) / sum(total);
        fc.pre(share > 0 && share < 1);
        const possible = Array.from({ length: form.states }, (_, i) => share * form.scale ** i).filter(
          (p, i) => i === 0 || p < 1,
        );
        const sigma = sigmaOf(relevant, total, form);
        expect(cost).toBeCloseTo(leastCost(rows.length, possible.length, sigma, form.gamma), 8);
        expect(costOf(states, sigma, form.gamma)).toBeCloseTo(cost, 8);
      }),
      { numRuns: 300 },
    );
  });

  it('nests bursts, each where the state is at least its level, and heavier than what going up costs', () => {
    fc.assert(
      fc.property(batches, options, (rows, form) => {
        const { bursts, states } = batchedBursts(
          rows.map(([r]) => r),
          rows.map(([, d]) => d),
          form,
        );
        const covered = (level: number) =>
          new Set(
            flat(bursts)
              .filter((b) => b.level === level)
              .flatMap(({ first, last }) => range(first, last)),
          );
        for (let level = 1; level < 5; level++) {
          expect([...covered(level)].sort((a, b) => a - b)).toEqual(
            [...states.keys()].filter((t) => states[t]! >= level),
          );
        }
        for (const burst of flat(bursts)) {
          for (const inner of burst.within) {
            expect(inner.level).toBe(burst.level + 1);
            expect(inner.first >= burst.first && inner.last <= burst.last).toBe(true);
          }
        }
        const two = batchedBursts(
          rows.map(([r]) => r),
          rows.map(([, d]) => d),
          { ...form, states: 2 },
        );
        // else staying below would have been cheaper
        for (const { weight } of two.bursts) expect(weight).toBeGreaterThan(form.gamma * Math.log(rows.length) - 1e-9);
      }),
    );
  });

  it('finds the burst that is there, and none where there is none', () => {
    const { bursts } = batchedBursts([1, 0, 9, 8, 1], [10, 10, 10, 10, 10]);
    expect(bursts).toMatchObject([{ level: 1, first: 2, last: 3 }]);
    expect(batchedBursts([2, 2, 2, 2], [10, 10, 10, 10]).bursts).toEqual([]);
    expect(batchedBursts([0, 0], [5, 5]).bursts).toEqual([]);
    expect(batchedBursts([5, 5], [5, 5]).bursts).toEqual([]);
  });

  it('refuses what are no counts, and forms that are none', () => {
    expect(() => batchedBursts([3], [2])).toThrow(
      'bursts: expected whole counts, relevant at most total, got 3 of 2 in batch 0',
    );
    expect(() => batchedBursts([1, 1], [2])).toThrow('bursts: expected 2 totals, got 1');
    expect(() => batchedBursts([1], [2], { scale: 1 })).toThrow('bursts: expected a scale above 1, got 1');
    expect(() => batchedBursts([1], [2], { gamma: -1 })).toThrow('gamma of at least 0');
    expect(() => batchedBursts([1], [2], { states: 1 })).toThrow('at least 2 states');
  });
});

describe('gapBursts', () => {
  it('costs what the cheapest of all sequences costs, though states that cannot matter are left out', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 6 }), options, (gaps, form) => {
        const times = [0, ...gaps].map((_, i) => sum(gaps.slice(0, i)));
        const { cost, states } = gapBursts(times, form);
        const sigma = (i: number, t: number) => {
          const rate = (gaps.length / sum(gaps)) * form.scale ** i;
          return rate * gaps[t]! - Math.log(rate);
        };
        expect(cost).toBeCloseTo(leastCost(gaps.length, form.states, sigma, form.gamma), 8);
        expect(costOf(states, sigma, form.gamma)).toBeCloseTo(cost, 8);
      }),
      { numRuns: 300 },
    );
  });

  it('finds a flurry', () => {
    const times = [0, 100, 200, 300, 301, 302, 303, 304, 305, 400, 500, 600];
    const { bursts } = gapBursts(times);
    expect(bursts).toMatchObject([{ level: 1, first: 3, last: 7 }]);
    expect(Math.max(...flat(bursts).map(({ level }) => level))).toBeGreaterThan(2);
  });

  it('refuses events that share a time', () => {
    expect(() => gapBursts([1, 1, 2])).toThrow(
      'bursts: expected times that rise strictly, got some that do not; count them in batches',
    );
    expect(() => gapBursts([1])).toThrow('bursts: expected at least two events, got 1');
  });
});

it('ranks the bursts of phrases by weight, and does not look ahead where it is not given what comes', () => {
  const paper = (date: string, i: number, title: string) => ({
    id: `${date}-${i}`,
    title,
    abstract: '',
    authors: [],
    date,
  });
  const papers = range(2000, 2009).flatMap((year) =>
    range(0, 19).map((i) =>
      paper(`${year}-01-01`, i, year >= 2004 && year <= 2005 && i < 15 ? 'atomic power' : 'steam power'),
    ),
  );
  const table = phrasesOf(papers.map(({ title }) => title));
  const timeline = timelineOf(papers, 'year');
  const [first] = phraseBursts(table, timeline);
  expect(first).toMatchObject({ papers: 30, of: 40, peak: { first: 4, last: 5 } });
  expect(first!.phrase).toMatch(/^atomic/);
  expect(timeline.starts[first!.peak.first]).toBe('2004-01-01');
});

function flat(bursts: readonly Burst[]): Burst[] {
  return bursts.flatMap((burst) => [burst, ...flat(burst.within)]);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
