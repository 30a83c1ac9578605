import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { smallRecipe } from '../training/train.ts';
import { trainIndex } from '../training/train-index.ts';
import { createIndex, modelFolder, openIndexWriter } from './index-folder.ts';
import { openSearchModel } from './model-folder.ts';
import { fusedDefaults } from './options.ts';
import { Searcher } from './searcher.ts';

const documents = ['red fire', 'green grass', 'blue water', 'black night', 'white snow', 'amber honey'].map(
  (what, i) => ({
    id: String(i),
    title: `On ${what}`,
    text: `Some say that ${what} is what it looks like; others that ${what.split(' ')[0]} is not at all so simple.`,
  }),
);

let folder: string;
let searcher: Searcher;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenfold-searcher-'));
  const index = join(folder, 'index');
  await createIndex(index, { texts: documents.map(({ text }) => text), vocabulary: 330 });
  {
    await using writer = await openIndexWriter(index);
    await writer.add(documents);
  }
  const recipe = { ...smallRecipe, width: 32, hidden: 64, layers: 1, heads: 2, batch: 16, warmUp: 2, steps: 4 };
  await trainIndex({ folder: index, recipe });
  searcher = await Searcher.open(index);
});
afterAll(async () => {
  await searcher.release();
  await rm(folder, { recursive: true });
});

const query = 'is green grass simple or unheard of';

it('takes pieces of the query as the model would write them, as far as documents have them', async () => {
  const keys = (await searcher.keys(query)).filter(({ source }) => source === 'query');
  const written = new Set(keys.map(({ tokens }) => searcher.coder.decode(tokens)));
  for (const { tokens } of await searcher.keys(query, { queryNgrams: false })) {
    written.add(searcher.coder.decode(tokens));
  }
  for (const piece of ['green', 'grass', 'green grass', 'simple']) expect(written).toContain(piece);
  for (const { tokens, source } of keys) {
    expect(source).toBe('query');
    expect(query).toContain(searcher.coder.decode(tokens));
  }
  const { coder, model } = await openSearchModel(modelFolder(join(folder, 'index')));
  const prompt = coder.prompt(coder.encode(query), 'body', 'supervised', model!.context);
  const scored = await model!.score(keys.map(({ tokens }) => ({ prompt, continuation: tokens })));
  for (const [i, { logProb, count, tokens }] of keys.entries()) {
    expect(logProb).toBeCloseTo(
      scored[i]!.logProbs.reduce((sum, x) => sum + x, 0),
      3,
    );
    expect(count).toBe(searcher.ngrams.count(searcher.ngrams.find(tokens)));
    expect(count).toBeGreaterThan(0);
  }
  await model!.release();
});

it('scores by keys what only words found, and the other way round', async () => {
  const keys = await searcher.keys(query, { queryNgrams: false });
  const byKeys = new Map(
    searcher.rank(keys, { limit: 10, ...fusedDefaults }).map(({ number, score }) => [number, score]),
  );
  const byWords = new Map(searcher.collection.search(query).map(({ number, score }) => [number, score]));
  const both = searcher.fused(query, keys, { limit: 10 });
  expect(new Set(both.map(({ number }) => number))).toEqual(new Set([...byKeys.keys(), ...byWords.keys()]));
  for (const { number, document, ngramScore, wordScore, parts } of both) {
    expect(document).toEqual(documents[number]);
    expect(wordScore).toBe(byWords.get(number) ?? 0);
    expect(ngramScore).toBe(byKeys.get(number) ?? 0);
    expect(parts().reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(ngramScore!, 6);
  }
  const scores = both.map(({ score }) => score);
  expect(scores).toEqual([...scores].sort((a, b) => b - a));
  const hits = await searcher.search(query);
  expect(hits.map(({ document, score }) => [document.id, score])).toEqual(
    both.map(({ document, score }) => [document.id, score]),
  );
});

it('holds long documents to be longer as far as it is told', async () => {
  const keys = await searcher.keys(query);
  const plain = new Map(searcher.rank(keys).map(({ number, score }) => [number, score]));
  const lengths = documents.map((document) => searcher.coder.tokensOf(document).length);
  const average = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  const ranked = searcher.rank(keys, { length: 0.7 });
  expect(ranked).toHaveLength(plain.size);
  for (const { number, score } of ranked) {
    expect(score).toBeCloseTo(plain.get(number)! / (0.3 + (0.7 * lengths[number]!) / average), 6);
  }
  await expect(searcher.search(query, { length: 2 })).rejects.toThrow('expected length from 0 to 1, got 2');
});

it('weighs words as it is told to', async () => {
  const bm25 = { k1: 2, b: 0 };
  const [hit] = await searcher.search('grass', { rank: 'words', bm25 });
  expect(hit!.score).toBe(searcher.collection.search('grass', bm25)[0]!.score);
  expect(hit!.words.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(hit!.score, 9);
  expect(hit!.score).not.toBe((await searcher.search('grass', { rank: 'words' }))[0]!.score);
});
