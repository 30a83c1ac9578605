/**
 * Small networks of linear layers, one or several side by side.
 *
 * A bank is many networks of one shape whose weights lie along a leading axis, so that all of them are one product of
 * matrix stacks: the encoders of all features run as one.
 */
import { type Linear, linear } from '../../nn/index.ts';
import { random, type Tensor, zeros } from '../../tensor/index.ts';

/** The layers in order; the last has no activation. */
export type Mlp<T = Tensor> = readonly Linear<T>[];

/** What an MLP is made of. */
export interface MlpOptions {
  /** Widths from input to output. */
  readonly widths: readonly number[];
  /** Networks side by side: weights [bank, out, in], biases [bank, 1, out]. Default: one, without that axis. */
  readonly bank?: number;
}

/** Parameters that start as Keras' Dense layers do, as in the authors' code: Glorot's uniform weights, biases 0. */
export function initMlp(key: Tensor, { widths, bank }: MlpOptions): Mlp {
  const keys = random.split(key, widths.length - 1);
  return keys.map((layer, i) => {
    const [inputs, out] = [widths[i]!, widths[i + 1]!];
    const bound = Math.sqrt(6 / (inputs + out));
    const lead = bank === undefined ? [] : [bank];
    return {
      weight: random.uniform(layer, [...lead, out, inputs], -bound, bound),
      bias: zeros(bank === undefined ? [out] : [bank, 1, out]),
    };
  });
}

/** @param x [batch, in], or [bank, batch, in] @returns [..., out] */
export function mlp(layers: Mlp, x: Tensor, activation: (x: Tensor) => Tensor): Tensor {
  return layers.reduce((h, layer, i) => linear(layer, i === 0 ? h : activation(h)), x);
}
