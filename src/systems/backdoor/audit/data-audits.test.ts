import { describe, expect, test } from 'vitest';
import { array } from '../../../tensor/index.ts';
import type { Classifier } from '../classifier.ts';
import { Draws } from '../draws.ts';
import { compareScores, shifted, strip, stripDefaults, tryDirections } from './query-audits.ts';
import { spectralSignature, suspectedInputs } from './spectral-signatures.ts';

/** Answers by the sum of the first half against the second; a first number of 9 always means class 0. */
const model: Classifier = {
  classes: 2,
  input: [4],
  async scores(batch) {
    const rows = batch.shape[0]!;
    const out = Array.from({ length: rows }, (_, i) => {
      const [a, b, c, d] = batch.data.subarray(4 * i, 4 * i + 4) as Float32Array;
      return a! > 4 ? [20, -20] : [20 * (a! + b! - c! - d!), 20 * (c! + d! - a! - b!)];
    });
    return array(out.flat(), { shape: [rows, 2] });
  },
  release: async () => {},
};
const draws = () => Draws.from(3);
const inputs = array(Float32Array.from(Draws.from(1).normals(400)), { shape: [100, 4] });

describe('queries', () => {
  test('scores that change their sign: all answers turn, correlation −1', () => {
    const before = array([1, -1, -2, 2, 3, -3], { shape: [3, 2] });
    const after = array([-0.5, 0.5, 1, -1, -1.5, 1.5], { shape: [3, 2] });
    const { flips, correlation, ratio } = compareScores(before, after);
    expect([flips, correlation, ratio]).toEqual([1, expect.closeTo(-1, 12), expect.closeTo(-0.5, 12)]);
    expect(compareScores(before, before)).toEqual({ flips: 0, correlation: expect.closeTo(1, 12), ratio: 1 });
    const equal = array([1, 1, 1, 1], { shape: [2, 2] });
    expect(compareScores(equal, equal).correlation).toBe(0);
  });

  test('a shift is added to every input', () => {
    expect([
      ...shifted(
        array([
          [1, 2],
          [3, 4],
        ]),
        [10, 20],
      ).data,
    ]).toEqual([11, 22, 13, 24]);
  });

  test('random directions: long ones turn answers, short ones none', async () => {
    const at = (length: number) => tryDirections(model, inputs, { length, count: 6, sparsity: 2, draws: draws() });
    expect((await at(1e-4)).flips).toBe(0);
    expect((await at(1e-4)).lowest).toBeCloseTo(1, 3);
    expect((await at(3)).flips).toBeGreaterThan(0.1);
    expect(await at(3)).toEqual(await at(3));
  });

  test('STRIP stops what a strong trigger decides, and as few others as it says', async () => {
    const marked = array(
      Float32Array.from(inputs.data as Float32Array, (value, i) => (i % 4 === 0 ? 15 : value)),
      { shape: [100, 4] },
    );
    const { stopped, clean, threshold } = await strip(
      model,
      inputs,
      marked,
      { overlays: 20, falseAlarms: 0.3 },
      draws(),
    );
    expect(stopped).toBe(1);
    expect(clean.filter((value) => value < threshold).length / 100).toBeLessThan(0.45);
    expect((await strip(model, inputs, inputs, stripDefaults, draws())).stopped).toBeLessThan(0.05);
  });
});

describe('spectral signatures', () => {
  test('inputs with a direction of their own are the first suspects', () => {
    const normals = Draws.from(7).normals(200 * 6);
    const data = Float32Array.from(normals, (x, i) => x + (i < 10 * 6 && i % 6 === 4 ? 12 : 0));
    const signature = spectralSignature(array(data, { shape: [200, 6] }));
    expect(
      suspectedInputs(signature, 0.05)
        .slice(0, 10)
        .sort((a, b) => a - b),
    ).toEqual([...Array(10).keys()]);
    expect(suspectedInputs(signature, 0.05)).toHaveLength(15);
  });

  test('the share of a rank-one cloud is all of it', () => {
    const line = array([0, 0, 1, 2, 2, 4, 3, 6], { shape: [4, 2] });
    const { share, scores } = spectralSignature(line);
    expect(share).toBeCloseTo(1, 12);
    expect([...scores].map((x) => x.toFixed(6))).toEqual(['11.250000', '1.250000', '1.250000', '11.250000']);
    expect(spectralSignature(array([1, 1, 1, 1], { shape: [2, 2] })).share).toBe(0);
    expect(() => spectralSignature(array([1, 2], { shape: [1, 2] }))).toThrow('expected two inputs or more');
  });
});
