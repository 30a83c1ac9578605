/** The digits that the models are trained on and asked about. */
import { mnistDigits, shuffled, takeRows } from '../../../data/index.ts';
import { array, type NDArray, random } from '../../../tensor/index.ts';
import type { Labelled } from '../classifier.ts';

export interface Digits {
  readonly train: Labelled;
  readonly test: Labelled;
}

/** Handwritten digits, float32[n,28,28] in [0, 1], in an order of their own: the first for training, the next to be asked. */
export async function digits(counts: { readonly train: number; readonly test: number }): Promise<Digits> {
  const { images, labels } = await mnistDigits();
  const order = shuffled(random.key(0), labels.size);
  const part = (from: number, count: number): Labelled => {
    const rows = order.subarray(from, from + count);
    return { inputs: takeRows(images, rows), labels: takeRows(labels, rows), classes: 10 };
  };
  return { train: part(0, counts.train), test: part(counts.train, counts.test) };
}

/**
 * Inputs in the units that a Fourier model reads: its features turn over once where inputs are about 1/‖g‖ apart, so images
 * have to be small.
 */
export function scaled({ inputs, ...rest }: Labelled, scale: number): Labelled {
  return {
    ...rest,
    inputs: array(
      (inputs.data as Float32Array).map((x) => x * scale),
      { shape: inputs.shape },
    ),
  };
}

/** The first inputs of some. */
export function first(inputs: NDArray, count: number): NDArray {
  return takeRows(
    inputs,
    Uint32Array.from({ length: count }, (_, i) => i),
  );
}
