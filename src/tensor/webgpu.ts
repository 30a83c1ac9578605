/**
 * What ONNX Runtime's WebGPU provider lacks (1.30, measured op by op and type by type), and what it is given instead.
 *
 * - `lacks`: nodes that it cannot run in any form: bit operations and hence random bits, int64, arithmetic on uint8,
 *   sorting whole numbers. They go to the host where that can compute them first, and are refused otherwise.
 * - `prepare`: loops unrolled, and nodes written with others that it has (passes/webgpu-rules.ts).
 * - `lowerings`: nodes whose own lowering goes through an int64, which it makes but cannot cast.
 *
 * Its kernels know the operators of set 21: from set 22 on it does not recognise sines, transposed convolutions and
 * pooling. float16 needs an adapter with the feature shader-f16. Indices outside an axis, an error elsewhere, cannot be
 * seen here.
 */
import { NDArray } from './array.ts';
import type { DType } from './dtype.ts';
import type { Attribute, Emitter, Target } from './lower.ts';
import { forEachIndex } from './ops/walk.ts';
import { simplify } from './passes/simplify.ts';
import { unroll } from './passes/unroll.ts';
import { asInt32, isSmall, webgpuRule } from './passes/webgpu-rules.ts';
import type { Node, Program } from './program.ts';
import { elements, strides } from './shape.ts';

type Lowering = Target['lowerings'][string];

// ---------------------------------------------------------------- what it cannot run

/** Ops that it has for bytes. */
const onBytes = new Set(['cast', 'reshape', 'take', ...asInt32]);

const bitwise = new Set(['bitwiseAnd', 'bitwiseOr', 'bitwiseXor']);

function lacks({ op, inputs, outputs }: Node): string | undefined {
  const types = new Set([...inputs, ...outputs].map((t) => t.dtype));
  const [x] = inputs;
  if (op.name === 'threefry') return 'it has no bit operations to draw random bits with';
  if (bitwise.has(op.name)) return 'it has no bit operations';
  if (types.has('int64') && !(op.name === 'cast' && x!.dtype !== 'int64'))
    return 'it has no int64 arithmetic (use int32)';
  if (types.has('uint8') && !onBytes.has(op.name)) return 'it has no arithmetic on uint8 (cast to int32 first)';
  if (op.name === 'topK' && x!.dtype !== 'float32') return 'it sorts float32 only (cast first)';
  return undefined;
}

// ---------------------------------------------------------------- lowered otherwise

/** An int64 index below `size`, as int32: what stands at that place of 0, 1, 2, … */
function asIndex(emit: Emitter, index: string, size: number): string {
  const counted = emit.constant(
    new NDArray(
      'int32',
      [size],
      Int32Array.from({ length: size }, (_, i) => i),
    ),
  );
  return emit.op('Gather', [counted, index], { axis: 0 });
}

const argExtreme =
  (type: string): Lowering =>
  (emit, [x], { inputs, attrs }) => {
    const { axis, keepDims } = attrs as { axis: number; keepDims: boolean };
    const options = { axis, keepdims: Number(keepDims), select_last_index: 0 };
    return asIndex(emit, emit.op(type, [x!], options), inputs[0]!.shape[axis]!);
  };

/** A reduction of uint32, for which its kernels are enough. */
const reduction =
  (type: string): Lowering =>
  (emit, inputs, node) => {
    if (node.inputs[0]!.dtype !== 'uint32') return node.op.lower(emit, inputs, node);
    const { axes, keepDims } = node.attrs as { axes: readonly number[]; keepDims: boolean };
    return emit.op(type, [inputs[0]!, emit.ints(axes)], { keepdims: Number(keepDims), noop_with_empty_axes: 1 });
  };

/** Buffers that every adapter lets a shader have. */
const buffers = 8;

