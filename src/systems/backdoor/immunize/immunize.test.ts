import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { array, NDArray } from '../../../tensor/index.ts';
import { clopperPearson } from '../audit/binomial.ts';
import { normalCdf } from '../audit/normal.ts';
import { type Classifier, classify } from '../classifier.ts';
import { Draws } from '../draws.ts';
import { linearError, linearFailure, linearMitigation, meanOfMedians } from './linear.ts';
import { certify, changeBound, smoothed, votes } from './smoothing.ts';

/** A model that is any function of one input's numbers. */
function modelOf(d: number, classes: number, fn: (x: Float32Array) => readonly number[]): Classifier {
  return {
    classes,
    input: [d],
    async scores(batch) {
      const rows = batch.shape[0]!;
      const out = Array.from({ length: rows }, (_, i) => fn((batch.data as Float32Array).subarray(i * d, (i + 1) * d)));
      return array(Float32Array.from(out.flat()), { shape: [rows, classes] });
    },
    release: async () => {},
  };
}

const halfSpace = modelOf(3, 2, ([a]) => [-a!, a!]);

describe('smoothing', () => {
  test.each([
    [0.1, 0.03988],
    [0.2, 0.07966],
    [0.5, 0.19741],
    [1, 0.38292],
  ])('the bound for r/σ = %f', (ratio, bound) => {
    expect(changeBound(ratio * 0.3, 0.3)).toBeCloseTo(bound, 5);
    expect(changeBound(ratio, 1)).toBeLessThan(ratio / Math.sqrt(2 * Math.PI));
  });

  test('of a half-space it is the normal distribution function, where the bound is reached', async () => {
    const inputs = [-0.5, 0, 0.25, 1].flatMap((a) => [a, 3, -2]);
    const sigma = 0.5;
    const samples = 4000;
    const counts = await votes(halfSpace, array(inputs, { shape: [4, 3] }), { sigma, samples, seed: 1 });
    const shares = [-0.5, 0, 0.25, 1].map((a) => normalCdf(a / sigma));
    for (const [row, share] of shares.entries()) {
      const [low, high] = clopperPearson(counts.data[2 * row + 1]!, samples, 0.9999);
      expect(share).toBeGreaterThan(low);
      expect(share).toBeLessThan(high);
      expect(counts.data[2 * row]! + counts.data[2 * row + 1]!).toBe(samples);
    }
    // symmetric about the border: exactly the total variation distance
    expect(normalCdf(0.5) - normalCdf(-0.5)).toBeCloseTo(changeBound(1, 1), 12);
  });

  test('the same seed gives the same votes, another others', async () => {
    const x = array([0.1, 0, 0], { shape: [1, 3] });
    const one = await votes(halfSpace, x, { sigma: 1, samples: 200, seed: 5 });
    expect(await votes(halfSpace, x, { sigma: 1, samples: 200, seed: 5 })).toEqual(one);
    expect((await votes(halfSpace, x, { sigma: 1, samples: 200, seed: 6 })).data).not.toEqual(one.data);
  });

  test('a trigger that needs exact values dies, and the answer stays', async () => {
    const planted = modelOf(3, 2, ([a, b]) => (b === 3 ? [a!, -a!] : [-a!, a!]));
    const x = array([0.4, 3, 0], { shape: [1, 3] });
    expect([...(await classify(planted, x))]).toEqual([0]);
    expect([...(await classify(smoothed(planted, { sigma: 0.1, samples: 100, seed: 1 }), x))]).toEqual([1]);
  });

  test('a certificate: σΦ⁻¹ of the lower bound, and none at the border', async () => {
    const [far, near] = await certify(halfSpace, array([3, 0, 0, 0.001, 0, 0], { shape: [2, 3] }), {
      sigma: 0.25,
      samples: 1000,
      alpha: 0.001,
      seed: 2,
    });
    expect(far!.answer).toBe(1);
    expect(far!.share).toBeCloseTo(0.001 ** 0.001, 12);
    // all of a thousand copies: Φ⁻¹(0.9931) = 2.463
    expect(far!.radius).toBeCloseTo(0.25 * 2.463, 3);
    // the certificate is no longer than the distance from the border
    expect(far!.radius).toBeLessThan(3);
    expect(near).toMatchObject({ answer: null, radius: 0 });
  });

  test('what makes no sense is refused', async () => {
    const x = array([0, 0, 0], { shape: [1, 3] });
    await expect(votes(halfSpace, x, { sigma: 0, samples: 1, seed: 0 })).rejects.toThrow(
      'expected sigma above 0, got 0',
    );
    await expect(votes(halfSpace, x, { sigma: 1, samples: 0.5, seed: 0 })).rejects.toThrow('above 0, got 0.5');
    await expect(votes(halfSpace, array([0, 0]), { sigma: 1, samples: 1, seed: 0 })).rejects.toThrow('float32[n,3]');
  });
});

