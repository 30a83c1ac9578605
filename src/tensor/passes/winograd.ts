/**
 * Short convolutions along one axis as bilinear algorithms: y = Aᵀ ((G w) ∘ (Bᵀ x)).
 *
 * The sum of products that gives m outputs of a kernel of r taps needs m·r multiplications when it is written down,
 * and m + r − 1 when both operands are evaluated at that many points of a polynomial, multiplied point by point, and
 * interpolated (Toom and Cook; for convolutional networks Lavin and Gray, 1509.09308). In two dimensions F(4,3) saves a
 * factor of four. The points decide the rounding error: ±11/16 and ±23/16 lose half of what the usual ±1 and ±2 lose.
 */
import { NDArray } from '../array.ts';

/** A matrix by rows. */
type Matrix = readonly (readonly number[])[];

/** A bilinear algorithm for `outputs` neighbouring results of a 3-tap kernel moved by `stride`. */
export interface Algorithm {
  readonly outputs: number;
  readonly stride: number;
  /** [t, window]: of the input. */
  readonly B: Matrix;
  /** [t, 3]: of the kernel. */
  readonly G: Matrix;
  /** [outputs, t]: of the products. */
  readonly A: Matrix;
}

/** Toom and Cook's algorithm for m outputs of r taps, at the given points and infinity. */
function toomCook(m: number, r: number, points: readonly number[]): Algorithm {
  const powers = (x: number, n: number) => Array.from({ length: n }, (_, k) => x ** k);
  const last = (n: number) => Array.from({ length: n }, (_, k) => Number(k === n - 1));
  const others = (j: number) => points.filter((_, i) => i !== j);
  const norm = (j: number) => others(j).reduce((product, a) => product * (points[j]! - a), 1);
  const t = m + r - 1;
  const padded = (coefficients: number[]) => [...coefficients, ...new Array<number>(t - coefficients.length).fill(0)];
  return {
    outputs: m,
    stride: 1,
    B: [...points.map((_, j) => padded(withRoots(others(j)))), withRoots(points)],
    G: [...points.map((x, j) => powers(x, r).map((v) => v / norm(j))), last(r)],
    A: transposeOf([...points.map((x) => powers(x, m)), last(m)]),
  };
}

/** Coefficients, constant first, of the monic polynomial with these roots. */
function withRoots(roots: readonly number[]): number[] {
  return roots.reduce((c, root) => [0].concat(c).map((v, k) => v - root * (c[k] ?? 0)), [1]);
}

function transposeOf(matrix: Matrix): number[][] {
  return matrix[0]!.map((_, j) => matrix.map((row) => row[j]!));
}

const F2 = toomCook(2, 3, [0, 1, -1]);
const F4 = toomCook(4, 3, [0, 11 / 16, -11 / 16, 23 / 16, -23 / 16]);

/** Two outputs of stride 2: the even taps are a product each, the odd ones an F(2,2). */
const strided: Algorithm = {
  outputs: 2,
  stride: 2,
  B: [
    [0, 1, 0, 0, 0],
    [0, 0, 0, 1, 0],
    [1, 0, -1, 0, 0],
    [0, 0, 1, 0, 0],
    [0, 0, -1, 0, 1],
  ],
  G: [
    [0, 1, 0],
    [0, 1, 0],
    [1, 0, 0],
    [1, 0, 1],
    [0, 0, 1],
  ],
  A: [
    [1, 0, 1, 1, 0],
    [0, 1, 0, 1, 1],
  ],
};

/** The algorithm for a map of `size` outputs: larger tiles where there is room for them. */
export function algorithmFor(stride: number, size: number): Algorithm | undefined {
  if (stride === 2) return strided;
  if (stride !== 1) return undefined;
  return size > 4 ? F4 : F2;
}

/** An algorithm laid over a whole axis: T tiles, t positions each, position-major. */
export interface AxisMatrices {
  /** t. */
  readonly positions: number;
  /** T. */
  readonly tiles: number;
  /** [t·T, input size]. */
  readonly B: Matrix;
  /** [output size, t·T]. */
  readonly A: Matrix;
  /** [t, 3]. */
  readonly G: Matrix;
}