const lowerings: Target['lowerings'] = {
  split: (emit, inputs, node) => {
    const { sizes, axis } = node.attrs as { sizes: readonly number[]; axis: number };
    const plain = !isSmall(node.inputs[0]!) && sizes.every((size) => size > 0) && sizes.length < buffers;
    if (plain) return node.op.lower(emit, inputs, node);
    let from = 0;
    return sizes.map((size) => {
      from += size;
      if (size === 0) return '';
      const places = Int32Array.from({ length: size }, (_, i) => from - size + i);
      return emit.op('Gather', [inputs[0]!, emit.constant(new NDArray('int32', [size], places))], { axis });
    });
  },
  argmax: argExtreme('ArgMax'),
  argmin: argExtreme('ArgMin'),
  sum: reduction('ReduceSum'),
  prod: reduction('ReduceProd'),
  max: reduction('ReduceMax'),
  min: reduction('ReduceMin'),
  where: (emit, inputs) => emit.op('Where', inputs),
  topK: (emit, [x], { inputs, attrs }) => {
    const { k, axis, largest } = attrs as { k: number; axis: number; largest: boolean };
    const options: Record<string, Attribute> = { axis, largest: Number(largest), sorted: 1 };
    const [values, indices] = emit.ops('TopK', [x!, emit.ints([k])], 2, options);
    return [values!, asIndex(emit, indices!, inputs[0]!.shape[axis]!)];
  },
  maxPool: (emit, inputs, node) =>
    emit.isUsed(node.outputs[1]!) ? maxPoolByTaps(emit, inputs[0]!, node) : node.op.lower(emit, inputs, node),
};

/** Its MaxPool gives no indices: the taps of every window side by side, and which of them is the largest. */
function maxPoolByTaps(emit: Emitter, x: string, node: Node): string[] {
  const { kernel, stride, padding } = node.attrs as {
    kernel: readonly number[];
    stride: readonly number[];
    padding: readonly (readonly [number, number])[];
  };
  const { shape } = node.inputs[0]!;
  const out = node.outputs[0]!.shape;
  const axes = kernel.map((_, i) => i + 2);
  const edges = [0, 1].flatMap((side) => [0, 0, ...padding.map((p) => p[side]!)]);
  const padded = emit.op('Pad', [x, emit.ints(edges), emit.scalar('float32', -3.4e38)], { mode: 'constant' });
  const step = strides(shape);
  const offsets: number[] = [];
  const taps: string[] = [];
  for (let tap = 0; tap < elements(kernel); tap++) {
    const at = kernel.map((n, i) => Math.floor(tap / elements(kernel.slice(i + 1))) % n);
    offsets.push(at.reduce((total, t, i) => total + t * step[i + 2]!, 0));
    const ends = at.map((t, i) => t + (out[i + 2]! - 1) * stride[i]! + 1);
    const taken = emit.op('Slice', [padded, emit.ints(at), emit.ints(ends), emit.ints(axes), emit.ints(stride)]);
    taps.push(emit.reshape(taken, [1, ...out]));
  }
  const all = taps.length === 1 ? taps[0]! : emit.op('Concat', taps, { axis: 0 });
  const y = emit.op('ReduceMax', [all, emit.ints([0])], { keepdims: 0 });
  const best = emit.op('ArgMax', [all], { axis: 0, keepdims: 0, select_last_index: 0 });
  const offset = emit.op('Gather', [emit.array('int32', [offsets.length], offsets), best], { axis: 0 });
  const starts = new Int32Array(elements(out));
  forEachIndex(out, (index, flat) => {
    starts[flat] = index.reduce(
      (total, i, a) => total + (a < 2 ? i : i * stride[a - 2]! - padding[a - 2]![0]) * step[a]!,
      0,
    );
  });
  return [y, emit.op('Add', [emit.constant(new NDArray('int32', out, starts)), offset])];
}

/** The table of the provider. */
export const webgpu = {
  opset: 21,
  prepare: (program: Program): Program => simplify(unroll(program), [webgpuRule]),
  early: () => [],
  lacks,
  lowerings,
  copies: (dtype: DType) => dtype !== 'bool' && dtype !== 'uint8' && dtype !== 'int64',
};
