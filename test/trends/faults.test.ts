import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ingest, jsonLinesReader, openStore, Search } from 'tenfold/trends';
import { afterAll, expect, it } from 'vitest';
import { collect } from './store-contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'tenfold-faults-'));
afterAll(() => rmSync(folder, { recursive: true }));

const records = 2500;
const file = join(folder, 'papers.jsonl');
writeFileSync(
  file,
  Array.from({ length: records }, (_, i) =>
    JSON.stringify({
      id: `r${i}`,
      title: `Study ${i} of the subject ${(i * 7919) % 1009}`,
      abstract: `About ${i}.`,
      year: 2020,
    }),
  ).join('\n'),
);

/**
 * Ingests and indexes in a process of its own, which says after every batch how many records it has kept.
 * @param batches after so many, and a moment, it is killed; never unless given
 * @param moment milliseconds
 */
function ingesting(path: string, batches = Number.POSITIVE_INFINITY, moment = 0): Promise<number> {
  const script = `
    const { ingest, jsonLinesReader, openStore, Search } = await import(${JSON.stringify(import.meta.resolve('tenfold/trends'))});
    const store = await openStore(${JSON.stringify(path)});
    const say = (kept) => process.stdout.write(kept + '\\n');
    say(0);
    const progress = { update: (label) => say(/(\\d+) records/.exec(label)[1]), note() {} };
    await ingest(store, jsonLinesReader(${JSON.stringify(file)}), { progress });
    await (await Search.open(store)).updateWords();
    await store.close();
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let errors = '';
  child.stdout.on('data', (part) => {
    said += part;
    if (said.split('\n').length > batches + 1) setTimeout(() => child.kill('SIGKILL'), moment);
  });
  child.stderr.on('data', (part) => {
    errors += part;
  });
  return new Promise((resolve, reject) =>
    child.once('close', (code, signal) => {
      if (code !== 0 && signal !== 'SIGKILL') reject(new Error(errors));
      // a line that was cut off was not said
      const lines = said.slice(0, said.lastIndexOf('\n') + 1).split('\n');
      resolve(Math.max(0, ...lines.map(Number)));
    }),
  );
}

it('killed at any time, ingesting loses no paper that it said was kept, and doubles none', async () => {
  const path = join(folder, 'killed.db');
  let before = 0;
  for (const [batches, moment] of [
    [0, 5],
    [1, 0],
    [1, 30],
    [2, 55],
    [undefined, 0],
  ] as const) {
    const kept = await ingesting(path, batches, moment);
    const store = await openStore(path);
    const size = await store.size();
    expect(size).toBeGreaterThanOrEqual(before + kept);
    before = size;
    await store.close();
  }
  const store = await openStore(path);
  expect(await ingest(store, jsonLinesReader(file))).toMatchObject({ read: 0 });
  const titles = (await collect(store.papers())).map(({ title }) => title);
  expect(titles).toHaveLength(records);
  expect(new Set(titles).size).toBe(records);
  expect(titles[1234]).toBe('Study 1234 of the subject 890');
  const search = await Search.open(store);
  expect(search.about.papers).toBe(records);
  expect((await search.search('1234 subject', { method: 'keyword' })).hits[0]!.paper.title).toBe(titles[1234]);
  await store.close();
});

it('stopped while the index or the vectors are made, goes on the next time', async () => {
  const store = await openStore(':memory:');
  const few = join(folder, 'few.jsonl');
  writeFileSync(few, readFileSync(file, 'utf8').split('\n').slice(0, 600).join('\n'));
  await ingest(store, jsonLinesReader(few));
  for (const label of ['indexing', 'learning what papers are about', 'making vectors']) {
    const controller = new AbortController();
    const progress = {
      update: (said: string) => void (said === label && controller.abort(new Error(label))),
      note() {},
    };
    const search = await Search.open(store);
    await expect(search.update({ progress, signal: controller.signal })).rejects.toThrow(label);
  }
  const search = await Search.open(store);
  await search.update();
  expect(search.about).toMatchObject({ papers: 600, vectors: 600 });
  expect((await search.search('study 77')).method).toBe('mixed');
  await store.close();
});
