/** Running text: files as documents, and what of them is held out. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { corpusDigest, readDocuments, readText, splitCorpus, unionAddresses } from 'tenfold/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenfold-corpus-'));
});
afterAll(() => rm(folder, { recursive: true }));

const file = async (name: string, content: string | Uint8Array) => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};

describe('documents', () => {
  it('are files of text, and lines of JSON, gzipped or not, without empty ones', async () => {
    const lines = '{"text": "one"}\n\n{"text": " "}\n{"text": "two", "year": 2022}\n';
    const documents = await readDocuments([
      await file('a.txt', '\uFEFFcaf\u00e9'),
      await file('B.MD', '# heading'),
      await file('c.jsonl', lines),
      await file('d.jsonl.gz', gzipSync(lines)),
    ]);
    expect(documents).toEqual([
      { name: 'a.txt', text: 'caf\u00e9' },
      { name: 'B.MD', text: '# heading' },
      { name: 'c.jsonl:1', text: 'one' },
      { name: 'c.jsonl:3', text: 'two' },
      { name: 'd.jsonl.gz:1', text: 'one' },
      { name: 'd.jsonl.gz:3', text: 'two' },
    ]);
  });

  it.each([
    ['letters.pdf', 'text', 'letters.pdf: expected a .txt, .md or .jsonl file, got another'],
    ['blank.txt', ' \n', 'blank.txt: expected text, got none'],
    ['empty.jsonl', '', 'empty.jsonl: expected text, got none'],
    ['latin1.txt', Buffer.from('caf\u00e9', 'latin1'), 'latin1.txt: expected UTF-8 text, got other bytes'],
    ['odd.jsonl', '{"text":"a"}\n{"body":"b"}', 'odd.jsonl: expected a "text" in every line, got none in value 2'],
    ['null.jsonl', 'null', 'null.jsonl: expected a "text" in every line, got none in value 1'],
  ])('%s is refused', async (name, content, message) => {
    await expect(readDocuments([await file(name, content)])).rejects.toThrow(message);
  });

  it('a text too large, a folder, and one that is not there', async () => {
    await expect(readText(await file('large.txt', 'ten letters'), { maxBytes: 10 })).rejects.toThrow(
      'at most 10 bytes',
    );
    await expect(readText(folder)).rejects.toThrow('expected a regular file');
    await expect(readDocuments([join(folder, 'gone.txt')])).rejects.toThrow(/ENOENT.*gone\.txt/);
  });

  it('have a digest of their texts', () => {
    const digest = (...texts: string[]) => corpusDigest(texts.map((text, i) => ({ name: `${i}`, text })));
    expect(digest('a', 'b')).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set([digest('a', 'b'), digest('b', 'a'), digest('ab'), digest('a', 'b', '')]).size).toBe(4);
  });
});

describe('what is held out', () => {
  it('of many documents every twenty-fifth, whole', async () => {
    const documents = Array.from({ length: 60 }, (_, i) => ({ name: `${i}`, text: 'one two' }));
    const { train, held } = splitCorpus(documents);
    expect(held).toEqual([documents[12], documents[37]]);
    expect(train).toEqual(documents.filter((_, i) => i !== 12 && i !== 37));
    const addresses = splitCorpus(await unionAddresses());
    expect([addresses.train.length, addresses.held.length]).toEqual([224, 9]);
    expect(addresses.held[0]).toMatchObject({ name: '1802 Thomas Jefferson', year: 1802 });
  });

  it('of few the last twentieth of each, cut before a word or at least between characters', () => {
    const text = 'one two three four '.repeat(100);
    for (const own of [text, `${text}.`, '字'.repeat(1000), '\u{1F600}'.repeat(985), 'a b', 'a', '']) {
      const { train, held } = splitCorpus([
        { name: 'first', text: own },
        { name: 'second', text },
      ]);
      expect(train.map(({ name }) => name)).toEqual(['first', 'second']);
      expect(train[0]!.text + held[0]!.text).toBe(own);
      expect(held[0]!.text).not.toMatch(/\p{Surrogate}/u); // half a character
      expect(held[1]!.text).toMatch(/^ \w/);
      if (own.length < 100) continue;
      expect(held[0]!.text.length / own.length).toBeGreaterThan(0.0495);
      expect(held[0]!.text.length / own.length).toBeLessThan(0.055);
    }
  });
});