describe('mitigation where the truth is linear', () => {
  const d = 5;
  const weights = [1, -2, 0.5, 0, 3];
  const line = (x: Float32Array) => weights.reduce((sum, w, j) => sum + w * x[j]!, 0.25);
  const box = array(Float32Array.from(Draws.from(1).uniforms(4000 * d)), { shape: [4000, d] });
  const options = { reference: box, step: 1 / d, group: 21, groups: 3, seed: 3 };

  test('an exactly linear model that is wrong at x only is read exactly, at every x', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: d, maxLength: d }),
        async (at) => {
          const x = Float32Array.from(at);
          const planted = modelOf(d, 2, (y) => (y.every((v, j) => v === x[j]) ? [9, -9] : [-line(y), line(y)]));
          const [low, high] = (await linearMitigation(planted, options).scores(array(x, { shape: [1, d] }))).data;
          expect(high).toBeCloseTo(line(x), 4);
          expect(low).toBeCloseTo(-line(x), 4);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('wrong on a twentieth of the box and off by ε elsewhere: within the bound', async () => {
    const epsilon = 0.02;
    // a corner's region that is wrong by much, x inside it
    const wrong = (x: Float32Array) => x[0]! > 0.95;
    const model = modelOf(d, 2, (x) => {
      const value = wrong(x) ? -50 : line(x) + epsilon * Math.sin(40 * x[1]! + 70 * x[2]!);
      return [-value, value];
    });
    const x = Float32Array.of(0.99, 0.2, 0.7, 0.1, 0.5);
    // z wrong with 0.05; y = 0.8z + 0.2x is, where z₀ > 0.94
    const [p, q] = [0.05, 0.06];
    expect(linearFailure(p, q, options)).toBeLessThan(0.01);
    const { data } = await linearMitigation(model, options).scores(array(x, { shape: [1, d] }));
    expect(Math.abs(Number(data[1]) - line(x))).toBeLessThan(linearError(epsilon, options.step));
    expect(Math.abs(Number((await model.scores(array(x, { shape: [1, d] }))).data[1]) - line(x))).toBeGreaterThan(40);
  });

  test('a mean of medians', () => {
    expect(meanOfMedians(Float64Array.of(1, 100, 2, 7, -50, 8), 3)).toBe(4.5);
  });

  test('what makes no sense is refused', () => {
    const model = modelOf(d, 2, () => [0, 1]);
    expect(() => linearMitigation(model, { ...options, step: 1 })).toThrow('expected a step in (0, 1), got 1');
    expect(() => linearMitigation(model, { ...options, group: 2 })).toThrow('expected an odd group, got 2');
    expect(() =>
      linearMitigation(model, { ...options, reference: new NDArray('float32', [1, 2], new Float32Array(2)) }),
    ).toThrow('float32[n,5]');
    expect(linearFailure(0.3, 0.3, options)).toBe(1);
  });
});
