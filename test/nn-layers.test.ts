/** Layers and losses against PyTorch: outputs, and gradients by parameters and inputs. */
import * as nn from 'tenfold/nn';
import { array, compile, flattenTree, mul, type NDArray, ones, sum, type Tensor, valueAndGrad } from 'tenfold/tensor';
import { describe, expect, test } from 'vitest';
import { expectClose, fixture, nested, under } from './nn-fixtures.ts';

type Extra = Readonly<Record<string, Tensor>>;
// biome-ignore lint/suspicious/noExplicitAny: the parameters of each layer are as the fixture has them
type Case = (p: any, x: Tensor, extra: Extra) => Tensor;

const statistics = (extra: Extra) => ({
  running_mean: extra['before.running_mean']!,
  running_var: extra['before.running_var']!,
});
const infoNce =
  (similarity: nn.Similarity): Case =>
  (_, x, { other }) =>
    nn.infoNceLoss(x, other!, { similarity, temperature: 0.5 });

const cases: Readonly<Record<string, Case>> = {
  linear: nn.linear,
  'linear without bias': nn.linear,
  embedding: nn.embedding,
  'conv 1-D': (p, x) => nn.conv(p, x, { stride: 2, padding: 1, groups: 2 }),
  'conv 2-D': (p, x) => nn.conv(p, x, { dilation: [1, 2], padding: [1, 0] }),
  'conv 3-D': (p, x) => nn.conv(p, x, { padding: [0, 1, 1] }),
  'convTranspose 2-D': (p, x) => nn.convTranspose(p, x, { stride: 2, padding: 1, outputPadding: 1 }),
  layerNorm: (p, x) => nn.layerNorm(p, x),
  groupNorm: (p, x) => nn.groupNorm(p, x, 2),
  rmsNorm: (p, x) => nn.rmsNorm(p, x),
  batchNorm: (p, x, extra) => nn.batchNorm(p, x, statistics(extra)),
  batchNormTraining: (p, x, extra) => nn.batchNormTraining(p, x, statistics(extra))[0],
  'attention, causal': (p, x) => nn.multiHeadAttention(p, x, { heads: 2, causal: true }),
  'attention, padded': (p, x, { valid }) => nn.multiHeadAttention(p, x, { heads: 2, mask: nn.paddingMask(valid!) }),
  'attention, biased': (p, x, { bias }) => nn.multiHeadAttention(p, x, { heads: 2, bias: bias! }),
  'attention, cross': (p, x, { memory }) => nn.multiHeadAttention(p, x, { heads: 2, memory: memory! }),
  crossEntropyLoss: (_, x, { labels }) => nn.crossEntropyLoss(x, labels!),
  'crossEntropyLoss, masked': (_, x, { labels, mask }) => nn.crossEntropyLoss(x, labels!, mask!),
  mseLoss: (_, x, { target }) => nn.mseLoss(x, target!),
  gaussianNllLoss: (_, x, { target, logVariance }) => nn.gaussianNllLoss(x, logVariance!, target!),
  klToStandardNormal: (_, x, { logVariance }) => nn.klToStandardNormal({ mean: x, logVariance: logVariance! }),
  klGaussians: (_, x, { logVariance, qMean, qLogVariance }) =>
    nn.klGaussians({ mean: x, logVariance: logVariance! }, { mean: qMean!, logVariance: qLogVariance! }),
  'infoNceLoss l2': infoNce('l2'),
  'infoNceLoss l2sq': infoNce('l2sq'),
  'infoNceLoss l1': infoNce('l1'),
  'infoNceLoss linf': infoNce('linf'),
  'infoNceLoss cosine': infoNce('cosine'),
};

const layers = fixture('layers');

test('every case of the fixture is tested', () => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(layers).sort());
});

describe('as PyTorch', () => {
  test.each(Object.keys(cases))('%s', async (name) => {
    const given = layers[name]!;
    const [x, c] = [given.x!, given.c!];
    const p = nested(under('p.', given));
    const differentiable = x.dtype === 'float32';
    const run = compile((p: unknown, x: Tensor, c: Tensor, extra: Extra) => {
      const weighed = (p: unknown, own?: Tensor) => {
        const y = cases[name]!(p, own ?? x, extra);
        return [sum(mul(y, c)), y] as const;
      };
      if (!differentiable) {
        const [[, y], gp] = valueAndGrad(weighed)(p);
        return { y, gp };
      }
      const [[, y], [gp, gx]] = valueAndGrad((both: [unknown, Tensor]) => weighed(...both))([p, x]);
      return { y, gp, gx };
    });
    const { y, gp, gx } = (await run(p as never, x, c, given)) as { y: NDArray; gp: unknown; gx?: NDArray };
    expectClose(y, given.y!, 'output');
    if (gx) expectClose(gx, given.gx!, 'gradient by x');
    const gradients = flattenTree(gp);
    expect(gradients.paths).toEqual(Object.keys(under('p.', given)));
    for (const [i, path] of gradients.paths.entries()) {
      expectClose(gradients.leaves[i] as NDArray, given[`g.${path}`]!, `gradient by ${path}`);
    }
  });
});

test('batchNormTraining moves the running statistics as PyTorch', async () => {
  const given = layers.batchNormTraining!;
  const moved = compile((x: Tensor, extra: Extra) => nn.batchNormTraining(nn.initNorm(3), x, statistics(extra))[1]);
  const { running_mean, running_var } = await moved(given.x!, given);
  expectClose(running_mean, given['after.running_mean']!, 'mean');
  expectClose(running_var, given['after.running_var']!, 'variance');
});

test('batchNormTraining asks for more than one value per channel, as PyTorch does', async () => {
  const norm = compile((x: Tensor) => nn.batchNormTraining(nn.initNorm(3), x, nn.initBatchStatistics(3))[0]);
  await expect(norm(array([[1, 2, 3]]))).rejects.toThrow(
    'batchNormTraining: expected more than one value per channel, got float32[1,3]',
  );
});

test('padding in words is refused by name', async () => {
  const image = array([1, 2, 3, 4], { shape: [1, 1, 4] });
  const conv = (padding: never) => compile((x: Tensor) => nn.conv({ weight: ones([1, 1, 3]) }, x, { padding }))(image);
  const expected = 'conv: expected padding of 1 non-negative integers or pairs, got ';
  await expect(conv('same' as never)).rejects.toThrow(`${expected}"same"`);
  await expect(conv(['same'] as never)).rejects.toThrow(`${expected}["same"]`);
  await expect(conv([[1]] as never)).rejects.toThrow(`${expected}[[1]]`);
});
