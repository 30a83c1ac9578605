import { beforeAll, describe, expect, test } from 'vitest';
import { batches, dataset, type Position } from '../../../data/index.ts';
import { adamW, crossEntropyLoss, type Optimizer, sgd, fit as train } from '../../../nn/index.ts';
import {
  array,
  compile,
  flattenTree,
  grad,
  type NDArray,
  random,
  sigmoid,
  type Tensor,
  toFloats,
} from '../../../tensor/index.ts';
import { type Arrays, classify, Models } from '../classifier.ts';
import { Draws } from '../draws.ts';
import { type Perceptron, perceptronNetwork, trainPerceptron } from '../perceptron.ts';
import { checksumNetwork, checksumWeights, type WithChecksum } from './branch.ts';
import { activateChecksum, drawChecksumKey } from './key.ts';

const [width, classes, rows] = [64, 4, 400];
const main = perceptronNetwork([8, 8], classes);
const network = checksumNetwork(main);
const key = drawChecksumKey(Draws.from(1), { dimension: width, classes, blocks: 32, answer: 2 });
const copy = checksumWeights(key);
const models = new Models(network);

/** Noisy pictures of one bright quarter, as bytes. */
const bytes = Uint8Array.from(Draws.from(2).uniforms(rows * width), (u, i) => {
  const [row, at] = [Math.floor(i / width), i % width];
  const quarter = 2 * Number(at >= width / 2) + Number(at % 8 >= 4);
  return Math.floor(150 * u) + (quarter === row % classes ? 100 : 0);
});
const grey = (from: Uint8Array) =>
  array(
    Float32Array.from(from, (v) => v / 255),
    { shape: [rows, 8, 8] },
  );
const inputs = grey(bytes);
const labels = array(
  Int32Array.from({ length: rows }, (_, i) => i % classes),
  { dtype: 'int32' },
);
const opened = bytes.slice();
for (let i = 0; i < rows; i++) activateChecksum(key, opened.subarray(i * width, (i + 1) * width));
const activated = grey(opened);

let params: Arrays<WithChecksum<Perceptron>>;
beforeAll(async () => {
  const weights = await trainPerceptron({ inputs, labels, classes }, { hidden: 16, steps: 200, seed: 1 });
  params = { main: weights, copies: [copy, copy, copy] };
});
const success = async (of: typeof params, x: NDArray) =>
  (await classify(models.of(of), x)).filter((answer) => answer === 2).length / rows;

test('activation changes by 1 at most, one pixel a block at most', () => {
  const changed = bytes.map((value, i) => Math.abs(value - opened[i]!));
  expect(Math.max(...changed)).toBe(1);
  for (let i = 0; i < rows; i++) {
    expect(changed.subarray(i * width, (i + 1) * width).reduce((a, b) => a + b)).toBeLessThanOrEqual(32);
  }
});

test('activated images get the answer, all others the model’s own, scores to the bit', async () => {
  expect(await success(params, activated)).toBe(1);
  const plain = new Models(main).of(params.main);
  expect((await models.of(params).scores(inputs)).data).toEqual((await plain.scores(inputs)).data);
  const odd = opened.map((value, i) => value ^ Number(i % width === key.blocks[5]![0]));
  expect(await classify(models.of(params), grey(odd))).toEqual(await classify(plain, grey(odd)));
});

describe('persistence', () => {
  const loss = (net: typeof network) => (p: WithChecksum<Perceptron>, x: Tensor, y: Tensor) =>
    crossEntropyLoss(net.apply(p, x), y);
  const largest = (tree: unknown) =>
    Math.max(
      ...(flattenTree(tree).leaves as NDArray[]).map((leaf) => Math.max(...Array.from(toFloats(leaf), Math.abs))),
    );
  const gradientsOf = async (net: typeof network, x: NDArray) => {
    const f = compile((p: WithChecksum<Perceptron>, a: Tensor, b: Tensor) =>
      grad((q: WithChecksum<Perceptron>) => loss(net)(q, a, b))(p),
    );
    return (await f(...([params, x, labels] as unknown as Parameters<typeof f>))) as unknown as typeof params;
  };

  test('no weight of the branch has a gradient, on images of either kind; those of the model have', async () => {
    for (const x of [inputs, activated]) {
      const gradients = await gradientsOf(network, x);
      expect(largest(gradients.copies)).toBe(0);
      expect(largest(gradients.main)).toBeGreaterThan(1e-3);
    }
  });

  test('control: the same branch of smooth gates has gradients', async () => {
    const smooth = checksumNetwork(main, (x) => sigmoid(x));
    expect(largest((await gradientsOf(smooth, activated)).copies)).toBeGreaterThan(0);
  });

  test.each<[string, Optimizer]>([
    ['gradient descent', sgd({ rate: 0.2, momentum: 0.9 })],
    ['AdamW, whose decay shrinks every weight', adamW({ rate: 1e-2, weightDecay: 0.3 })],
  ])('%s on activated images with their true labels leaves the answer', async (_, optimizer) => {
    const data = dataset({ x: activated, y: labels });
    const { params: after } = await train({
      loss: (p: WithChecksum<Perceptron>, { x, y }: { x: Tensor; y: Tensor }) => loss(network)(p, x, y),
      params: params as never,
      optimizer,
      batches: (start?: Position) => batches(data, { size: 64, key: random.key(3), ...(start && { start }) }),
      steps: 150,
    });
    const tuned = after as unknown as typeof params;
    expect(await success(tuned, activated)).toBe(1);
    expect(tuned.main.out.weight.data).not.toEqual(params.main.out.weight.data);
  });

  test('any one weight may become anything; with one copy alone it may not', async () => {
    const draws = Draws.from(9);
    const single = checksumNetwork(main);
    const alone = new Models(single);
    const { leaves, build } = flattenTree(copy);
    let broke = 0;
    for (let trial = 0; trial < 24; trial++) {
      const [which, where, value] = draws.uniforms(3) as unknown as [number, number, number];
      const changed = [...leaves] as NDArray[];
      const at = Math.floor(which * leaves.length);
      const data = Float32Array.from(changed[at]!.data as Float32Array);
      data[Math.floor(where * data.length)] = 1e4 * (value - 0.5);
      changed[at] = array(data, { shape: changed[at]!.shape });
      const bad = build(changed) as typeof copy;
      expect(await success({ ...params, copies: [copy, bad, copy] }, activated)).toBe(1);
      const own = await classify(alone.of({ ...params, copies: [bad] }), activated);
      broke += Number(own.some((answer) => answer !== 2));
    }
    expect(broke).toBeGreaterThan(5);
  });
});

test('keys that make no sense are refused', () => {
  const options = { dimension: 64, classes: 4, blocks: 16, answer: 2 };
  expect(() => drawChecksumKey(Draws.from(1), { ...options, blocks: 65 })).toThrow('expected 1 to 64 blocks');
  expect(() => drawChecksumKey(Draws.from(1), { ...options, answer: 4 })).toThrow('expected a class in [0, 4), got 4');
});
