/**
 * Encoders: what turns every value of a feature into the Gaussian that it is sent as.
 */
import { broadcastTo, concat, full, mul, relu, slice, type Tensor } from '../../tensor/index.ts';
import type { Channel } from './channel.ts';
import { initMlp, type Mlp, mlp } from './mlp.ts';

/** One encoder a feature, all of one kind, side by side. */
export interface Encoders<P> {
  /** Numbers a feature is sent as. */
  readonly latent: number;
  init(key: Tensor): P;
  /** @param inputs [features, batch, width] @returns mean and log variance, [features, batch, latent] */
  encode(params: P, inputs: Tensor): Channel;
}

/** Parameters of the simple encoders. */
export interface SimpleEncoders<T = Tensor> {
  /** μ, [features, 1, 1] */
  readonly mean: T;
  /** ln σ², [features, 1, 1] */
  readonly logVariance: T;
}

/** Channels start with so little noise that every value gets through: ln σ² = −3. */
export const startLogVariance = -3;

/** For bits given as ±1: x is sent as N(μ x, σ²), one μ and one σ a feature. */
export function simpleEncoders(features: number): Encoders<SimpleEncoders> {
  return {
    latent: 1,
    init: () => ({ mean: full([features, 1, 1], 1), logVariance: full([features, 1, 1], startLogVariance) }),
    encode: ({ mean, logVariance }, inputs) => ({
      mean: mul(inputs, mean),
      logVariance: broadcastTo(logVariance, inputs.shape),
    }),
  };
}

/** A network for every feature, with relu, from its numbers to mean and log variance. */
export function denseEncoders(options: {
  readonly features: number;
  readonly width: number;
  readonly hidden: readonly number[];
  readonly latent: number;
}): Encoders<Mlp> {
  const { features, width, hidden, latent } = options;
  return {
    latent,
    init(key) {
      const layers = initMlp(key, { widths: [width, ...hidden, 2 * latent], bank: features });
      const { weight } = layers.at(-1)!;
      const bias = concat([full([features, 1, latent], 0), full([features, 1, latent], startLogVariance)], -1);
      return [...layers.slice(0, -1), { weight, bias }];
    },
    encode(layers, inputs) {
      const out = mlp(layers, inputs, relu);
      const half = (range: readonly [number, number]) => slice(out, [undefined, undefined, range]);
      return { mean: half([0, latent]), logVariance: half([latent, 2 * latent]) };
    },
  };
}
