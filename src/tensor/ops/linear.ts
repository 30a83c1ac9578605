/**
 * The matrix product.
 */
import { apply, formatType, type Op, requireSameDType, type Tensor } from '../program.ts';
import { broadcastShapes, elements, formatShape, strides } from '../shape.ts';
import { reshape, swapAxes } from './axes.ts';
import { unbroadcast } from './broadcast.ts';

interface Transposed {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Rows and columns of a matrix stack as the product sees them. */
function matrix(x: { shape: readonly number[] }, transposed: boolean): readonly [number, number] {
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  return transposed ? [columns, rows] : [rows, columns];
}

const matmulOp: Op<Transposed> = {
  name: 'matmul',
  infer: ([a, b], { transposeA, transposeB }) => {
    const dtype = requireSameDType('matmul', [a!, b!]);
    if (dtype === 'bool' || dtype === 'uint8' || dtype === 'uint32')
      throw new TypeError(`matmul: expected floats, int32 or int64, got ${formatType(a!)} (cast first)`);
    if (a!.rank < 2 || b!.rank < 2)
      throw new RangeError(`matmul: expected at least 2 axes, got ${formatType(a!)} and ${formatType(b!)}`);
    const [m, k] = matrix(a!, transposeA);
    const [k2, n] = matrix(b!, transposeB);
    if (k !== k2) {
      throw new RangeError(
        `matmul: expected inner sizes to agree, got ${k} of ${formatType(a!)}${transposeA ? 'ᵀ' : ''} and ${k2} of ${formatType(b!)}${transposeB ? 'ᵀ' : ''}`,
      );
    }
    return [{ dtype, shape: [...broadcastShapes('matmul', a!.shape.slice(0, -2), b!.shape.slice(0, -2)), m, n] }];
  },
  // C = AB: dA = dC Bᵀ, dB = Aᵀ dC, with the transpositions that the flags ask for folded in
  vjp: ({ inputs: [a, b], attrs: { transposeA, transposeB } }, [g]) => {
    const da = transposeA
      ? matmul(b!, g!, { transposeA: transposeB, transposeB: true })
      : matmul(g!, b!, { transposeA: false, transposeB: !transposeB });
    const db = transposeB
      ? matmul(g!, a!, { transposeA: true, transposeB: transposeA })
      : matmul(a!, g!, { transposeA: !transposeA, transposeB: false });
    return [unbroadcast(da, a!.shape), unbroadcast(db, b!.shape)];
  },
  simplify: ([a, b], { transposeA, transposeB }) => {
    const [x, y] = [untransposed(a!), untransposed(b!)];
    if (x === undefined && y === undefined) return undefined;
    return matmul(x ?? a!, y ?? b!, {
      transposeA: transposeA !== (x !== undefined),
      transposeB: transposeB !== (y !== undefined),
    });
  },
  lower: (emit, [a, b], { inputs: [x, y], attrs: { transposeA, transposeB } }) => {
    const flip = (name: string, rank: number) => emit.op('Transpose', [name], { perm: lastTwoSwapped(rank) });
    const float = x!.dtype === 'float32' || x!.dtype === 'float16';
    if (!transposeA && !transposeB) return emit.op('MatMul', [a!, b!]);
    if (float && x!.rank === 2 && y!.rank === 2)
      return emit.op('Gemm', [a!, b!], { transA: Number(transposeA), transB: Number(transposeB) });
    if (x!.dtype === 'float32' && emit.target.provider === 'cpu' && !emit.target.portable) {
      return emit.op(
        'FusedMatMul',
        [a!, b!],
        { transA: Number(transposeA), transB: Number(transposeB) },
        'com.microsoft',
      );
    }
    return emit.op('MatMul', [transposeA ? flip(a!, x!.rank) : a!, transposeB ? flip(b!, y!.rank) : b!]);
  },
  meaning: ([a, b], { transposeA, transposeB }, [type]) => {
    const [m, k] = matrix(a!, transposeA);
    const [, n] = matrix(b!, transposeB);
    const batch = type!.shape.slice(0, -2);
    const out = new Float64Array(elements(type!.shape));
    const [aAt, bAt] = [batchOffset(a!.shape, batch), batchOffset(b!.shape, batch)];
    for (let i = 0; i < elements(batch); i++) {
      const [ao, bo, co] = [aAt(i) * m * k, bAt(i) * k * n, i * m * n];
      for (let r = 0; r < m; r++) {
        for (let c = 0; c < n; c++) {
          let total = 0;
          for (let j = 0; j < k; j++) {
            total +=
              a!.data[ao + (transposeA ? j * m + r : r * k + j)]! * b!.data[bo + (transposeB ? c * k + j : j * n + c)]!;
          }
          out[co + r * n + c] = total;
        }
      }
    }
    return [out];
  },
};

/** x before the swap of its last two axes, when it is one. */
function untransposed(x: Tensor): Tensor | undefined {
  if (x.node.op.name !== 'transpose' || x.dtype !== 'float32') return undefined;
  const { permutation } = x.node.attrs as { permutation: readonly number[] };
  return formatShape(permutation) === formatShape(lastTwoSwapped(x.rank)) ? x.node.inputs[0] : undefined;
}

function lastTwoSwapped(rank: number): number[] {
  return Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
}

/** Which matrix of a stack of `shape` takes part in the i-th product of a broadcast batch. */
function batchOffset(shape: readonly number[], batch: readonly number[]): (i: number) => number {
  const own = shape.slice(0, -2);
  const lead = batch.length - own.length;
  const [outer, inner] = [strides(batch), strides(own)];
  return (i) =>
    own.reduce(
      (offset, n, axis) => offset + (n === 1 ? 0 : (Math.floor(i / outer[axis + lead]!) % n) * inner[axis]!),
      0,
    );
}

/**
 * Matrix product over the last two axes; leading axes broadcast. The flags transpose an operand's last two axes first,
 * at no cost.
 * @param a [..., m, k]
 * @param b [..., k, n]
 */
export function matmul(a: Tensor, b: Tensor, options: { transposeA?: boolean; transposeB?: boolean } = {}): Tensor {
  const attrs = { transposeA: options.transposeA ?? false, transposeB: options.transposeB ?? false };
  // a stack times one matrix is one tall product, in the backward pass too
  if (b?.rank === 2 && a?.rank > 2 && !attrs.transposeA) {
    const flat = apply(matmulOp, [reshape(a, [elements(a.shape.slice(0, -1)), a.shape.at(-1)!]), b], attrs);
    return reshape(flat, [...a.shape.slice(0, -1), flat.shape[1]!]);
  }
  return apply(matmulOp, [a, b], attrs);
}

/** x transposed in its last two axes. */
export function matrixTranspose(x: Tensor): Tensor {
  return swapAxes(x, -1, -2);
}
