/** A collection as a user has it: documents come and go, segments merge, processes are killed, readers read. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { LexicalIndex } from 'tenfold/retrieval';
import { Collection, CollectionWriter, FmIndex, type StoredDocument } from 'tenfold/search';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenfold-collection-'));
});
afterEach(() => rm(folder, { recursive: true }));

const doc = (id: number | string, text = `document ${id} about cats`) => ({ id: String(id), text });
const idsOf = (collection: Collection) => [...collection.documents()].map(({ id }) => id).sort();

describe('a collection', () => {
  it('holds what was added, replaced and deleted, whatever was merged', async () => {
    const wanted = new Map<string, string>();
    {
      await using writer = await CollectionWriter.open(folder);
      for (let round = 0; round < 20; round++) {
        const added = [round, round + 1, 100 + round].map((id) => doc(id, `round ${round} of ${id}`));
        await writer.add(added);
        for (const { id, text } of added) wanted.set(id, text);
        if (round % 5 === 4) {
          expect(await writer.delete([String(round), 'never there'])).toBe(1);
          wanted.delete(String(round));
        }
      }
      await writer.merged();
      expect(writer.size).toBe(wanted.size);
    }
    const collection = await Collection.open(folder);
    expect(collection.size).toBe(wanted.size);
    expect(new Map([...collection.documents()].map(({ id, text }) => [id, text]))).toEqual(wanted);
    expect(collection.segments.length).toBeLessThan(12);
    for (const { ngrams, entry, document } of collection.segments) {
      for (let i = 0; i < entry.documents; i++) {
        expect(Buffer.from(ngrams.extract(i)).toString()).toBe(document(i).text);
      }
    }
    // nothing but what the manifest names, and the manifest
    const deleted = collection.segments.filter(({ entry }) => entry.deleted !== null).length;
    expect(await readdir(folder)).toHaveLength(1 + 3 * collection.segments.length + deleted);
  });

  it('is searched as one index is', async () => {
    const texts = Array.from({ length: 30 }, (_, i) => `cat ${'dog '.repeat(i % 4)} ${i % 3 ? 'eel' : 'fox'} x${i}`);
    {
      await using writer = await CollectionWriter.open(folder);
      for (let i = 0; i < 30; i += 6) await writer.add(texts.slice(i, i + 6).map((text, j) => doc(i + j, text)));
    }
    const collection = await Collection.open(folder);
    expect(collection.segments).toHaveLength(5);
    const whole = LexicalIndex.build(texts).search('dog fox x7', { limit: 30 });
    const found = collection.search('dog fox x7', { limit: 30 });
    expect(found.map(({ document, score }) => [document.id, score])).toEqual(
      whole.map(({ document, score }) => [String(document), score]),
    );
    const odd = collection.search('dog', { filter: ({ id }) => Number(id) % 2 === 1, limit: 3 });
    expect(odd.map(({ document }) => Number(document.id) % 2)).toEqual([1, 1, 1]);
  });

  it('never finds what is deleted', async () => {
    await using writer = await CollectionWriter.open(folder);
    await writer.add([doc(1), doc(2), doc(3)]);
    await writer.delete(['2']);
    const collection = await Collection.open(folder);
    expect(collection.search('cats').map(({ document }) => document.id)).toEqual(['1', '3']);
    await writer.delete(['1', '3']);
    expect((await Collection.open(folder)).size).toBe(0);
    expect(collection.size).toBe(2); // as it was
  });

  it('refuses one id twice, and a second writer in this process and another', async () => {
    const writer = await CollectionWriter.open(folder);
    await expect(writer.add([doc(1), doc(1)])).rejects.toThrow('expected every id once');
    await expect(CollectionWriter.open(folder)).rejects.toThrow(
      `collection: expected nobody else at work in ${folder}, got process ${process.pid} (`,
    );
    const other = start(folder);
    const [line] = await once(createInterface({ input: other.stdout! }), 'line');
    expect(line).toMatch(/expected nobody else at work in/);
    await writer.close();
    await expect(writer.add([doc(1)])).rejects.toThrow('closed');
    await (await CollectionWriter.open(folder)).close();
  });

  it('tells every flipped byte of every file', async () => {
    {
      await using writer = await CollectionWriter.open(folder);
      await writer.add([doc(1, 'a cat and another cat'), doc(2, 'the dog')]);
      await writer.delete(['2']);
    }
    let flipped = 0;
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      const bytes = await readFile(path);
      // the large ones as they lie in memory, which is faster
      const opens = { ngrams: FmIndex.open, words: LexicalIndex.open }[name.split('.').at(-1)!];
      for (let at = 0; at < bytes.length; at++) {
        const damaged = Uint8Array.from(bytes);
        damaged[at]! ^= 1 << (at % 8);
        flipped++;
        if (opens !== undefined) expect(() => opens(damaged), `${name} ${at}`).toThrow(SyntaxError);
        else {
          await writeFile(path, damaged);
          await expect(Collection.open(folder), `${name} ${at}`).rejects.toThrow(SyntaxError);
        }
      }
      for (const other of [bytes.subarray(0, -1), bytes.subarray(0, 0), Buffer.concat([bytes, Buffer.alloc(4)])]) {
        await writeFile(path, other);
        await expect(Collection.open(folder), name).rejects.toThrow(SyntaxError);
      }
      await writeFile(path, bytes);
    }
    expect(flipped).toBeGreaterThan(1500);
    expect((await Collection.open(folder)).size).toBe(1);
  });

  it('is the same when it is opened again, to the last bit', async () => {
    const texts = Array.from(
      { length: 60 },
      (_, i) => `cat ${'dog '.repeat(i % 5)} ${i % 3 ? 'eel' : 'fox'} x${i} 東京 é`,
    );
    await using writer = await CollectionWriter.open(folder, { analyser: 'unicode' });
    for (let i = 0; i < 60; i += 7) await writer.add(texts.slice(i, i + 7).map((text, j) => doc(i + j, text)));
    await writer.delete(['3', '30']);
    await writer.merged();
    const [one, two] = [await Collection.open(folder), await Collection.open(folder)];
    for (const query of ['cat', 'dog fox', 'x7 東京', 'é eel cat', 'nothing', '']) {
      const [a, b] = [one, two].map((collection) => collection.search(query, { limit: 50 }));
      expect(a).toStrictEqual(b);
      for (const { number } of a!) expect(one.explain(query, number)).toStrictEqual(two.explain(query, number));
    }
    for (const [i, { ngrams }] of one.segments.entries()) {
      expect(Buffer.compare(ngrams.file, two.segments[i]!.ngrams.file)).toBe(0);
    }
  });

  it('follows its folder, and reads again only what is new', async () => {
    await using writer = await CollectionWriter.open(folder);
    await writer.add([doc(1), doc(2)]);
    const first = await Collection.open(folder);
    expect(await first.reopen()).toBe(first);
    await writer.add([doc(3)]);
    await writer.delete(['1']);
    const second = await first.reopen();
    expect(idsOf(second)).toEqual(['2', '3']);
    expect(second.segments[0]!.ngrams).toBe(first.segments[0]!.ngrams);
    expect([first.get('1')?.id, second.get('1'), second.get('3')?.id]).toEqual(['1', undefined, '3']);
    expect(second.search('cats').map(({ document }) => document.id)).toEqual(['2', '3']);
  });

  it('keeps titles and fields, searches titles with their texts, and says what each word adds', async () => {
    interface Paper extends StoredDocument {
      readonly year: number;
    }
    await using writer = await CollectionWriter.open<Paper>(folder);
    await writer.add([
      { id: 'a', title: 'Cats', text: 'and dogs', year: 2021 },
      { id: 'b', text: 'cats', year: 2022 },
    ]);
    const collection = await Collection.open<Paper>(folder);
    expect(collection.get('a')).toEqual({ id: 'a', title: 'Cats', text: 'and dogs', year: 2021 });
    const [hit] = collection.search('cats dogs', { filter: ({ year }) => year < 2022 });
    expect(hit!.document.id).toBe('a');
    const parts = collection.explain('cats dogs', hit!.number);
    expect(parts.map(({ word, documents }) => [word, documents])).toEqual([
      ['cats', 2],
      ['dogs', 1],
    ]);
    expect(parts.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(hit!.score, 12);
    expect(collection.settings).toEqual({ analyser: 'unicode', tokenizer: 'utf-8' });
  });

  it('knows its documents by any id, wherever that stands among the fields', async () => {
    const ids = ['"', '\\', '\\"', 'a"b\\', '\n', '東京 é 🦊', '","id":"', '{"id":"x"}', '\ud800', ' ', 'text'];
    const documents = ids.flatMap((id) => [
      { id, text: 'first', more: { id: 'other' } },
      { more: { id: 'other' }, text: 'last', id: `${id}${id}` },
      { 7: 'numbers come first', id: `${id}|`, text: 'between' },
    ]);
    await using writer = await CollectionWriter.open<(typeof documents)[number]>(folder);
    await writer.add(documents);
    const collection = await Collection.open(folder);
    expect([writer.size, collection.size]).toEqual([documents.length, documents.length]);
    for (const document of documents) {
      expect(writer.get(document.id)).toEqual(document);
      expect(collection.get(document.id)).toEqual(document);
    }
    expect(await writer.delete([...ids, 'other', 'x'])).toBe(ids.length);
  });

  it('is read by ten while one writes', async () => {
    await using writer = await CollectionWriter.open(folder);
    await writer.add([doc(0)]);
    let writing = true;
    const readers = Array.from({ length: 10 }, async () => {
      let last = 0;
      while (writing) {
        const { size } = await Collection.open(folder);
        expect(size).toBeGreaterThanOrEqual(last);
        last = size;
      }
      return last;
    });
    for (let i = 1; i <= 20; i++) await writer.add([doc(i)]);
    await writer.merged();
    writing = false;
    await Promise.all(readers);
    expect((await Collection.open(folder)).size).toBe(21);
  });
});

it('holds all that was acknowledged, whenever the writer is killed', async () => {
  const held = new Set<string>();
  for (let life = 0; life < 12; life++) {
    const child = start(folder);
    const ended = once(child, 'exit');
    let doomed = false;
    for await (const line of createInterface({ input: child.stdout! })) {
      // from the first acknowledgement on, at any moment
      if (!doomed) setTimeout(() => child.kill('SIGKILL'), 35 * life);
      doomed = true;
      const [what, id] = line.split(' ');
      if (what === 'added') held.add(id!);
      else if (what === 'deleted') held.delete(id!);
      else expect(line).toBe('deleting');
    }
    await ended;
    // what was under way may have happened or not
    const found = new Set(idsOf(await Collection.open(folder)));
    const lost = [...held].filter((id) => !found.has(id));
    const more = [...found].filter((id) => !held.has(id));
    expect([lost.length <= 1, more.length <= 1]).toEqual([true, true]);
    for (const id of lost) expect(id).toMatch(/-3$/); // being deleted
    held.clear();
    for (const id of found) held.add(id);
  }
});

/** A process that adds documents, now and then deletes one, and says what it has done. */
function start(path: string): ChildProcess {
  const script = `
    import { CollectionWriter } from 'tenfold/search';
    const say = (line) => process.stdout.write(line + '\\n');
    try {
      const writer = await CollectionWriter.open(process.argv[1]);
      for (let i = 0; ; i++) {
        const id = process.pid + '-' + i;
        await writer.add([{ id, text: 'a document of process ' + id }]);
        say('added ' + id);
        if (i === 3) {
          await writer.delete([id]);
          say('deleted ' + id);
        }
      }
    } catch (error) {
      say(error.message);
    }`;
  return spawn(process.execPath, ['--input-type=module', '-e', script, path], {
    cwd: join(import.meta.dirname, '../..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
