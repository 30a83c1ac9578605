/** Segments merged in the background: what comes and goes meanwhile, who reads meanwhile, and what becomes of a failure. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Collection, CollectionWriter, LiveNgrams, type StoredDocument } from 'tenfold/search';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenfold-merges-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Eight segments are merged. */
const PARTS = 8;
/** Documents of each: so many, and so long, that a thread merges them. */
const EACH = 10;
const doc = (id: string, more = ''): StoredDocument => ({
  id,
  text: `${id.replace('-', 'x')} ${more} ${`cats of ${id} `.repeat(120)}`,
});
const part = (number: number): StoredDocument[] => Array.from({ length: EACH }, (_, i) => doc(`${number}-${i}`));
/** All parts but for the one that brings the merge about. */
async function almost(writer: CollectionWriter): Promise<void> {
  for (let number = 0; number < PARTS - 1; number++) await writer.add(part(number));
}
const last = part(PARTS - 1);

const idsOf = (collection: Collection) => [...collection.documents()].map(({ id }) => id).sort();
const wordOf = (id: string) => id.replace('-', 'x');
const findsByWord = (collection: Collection, id: string) =>
  collection.search(wordOf(id), { limit: 1 })[0]?.document.id === id;
const countsBytes = (collection: Collection, text: string) => {
  const ngrams = new LiveNgrams(collection.segments);
  return ngrams.count(ngrams.find(Buffer.from(text)));
};
/** The folder holds what the manifest names, the manifest, and the lock of a writer. */
async function expectNothingElse(collection: Collection): Promise<void> {
  const wanted = collection.segments.flatMap(({ entry }) => [
    ...['.ngrams', '.words', '.documents'].map((ending) => entry.name + ending),
    ...(entry.deleted === null ? [] : [entry.deleted]),
  ]);
  const found = (await readdir(folder)).filter((name) => !name.startsWith('lock.'));
  expect(found.sort()).toEqual([...wanted, 'manifest'].sort());
}

describe('while segments are merged', () => {
  it('documents come, go and are replaced', async () => {
    await using writer = await CollectionWriter.open(folder);
    await almost(writer);
    await writer.add(last);
    // the merge has begun, and is a change only after those that are asked for now
    const deleted = writer.delete(['1-3', '7-9', 'nobody']);
    const added = writer.add([doc('0-0', 'anew'), doc('fresh-1')]);
    expect(await deleted).toBe(2);
    await added;
    await writer.merged();

    const collection = await Collection.open(folder);
    expect(collection.segments.map(({ entry }) => entry.documents)).toEqual([PARTS * EACH, 2]);
    // in the merged one: what was deleted and replaced while it was made
    expect([...collection.segments[0]!.deleted].sort((a, b) => a - b)).toEqual([0, 13, 79]);
    const wanted = [
      ...Array.from({ length: PARTS }, (_, number) => part(number))
        .flat()
        .map(({ id }) => id),
      'fresh-1',
    ];
    expect(idsOf(collection)).toEqual(wanted.filter((id) => id !== '1-3' && id !== '7-9').sort());
    expect([writer.size, writer.get('0-0'), writer.get('1-3')]).toEqual([79, doc('0-0', 'anew'), undefined]);
    expect([collection.get('0-0'), collection.get('7-9')]).toEqual([doc('0-0', 'anew'), undefined]);
    for (const id of ['0-0', '0-1', '7-8', 'fresh-1']) expect(findsByWord(collection, id), id).toBe(true);
    for (const id of ['1-3', '7-9']) {
      expect(collection.search(wordOf(id))).toEqual([]);
      expect(countsBytes(collection, `cats of ${id}`)).toBe(0);
    }
    await expectNothingElse(collection);
  });

  it('a whole segment of it goes, and all of them', async () => {
    await using writer = await CollectionWriter.open(folder);
    await almost(writer);
    await writer.add(last);
    // nothing names its files any more, but the merge reads them
    await writer.delete(part(2).map(({ id }) => id));
    await writer.merged();
    const one = await Collection.open(folder);
    expect([one.segments.length, one.size, findsByWord(one, '3-0')]).toEqual([1, (PARTS - 1) * EACH, true]);
    expect(countsBytes(one, 'cats of 2-')).toBe(0);
    await expectNothingElse(one);

    for (let number = 0; number < PARTS; number++) await writer.add([doc(`${number}-again`, 'x'.repeat(20_000))]);
    await writer.delete(Array.from(one.documents(), ({ id }) => id));
    await writer.delete(Array.from({ length: PARTS }, (_, number) => `${number}-again`));
    await writer.merged();
    const none = await Collection.open(folder);
    expect([none.size, none.segments, writer.size]).toEqual([0, [], 0]);
    await expectNothingElse(none);
  });

  it('readers find the same as before, and one that was open goes on', async () => {
    await unmerged();
    const before = await Collection.open(folder);
    expect(before.segments).toHaveLength(PARTS);
    const queries = ['cats', 'cats 3x1', '7x9 0x0', 'of 1', 'nothing'];
    const told = (collection: Collection) =>
      queries.map((query) => collection.search(query, { limit: 200 }).map(({ document, score }) => [document, score]));
    const texts = ['cats of 3-', 'x0 ', 'of', 'none'];
    const counts = (collection: Collection) => texts.map((text) => countsBytes(collection, text));
    const [found, counted] = [told(before), counts(before)];
    expect(found[0]).toHaveLength(PARTS * EACH);
    expect(counted[0]).toBe(EACH * 120);
    {
      await using writer = await CollectionWriter.open(folder);
      await writer.delete([]);
      await writer.merged();
      expect([writer.size, writer.get('3-1')]).toEqual([PARTS * EACH, doc('3-1')]);
    }
    const after = await before.reopen();
    expect(after.segments).toHaveLength(1);
    expect([told(after), counts(after), idsOf(after)]).toEqual([found, counted, idsOf(before)]);
    // its files are gone, and it does not need them
    await expectNothingElse(after);
    expect([told(before), counts(before), before.get('3-1')]).toEqual([found, counted, doc('3-1')]);
  });

  it('what is merged is merged again, in one go', async () => {
    await using writer = await CollectionWriter.open(folder);
    for (let number = 0; number < PARTS - 1; number++) await writer.add(part(number));
    for (let i = 0; i < PARTS; i++) await writer.add([doc(`single-${i}`, 'x'.repeat(10_000))]);
    await writer.merged();
    const collection = await Collection.open(folder);
    // eight single ones make a segment of eight, which is the eighth of its class
    expect(collection.segments.map(({ entry }) => entry.documents)).toEqual([(PARTS - 1) * EACH + PARTS]);
    expect(collection.size).toBe((PARTS - 1) * EACH + PARTS);
    for (const id of ['0-0', '6-9', 'single-7']) expect(findsByWord(collection, id), id).toBe(true);
    await expectNothingElse(collection);
  });
});

