/**
 * Convolutions as matrix products, for the CPU.
 *
 * ONNX Runtime has no gradient of a convolution, and its products are faster than its convolutions. In the layout
 * [...space, images, channels] every linear map of the space – padding, striding, the transforms of a bilinear
 * algorithm (winograd.ts) – is one product of a small constant matrix with the whole map, without moving anything; what
 * remains is a batch of products over the channels. The convolution, its transpose and its gradient in the weights
 * share those transforms, and simplification finds that they are the same: each is computed once a step.
 *
 * The rules here rewrite one op each, wrapped in transpositions to and from that layout; layout.ts makes them cancel.
 */
import { constant } from '../constant.ts';
import { reshape, transpose } from '../ops/axes.ts';
import { sum } from '../ops/broadcast.ts';
import type { Window } from '../ops/conv.ts';
import { matmul } from '../ops/linear.ts';
import { type ResizeMode, resizeArray } from '../ops/pool.ts';
import { concat, pad, slice, spread } from '../ops/slicing.ts';
import { applyAll, type Node, type Program, reachable, type Tensor } from '../program.ts';
import { isLoop } from '../scan.ts';
import { elements } from '../shape.ts';
import { inBlocks } from './depthwise.ts';
import { pushTransposition } from './layout.ts';
import { type Rule, simplify } from './simplify.ts';
import { type AxisMatrices, algorithmFor, bothKernels, matrixArray, overAxis, together } from './winograd.ts';

type Attrs = Window & { readonly groups: number; readonly kernel?: readonly number[] };

/**
 * Transformed weights and maps of more bytes than this are computed again for the backward pass, instead of being kept:
 * in a ResNet-18, a tenth of the memory for a thirtieth of the time.
 */
const keptWeights = 12 << 20;
const keptMaps = 16 << 20;

/** Up to this many matrix entries, both axes are transformed by one product; beyond, one after the other. */
const entriesTogether = 1 << 14;

/** Spatial axes (of [n, c, ...space]) that an op mixes; the others are like images. */
interface Active {
  readonly active: readonly number[];
}

/** A convolution's sizes, whichever of its three ops is being rewritten. */
interface Geometry extends Active {
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly y: readonly number[];
  readonly attrs: Attrs;
}

function geometry(x: readonly number[], w: readonly number[], y: readonly number[], attrs: Attrs): Geometry {
  const active = attrs.stride.flatMap((stride, i) => {
    const [before, after] = attrs.padding[i]!;
    return w[i + 2] === 1 && stride === 1 && before === 0 && after === 0 ? [] : [i + 2];
  });
  return { x, w, y, attrs, active };
}

/** Axes in the order of the products: the active space, the rest of it, images, channels. */
function order({ active }: Active, rank: number): { axes: number[]; still: number[] } {
  // images last, so that sums over all of space are sums over leading axes
  const still = [...Array.from({ length: rank - 2 }, (_, i) => i + 2).filter((i) => !active.includes(i)), 0];
  return { axes: [...active, ...still, 1], still };
}

/** [n, c, ...space] as [...active space, images, c]. */
function spaceFirst(geo: Active, x: Tensor): Tensor {
  const { axes, still } = order(geo, x.rank);
  return reshape(transpose(x, axes), [
    ...geo.active.map((i) => x.shape[i]!),
    elements(still.map((i) => x.shape[i]!)),
    x.shape[1]!,
  ]);
}

/** The way back, to `shape`. */
function channelsFirst(geo: Active, x: Tensor, shape: readonly number[]): Tensor {
  const { axes } = order(geo, shape.length);
  return transpose(
    reshape(
      x,
      axes.map((i) => shape[i]!),
    ),
    shape.map((_, i) => axes.indexOf(i)),
  );
}

/** The three products of one convolution. All maps are [...space, images, channels], weights as they are given. */
interface Products {
  forward(x: Tensor, w: Tensor): Tensor;
  /** The gradient in x. */
  backward(g: Tensor, w: Tensor): Tensor;
  /** The gradient in w, [o, c, ...kernel]. */
  weights(x: Tensor, g: Tensor): Tensor;
}

