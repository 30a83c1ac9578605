/** An index folder with its model: every byte of every file is under a checksum. */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createIndex, LiveSearcher, openIndexWriter, Searcher, shippedSearchModel, trainIndex } from 'tenfold/search';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const documents = Array.from({ length: 6 }, (_, i) => ({
  id: `d${i}`,
  title: `Title ${i}`,
  text: `text ${i} of a few`,
}));
let folder: string;
let index: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenfold-checked-'));
  index = join(folder, 'index');
  await createIndex(index, { texts: documents.map(({ text }) => text), vocabulary: 280 });
  await using writer = await openIndexWriter(index);
  await writer.add(documents);
  await trainIndex({ folder: index, recipe: { steps: 2, width: 8, layers: 1, heads: 2, hidden: 8, batch: 4 } });
});
afterAll(() => rm(folder, { recursive: true }));

async function filesOf(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true });
  const files: string[] = [];
  for (const name of entries) if ((await stat(join(path, name))).isFile()) files.push(name);
  return files.sort();
}

describe('an index folder', () => {
  it('has its model under checksums', async () => {
    expect((await filesOf(index)).filter((name) => name.startsWith('model'))).toEqual([
      'model/checksums',
      'model/config.json',
      'model/model.safetensors',
      'model/search.json',
      'model/tokenizer.json',
      'model/tokenizer_config.json',
    ]);
    await (await Searcher.open(index)).release();
  });

  // test/search/collection.test.ts flips every byte of the documents' files
  it('is refused after a flip of a byte of any of its files', async () => {
    for (const name of await filesOf(index)) {
      const path = join(index, name);
      const bytes = await readFile(path);
      const places = [0, 1, 9, 17, 70, -1, -2, -9, ...[1, 2, 3, 4].map((i) => Math.floor((i / 5) * bytes.length))];
      for (const [i, place] of places.entries()) {
        const damaged = Uint8Array.from(bytes);
        damaged[(place + bytes.length) % bytes.length]! ^= 1 << (i % 8);
        await writeFile(path, damaged);
        await expect(Searcher.open(index), `${name} ${place}`).rejects.toThrow(SyntaxError);
      }
      await writeFile(path, bytes);
    }
    await (await Searcher.open(index)).release();
  });

  it('names the damaged file, to whoever opens it', async () => {
    const path = join(index, 'model/model.safetensors');
    const bytes = await readFile(path);
    const damaged = Uint8Array.from(bytes);
    damaged[bytes.length - 5]! ^= 16;
    await writeFile(path, damaged);
    const said = `${path}: expected the file that was written, got other bytes (damaged file)`;
    await expect(Searcher.open(index)).rejects.toThrow(said);
    await expect(LiveSearcher.open(index)).rejects.toThrow(said);
    await expect(openIndexWriter(index)).rejects.toThrow(said);
    await expect(trainIndex({ folder: index })).rejects.toThrow(said);
    await rm(path);
    await expect(Searcher.open(index)).rejects.toThrow(said);
    await writeFile(path, bytes);
    await (await Searcher.open(index)).release();
  });

  it('takes a model along that nobody noted, and notes it', async () => {
    const own = join(folder, 'own');
    await createIndex(own, { model: shippedSearchModel });
    expect(await readdir(join(own, 'model'))).toContain('checksums');
  });
});
