/** Language models of this process: step by step with a cache as plain PyTorch computes whole rows. */
import { languageModel } from 'tenfold/text';
import { describe, expect, test } from 'vitest';
import { caseOf, configs, farthest, parameters } from './models.ts';

const names = Object.keys(configs);
const tolerance = 1e-4;

/** What a model is given of a row, and where in the row the continuation begins. */
function promptsOf(name: string) {
  const { rows, sources, prefixes, logits } = caseOf(name);
  const begun = sources ? rows.map(() => 1) : (prefixes ?? [17, 5, 31]);
  const prompts = sources ?? rows.map((row, i) => row.slice(0, begun[i]));
  return { rows, prompts, begun, logits };
}

function logSoftmax(logits: Float32Array): Float32Array {
  const top = Math.max(...logits);
  const total = Math.log(logits.reduce((sum, v) => sum + Math.exp(v - top), 0)) + top;
  return logits.map((v) => v - total);
}

describe.each(names)('%s', (name) => {
  test('step by step, rows of other lengths in one batch, past the growth of the cache', async () => {
    const { rows, prompts, begun, logits } = promptsOf(name);
    const model = languageModel(configs[name]!, parameters(name));
    const decoding = await model.begin(prompts);
    let live = rows.map((_, i) => i);
    for (let step = 0; live.length > 0; step++) {
      expect(decoding.rows).toBe(live.length);
      for (const [k, i] of live.entries()) {
        const got = decoding.logits.subarray(k * 37, (k + 1) * 37);
        expect(farthest(got, logits(i, begun[i]! + step - 1)), `row ${i}, step ${step}`).toBeLessThan(tolerance);
      }
      // rows that have ended are left out; the others change places
      const parents = [...live.keys()].filter((k) => begun[live[k]!]! + step < rows[live[k]!]!.length).toReversed();
      live = parents.map((k) => live[k]!);
      await decoding.advance(
        parents,
        live.map((i) => rows[i]![begun[i]! + step]!),
      );
    }
    decoding.close();
    await model.release();
  });

  test('likelihoods of continuations', async () => {
    const { rows, prompts, begun, logits } = promptsOf(name);
    const model = languageModel(configs[name]!, parameters(name));
    const pairs = rows.flatMap((row, i) =>
      row.length > begun[i]! ? [{ i, prompt: prompts[i]!, continuation: row.slice(begun[i]) }] : [],
    );
    const done: number[] = [];
    const scored = await model.score(pairs, { done: (count) => done.push(count) });
    expect(done.at(-1)).toBe(pairs.length);
    for (const [k, { i, continuation }] of pairs.entries()) {
      for (const [t, token] of continuation.entries()) {
        const wanted = logSoftmax(logits(i, begun[i]! + t - 1));
        expect(Math.abs(scored[k]!.logProbs[t]! - wanted[token]!), `row ${i}, token ${t}`).toBeLessThan(tolerance);
        expect(scored[k]!.greedy[t]).toBe(token === wanted.indexOf(Math.max(...wanted)));
      }
    }
    await model.release();
  });
});