// ---------------------------------------------------------------- kernels of one entry

function pointwise({ w: wShape, attrs, active }: Geometry, xSpace: readonly number[]): Products {
  const flat = (w: Tensor) => reshape(w, wShape.slice(0, 2));
  const steps = active.map((i) => attrs.stride[i - 2]!);
  const kept = (x: Tensor) =>
    slice(
      x,
      steps.map((step) => [0, undefined, step]),
    );
  return {
    forward: (x, w) => matmul(kept(x), flat(w), { transposeB: true }),
    backward: (g, w) => {
      const small = matmul(g, flat(w));
      const shape = [...xSpace, ...small.shape.slice(steps.length)];
      const still = small.shape.slice(steps.length);
      return spread(
        small,
        small.shape,
        shape,
        shape.map(() => 0),
        [...steps, ...still.map(() => 1)],
      );
    },
    weights: (x, g) => {
      const rows = (t: Tensor) => reshape(t, [elements(t.shape.slice(0, -1)), t.shape.at(-1)!]);
      return reshape(matmul(rows(g), rows(kept(x)), { transposeA: true }), wShape);
    },
  };
}

// ---------------------------------------------------------------- kernels of three entries an axis

function bilinear(
  { w: wShape }: Geometry,
  axes: readonly AxisMatrices[],
  xSpace: readonly number[],
  ySpace: readonly number[],
): Products {
  const [p, q = p] = axes as [AxisMatrices, AxisMatrices?];
  const [o, c] = wShape as [number, number];
  const taps = elements(wShape.slice(2));
  const entries = axes.reduce((n, { B }) => n * B.length * B[0]!.length, 1);
  const small = axes.length === 1 || entries <= entriesTogether;
  const joint = axes.length === 1 ? p : small ? together(p, q) : { ...p, G: bothKernels(p, q) };
  const m = (matrix: AxisMatrices['B'], again = false) => constant(matrixArray(matrix, again ? 'second' : 'first'));
  const G = m(joint.G);
  const t = joint.G.length;

  // each transform is a product from the left with constants, over one flattened space or over two axes in turn
  const apply = (
    x: Tensor,
    to: readonly AxisMatrices['B'][],
    shape: readonly number[],
    transposeA: boolean,
    again = false,
  ): Tensor => {
    const rest = x.shape.slice(-2);
    if (small) {
      const [P] = to as [AxisMatrices['B']];
      const flat = reshape(x, [elements(x.shape) / elements(rest), elements(rest)]);
      return reshape(matmul(m(P, again), flat, { transposeA }), [...shape, ...rest]);
    }
    const [P, Q] = to as [AxisMatrices['B'], AxisMatrices['B']];
    const [h, w] = x.shape as [number, number];
    const first = matmul(m(P, again), reshape(x, [h, w * elements(rest)]), { transposeA });
    const second = matmul(m(Q, again), reshape(first, [first.shape[0]!, w, elements(rest)]), { transposeA });
    return reshape(second, [...shape, ...rest]);
  };
  const B = small ? [joint.B] : axes.map((a) => a.B);
  const A = small ? [joint.A] : axes.map((a) => a.A);

  // points [t, tiles · images, channels], or [t, T, t', T' · images, channels] with two axes apart
  const points = (x: Tensor): Tensor => {
    const [images, channels] = x.shape.slice(-2) as [number, number];
    return small
      ? reshape(x, [t, joint.tiles * images, channels])
      : reshape(x, [p.positions, p.tiles, q.positions, q.tiles * images, channels]);
  };
  const tiled = small ? [t * joint.tiles] : [p.positions * p.tiles, q.positions * q.tiles];
  const back = (x: Tensor, images: number): Tensor => reshape(x, [...tiled, images, x.shape.at(-1)!]);
  const ofX = (x: Tensor, again = false) => points(apply(x, B, tiled, false, again));
  const ofG = (g: Tensor) => points(apply(g, A, tiled, true));
  const ofW = (w: Tensor, again = false) => {
    const u = matmul(m(joint.G, again), reshape(w, [o * c, taps]), { transposeB: true });
    return reshape(u, small ? [t, o, c] : [p.positions, 1, q.positions, o, c]);
  };
  return {
    forward: (x, w) => apply(back(matmul(ofX(x), ofW(w), { transposeB: true }), x.shape.at(-2)!), A, ySpace, false),
    backward: (g, w) => {
      const again = 4 * t * o * c > keptWeights;
      return apply(back(matmul(ofG(g), ofW(w, again)), g.shape.at(-2)!), B, xSpace, true);
    },
    weights: (x, g) => {
      const again = 4 * elements(tiled) * x.shape.at(-2)! * c > keptMaps;
      const products = matmul(ofG(g), ofX(x, again), { transposeA: true });
      const summed = small ? products : sum(products, 1);
      return reshape(matmul(reshape(summed, [t, o * c]), G, { transposeA: true }), wShape);
    },
  };
}