const laid = new Map<string, AxisMatrices>();

/** An algorithm over an axis of `input` entries, zero-padded by `before`, with `output` results. Made once. */
export function overAxis(algorithm: Algorithm, input: number, output: number, before: number): AxisMatrices {
  const key = [algorithm.stride, algorithm.outputs, input, output, before].join();
  const known = laid.get(key) ?? layOver(algorithm, input, output, before);
  laid.set(key, known);
  return known;
}

function layOver(algorithm: Algorithm, input: number, output: number, before: number): AxisMatrices {
  const { outputs, stride, G } = algorithm;
  const positions = G.length;
  const tiles = Math.ceil(output / outputs);
  const B = Array.from({ length: positions * tiles }, () => new Array<number>(input).fill(0));
  const A = Array.from({ length: output }, () => new Array<number>(positions * tiles).fill(0));
  for (let tile = 0; tile < tiles; tile++) {
    for (let i = 0; i < positions; i++) {
      const row = i * tiles + tile;
      for (const [k, v] of algorithm.B[i]!.entries()) {
        const place = tile * outputs * stride - before + k;
        if (place >= 0 && place < input) B[row]![place] = v;
      }
      for (let o = 0; o < outputs && tile * outputs + o < output; o++)
        A[tile * outputs + o]![row] = algorithm.A[o]![i]!;
    }
  }
  return { positions, tiles, B, A, G };
}

const kernels = new Map<Matrix, Map<Matrix, Matrix>>();

/** The kernel's matrix for two axes, rows ordered (position, position'). Made once. */
export function bothKernels({ G: P }: AxisMatrices, { G: Q }: AxisMatrices): Matrix {
  const ofP = kernels.get(P) ?? new Map<Matrix, Matrix>();
  kernels.set(P, ofP);
  const known = ofP.get(Q) ?? P.flatMap((a) => Q.map((b) => outer(a, b)));
  ofP.set(Q, known);
  return known;
}

function outer(a: readonly number[], b: readonly number[]): number[] {
  return a.flatMap((v) => b.map((w) => v * w));
}

const joined = new Map<AxisMatrices, Map<AxisMatrices, AxisMatrices>>();

/** Two axes as one: Kronecker products, rows ordered (position, position', tile, tile'). Made once. */
export function together(p: AxisMatrices, q: AxisMatrices): AxisMatrices {
  const ofP = joined.get(p) ?? new Map<AxisMatrices, AxisMatrices>();
  joined.set(p, ofP);
  const known = ofP.get(q) ?? join(p, q);
  ofP.set(q, known);
  return known;
}

function join(p: AxisMatrices, q: AxisMatrices): AxisMatrices {
  const order: [number, number][] = [];
  for (let i = 0; i < p.positions; i++) {
    for (let j = 0; j < q.positions; j++) {
      for (let y = 0; y < p.tiles; y++)
        for (let x = 0; x < q.tiles; x++) order.push([i * p.tiles + y, j * q.tiles + x]);
    }
  }
  const columns = (P: Matrix, Q: Matrix) =>
    transposeOf(order.map(([i, j]) => outer(transposeOf(P)[i]!, transposeOf(Q)[j]!)));
  return {
    positions: p.positions * q.positions,
    tiles: p.tiles * q.tiles,
    B: order.map(([i, j]) => outer(p.B[i]!, q.B[j]!)),
    A: columns(p.A, q.A),
    G: bothKernels(p, q),
  };
}

const arrays = { first: new WeakMap<Matrix, NDArray>(), second: new WeakMap<Matrix, NDArray>() };

/**
 * A matrix as an array, one for each matrix, so that a program holds it once and computes what it does with it once; or
 * the second one, for what a program had better compute again.
 */
export function matrixArray(matrix: Matrix, which: keyof typeof arrays = 'first'): NDArray {
  const known = arrays[which].get(matrix);
  const value = known ?? new NDArray('float32', [matrix.length, matrix[0]!.length], Float32Array.from(matrix.flat()));
  arrays[which].set(matrix, value);
  return value;
}
