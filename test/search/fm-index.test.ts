/** The FM-index as a user has it: built, in a thread or not, saved, read, asked. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boundary, FmIndex } from 'tenfold/search';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const documents = [
  [5, 6, 7, 5, 6, 2],
  [6, 7, 5, 6, 7, 2],
  [5, 5, 6, 2],
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenfold-fm-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('FmIndex', () => {
  const index = FmIndex.build(documents);

  it('says how large it is', () => {
    expect([index.documents, index.tokens, index.distinct]).toEqual([3, 16, 4]);
  });

  it('prolongs an n-gram to the right', () => {
    const rows = index.extend(index.extend(index.all, 5), 6);
    expect(rows).toEqual(index.find([5, 6]));
    expect(index.count([5, 6])).toBe(4);
    expect(index.count([5, 6, boundary])).toBe(0);
    expect(index.count([6, 2, boundary])).toBe(2);
    expect(index.count([boundary, 5])).toBe(2);
  });

  it('is saved and read to the same bytes and answers', async () => {
    const path = join(folder, 'a.fm');
    await index.save(path);
    const read = await FmIndex.read(path);
    expect(Buffer.compare(read.file, index.file)).toBe(0);
    expect(read.next(read.find([6]))).toEqual(index.next(index.find([6])));
    expect(read.extract(1)).toEqual(Int32Array.from(documents[1]!));
  });

  it('names the file that is damaged, or is something else', async () => {
    const path = join(folder, 'b.fm');
    await index.save(path);
    const bytes = await readFile(path);
    bytes[bytes.length - 9]! ^= 4;
    await writeFile(path, bytes);
    await expect(FmIndex.read(path)).rejects.toThrow(`${path}: expected an unchanged section`);
    await writeFile(path, 'PK\u0003\u0004 and so on, for more than the sixty-four bytes that a head has at the least');
    await expect(FmIndex.read(path)).rejects.toThrow(
      `${path}: expected a fm-index file of Tenfold, got something else`,
    );
    await expect(FmIndex.read(join(folder, 'none.fm'))).rejects.toThrow('ENOENT');
  });
});

describe('in a thread', () => {
  it('builds the same file', async () => {
    const built = await FmIndex.buildInThread(documents);
    expect(Buffer.compare(built.file, FmIndex.build(documents).file)).toBe(0);
  });

  it.each([1.5, 2 ** 40, Number.NaN])('refuses the token %d as it does without', async (token) => {
    const said = `expected tokens from 0 to 16777215, got ${token} in document 1`;
    expect(() => FmIndex.build([[1], [token]])).toThrow(said);
    await expect(FmIndex.buildInThread([[1], [token]])).rejects.toThrow(said);
  });

  it('passes errors on', async () => {
    await expect(FmIndex.buildInThread([[1, -5]])).rejects.toThrow(
      new RangeError('FmIndex.build: expected tokens from 0 to 16777215, got -5 in document 0'),
    );
  });

  it('stops when it is told to', async () => {
    const long = Array.from({ length: 40 }, (_, d) =>
      Int32Array.from({ length: 50_000 }, (_, i) => (i * i + d) % 9973),
    );
    const stop = new AbortController();
    const built = FmIndex.buildInThread(long, stop.signal);
    const failed = expect(built).rejects.toThrow('enough');
    setTimeout(() => stop.abort(new Error('enough')), 100);
    await failed;
  });
});
