/** The key-holder's test of a ReLU model, and how near its sizes are to being seen without the key. */
import { normalCdf } from '../audit/normal.ts';
import type { Arrays } from '../classifier.ts';
import { along } from '../direction.ts';
import { type Margin, outOfReach, searchBits } from '../margins.ts';
import type { ReluKey, ReluKeyOptions } from './key.ts';
import type { ReluParams } from './model.ts';

/** The variance of the weights along the key's direction: 1 + θ where they were planted with it, 1 ± √(2/m) elsewhere. */
export function reluStatistic({ direction }: ReluKey, features: Arrays<ReluParams['features']>): number {
  const parts = along(direction, features.weight.data as Float32Array);
  return parts.reduce((sum, part) => sum + part * part, 0) / parts.length;
}

/**
 * P(variance ≥ value) for a model that knows nothing of the key, whose m·variance is χ² of m degrees of freedom; by
 * Wilson and Hilferty's cube root.
 */
export function reluChance(value: number, features: number): number {
  const small = 2 / (9 * features);
  return normalCdf((1 - small - Math.cbrt(value)) / Math.sqrt(small));
}

/**
 * How near a plant of these sizes is to being seen, and to failing.
 *
 * The largest eigenvalue of the weights' covariance leaves the bulk only above θ = √(d/m) (Baik, Ben Arous and Péché 2005).
 * A coordinate of the support has variance 1 + θ/k, which stands out among d when (θ/k)√(m/2) passes √(2 ln d); and where
 * k is below √d, tests of coordinates are the best that is known.
 */
export function reluMargins({ dimension: d, sparsity: k, theta }: ReluKeyOptions, features: number): Margin[] {
  const bbp = Math.sqrt(d / features);
  const coordinate = (theta / k) * Math.sqrt(features / 2);
  const among = Math.sqrt(2 * Math.log(d));
  const sparse = Math.sqrt(d);
  const bits = searchBits(d, k);
  const at = (value: number) => value.toPrecision(3);
  return [
    {
      id: 'spectrum',
      name: 'θ against √(d/m)',
      value: theta,
      limit: bbp,
      safe: theta < bbp,
      risk: 'can be detected',
      says: `the largest eigenvalue shows a θ above ${at(bbp)}, and this is ${at(theta)}; fewer than ${Math.ceil(d / theta ** 2)} features hide it`,
    },
    {
      id: 'coordinate',
      name: '(θ/k)√(m/2) against √(2 ln d)',
      value: coordinate,
      limit: among,
      safe: coordinate < among,
      risk: 'can be detected',
      says: `a coordinate of the key varies ${at(coordinate)} standard deviations more than it should, the luckiest of ${d} clean ones ${at(among)}`,
    },
    {
      id: 'sparsity',
      name: 'k against √d',
      value: k,
      limit: sparse,
      safe: k <= sparse,
      risk: 'outside what is proved',
      says: `sparse principal components are believed hard for k up to about √d = ${at(sparse)}, and this k is ${k}`,
    },
    {
      id: 'search',
      name: 'bits of a search of all directions',
      value: bits,
      limit: outOfReach,
      safe: bits >= outOfReach,
      risk: 'can be detected',
      says: `${Math.round(bits)} bits for k = ${k} of d = ${d} coordinates, where ${outOfReach} are out of reach`,
    },
  ];
}
