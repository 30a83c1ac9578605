import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildFile } from './build.ts';
import { boundary, FmIndex } from './fm-index.ts';

const build = (documents: ArrayLike<number>[]): FmIndex => FmIndex.open(buildFile(documents));

describe('the worked example of the reference', () => {
  // D0 = 5 6 7 5 6 2; D1 = 6 7 5 6 7 2; D2 = 5 5 6 2
  const index = build([
    [5, 6, 7, 5, 6, 2],
    [6, 7, 5, 6, 7, 2],
    [5, 5, 6, 2],
  ]);

  it.each<[ngram: number[], count: number, next: [number, number][], documents: [number, number][]]>([
    [
      [5],
      5,
      [
        [5, 1],
        [6, 4],
      ],
      [
        [0, 2],
        [1, 1],
        [2, 2],
      ],
    ],
    [
      [6],
      5,
      [
        [2, 2],
        [7, 3],
      ],
      [
        [0, 2],
        [1, 2],
        [2, 1],
      ],
    ],
    [
      [5, 6],
      4,
      [
        [2, 2],
        [7, 2],
      ],
      [
        [0, 2],
        [1, 1],
        [2, 1],
      ],
    ],
    [
      [6, 7],
      3,
      [
        [2, 1],
        [5, 2],
      ],
      [
        [0, 1],
        [1, 2],
      ],
    ],
    [
      [7, 5, 6],
      2,
      [
        [2, 1],
        [7, 1],
      ],
      [
        [0, 1],
        [1, 1],
      ],
    ],
    [[5, 5], 1, [[6, 1]], [[2, 1]]],
    [[7, 7], 0, [], []],
    // where SEAL finds one, and misses the document at the end
    [
      [boundary, 5],
      2,
      [
        [5, 1],
        [6, 1],
      ],
      [
        [0, 1],
        [2, 1],
      ],
    ],
  ])('%j', (ngram, count, next, documents) => {
    const rows = index.find(ngram);
    expect(rows.to - rows.from).toBe(count);
    const found = index.next(rows);
    expect(sortedPairs(found.tokens, found.counts)).toEqual(next);
    const where = index.documentsOf(rows);
    expect([...where.documents].map((d, i) => [d, where.counts[i]])).toEqual(documents);
  });
});

describe('against a scan of the documents', () => {
  it.each([2, 3, 5, 20, 300, 60_000])('texts over %i symbols', (symbols) => {
    const document = fc.array(fc.nat(symbols - 1), { maxLength: 60, size: 'max' });
    fc.assert(
      fc.property(fc.array(document, { maxLength: 12 }), fc.array(fc.nat(), { minLength: 20, maxLength: 20 }), check),
      { numRuns: 60 },
    );
  });

  it('documents that repeat', () => {
    const copies = Array.from({ length: 96 }, () => Array.from({ length: 40 }, (_, i) => (i * 7) % 11));
    check(copies, [3, 5, 100, 2000, 17, 400]);
  });

  it.each<[string, number[][]]>([
    ['no document', []],
    ['one that is empty', [[]]],
    ['empty ones between others', [[], [1], [], [], [1, 2], []]],
    ['one token', [[4]]],
    ['all tokens equal', [Array(500).fill(9), Array(77).fill(9)]],
    ['tokens far apart', [[0, 2 ** 24 - 1, 0], [2 ** 24 - 1]]],
  ])('%s', (_, documents) => check(documents, [0, 1, 2, 3, 50, 500]));

  it('more different tokens than 16 bits can number', () => {
    const document = Array.from({ length: 70_000 }, (_, i) => (i * 7919) % 70_001);
    const index = build([document, document.slice(0, 100)]);
    expect(index.extract(0)).toEqual(Int32Array.from(document));
    expect(index.extract(1)).toEqual(Int32Array.from(document.slice(0, 100)));
    for (let i = 0; i < 69_000; i += 997) {
      const where = index.locate(index.find(document.slice(i, i + 3)));
      expect([...where.ends].sort((a, b) => a - b)).toEqual(i < 98 ? [i + 3, i + 3] : [i + 3]);
    }
  });

  it('skewed counts, whose code would be too long', () => {
    const document: number[] = [];
    for (let token = 0, count = 1; document.length < 200_000; token++, count = Math.ceil(count * 1.4)) {
      for (let i = 0; i < count; i++) document.push(token);
    }
    check([document], [1, 10, 100_000]);
  });
});

it('indexes bytes', () => {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  const index = build([encode('to be, or not to be'), encode('naïve 東京')]);
  expect(index.count(encode('to be'))).toBe(2);
  expect(index.locate(index.find(encode('東京'))).documents).toEqual(Int32Array.of(1));
  expect(new TextDecoder().decode(Uint8Array.from(index.extract(1)))).toBe('naïve 東京');
});