// ---------------------------------------------------------------- few channels: the taps as columns

/** Channels up to which a row of all taps is shorter than a point's row would be. */
const fewChannels = 8;

function columns({ w: wShape, attrs, active }: Geometry, ySpace: readonly number[]): Omit<Products, 'backward'> {
  const kernel = active.map((i) => wShape[i]!);
  const taps = elements(kernel);
  const [o, c] = wShape as [number, number];
  const rowsOf = (x: Tensor): Tensor => {
    const padded = pad(
      x,
      x.shape.map((_, i) => (i < active.length ? attrs.padding[active[i]! - 2]! : [0, 0])),
    );
    const parts = Array.from({ length: taps }, (_, tap) => {
      let rest = tap;
      const from = kernel.map((_, i) => {
        const inner = elements(kernel.slice(i + 1));
        const at = Math.floor(rest / inner);
        rest -= at * inner;
        return at * attrs.dilation[active[i]! - 2]!;
      });
      return slice(
        padded,
        from.map((start, i) => [
          start,
          start + (ySpace[i]! - 1) * attrs.stride[active[i]! - 2]! + 1,
          attrs.stride[active[i]! - 2]!,
        ]),
      );
    });
    return concat(parts, -1);
  };
  // [o, c, taps] and [o, taps, c]
  const across = (w: Tensor) => reshape(transpose(reshape(w, [o, c, taps]), [0, 2, 1]), [o, taps * c]);
  return {
    forward: (x, w) => matmul(rowsOf(x), across(w), { transposeB: true }),
    weights: (x, g) => {
      const rows = rowsOf(x);
      const flat = (t: Tensor) => reshape(t, [elements(t.shape.slice(0, -1)), t.shape.at(-1)!]);
      const dw = matmul(flat(g), flat(rows), { transposeA: true });
      return reshape(transpose(reshape(dw, [o, taps, c]), [0, 2, 1]), wShape);
    },
  };
}

/** How to compute a convolution by products; undefined where the runtime's own ops are the better way. */
function productsFor(geo: Geometry): Partial<Products> | undefined {
  const { x, w, y, attrs, active } = geo;
  if (attrs.groups !== 1 || active.length > 2) return undefined;
  const xSpace = active.map((i) => x[i]!);
  const ySpace = active.map((i) => y[i]!);
  const window = (i: number) => ({
    before: attrs.padding[i - 2]![0],
    stride: attrs.stride[i - 2]!,
    dilation: attrs.dilation[i - 2]!,
  });
  if (w.slice(2).every((k) => k === 1))
    return attrs.padding.flat().every((n) => n === 0) ? pointwise(geo, xSpace) : undefined;
  if (w[1]! <= fewChannels) return columns(geo, ySpace);
  const axes = active.map((i) => {
    const { before, stride, dilation } = window(i);
    const algorithm = w[i] === 3 && dilation === 1 ? algorithmFor(stride, y[i]!) : undefined;
    return algorithm && overAxis(algorithm, x[i]!, y[i]!, before);
  });
  return axes.every((a) => a !== undefined) ? bilinear(geo, axes, xSpace, ySpace) : undefined;
}

