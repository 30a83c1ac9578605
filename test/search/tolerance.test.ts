/** Unfinished and misspelt words, where documents lie in segments: found as in one index, and explained. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LexicalIndex } from 'tenfold/retrieval';
import { answerQuery, createIndex, openIndexWriter, Searcher } from 'tenfold/search';
import { afterAll, beforeAll, expect, it } from 'vitest';

const texts = [
  'Lung cancer and its treatment.',
  'Cancers of the lung, and a dancer.',
  'Cancellation of treatments in 2021.',
  'Le café est fermé; 東京都の天気.',
  'A cat sat on the mat.',
  'Cancre, the crab of the Romans.',
];
let folder: string;
let searcher: Searcher;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenfold-tolerance-'));
  await createIndex(join(folder, 'index'), { texts, vocabulary: 300 });
  {
    await using writer = await openIndexWriter(join(folder, 'index'), { analyser: 'unicode' });
    for (const [i, text] of texts.entries()) await writer.add([{ id: String(i), text }]);
  }
  searcher = await Searcher.open(join(folder, 'index'));
  expect(searcher.collection.segments.length).toBeGreaterThan(1);
});
afterAll(() => rm(folder, { recursive: true }));

it.each([
  ['lung canc', { prefix: true }],
  ['cacner treatmant', { fuzzy: 2 }],
  ['lugn cancr', { prefix: true, fuzzy: 1 }],
  ['lung cancer', {}],
] as const)('%s %o: as in one index, to the bit', async (query, tolerance) => {
  const whole = LexicalIndex.build(texts, { analyser: 'unicode' });
  const wanted = whole.search(query, tolerance).map(({ document, score }) => ({ id: String(document), score }));
  const found = await searcher.search(query, tolerance);
  expect(found.map(({ document: { id }, score }) => ({ id, score }))).toEqual(wanted);
  for (const { document, words } of found) expect(words).toEqual(whole.explain(query, Number(document.id), tolerance));
});

it('finds what is typed in scripts without spaces from the first character', async () => {
  expect((await searcher.search('東')).length).toBe(0);
  expect((await searcher.search('東', { prefix: true })).map(({ document }) => document.id)).toEqual(['3']);
  expect((await searcher.search('cafe', { fuzzy: 1 })).map(({ document }) => document.id)).toEqual(['3']);
});

it('tells which word of the query each found word stands for, and marks it', async () => {
  const [hit] = await answerQuery(searcher, 'lugn cancers', { fuzzy: 2, limit: 1 });
  expect(hit!.document.id).toBe('1');
  const reasons = hit!.reasons.map(({ text, asked }) => [text, asked]);
  expect(reasons).toContainEqual(['lung', 'lugn']);
  expect(reasons).toContainEqual(['cancers', undefined]);
  const marked = hit!.marks.map(({ start, end }) => hit!.document.text.slice(start, end));
  expect(marked).toEqual(['Cancers', 'lung']); // a dancer is two edits from cancers, of which seven letters may have one
  expect(hit!.reasons.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(hit!.wordScore!, 10);
});

it('refuses what it cannot do', async () => {
  await expect(searcher.search('x', { fuzzy: 3 as 2 })).rejects.toThrow('expected fuzzy to be 0, 1 or 2, got 3');
});
