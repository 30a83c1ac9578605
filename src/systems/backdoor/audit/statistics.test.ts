import { describe, expect, test } from 'vitest';
import { mean, standardDeviation } from '../../../report/index.ts';
import { array, type NDArray } from '../../../tensor/index.ts';
import { Draws } from '../draws.ts';
import { clopperPearson, incompleteBeta, lowerBound, pairedFall, rate } from './binomial.ts';
import { correlationOf } from './correlation.ts';
import { normalCdf, normalQuantile } from './normal.ts';
import { cleanNeeded, holm, power, rankP, testAgainst } from './null.ts';
import { anomalyIndex, maskOutliers } from './outliers.ts';
import { compareScores } from './query-audits.ts';

describe('the normal distribution', () => {
  // Wichura's algorithm AS 241 and R's pnorm, to 15 digits
  test.each([
    [0, 0.5],
    [1, 0.841344746068543],
    [-1.959963984540054, 0.025],
    [3, 0.99865010196837],
    [-3, 0.00134989803163009],
    [-6, 9.86587645037698e-10],
    [-20, 2.75362411860623e-89],
  ])('Φ(%f) = %f', (x, p) => {
    expect(normalCdf(x) / p).toBeCloseTo(1, 13);
    if (Math.abs(x) < 8 && x <= 0) expect(normalQuantile(p)).toBeCloseTo(x, 12);
  });

  test('Φ⁻¹ turns Φ round, and has ends', () => {
    for (let p = 0.001; p < 1; p += 0.013) expect(normalCdf(normalQuantile(p))).toBeCloseTo(p, 14);
    expect(normalQuantile(0)).toBe(-Infinity);
    expect(normalQuantile(1)).toBe(Infinity);
    expect(() => normalQuantile(1.1)).toThrow(RangeError);
  });
});

describe('Clopper and Pearson', () => {
  const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k);
  const atLeast = (k: number, n: number, p: number) => {
    let sum = 0;
    for (let i = k; i <= n; i++) sum += choose(n, i) * p ** i * (1 - p) ** (n - i);
    return sum;
  };

  test('the incomplete beta function is a binomial tail, summed', () => {
    for (const n of [1, 2, 5, 20, 40]) {
      for (let k = 1; k <= n; k += 3) {
        for (const p of [0.001, 0.1, 0.5, 0.77, 0.999]) {
          expect(incompleteBeta(p, k, n - k + 1)).toBeCloseTo(atLeast(k, n, p), 12);
        }
      }
    }
  });

  test('each end leaves out exactly a half of the rest', () => {
    for (const [k, n] of [
      [1, 10],
      [7, 20],
      [19, 20],
    ] as const) {
      const [low, high] = clopperPearson(k, n);
      expect(atLeast(k, n, low)).toBeCloseTo(0.025, 10);
      expect(1 - atLeast(k + 1, n, high)).toBeCloseTo(0.025, 10);
    }
  });

  test('none and all have closed forms, large numbers too', () => {
    const [low, high] = clopperPearson(0, 10_000);
    expect(low).toBe(0);
    expect(high).toBeCloseTo(1 - 0.025 ** 1e-4, 12);
    expect(lowerBound(100_000, 100_000, 0.001)).toBeCloseTo(0.001 ** 1e-5, 12);
    expect(rate(10, 200).value).toBe(0.05);
  });

  test('what is no count is refused', () => {
    expect(() => rate(3, 2)).toThrow('expected k of n with 0 ≤ k ≤ n and n > 0, got 3 of 2');
    expect(() => rate(0.5, 2)).toThrow(RangeError);
    expect(() => lowerBound(1, 2, 0)).toThrow(RangeError);
  });
});

describe('p-values from clean models', () => {
  const clean = Array.from({ length: 99 }, (_, i) => i);

  test('ranks, on either side', () => {
    expect(rankP(1000, clean, 'greater')).toBe(0.01);
    expect(rankP(-1, clean, 'greater')).toBe(1);
    expect(rankP(-1, clean, 'less')).toBe(0.01);
    expect(rankP(49, clean, 'less')).toBe(0.51);
    expect(() => rankP(0, [], 'less')).toThrow('expected clean models, got none');
  });

  test('a clean model is rejected as often as it should be', () => {
    // 100 equally likely ranks, of which five are the most extreme
    expect(
      [...clean, 99].filter(
        (x) =>
          rankP(
            x,
            [...clean, 99].filter((y) => y !== x),
            'greater',
          ) <= 0.05,
      ).length,
    ).toBe(5);
    expect(power([1000, 1000, -1, -1], clean, 'greater').value).toBe(0.5);
  });

  test('power counts what ranks reject, and its interval knows that the clean models are a sample too', () => {
    const u = Draws.from(4).normals(300);
    const [planted, few] = [[...u.subarray(0, 200)].map((x) => x + 0.5), [...u.subarray(200, 240)]];
    const { rejected, interval } = power(planted, few, 'greater');
    expect(rejected).toBe(planted.filter((x) => rankP(x, few, 'greater') <= 0.05).length);
    expect(power(planted, few, 'less').rejected).toBe(planted.filter((x) => rankP(x, few, 'less') <= 0.05).length);
    const [low, high] = clopperPearson(rejected, 200);
    expect(interval[1] - interval[0]).toBeGreaterThan(1.5 * (high - low));
    expect(power([9, 9, 9], few, 'greater').interval[0]).toBeLessThan(0.3);
  });

  test('the effect is in standard deviations, with an interval about it', () => {
    const { value, effect, clean: centre } = testAgainst(100, clean, 'greater');
    expect([value, centre]).toEqual([100, 49]);
    expect(effect.value).toBeCloseTo(51 / Math.sqrt(825), 12);
    expect(effect.interval[0]).toBeLessThan(effect.value);
    expect(effect.interval[1]).toBeGreaterThan(effect.value);
  });

  test('with as many clean models as are needed every single test can reject, with one fewer none can', () => {
    for (let tests = 1; tests <= 16; tests++) {
      const needed = cleanNeeded(tests, 0.05);
      const least = (n: number) => {
        const others = Array.from({ length: n }, (_, i) => i);
        const own = (['greater', 'less'] as const).map((side) => rankP(side === 'greater' ? n : -1, others, side));
        return Math.max(...own.map((p) => Math.min(...holm([p, ...new Array<number>(tests - 1).fill(1)]))));
      };
      expect(least(needed)).toBeLessThanOrEqual(0.05);
      if (needed > 1) expect(least(needed - 1)).toBeGreaterThan(0.05);
    }
  });

  test('Holm', () => {
    expect(holm([0.01, 0.04, 0.03])).toEqual([0.03, 0.06, 0.06]);
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });
});

