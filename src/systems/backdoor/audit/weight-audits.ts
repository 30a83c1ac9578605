/**
 * What an owner who sees a random-feature model's weights can ask of them, without a key.
 *
 * Clean training draws the m rows of G from N(0, I_d), so any departure from that is suspicious:
 * - the spectrum of GᵀG/m. A direction of variance 1 + θ moves the largest eigenvalue only above the transition of Baik,
 *   Ben Arous and Péché (2005), θ = √(d/m); below it every test on the largest eigenvalue is blind.
 * - the columns by themselves: variance (diagonal thresholding, Johnstone and Lu 2009), fit to N(0, 1) (Kolmogorov and
 *   Smirnov) and fourth moment, each as the worst of the d columns. A sparse direction shows here first.
 * With the key both plants are plain: see fourier/detect.ts and relu/detect.ts.
 */
import { covarianceSpectrum } from './covariance.ts';
import { normalCdf } from './normal.ts';
import type { Side } from './null.ts';

/** The random layer of a model: m rows of d weights, one after another. */
export interface RandomLayer {
  readonly weights: ArrayLike<number>;
  readonly units: number;
  readonly inputs: number;
}

/** A question that is asked of a random layer: a number, and which side of the clean models speaks against it. */
export interface WeightAudit {
  readonly id: string;
  readonly name: string;
  readonly side: Side;
}

/** The questions in the order of the report. */
export const weightAudits = [
  { id: 'top-eigenvalue', name: 'covariance: largest eigenvalue', side: 'greater' },
  { id: 'bottom-eigenvalue', name: 'covariance: smallest eigenvalue', side: 'less' },
  { id: 'sphericity', name: 'covariance: spread of all eigenvalues', side: 'greater' },
  { id: 'column-variance', name: 'columns: largest variance', side: 'greater' },
  { id: 'column-fit', name: 'columns: worst fit to N(0, 1)', side: 'greater' },
  { id: 'column-tails', name: 'columns: fourth moment furthest from 3', side: 'greater' },
] as const satisfies readonly WeightAudit[];

export type WeightAuditId = (typeof weightAudits)[number]['id'];

/** The answers for one layer. */
export function auditWeights(layer: RandomLayer): Record<WeightAuditId, number> {
  const { weights, units: m, inputs: d } = layer;
  const spectrum = covarianceSpectrum(weights, m, d);
  const columns = Array.from({ length: d }, (_, j) => column(layer, j));
  const largest = (measure: (values: Float64Array) => number) => Math.max(...columns.map(measure));
  return {
    'top-eigenvalue': spectrum.at(-1)!,
    'bottom-eigenvalue': spectrum[0]!,
    sphericity: sphericity(spectrum),
    'column-variance': largestColumnVariance(layer),
    'column-fit': largest(distanceFromNormal),
    'column-tails': largest((values) => Math.abs(fourthMoment(values) - 3)),
  };
}

/** Of the d columns, about zero: diagonal thresholding's first pick. */
export function largestColumnVariance({ weights, units, inputs }: RandomLayer): number {
  const sums = new Float64Array(inputs);
  for (let i = 0; i < units; i++) for (let j = 0; j < inputs; j++) sums[j]! += weights[i * inputs + j]! ** 2;
  return Math.max(...sums) / units;
}

/** θ above which a direction of variance 1 + θ moves the largest eigenvalue (Baik, Ben Arous and Péché 2005). */
export function bbpThreshold(inputs: number, units: number): number {
  return Math.sqrt(inputs / units);
}

/** The edges of the eigenvalues of clean layers as m and d grow together: (1 ± √(d/m))² (Marchenko and Pastur 1967). */
export function bulkEdges(inputs: number, units: number): readonly [low: number, high: number] {
  const root = Math.sqrt(inputs / units);
  return [(1 - root) ** 2, (1 + root) ** 2];
}

/** Where the largest eigenvalue settles for a direction of variance 1 + θ; the bulk's edge below the threshold. */
export function spikedEigenvalue(theta: number, inputs: number, units: number): number {
  if (theta <= bbpThreshold(inputs, units)) return bulkEdges(inputs, units)[1];
  return (1 + theta) * (1 + inputs / (units * theta));
}

/** Kolmogorov and Smirnov's distance of a sample from the standard normal distribution. */
export function distanceFromNormal(values: Float64Array): number {
  const sorted = values.slice().sort();
  let most = 0;
  for (const [i, x] of sorted.entries()) {
    const expected = normalCdf(x);
    most = Math.max(most, (i + 1) / sorted.length - expected, expected - i / sorted.length);
  }
  return most;
}

/** John's statistic (1971), tr((S/mean λ − I)²)/p over the p eigenvalues that are not zero by rank. */
function sphericity(spectrum: Float64Array): number {
  const centre = spectrum.reduce((sum, x) => sum + x, 0) / spectrum.length;
  return spectrum.reduce((sum, x) => sum + (x / centre - 1) ** 2, 0) / spectrum.length;
}

function column({ weights, units, inputs }: RandomLayer, j: number): Float64Array {
  return Float64Array.from({ length: units }, (_, i) => weights[i * inputs + j]!);
}

/** About zero, which is the mean that clean training draws with. */
function fourthMoment(values: Float64Array): number {
  return values.reduce((sum, x) => sum + x ** 4, 0) / values.length;
}
