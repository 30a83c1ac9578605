/**
 * Spectral signatures (Tran, Li and Mądry 2018): training inputs that were poisoned stand out along the main direction of
 * the representations of their label.
 *
 * For each label the representations are centred; v is their first right singular vector, and an input's outlier score is
 * ⟨r − mean, v⟩². The audit removes 1.5 times the share that it expects to be poisoned, those of the largest scores.
 * It looks for poisoned data; a model planted in its weights has none, and the audit's power says so.
 */
import type { NDArray } from '../../../tensor/index.ts';

/** What the representations of one label show. */
export interface Signature {
  /** ⟨r − mean, v⟩² of each input. */
  readonly scores: Float64Array;
  /** The share of the variance that lies along v. */
  readonly share: number;
}

/** More than is expected to be poisoned is removed (the authors' factor). */
const margin = 1.5;

/**
 * @param representations float32[n, width], of inputs of one label
 * @throws RangeError for fewer than two
 */
export function spectralSignature(representations: NDArray): Signature {
  const [n = 0, width = 0] = representations.shape;
  if (n < 2) throw new RangeError(`spectralSignature: expected two inputs or more of a label, got ${n}`);
  const centred = Float64Array.from(representations.data as Float32Array);
  for (let j = 0; j < width; j++) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += centred[i * width + j]!;
    for (let i = 0; i < n; i++) centred[i * width + j]! -= sum / n;
  }
  const v = firstRightVector(centred, n, width);
  const scores = Float64Array.from({ length: n }, (_, i) => dot(centred, i * width, v) ** 2);
  const total = centred.reduce((sum, x) => sum + x * x, 0);
  return { scores, share: total === 0 ? 0 : scores.reduce((a, b) => a + b) / total };
}

/** The inputs to be removed where a share `expected` may be poisoned: indices, the largest scores first. */
export function suspectedInputs({ scores }: Signature, expected: number): number[] {
  // less a rounding error, which would remove one more
  const count = Math.min(scores.length, Math.ceil(margin * expected * scores.length - 1e-9));
  return [...scores.keys()].sort((a, b) => scores[b]! - scores[a]!).slice(0, count);
}

/** Rounds of power iteration at most, and the change of v at which they end. */
const rounds = 300;
const settled = 1e-10;

/** By power iteration on AᵀA, from the sum of the longest row with the alternating vector. */
function firstRightVector(a: Float64Array, n: number, width: number): Float64Array {
  let v: Float64Array = Float64Array.from({ length: width }, (_, j) => (j % 2 === 0 ? 1 : -1) / Math.sqrt(width));
  let longest = 0;
  for (let i = 1; i < n; i++) if (norm2(a, i, width) > norm2(a, longest, width)) longest = i;
  for (let j = 0; j < width; j++) v[j]! += a[longest * width + j]!;
  v = unit(v);
  for (let round = 0; round < rounds; round++) {
    const next = new Float64Array(width);
    for (let i = 0; i < n; i++) {
      const along = dot(a, i * width, v);
      for (let j = 0; j < width; j++) next[j]! += along * a[i * width + j]!;
    }
    const turned = unit(next);
    const change = turned.reduce((sum, x, j) => sum + (x - v[j]!) ** 2, 0);
    v = turned;
    if (change < settled) break;
  }
  return v;
}

function unit(v: Float64Array): Float64Array<ArrayBuffer> {
  const length = Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
  return v.map((x) => (length === 0 ? 0 : x / length));
}

function dot(a: Float64Array, start: number, v: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < v.length; j++) sum += a[start + j]! * v[j]!;
  return sum;
}

function norm2(a: Float64Array, row: number, width: number): number {
  let sum = 0;
  for (let j = row * width; j < (row + 1) * width; j++) sum += a[j]! ** 2;
  return sum;
}
