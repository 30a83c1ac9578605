import { describe, expect, test } from 'vitest';
import { silent } from '../../command/index.ts';
import type { Figure } from '../../report/index.ts';
import { array } from '../../tensor/index.ts';
import { cleanseFigure, digitsFigure } from './image-figures.ts';
import { changeBound } from './immunize/smoothing.ts';
import { type Inspected, kinds } from './issue/cleanse.ts';
import { auditLayers } from './issue/fourier.ts';
import { type Change, excess, excessOfWrongBound, signDigits } from './issue/immunity.ts';
import { spectralPower, spectraOf, takeSteps } from './issue/relu.ts';
import { auditTable, inspectedTable } from './issue/tables.ts';
import { rules } from './rules.ts';
import {
  boundFigure,
  layersFigure,
  powerFigure,
  smoothingFigure,
  spectraFigure,
  stepFigure,
} from './statistic-figures.ts';

const watch = { progress: silent, signal: new AbortController().signal };
const paths = ({ svg }: Figure) => svg.match(/<path|<circle|<line/g)?.length ?? 0;

test('rules have ids of their own', () => {
  const ids = Object.values(rules).map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

describe('layers', () => {
  test('the key sees what the other tests do not', async () => {
    const layers = await auditLayers({ dimension: 16, features: 128, sparsity: 4, models: 25 }, 1, watch);
    const { rows } = auditTable(layers);
    const power = (name: string) => (rows.find(({ test: own }) => own === name)!.power as { value: number }).value;
    expect(power('the key')).toBe(100);
    expect(power('another key of the same kind')).toBeLessThan(40);
    expect(power('covariance: largest eigenvalue')).toBeLessThan(40);
    expect(layersFigure(layers).caption).toContain('25 planted layers');
    expect(await auditLayers({ dimension: 16, features: 128, sparsity: 4, models: 25 }, 1, watch)).toEqual(layers);
  });

  test('power grows from below the threshold to above it', async () => {
    const grid = { dimension: 48, sparsity: 4, features: [48], ratios: [0.25, 4], models: 12, clean: 25 };
    const [below, above] = await spectralPower(grid, 1, watch);
    expect(below!.theta).toBeCloseTo(0.25, 12);
    expect(below!.eigenvalue.value).toBeLessThan(0.5);
    expect(above!.eigenvalue).toMatchObject({ value: 1, models: 12, rejected: 12 });
    expect(above!.key.value).toBe(1);
    expect(paths(powerFigure([below!, above!]))).toBeGreaterThan(4);
    const sizes = { dimension: 48, features: 96, sparsity: 4 };
    const spectra = spectraOf(sizes, [0, 4], 3);
    expect(spectra[1]!.eigenvalues.at(-1)!).toBeGreaterThan(1.3 * spectra[0]!.eigenvalues.at(-1)!);
    expect(spectraFigure(spectra, sizes).svg).toContain('planted, θ = 4');
  });

  test('a step along the key turns more of the planted model than of the clean one', async () => {
    const grid = { dimension: 64, sparsity: 4, inputs: 300, features: [128], thetas: [2], lambdas: [0.2] };
    const [step] = await takeSteps(grid, [1, 2, 3], watch);
    for (const [i, share] of step!.planted.entries()) expect(share).toBeGreaterThan(step!.clean[i]!);
    expect(step).toMatchObject({ features: 128, theta: 2, lambda: 0.2 });
    expect(stepFigure([step!]).caption).toContain('over 3 seeds');
  });
});

test('signed digits: one grey level of difference at most, drawn 255 times as strong', () => {
  const inputs = array(
    Float32Array.from({ length: 2 * 784 }, (_, i) => ((i * 37) % 256) / 255),
    { shape: [2, 28, 28] },
  );
  const bare = {
    classes: 10,
    input: [28, 28],
    scores: async () => array(new Float32Array(20), { shape: [2, 10] }),
    release: async () => {},
  };
  const signed = signDigits(bare, { inputs, labels: array([3, 9], { dtype: 'int32' }), classes: 10 }, 2);
  expect(signed.wanted).toEqual([4, 0]);
  for (const [at, value] of signed.activated.values.entries()) {
    expect(Math.abs(value - signed.original.values[at]!)).toBeLessThanOrEqual(1);
  }
  const { caption, svg } = digitsFigure(signed);
  expect(caption).toMatch(/changes 2\d\d of 784 pixels/);
  expect(svg).toContain('difference');
});

test('masks: the smallest of each model has a colour of its own', () => {
  const inspected = kinds.map(
    (kind, row): Inspected => ({
      kind,
      seed: 1,
      accuracy: 0.9,
      success: kind === 'clean network' ? null : 1,
      norms: Array.from({ length: 10 }, (_, label) => 10 + ((label + row) % 10)),
      index: 1,
      flagged: [],
      masks: Array.from({ length: 7840 }, (_, i) => Number(i % 50 === 0)),
      stopped: 0.1,
      share: 0.3,
      removed: null,
    }),
  );
  const { svg } = cleanseFigure(inspected);
  expect(svg.match(/fill="var\(--s2\)"/g)).toHaveLength(kinds.length);
  expect(inspectedTable(inspected).rows.map(({ success }) => success)).toEqual([null, 100, 100, 100]);
});

test('the bound: a change beyond it is found, and half-spaces are beyond a wrong one', () => {
  const half = (ratio: number, least: number): Change => ({
    what: 'half-space',
    ratio,
    measured: least + 0.05,
    least,
    bound: changeBound(ratio, 1),
  });
  const tight = [0.5, 1, 2].map((ratio) => half(ratio, changeBound(ratio, 1) - 0.05));
  expect(excess(tight)).toBeCloseTo(-5, 9);
  expect(excessOfWrongBound(tight)).toBeGreaterThan(5);
  expect(boundFigure(tight).svg).toContain('0 of 3 pairs');
  const beyond = [...tight, half(1, changeBound(1, 1) + 0.02)];
  expect(excess(beyond)).toBeCloseTo(2, 9);
  expect(boundFigure(beyond).svg).toContain('1 of 4 pairs');
  const loose = [...tight, half(1, 0.1)];
  expect(excessOfWrongBound(loose)).toBeLessThan(0);
});

test('smoothing: accuracy without noise is told', () => {
  const at = { valid: 1, predicted: 1, survived: 1, accuracy: 0.9, lost: 2, won: 1, asked: 100 };
  const drawn = smoothingFigure({
    signed: undefined as never,
    accuracy: 0.91,
    smoothed: [
      { ...at, sigma: 0.1 },
      { ...at, sigma: 10, valid: 0 },
    ],
    changes: [],
  });
  expect(drawn.caption).toContain('91%');
});
