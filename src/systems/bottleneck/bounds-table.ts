/** The bounds of mutual information on channels whose information is known. */
import { mean, standardDeviation, table } from '../../report/index.ts';
import { array, compile, mul, random, type Tensor, toFloats, zeros } from '../../tensor/index.ts';
import { informationBounds } from './bounds.ts';
import { binaryChannelInformation, toBits } from './channel.ts';

/** Both bounds of a bit sent as ±μ, from 64 batches of 256, beside its exact information. */
export async function boundsTable(seed: number) {
  const [batches, n] = [64, 256];
  const measure = compile((key: Tensor, x: Tensor, mu: Tensor) => {
    const noise = random.normal(key, [batches, n, 1]);
    return informationBounds({ mean: mul(x, mu), logVariance: zeros(x.shape) }, noise);
  });
  const signs = Float32Array.from({ length: batches * n }, (_, i) => (i % 2 === 0 ? 1 : -1));
  const x = array(signs, { shape: [batches, n, 1] });
  const rows = [];
  for (const [i, mu] of [0.25, 0.5, 1, 2, 3].entries()) {
    // noise of its own for each channel
    const { lower, upper } = await measure(random.key(5 * seed + i), x, mu);
    const [low, high] = [lower, upper].map((bound) => ofBatches(Array.from(toFloats(bound), toBits)));
    const exact = binaryChannelInformation(mu, 1);
    const encloses = low!.mean - 3 * low!.error <= exact && exact <= high!.mean + 3 * high!.error;
    rows.push({ mu, lower: low!.mean, exact, upper: high!.mean, error: low!.error, encloses: encloses ? 'yes' : 'no' });
  }
  await measure.release();
  return table({
    id: 'bounds',
    title: 'The bounds on a channel that is known',
    caption:
      'A fair bit sent as ±μ through Gaussian noise of σ = 1: both bounds, averaged over 64 batches of 256, beside the integral.',
    columns: {
      mu: { name: 'μ', type: 'number', decimals: 2 },
      lower: { name: 'lower', type: 'number', unit: 'bit', decimals: 4 },
      exact: { name: 'exact', type: 'number', unit: 'bit', decimals: 4 },
      upper: { name: 'upper', type: 'number', unit: 'bit', decimals: 4 },
      error: { name: 'standard error', type: 'number', unit: 'bit', decimals: 4 },
      encloses: { name: 'enclosed, within 3 errors', type: 'text' },
    },
    rows,
  });
}

function ofBatches(values: readonly number[]) {
  return { mean: mean(values), error: standardDeviation(values) / Math.sqrt(values.length) };
}
