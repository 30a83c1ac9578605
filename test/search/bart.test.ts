/** A BART checkpoint as transformers saves it (fixtures/bart.py), brought along: the same numbers, and a search with it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createIndex, openIndexWriter, openSearchModel, Searcher, trainIndex } from 'tenfold/search';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const hub = fileURLToPath(new URL('./fixtures/bart', import.meta.url));
const rows = JSON.parse(await readFile(new URL('./fixtures/bart.json', import.meta.url), 'utf8')) as readonly {
  readonly source: string;
  readonly prompt: readonly number[];
  readonly continuation: readonly number[];
  readonly logProbs: readonly number[];
  readonly first: readonly number[];
}[];
const documents = [
  { id: 'quake', title: 'Earthquakes', text: 'Can earthquakes be predicted? Not yet, says the survey.' },
  { id: 'tide', title: 'Tides', text: 'The tides follow the moon, and the moon follows nobody.' },
  { id: 'volcano', text: 'A volcano erupts when magma finds a way to the surface.' },
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenfold-bart-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a BART checkpoint of transformers', () => {
  it('gives the tokens and the numbers that it gives there', async () => {
    const { coder, model } = await openSearchModel(hub);
    expect([coder.lowercase, coder.tokenizer.size <= model!.vocabulary]).toEqual([false, true]);
    for (const { source, prompt } of rows) {
      expect(coder.tokenizer.encode(source).slice(0, 60)).toEqual(prompt);
    }
    const scored = await model!.score(rows);
    for (const [i, { logProbs }] of rows.entries()) {
      expect(scored[i]!.logProbs).toHaveLength(logProbs.length);
      for (const [t, logProb] of logProbs.entries()) expect(scored[i]!.logProbs[t]).toBeCloseTo(logProb, 4);
    }
    const decoding = await model!.begin(rows.map(({ prompt }) => prompt));
    for (const [i, { first }] of rows.entries()) {
      const own = decoding.logits.subarray(i * model!.vocabulary, (i + 1) * model!.vocabulary);
      for (const [token, logit] of first.entries()) expect(own[token]).toBeCloseTo(logit, 4);
    }
    decoding.close();
    await model!.release();
  });

  it('asks as SEAL asks', async () => {
    const { coder, model } = await openSearchModel(hub);
    const spelled = (text: string) => coder.tokenizer.encode(text, { special: false });
    expect(coder.prompt(coder.encode('the moon'), 'title', 'supervised', 64)).toEqual([
      0,
      ...spelled(' the moon || title || +'),
      2,
    ]);
    expect([[coder.titleEnd], [coder.queryMark]]).toEqual([spelled(' @@'), spelled(' ||')]);
    await model!.release();
  });

  it('is taken into an index, searches it, and is trained on', async () => {
    const index = join(folder, 'index');
    await createIndex(index, { model: hub });
    {
      await using writer = await openIndexWriter(index);
      await writer.add(documents);
    }
    const texts = documents.map(({ title = '', text }) => `${title} ${text}`);
    const found = async () => {
      await using searcher = await Searcher.open(index);
      const hits = await searcher.search('earthquakes predicted', {
        rank: 'ngrams',
        scoring: 'lm',
        lmLength: 3,
        beams: 5,
      });
      for (const { ngrams } of hits) {
        for (const { text, count } of ngrams) {
          expect(count).toBeGreaterThan(0);
          expect(texts.some((whole) => whole.includes(text))).toBe(true); // letters keep their case
        }
      }
      return hits.map(({ document, score }) => [document.id, score]);
    };
    const before = await found();
    expect(before.length).toBeGreaterThan(0);
    const { steps } = await trainIndex({ folder: index, recipe: { steps: 3, batch: 4, context: 32 } });
    expect(steps).toBe(3);
    expect(await found()).not.toEqual(before);
    const config: unknown = JSON.parse(await readFile(join(index, 'model/config.json'), 'utf8'));
    expect(config).toMatchObject({ model_type: 'bart', d_model: 24, encoder_layers: 2, decoder_layers: 3 });
  });
});
