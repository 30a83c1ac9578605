/** Documents that are being added when the command is stopped: what was added stays, and adding again goes on. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Collection } from 'tenfold/search';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addVerb } from '../../dist/systems/search/commands/add-command.js';
import { indexVerb } from '../../dist/systems/search/commands/index-command.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenfold-stopped-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('stopped while adding: what was added stays, and adding again goes on', async () => {
  const file = join(folder, 'many.jsonl');
  const lines = Array.from({ length: 11_000 }, (_, i) => JSON.stringify({ id: `m${i}`, text: `text ${i}` }));
  await writeFile(file, lines.join('\n'));
  const out = join(folder, 'index');
  const stop = new AbortController();
  const progress = {
    update: (label: string) => void (/ 10500 doc/.test(label) && stop.abort(new Error('stopped'))),
    note: () => {},
  };
  const options = {
    ...{ format: undefined, idField: undefined, titleField: undefined, textField: undefined },
    ...{ out, analyser: 'ascii' as const, model: undefined },
  };
  await expect(indexVerb.run({ args: { files: [file] }, options, signal: stop.signal, progress })).rejects.toThrow(
    'stopped',
  );
  const { segments, size } = await Collection.open(out);
  expect(size).toBe(10_000);
  const left = (await readdir(out)).filter((name) => !segments.some(({ entry }) => name.startsWith(entry.name)));
  expect(left.sort()).toEqual(['manifest', 'model']);
  const { signal } = new AbortController();
  const after = await addVerb.run({ args: { index: out, files: [file] }, options, signal, progress });
  expect([after.unchanged, after.added, after.documents]).toEqual([10_000, 1000, 11_000]);
});
