import { expect, it } from 'vitest';
import type { Decoding, LocalLanguageModel } from '../../../text/index.ts';
import { copying } from './copying.ts';

const VOCABULARY = 8;
const MARK = 7;

/** A model that finds token t likely by t + the last token, whatever it was asked. */
function odd(last: number): Float32Array {
  return Float32Array.from({ length: VOCABULARY }, (_, token) => Math.sin(token * (last + 2)) * 3 + 1);
}

function logSoftmax(row: Float32Array): number[] {
  const norm = Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));
  return Array.from(row, (x) => x - norm);
}

const model: LocalLanguageModel = {
  vocabulary: VOCABULARY,
  context: 100,
  begin: async (prompts) => {
    let lasts = prompts.map(() => -1);
    const decoding: Decoding = {
      get rows() {
        return lasts.length;
      },
      get room() {
        return lasts.map(() => 50);
      },
      get logits() {
        return Float32Array.from(lasts.flatMap((last) => [...odd(last)]));
      },
      advance: async (_, tokens) => {
        lasts = [...tokens];
      },
      close: () => undefined,
    };
    return decoding;
  },
  score: async (pairs) =>
    pairs.map(({ continuation }) => ({
      logProbs: Float32Array.from(
        continuation,
        (token, t) => logSoftmax(odd(t === 0 ? -1 : continuation[t - 1]!))[token]!,
      ),
      greedy: continuation.map(() => false),
    })),
  release: async () => undefined,
};

const tokens = { isText: (token: number) => token !== MARK, beginsWord: (token: number) => token !== 3 };
const prompt = [1, 2, 3, 2, MARK];
const near = (values: readonly number[]) => values.map((x) => expect.closeTo(x, 5));

it('mixes what the model says with what the query says', async () => {
  const decoding = await copying(model, 0.4, tokens).begin([prompt]);
  const first = logSoftmax(decoding.logits.slice(0, VOCABULARY)).map(Math.exp);
  const own = logSoftmax(odd(-1)).map(Math.exp);
  const copied = [0, 1 / 3, 2 / 3, 0, 0, 0, 0, 0]; // 3 goes on with a word, and begins none
  expect(first).toEqual(near(own.map((p, t) => 0.6 * p + 0.4 * copied[t]!)));
  // after a 2 comes a 3 where anything does
  await decoding.advance([0, 0], [2, 5]);
  const rows = [0, 1].map((r) => logSoftmax(decoding.logits.slice(r * VOCABULARY, (r + 1) * VOCABULARY)).map(Math.exp));
  const after2 = copied.map((p, t) => 0.2 * p + (t === 3 ? 0.8 : 0));
  expect(rows[0]).toEqual(near(logSoftmax(odd(2)).map((x, t) => 0.6 * Math.exp(x) + 0.4 * after2[t]!)));
  expect(rows[1]).toEqual(near(logSoftmax(odd(5)).map((x, t) => 0.6 * Math.exp(x) + 0.4 * copied[t]!)));
});

it('scores what it would write as it writes it', async () => {
  const copier = copying(model, 0.5, tokens);
  const continuation = [2, 3, 6, 1];
  const [scored] = await copier.score([{ prompt, continuation }]);
  const decoding = await copier.begin([prompt]);
  const written: number[] = [];
  for (const token of continuation) {
    written.push(logSoftmax(decoding.logits.slice(0, VOCABULARY))[token]!);
    await decoding.advance([0], [token]);
  }
  expect(Array.from(scored!.logProbs)).toEqual(near(written));
});

it('is the model itself with a share of 0, and where there is nothing to copy', async () => {
  expect(copying(model, 0, tokens)).toBe(model);
  const decoding = await copying(model, 0.5, tokens).begin([[MARK]]);
  expect(logSoftmax(decoding.logits)).toEqual(near(logSoftmax(odd(-1))));
  const pair = { prompt: [MARK], continuation: [1, 2] };
  expect(await copying(model, 0.5, tokens).score([pair])).toEqual(await model.score([pair]));
});
