/**
 * A model with weights of eight or four bits.
 *
 * Every matrix is quantised in blocks of 32 along its input, the token embedding too, which is also the output layer;
 * biases, norms and the table of positions stay as they are. The runtime's kernels read the packed bytes.
 */
import { type NDArray, quantize } from '../../tensor/index.ts';
import type { Transformer } from '../../text/index.ts';
import { namedTensors, parameterTree } from './architecture.ts';
import type { OptConfig } from './config.ts';

/** How weights are kept in memory. */
export const weightForms = ['float32', 'int8', 'int4'] as const;
export type WeightForm = (typeof weightForms)[number];

const block = 32;

/** Parameters with their matrices in this form. */
export function inForm(params: Transformer<NDArray>, config: OptConfig, form: WeightForm): Transformer<NDArray> {
  const named = namedTensors(params);
  return parameterTree(config, (name) => tensorInForm(name, named[name]!, form));
}

/** The tensor of this hub name in this form. */
export function tensorInForm(name: string, weights: NDArray, form: WeightForm): NDArray {
  if (form === 'float32' || !isQuantized(name, weights)) return weights;
  return quantize(weights, { bits: form === 'int8' ? 8 : 4, block });
}

/** Bytes that the weights take in this form. */
export function storedSize(params: Transformer<NDArray>, form: WeightForm): number {
  const bytes = { float32: 4, int8: 1 + 4 / block, int4: 0.5 + 4 / block }[form];
  return Object.entries(namedTensors(params)).reduce(
    (sum, [name, weights]) => sum + weights.size * (isQuantized(name, weights) ? bytes : 4),
    0,
  );
}

function isQuantized(name: string, { shape }: NDArray): boolean {
  return shape.length === 2 && !name.includes('embed_positions');
}