describe('a merge that fails', () => {
  it('is told in a line, loses nothing, and is made up for', async () => {
    await using writer = await CollectionWriter.open(folder);
    await almost(writer);
    const [{ entry }] = (await Collection.open(folder)).segments as [Collection['segments'][number]];
    const path = join(folder, `${entry.name}.ngrams`);
    const bytes = await readFile(path);
    await writeFile(
      path,
      Uint8Array.from(bytes, (byte, i) => (i === 1000 ? byte ^ 1 : byte)),
    );
    await writer.add(last);
    const said = await writer.merged().then(String, String);
    expect(said).toMatch(
      /^SyntaxError: .*\.ngrams: expected an unchanged section \w+, got other bytes \(damaged file\)$/,
    );
    expect(said).toContain(path);
    await writer.merged(); // told once
    expect([writer.size, writer.get('0-1'), writer.get('7-9')]).toEqual([PARTS * EACH, doc('0-1'), doc('7-9')]);

    await writeFile(path, bytes);
    const kept = await Collection.open(folder);
    expect([kept.segments.length, kept.size]).toEqual([PARTS, PARTS * EACH]);
    await expectNothingElse(kept);
    await writer.delete(['0-1']);
    await writer.merged();
    const mended = await Collection.open(folder);
    expect([mended.segments.length, mended.size, findsByWord(mended, '7-9')]).toEqual([1, PARTS * EACH - 1, true]);
    await expectNothingElse(mended);
  });

  it('is told at the end to whoever has not asked, and the folder is free', async () => {
    await unmerged();
    const [{ entry }] = (await Collection.open(folder)).segments as [Collection['segments'][number]];
    await rm(join(folder, `${entry.name}.ngrams`));
    const writer = await CollectionWriter.open(folder);
    await writer.add([doc('more-1')]);
    await expect(writer.close()).rejects.toThrow(/ENOENT.*ngrams/);
    await expect(CollectionWriter.open(folder).then((next) => next.close())).resolves.toBeUndefined();
  });
});

describe('the end', () => {
  it('waits for a merge', async () => {
    {
      await using writer = await CollectionWriter.open(folder);
      await almost(writer);
      await writer.add(last);
    }
    const { segments, size } = await Collection.open(folder);
    expect([segments.length, size]).toEqual([1, PARTS * EACH]);
  });

  it('comes at once when it is told to, and the merge has not happened', async () => {
    await unmerged();
    const collection = await Collection.open(folder);
    expect([collection.segments.length, collection.size]).toEqual([PARTS, PARTS * EACH]);
    await expectNothingElse(collection);
    expect((await readdir(folder)).filter((name) => name.startsWith('lock.'))).toEqual([]);
  });

  it('waits for additions that are under way, and takes no others', async () => {
    const writer = await CollectionWriter.open(folder);
    const added = [writer.add(part(0)), writer.add([doc('a-1')])];
    const closed = writer.close();
    await expect(writer.add([doc('b-1')])).rejects.toThrow('expected an open one, got one that was closed');
    await expect(writer.delete(['a-1'])).rejects.toThrow('closed');
    await Promise.all([...added, closed, writer.close()]);
    expect((await Collection.open(folder)).size).toBe(EACH + 1);
  });
});

/** Eight segments, whose merge has begun and been ended. */
async function unmerged(): Promise<void> {
  const stop = new AbortController();
  await using writer = await CollectionWriter.open(folder, { signal: stop.signal });
  await almost(writer);
  await writer.add(last);
  stop.abort(new Error('stopped'));
  await writer.merged();
}