describe('Neural Cleanse’s outlier test', () => {
  test('the published numbers give the published index, to the digit', () => {
    expect(anomalyIndex(16.117647, 64.466667, 13.238736).toFixed(6)).toBe('3.652087');
  });

  test('a small label is flagged, a large one is not', () => {
    const norms = [60, 64, 70, 58, 66, 5, 130, 62, 68, 61];
    const { flagged, median, mad, index } = maskOutliers(norms);
    expect(median).toBe(63);
    expect(mad).toBeCloseTo(1.4826 * 4, 12);
    expect(index).toBeCloseTo(58 / (1.4826 * 4), 12);
    expect(flagged).toEqual([5]);
  });

  test('two labels can tell nothing, and NaN is not hidden', () => {
    expect(() => maskOutliers([1, 2])).toThrow('expected three labels or more, got 2');
    expect(() => maskOutliers([1, Number.NaN, 3])).toThrow('got NaN for label 1');
    expect(maskOutliers([2, 2, 2]).index).toBe(0);
  });
});

describe('a share that falls, asked of the same inputs', () => {
  test('covers the truth as often as it says, by enumeration', () => {
    const n = 40;
    const logs = [0];
    for (let i = 1; i <= n; i++) logs.push(logs[i - 1]! + Math.log(i));
    for (const [p, q] of [
      [0.02, 0.02],
      [0.1, 0.05],
      [0.3, 0.1],
    ] as const) {
      let covered = 0;
      for (let lost = 0; lost <= n; lost++) {
        for (let won = 0; won + lost <= n; won++) {
          const rest = n - lost - won;
          const log = logs[n]! - logs[lost]! - logs[won]! - logs[rest]!;
          const chance = Math.exp(log + lost * Math.log(p) + won * Math.log(q) + rest * Math.log(1 - p - q));
          const { interval } = pairedFall(lost, won, n);
          if (interval[0] <= p - q && p - q <= interval[1]) covered += chance;
        }
      }
      expect(covered).toBeGreaterThan(0.94);
    }
  });

  test('has a width where nothing changed, and turns round with its sides', () => {
    const { value, interval } = pairedFall(0, 0, 400);
    expect(value).toBe(0);
    expect(interval[1]).toBeCloseTo(1.96 * Math.sqrt(2 / 402 / 402), 5);
    const [fall, rise] = [pairedFall(9, 4, 100), pairedFall(4, 9, 100)];
    expect(fall.value).toBe(0.05);
    expect(fall.interval[0]).toBeCloseTo(-rise.interval[1], 12);
  });
});

describe('the correlation of scores', () => {
  /** Scores of `rows` inputs that share a term with themselves afterwards, and one among their classes. */
  const scores = (seed: number, rows: number, classes: number, shared: number) => {
    const normals = Draws.from(seed).normals(rows * (2 + 3 * classes));
    let at = 0;
    const [before, after] = [new Float32Array(rows * classes), new Float32Array(rows * classes)];
    for (let row = 0; row < rows; row++) {
      const [own, other] = [normals[at++]!, normals[at++]!];
      for (let c = 0; c < classes; c++) {
        const common = shared * normals[at++]!;
        before[row * classes + c] = own + common + normals[at++]!;
        after[row * classes + c] = own * shared + other + common + normals[at++]!;
      }
    }
    return [before, after].map((data) => array(data, { shape: [rows, classes] })) as [NDArray, NDArray];
  };

  test('is as sure as correlations of other inputs say', () => {
    const many = Array.from({ length: 300 }, (_, seed) => correlationOf(...scores(seed, 80, 4, 0.5)));
    const values = many.map(({ value }) => value);
    const halves = many.map(({ interval }) => (interval[1] - interval[0]) / 2);
    // its half-width at 95 % is 1.96 standard deviations of what other draws of the inputs give
    expect(mean(halves) / (1.96 * standardDeviation(values))).toBeGreaterThan(0.9);
    expect(mean(halves) / (1.96 * standardDeviation(values))).toBeLessThan(1.15);
  });

  test('is the one that the shift is told with, and 1 with itself', () => {
    const [before, after] = scores(1, 50, 3, 0.3);
    expect(correlationOf(before, after).value).toBeCloseTo(compareScores(before, after).correlation, 9);
    const { value, interval } = correlationOf(before, before);
    for (const x of [value, ...interval]) expect(x).toBeCloseTo(1, 9);
    const flat = array(new Float32Array(150), { shape: [50, 3] });
    expect(correlationOf(before, flat)).toEqual({ value: 0, interval: [0, 0] });
  });
});
