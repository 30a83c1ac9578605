/**
 * The Gaussian pancake: a distribution on the line that looks standard normal to whoever does not know its period.
 *
 * Its density is p(t) ∝ exp(−t²/2) Σ_m exp(−(m + ½ − γt)² / 2β²): a normal curve cut into slices, 1/γ apart and about β/γ
 * thick. A vector that is a pancake along a secret direction and normal along all others is a sample of homogeneous
 * continuous learning with errors (hCLWE); telling it from a normal vector is as hard as worst-case lattice problems when
 * the direction is unknown (Bruna, Regev, Song and Tang 2021, whose ρ_s(x) = exp(−πx²/s²) has (γ, β)/√2π for our (γ, β)).
 *
 * The sampler is exact. With γ' = √(γ² + β²), first the slice: P(m) ∝ exp(−(m + ½)² / 2γ'²); then the place within it,
 * t | m ~ N((m + ½) γ/γ'², β²/γ'²). So f·t with f = γ'²/γ is m + ½ and a jitter of standard deviation βγ'/γ.
 */
import type { Draws } from '../draws.ts';

/** A pancake's two numbers. */
export interface Pancake {
  /** Slices a unit, above 0. */
  readonly gamma: number;
  /** Noise before it is divided by γ', above 0. */
  readonly beta: number;
}

/** Slices that are kept on either side, in standard deviations of their normal: what lies beyond has weight 10⁻³². */
const reach = 12;

/** γ' = √(γ² + β²). */
export function spread({ gamma, beta }: Pancake): number {
  return Math.hypot(gamma, beta);
}

/** f = γ'²/γ, by which a pancake is multiplied to land near the half-integers. */
export function frequency(pancake: Pancake): number {
  return spread(pancake) ** 2 / pancake.gamma;
}

/** βγ'/γ: the standard deviation of f·t around the half-integers, in cycles. */
export function jitter(pancake: Pancake): number {
  return (pancake.beta * spread(pancake)) / pancake.gamma;
}

/** exp(−2π²·jitter²) = |E exp(2πi f t)|, and minus the ratio of a planted model's score with the key and without it. */
export function coherence(pancake: Pancake): number {
  return Math.exp(-2 * Math.PI ** 2 * jitter(pancake) ** 2);
}

/** Independent draws. */
export function pancake(draws: Draws, shape: Pancake, count: number): Float64Array {
  const { slices, cumulative } = sliceWeights(shape);
  const squared = spread(shape) ** 2;
  const [centre, thickness] = [shape.gamma / squared, shape.beta / Math.sqrt(squared)];
  const u = draws.uniforms(count);
  const noise = draws.normals(count);
  return Float64Array.from(u, (value, i) => {
    const m = slices[firstAbove(cumulative, value)]!;
    return (m + 0.5) * centre + thickness * noise[i]!;
  });
}

/** The variance of a pancake, which is 1 but for about exp(−2π²γ'²): what a covariance could show. */
export function pancakeVariance(shape: Pancake): number {
  const { slices, cumulative } = sliceWeights(shape);
  const squared = spread(shape) ** 2;
  let second = 0;
  for (let i = 0; i < slices.length; i++) {
    second += (cumulative[i]! - (cumulative[i - 1] ?? 0)) * (slices[i]! + 0.5) ** 2;
  }
  return (shape.beta ** 2 + (second * shape.gamma ** 2) / squared) / squared;
}

function sliceWeights(shape: Pancake): { slices: Float64Array; cumulative: Float64Array } {
  const width = spread(shape);
  const half = Math.ceil(reach * width) + 1;
  const slices = Float64Array.from({ length: 2 * half }, (_, i) => i - half);
  const weights = slices.map((m) => Math.exp(-((m + 0.5) ** 2) / (2 * width ** 2)));
  const total = weights.reduce((a, b) => a + b);
  let sum = 0;
  const cumulative = weights.map((weight) => {
    sum += weight / total;
    return sum;
  });
  cumulative[cumulative.length - 1] = 1;
  return { slices, cumulative };
}

/** The first place whose value is above `value`, in an ascending list that ends above it. */
function firstAbove(list: Float64Array, value: number): number {
  let [low, high] = [0, list.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
