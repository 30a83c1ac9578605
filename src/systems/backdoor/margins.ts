/** How far a plant's sizes are from where it shows, in numbers and words: what is printed when it is planted. */

/** One way to see a plant, or one thing that it needs to work. */
export interface Margin {
  /** `covariance`: stable, for programs. */
  readonly id: string;
  /** What is compared: `θ against √(d/m)`. */
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  /** Whether the value lies on the safe side of the limit. */
  readonly safe: boolean;
  /** What to fear on the other side. */
  readonly risk: 'can be detected' | 'outside what is proved' | 'hardly works';
  /** What that means, in a sentence without its full stop. */
  readonly says: string;
}

/** The margins that warn, as lines. */
export function warnings(margins: readonly Margin[]): string[] {
  return margins.filter(({ safe }) => !safe).map(({ risk, name, says }) => `${risk}: ${name}: ${says}`);
}

/** log₂ of the number of directions ±1/√k with k of d coordinates: what a search of them all would take. */
export function searchBits(dimension: number, sparsity: number): number {
  let bits = sparsity;
  for (let i = 0; i < sparsity; i++) bits += Math.log2((dimension - i) / (i + 1));
  return bits;
}

/** Bits from which on a search is said to be out of reach. */
export const outOfReach = 80;
