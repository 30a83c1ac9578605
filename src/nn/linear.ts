/** The linear layer. */
import { add, matmul, random, type Tensor, zeros } from '../tensor/index.ts';
import { normalInitial, uniformInitial } from './initial.ts';

/** Parameters of {@link linear}, named and laid out as PyTorch's `nn.Linear`. */
export interface Linear<T = Tensor> {
  /** [out, in] */
  readonly weight: T;
  /** [out] */
  readonly bias?: T;
}

/** How a linear layer starts. */
export interface LinearOptions {
  readonly in: number;
  readonly out: number;
  /** Default true. */
  readonly bias?: boolean;
  /**
   * Weights normal with this standard deviation and bias 0, as transformers start. Default: PyTorch's, both uniform in
   * ±1/√in.
   */
  readonly std?: number;
}

/** Parameters of a linear layer. */
export function initLinear(key: Tensor, { in: inputs, out, bias = true, std }: LinearOptions): Linear {
  const shape = [out, inputs];
  if (std !== undefined) {
    const weight = normalInitial(key, shape, std);
    return bias ? { weight, bias: zeros([out]) } : { weight };
  }
  const bound = 1 / Math.sqrt(inputs);
  if (!bias) return { weight: uniformInitial(key, shape, bound) };
  const [forWeight, forBias] = random.split(key) as [Tensor, Tensor];
  return { weight: uniformInitial(forWeight, shape, bound), bias: uniformInitial(forBias, [out], bound) };
}

/**
 * x Wᵀ + b.
 * @param x [..., in], at least two axes
 * @returns [..., out]
 */
export function linear({ weight, bias }: Linear, x: Tensor): Tensor {
  const y = matmul(x, weight, { transposeB: true });
  return bias === undefined ? y : add(y, bias);
}
