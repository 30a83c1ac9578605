/** The key-holder's test of a Fourier model, and how near its sizes are to being seen without the key. */
import type { Arrays } from '../classifier.ts';
import { along } from '../direction.ts';
import { type Margin, outOfReach, searchBits } from '../margins.ts';
import type { FourierKey, FourierKeyOptions } from './key.ts';
import type { FourierParams } from './model.ts';
import { coherence, frequency, jitter, pancakeVariance } from './pancake.ts';

/**
 * |mean_i exp(2πi f⟨g_i, s⟩)|: {@link coherence} where the model was planted with this key, about 1/√m on any other.
 */
export function fourierStatistic(key: FourierKey, features: Arrays<FourierParams['features']>): number {
  const f = frequency(key);
  let [real, imaginary] = [0, 0];
  const parts = along(key.direction, features.weight.data as Float32Array);
  for (const t of parts) {
    real += Math.cos(2 * Math.PI * f * t);
    imaginary += Math.sin(2 * Math.PI * f * t);
  }
  return Math.hypot(real, imaginary) / parts.length;
}

/** P(statistic ≥ value) for a model that knows nothing of the key: exp(−m·value²), by Rayleigh's limit. */
export function fourierChance(value: number, features: number): number {
  return Math.exp(-features * value ** 2);
}

/**
 * The least overlap |⟨u, s⟩| that a direction u needs for its Fourier statistic to rise above chance.
 *
 * Along u the largest |E exp(iωt)| is exp(−2π²(β² + γ²(1 − ⟨u, s⟩²))), which must exceed the 1/√m of m features.
 */
export function visibleOverlap({ gamma, beta }: Pick<FourierKeyOptions, 'gamma' | 'beta'>, features: number): number {
  const seen = Math.log(features) / (4 * Math.PI ** 2) - beta ** 2;
  return Math.sqrt(Math.min(1, Math.max(0, 1 - seen / gamma ** 2)));
}

/** A planted model whose scores keep less than this share of their size is hardly planted. */
const leastCoherence = 0.5;

/** How near a plant of these sizes is to being seen, and to failing. */
export function fourierMargins(options: FourierKeyOptions, features: number): Margin[] {
  const { dimension: d, sparsity: k, gamma, beta } = options;
  const visible = Math.abs(pancakeVariance(options) - 1);
  const bbp = Math.sqrt(d / features);
  const overlap = visibleOverlap(options, features);
  const coordinate = 1 / Math.sqrt(k);
  const bits = searchBits(d, k);
  const kept = coherence(options);
  const hard = Math.sqrt(k);
  const at = (value: number) => value.toPrecision(3);
  return [
    {
      id: 'covariance',
      name: '|Var⟨g, s⟩ − 1| against √(d/m)',
      value: visible,
      limit: bbp,
      safe: visible < bbp,
      risk: 'can be detected',
      says: `the covariance of the weights differs by ${at(visible)} along the key; eigenvalues show it from ${at(bbp)} on`,
    },
    {
      id: 'coordinate',
      name: '1/√k against the overlap that shows',
      value: coordinate,
      limit: overlap,
      safe: coordinate < overlap,
      risk: 'can be detected',
      says: `a direction shows the slices when it overlaps the key by ${at(overlap)}; a single coordinate does by ${at(coordinate)}`,
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
    {
      id: 'hardness',
      name: 'γ against √k',
      value: gamma,
      limit: hard,
      safe: gamma >= hard,
      risk: 'outside what is proved',
      says: `sparse continuous LWE is believed hard for γ of about √k = ${at(hard)} and more, and this γ is ${at(gamma)}`,
    },
    {
      id: 'jitter',
      name: 'exp(−2π²·jitter²), the share of the score that turns',
      value: kept,
      limit: leastCoherence,
      safe: kept >= leastCoherence,
      risk: 'hardly works',
      says: `jitter of ${at(jitter(options))} cycles: with the key a score becomes ${at(-kept)} of itself (β = ${at(beta)})`,
    },
  ];
}
