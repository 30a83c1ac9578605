import { expect, test } from 'vitest';
import { array } from '../../../tensor/index.ts';
import { checksumNetwork, checksumWeights } from '../checksum/branch.ts';
import { drawChecksumKey } from '../checksum/key.ts';
import { classify, type Labelled, Models } from '../classifier.ts';
import { Draws } from '../draws.ts';
import { perceptronNetwork, trainPerceptron } from '../perceptron.ts';
import { Panel } from './panel.ts';
import { References } from './references.ts';

const { signal } = new AbortController();
const shape = [4, 4];
const rows = 128;
const inputs = array(
  Float32Array.from(Draws.from(1).uniforms(rows * 16), (u) => Math.floor(256 * u) / 255),
  { shape: [rows, ...shape] },
);
const labels = array(
  Int32Array.from({ length: rows }, (_, i) => i % 3),
  { dtype: 'int32' },
);
const data: Labelled = { inputs, labels, classes: 3 };

test('a checksum is asked beside the same network without its branch, all that its family can be asked', async () => {
  const main = await trainPerceptron(data, { hidden: 8, steps: 20, seed: 0, signal });
  const key = drawChecksumKey(Draws.from(2), { dimension: 16, classes: 3, blocks: 16, answer: 1 });
  const copy = checksumWeights(key);
  const models = new Models(checksumNetwork(perceptronNetwork(shape, 3)));
  const model = models.of({ main, copies: [copy, copy, copy] });
  const references = new References('checksum', model as never, data, 20);
  expect(references.recipe).toBe('one hidden layer of 8, trained for 20 steps on the given data, without the branch');
  const clean = await references.make(0, signal);
  // the same seed and data, and no input of these fires the branch
  expect(await classify(clean, inputs)).toEqual(await classify(model, inputs));
  expect(() => references.drawn(0)).toThrow('expected a family of random features');

  const panel = new Panel({ family: 'checksum', classes: 3, inputs, labelled: data, length: 1, cleanse: true });
  const ids = ['direction-flips', 'direction-correlation', 'strip', 'cleanse-smallest', 'cleanse-index'];
  expect(panel.questions.map(({ id }) => id)).toEqual(ids);
  const [own, other] = [
    await panel.ask(model as never, model as never, { seed: 0, signal }),
    await panel.ask(clean, clean, { seed: 0, signal }),
  ];
  expect(Object.keys(own).sort()).toEqual([...ids].sort());
  for (const id of ids) expect(own[id]).toBeCloseTo(other[id]!, 3);
  await Promise.all([panel.release(), references.release(), models.release()]);
});

test('an .onnx file has no recipe', () => {
  const model = new Models(perceptronNetwork(shape, 3)).of({} as never);
  expect(() => new References('onnx', model as never, data)).toThrow(
    'expected a family whose recipe is known, got onnx',
  );
});
