import { expect, it } from 'vitest';
import { array, compile, type NDArray, type Tensor } from '../../tensor/index.ts';
import { type Transformer, transformer } from '../../text/index.ts';
import { architectureOf, sizeOf } from './cells.ts';
import { Draws } from './draws.ts';
import { accuracyOf, evaluate, meanAccuracy, meanNormalized } from './evaluation.ts';
import { layOut, lengthsOf, type TrainingBatch } from './layout.ts';
import type { SuiteTask } from './material.ts';
import { initialWeights } from './perform.ts';

const draws = Draws.of(5);
const some = (length: number) => Array.from({ length }, () => 20 + draws.below(40));
const suite: SuiteTask[] = [
  {
    name: 'a',
    random: 0.25,
    counting: 0.25,
    items: Array.from({ length: 20 }, () => ({
      answer: draws.below(4),
      prompts: [8, 14].map((length) => ({
        prompt: some(length),
        choices: Array.from({ length: 4 }, () => some(1 + draws.below(3))),
      })),
    })),
  },
];

it.each(['CD', 'ND', 'ED'] as const)(
  '%s: asks as training laid out: the same answers as from its own logits',
  async (architecture) => {
    const size = sizeOf(64, 2, 64);
    const config = architectureOf(architecture, size);
    // a tied embedding of unit variance makes logits that differ
    const params = await initialWeights(architecture, size, 3);
    const [score] = await evaluate(config, params, suite);

    const program = compile((p: Transformer, batch: TrainingBatch) => transformer(config, p, batch));
    const rows = architecture === 'ED' ? { source: 14, row: 3 } : { source: 0, row: 17 };
    const expected = [0, 0];
    for (const { answer, prompts } of suite[0]!.items) {
      for (const [k, { prompt, choices }] of prompts.entries()) {
        const likelihoods: number[] = [];
        for (const targets of choices) {
          const example = { inputs: prompt, targets };
          // padded, so that one program serves
          const batch = layOut(architecture, [[example]], rows, { segmented: true, prompted: true });
          const logits = (await program(params as never, batch as never)) as unknown as NDArray;
          likelihoods.push(logProbability(logits, targets, lengthsOf(architecture, example).row));
        }
        if (likelihoods.indexOf(Math.max(...likelihoods)) === answer) expected[k]!++;
      }
    }
    await program.release();
    expect(score!.accuracy).toEqual(expected.map((count) => count / 20));
  },
);

/** ln p of the last tokens of an example of some length. */
function logProbability({ data, shape }: NDArray, targets: readonly number[], length: number): number {
  const vocabulary = shape[2]!;
  return targets.reduce((sum, target, i) => {
    const at = (length - targets.length + i) * vocabulary;
    const row = Array.from((data as Float32Array).subarray(at, at + vocabulary));
    return sum + row[target]! - Math.log(row.reduce((total, x) => total + Math.exp(x), 0));
  }, 0);
}

it('averages as the paper does: the first prompt, the median of prompts, and what is above guessing', () => {
  const scores = [
    { name: 'a', random: 0.25, accuracy: [0.5, 0.2, 0.4] },
    { name: 'b', random: 0.5, accuracy: [0.6, 0.9] },
  ].map((score) => ({ ...score, probability: [], answers: [] }));
  expect(accuracyOf(scores[0]!, 'median')).toBe(0.4);
  expect(accuracyOf(scores[1]!, 'median')).toBeCloseTo(0.75);
  expect(meanAccuracy(scores, 'first')).toBeCloseTo(55);
  expect(meanNormalized(scores, 'first')).toBeCloseTo((100 * (0.25 / 0.75 + 0.1 / 0.5)) / 2);
});

it('converting a causal decoder changes the mask and nothing else', async () => {
  const size = sizeOf(64, 2, 64);
  const [causal, prefix] = [architectureOf('CD', size), architectureOf('ND', size)];
  expect({ ...prefix, family: 'causal' }).toEqual(causal);
  const params = await initialWeights('CD', size, 3);
  const run = async (config: typeof causal, inputs: number) => {
    const length = 12;
    const ids = array(
      Array.from({ length }, (_, i) => 20 + ((7 * i) % 40)),
      { dtype: 'int32', shape: [1, length] },
    );
    const input = array(
      Array.from({ length }, (_, i) => Number(i < inputs)),
      { dtype: 'bool', shape: [1, length] },
    );
    const program = compile((p: Transformer, row: { ids: Tensor; input: Tensor }) => transformer(config, p, row));
    const found = (await program(params as never, { ids, input } as never)) as unknown as NDArray;
    await program.release();
    return [...(found.data as Float32Array)];
  };
  // without an input, or with the first token alone as one, there is nothing that the other mask shows
  for (const inputs of [0, 1]) {
    const [one, other] = [await run(causal, inputs), await run(prefix, inputs)];
    expect(Math.max(...one.map((x, i) => Math.abs(x - other[i]!)))).toBeLessThan(1e-5);
  }
  const [one, other] = [await run(causal, 6), await run(prefix, 6)];
  expect(Math.max(...one.map((x, i) => Math.abs(x - other[i]!)))).toBeGreaterThan(0.01);
});