describe('the file', () => {
  const index = build([
    [1, 2, 3, 4],
    [2, 3],
    [3, 3, 3, 9],
  ]);

  it('opens to the same answers, wherever it lies', () => {
    const moved = new Uint8Array(index.file.length + 1);
    moved.set(index.file, 1);
    for (const file of [index.file.slice(), moved.subarray(1)]) {
      const opened = FmIndex.open(file);
      expect(opened.find([2, 3])).toEqual(index.find([2, 3]));
      expect(opened.extract(2)).toEqual(Int32Array.of(3, 3, 3, 9));
    }
  });

  it('is refused after any change of a byte, and when cut short', () => {
    for (let at = 0; at < index.file.length; at++) {
      for (const flip of [1, 0x80, 0xff]) {
        const file = index.file.slice();
        file[at]! ^= flip;
        expect(() => FmIndex.open(file, 'x.fm')).toThrow(/^x\.fm: expected /);
      }
      expect(() => FmIndex.open(index.file.subarray(0, at))).toThrow(SyntaxError);
    }
  });
});

describe('refuses', () => {
  it.each([[-2], [0.5], [2 ** 24], [Number.NaN]])('the token %d', (token) => {
    expect(() => build([[1], [2, token]])).toThrow(`expected tokens from 0 to 16777215, got ${token} in document 1`);
  });

  it('documents that are gone the second time', () => {
    function* once() {
      yield [1, 2];
    }
    expect(() => buildFile(once())).toThrow('twice');
  });

  it('parts that are not there', () => {
    const index = build([[1, 2, 3]]);
    expect(() => index.extract(1)).toThrow('expected a document from 0 to 0, got 1');
    expect(() => index.extract(0, 2, 4)).toThrow('expected a part of 0 to 3, got 2 to 4');
    expect(() => index.length(0.5)).toThrow(RangeError);
  });
});

function sortedPairs(keys: ArrayLike<number>, counts: ArrayLike<number>): [number, number][] {
  return Array.from(keys, (key, i): [number, number] => [key, counts[i]!]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}

/** Everything that the index says, for n-grams that occur (chosen by `seeds`) and neighbours that may not. */
function check(documents: readonly (readonly number[])[], seeds: readonly number[]): void {
  const index = FmIndex.open(buildFile(documents));
  expect(index.documents).toBe(documents.length);
  expect(index.tokens).toBe(documents.flat().length);
  expect(index.distinct).toBe(new Set(documents.flat()).size);
  for (const [d, document] of documents.entries()) {
    expect(index.length(d)).toBe(document.length);
    expect(index.extract(d)).toEqual(Int32Array.from(document));
    const part = [Math.floor(document.length / 3), Math.ceil((2 * document.length) / 3)] as const;
    expect(index.extract(d, ...part)).toEqual(Int32Array.from(document.slice(...part)));
  }
  if (documents.length === 0) return;
  for (const seed of seeds) {
    const document = [boundary, ...documents[seed % documents.length]!, boundary];
    const from = (seed >>> 3) % document.length;
    const ngram = document.slice(from, from + 1 + (seed % 5));
    checkNgram(index, documents, ngram);
    checkNgram(index, documents, [...ngram.slice(0, -1), documents[0]![0] ?? 77]);
  }
}

function checkNgram(index: FmIndex, documents: readonly (readonly number[])[], ngram: readonly number[]): void {
  // a boundary alone, or one inside, belongs to two documents
  if (ngram.length === 1 ? ngram[0] === boundary : ngram.slice(1, -1).includes(boundary)) return;
  const where: [number, number][] = [];
  const next = new Map<number, number>();
  for (const [d, document] of documents.entries()) {
    const framed = [boundary, ...document, boundary];
    for (let i = 0; i + ngram.length <= framed.length; i++) {
      if (!ngram.every((token, j) => framed[i + j] === token)) continue;
      where.push([d, i + ngram.length - 1]);
      const follower = framed[i + ngram.length];
      if (follower !== undefined) next.set(follower, (next.get(follower) ?? 0) + 1);
    }
  }
  const rows = index.find(ngram);
  expect(rows.to - rows.from).toBe(where.length);
  const { documents: found, ends } = index.locate(rows);
  expect(sortedPairs(found, ends)).toEqual(where.map(([d, end]) => [d, end]));
  const counted = new Map<number, number>();
  for (const [d] of where) counted.set(d, (counted.get(d) ?? 0) + 1);
  const listed = index.documentsOf(rows);
  expect(sortedPairs(listed.documents, listed.counts)).toEqual([...counted]);
  if (ngram.at(-1) === boundary) return; // what follows is the next document
  const said = index.next(rows);
  expect(said.ends).toBe(next.get(boundary) ?? 0);
  next.delete(boundary);
  expect(sortedPairs(said.tokens, said.counts)).toEqual([...next].sort((a, b) => a[0] - b[0]));
}
