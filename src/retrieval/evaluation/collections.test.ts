import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readQrels } from './collections.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenfold-qrels-'));
});
afterAll(() => rm(folder, { recursive: true }));

const read = async (text: string, split?: string) => {
  const path = join(folder, 'qrels');
  await writeFile(path, text);
  const qrels = await readQrels(path, { ...(split && { split }) });
  return [...qrels].flatMap(([query, judged]) => Array.from(judged, ([id, grade]) => [query, id, grade]));
};

test.each([
  ['TREC’s', 'q1 0 d1 1\nq1 0 d2 0\nq2 Q0 d1 2\n'],
  ['BEIR’s', 'query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td2\t0\r\nq2\td1\t2\n'],
  ['with splits', 'train\tq1\td1\t1\ntrain\tq1\td2\t0\n\ntest\tq2\td1\t2'],
])('judgements, %s', async (_, text) => {
  expect(await read(text)).toEqual([
    ['q1', 'd1', 1],
    ['q1', 'd2', 0],
    ['q2', 'd1', 2],
  ]);
});

test('of one split, whatever it is called', async () => {
  expect(await read('train q1 d1 1\ntest q2 d1 2\n', 'test')).toEqual([['q2', 'd1', 2]]);
  expect(await read('mine q1 d1 1\nyours q2 d1 2\n', 'mine')).toEqual([['q1', 'd1', 1]]);
});

test.each(['q1 d1', 'q1 0 d1 high', 'a b c d 1'])('refused with its line: %s', async (line) => {
  await expect(read(`q 0 d 1\n${line}\n`)).rejects.toThrow(/line 2: expected query, document and grade, got '/);
});
