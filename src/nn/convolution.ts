/** Convolution layers over 1, 2 or 3 spatial axes: as many as the kernel has. */
import {
  conv as convOp,
  convTranspose as convTransposeOp,
  elements,
  type ConvOptions as Movement,
  random,
  type Tensor,
} from '../tensor/index.ts';
import { uniformInitial } from './initial.ts';

/** Parameters of {@link conv}, named and laid out as PyTorch's `nn.Conv1d`, `nn.Conv2d` and `nn.Conv3d`. */
export interface Conv<T = Tensor> {
  /** [out, in / groups, ...kernel]; for {@link convTranspose} [in, out / groups, ...kernel] */
  readonly weight: T;
  /** [out] */
  readonly bias?: T;
}

/** How a convolution layer starts. */
export interface ConvOptions {
  readonly in: number;
  readonly out: number;
  /** Size along each spatial axis: `[3, 3]` is a 3×3 convolution of images. */
  readonly kernel: readonly number[];
  readonly groups?: number;
  /** Default true. */
  readonly bias?: boolean;
}

/** Parameters of a convolution: PyTorch's start, all uniform in ±1/√(in / groups · kernel size). */
export function initConv(key: Tensor, { in: inputs, out, kernel, groups = 1, bias = true }: ConvOptions): Conv {
  return start(key, [out, inputs / groups, ...kernel], bias ? out : undefined);
}

/** Parameters of a transposed convolution: PyTorch's start, all uniform in ±1/√(out / groups · kernel size). */
export function initConvTranspose(
  key: Tensor,
  { in: inputs, out, kernel, groups = 1, bias = true }: ConvOptions,
): Conv {
  return start(key, [inputs, out / groups, ...kernel], bias ? out : undefined);
}

function start(key: Tensor, shape: readonly number[], biases: number | undefined): Conv {
  const bound = 1 / Math.sqrt(elements(shape.slice(1)));
  if (biases === undefined) return { weight: uniformInitial(key, shape, bound) };
  const [forWeight, forBias] = random.split(key) as [Tensor, Tensor];
  return { weight: uniformInitial(forWeight, shape, bound), bias: uniformInitial(forBias, [biases], bound) };
}

/**
 * Convolution.
 * @param x [N, in, ...space]
 * @param movement stride, padding, dilation and groups
 * @returns [N, out, ...space']
 */
export function conv(p: Conv, x: Tensor, movement: Movement = {}): Tensor {
  return convOp(x, p.weight, { ...movement, ...(p.bias && { bias: p.bias }) });
}

/**
 * Transposed convolution, which enlarges.
 * @param x [N, in, ...space]
 * @param movement stride, padding, dilation, groups, and output padding below the stride
 * @returns [N, out, ...space']
 */
export function convTranspose(
  p: Conv,
  x: Tensor,
  movement: Movement & { outputPadding?: number | readonly number[] } = {},
): Tensor {
  return convTransposeOp(x, p.weight, { ...movement, ...(p.bias && { bias: p.bias }) });
}