const toProducts: Rule = (node, inputs) => {
  const attrs = node.attrs as Attrs;
  const [a, b] = inputs as [Tensor, Tensor];
  const out = node.outputs[0]!.shape;
  switch (node.op.name) {
    case 'conv': {
      const geo = geometry(a.shape, b.shape, out, attrs);
      const products = a.dtype === 'float32' ? productsFor(geo) : undefined;
      return products?.forward && channelsFirst(geo, products.forward(spaceFirst(geo, a), b), out);
    }
    case 'convTranspose': {
      const geo = geometry(out, b.shape, a.shape, attrs);
      const products = a.dtype === 'float32' ? productsFor(geo) : undefined;
      return products?.backward && channelsFirst(geo, products.backward(spaceFirst(geo, a), b), out);
    }
    case 'convWeights': {
      const geo = geometry(a.shape, out, b.shape, attrs);
      const products = a.dtype === 'float32' ? productsFor(geo) : undefined;
      return products?.weights?.(spaceFirst(geo, a), spaceFirst(geo, b));
    }
    case 'resize':
    case 'resizeTranspose':
      return resized(a, out, (node.attrs as { mode: ResizeMode }).mode, node.op.name === 'resizeTranspose');
    default:
      return undefined;
  }
};

/** A resize, or its transpose, as products from the left. */
function resized(x: Tensor, shape: readonly number[], mode: ResizeMode, transposed: boolean): Tensor | undefined {
  const active = shape.flatMap((n, i) => (n === x.shape[i] ? [] : [i]));
  if (x.dtype !== 'float32' || active.length === 0 || active.length > 2) return undefined;
  const geo = { active };
  let y = spaceFirst(geo, x);
  for (const [k, axis] of active.entries()) {
    const [from, to] = [x.shape[axis]!, shape[axis]!];
    const weights = transposed ? resizeArray(to, from, mode) : resizeArray(from, to, mode);
    const lead = y.shape.slice(0, k);
    const rest = y.shape.slice(k + 1);
    const product = matmul(constant(weights), reshape(y, [...lead, from, elements(rest)]), { transposeA: transposed });
    y = reshape(product, [...lead, to, ...rest]);
  }
  return channelsFirst(geo, y, shape);
}

/** A program with its convolutions as this machine runs them fastest, in loops too. */
export function spatial(program: Program): Program {
  const nodes = reachable(program.outputs);
  const convolutions = nodes.filter(({ op }) => op.name === 'conv' || op.name === 'convTranspose');
  const outside = nodes.some(isLoop) ? insideLoops(program, nodes) : program;
  if (convolutions.length === 0) return outside;
  const blocked = simplify(outside, onX64 ? [inBlocks] : []);
  // pointwise ones gain nothing alone: where no wider one calls for the layout, they stay as they are
  const wide = convolutions.some(
    ({ inputs: [, w], attrs }) => (attrs as Attrs).groups === 1 && w!.shape.slice(2).some((k) => k > 1),
  );
  return wide ? simplify(blocked, [toProducts, pushTransposition]) : blocked;
}

/** The program with the bodies of its loops rewritten. */
function insideLoops(program: Program, nodes: readonly Node[]): Program {
  const made = new Map<Tensor, Tensor>();
  for (const node of nodes) {
    const inputs = node.inputs.map((t) => made.get(t) ?? t);
    const body = isLoop(node) ? spatial(node.attrs.body) : undefined;
    const same = inputs.every((t, i) => t === node.inputs[i]) && (!isLoop(node) || body === node.attrs.body);
    if (same) continue;
    const outputs = applyAll(node.op, inputs, body ? { ...(node.attrs as object), body } : node.attrs);
    for (const [i, output] of outputs.entries()) made.set(node.outputs[i]!, output);
  }
  return { ...program, outputs: program.outputs.map((t) => made.get(t) ?? t) };
}

/** Where the runtime has kernels for blocked channels. */
const onX64 = typeof process !== 'undefined' && process.arch === 'x64';
