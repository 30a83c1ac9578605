import { expect, test } from 'vitest';
import { covarianceSpectrum } from './covariance.ts';

test('covarianceSpectrum: wide and tall matrices have the same eigenvalues but for scale', () => {
  const rows = Float64Array.from({ length: 12 }, (_, i) => Math.sin(3 * i + 1));
  const turned = Float64Array.from({ length: 12 }, (_, i) => rows[(i % 3) * 4 + Math.floor(i / 3)]!);
  const wide = covarianceSpectrum(rows, 3, 4);
  const tall = covarianceSpectrum(turned, 4, 3);
  for (const [i, value] of wide.entries()) expect(value * 3).toBeCloseTo(tall[i]! * 4, 12);
  expect(wide.reduce((a, b) => a + b)).toBeCloseTo(rows.reduce((sum, x) => sum + x * x, 0) / 3, 12);
});
