import { expect, test } from 'vitest';
import { klToStandardNormal, positionalEncoding } from '../../nn/index.ts';
import { array, compile, type Tensor, toFloats } from '../../tensor/index.ts';
import { binaryChannelInformation, overlap, toBits } from './channel.ts';

/** Exact I in bits of ±μ through noise of σ = 1. */
const exact = [
  [0.25, 0.04373],
  [0.5, 0.16075],
  [1, 0.48594],
  [2, 0.91282],
  [3, 0.99445],
] as const;

test.each(exact)('±%d through unit noise carries %d bit', (mu, bits) => {
  expect(binaryChannelInformation(mu, 1)).toBeCloseTo(bits, 5);
  expect(binaryChannelInformation(-4 * mu, 4)).toBeCloseTo(bits, 5);
});

test('a useless channel and a perfect one', () => {
  expect(binaryChannelInformation(0, 1)).toBeCloseTo(0, 12);
  expect(binaryChannelInformation(40, 1)).toBeCloseTo(1, 12);
});

test('KL to the standard normal', async () => {
  const kl = compile((mean: Tensor, variance: Tensor) => klToStandardNormal({ mean, logVariance: variance }));
  const nats = toFloats(await kl(array([[1, -0.5]]), array([[0, Math.log(0.25)]])))[0]!;
  expect(nats).toBeCloseTo(0.943147181, 6);
  expect(toBits(nats)).toBeCloseTo(1.36067376, 6);
});

test.each([
  ['1-d, means 0 and 2', [[0], [2]], [[1], [1]], 0.60653066],
  [
    '2-d',
    [
      [0, 0],
      [1, 2],
    ],
    [
      [1, 1],
      [1, 4],
    ],
    0.646248111,
  ],
])('overlap: %s', async (_, means, variances, expected) => {
  const run = compile((mean: Tensor, logVariance: Tensor) => overlap({ mean, logVariance }));
  const matrix = toFloats(await run(array(means), array(variances.map((row) => row.map(Math.log)))));
  expect(matrix[0]).toBeCloseTo(1, 6);
  expect(matrix[1]).toBeCloseTo(expected, 6);
  expect(matrix[2]).toBeCloseTo(expected, 6);
  expect(matrix[3]).toBeCloseTo(1, 6);
});

test('positional encoding with the frequencies that n = 5 gives', async () => {
  const encode = compile((x: Tensor) => positionalEncoding(x, [2, 4, 8, 16]));
  const row = toFloats(await encode(array([[0.5]])));
  for (const [i, v] of [0.5, 0.841470985, 0.909297427, -0.756802495, 0.989358247].entries()) {
    expect(row[i]).toBeCloseTo(v, 6);
  }
});
