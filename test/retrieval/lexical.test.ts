/** BM25 as a user has it: against its formula, published values, and hostile queries. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { readJsonLines } from 'tenfold/data';
import {
  averagePrecision,
  LexicalIndex,
  meanOver,
  ndcg,
  readQrels,
  readSmart,
  readSmartQrels,
  recall,
  type Scored,
  wordsOf,
} from 'tenfold/retrieval';
import { describe, expect, it } from 'vitest';

const word = fc.constantFrom('ox', 'cat', 'dog', 'eel', 'fox', 'Gnu', 'hen');
const text = fc.array(word, { maxLength: 12 }).map((words) => words.join(' '));

describe('LexicalIndex', () => {
  it('scores by the formula', () => {
    fc.assert(
      fc.property(
        fc.array(text, { maxLength: 30 }),
        text,
        fc.double({ min: 0, max: 3, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (texts, query, k1, b) => {
          const index = LexicalIndex.build(texts);
          const found = index.search(query, { k1, b, limit: 7 });
          const scores = byFormula(texts, query, k1, b);
          // rounding may part equal documents: scores have to agree, rank by rank and document by document
          const best = scores.filter((score) => score > 0).sort((x, y) => y - x);
          expect(found.length).toBe(Math.min(7, best.length));
          found.forEach(({ document, score }, i) => {
            expect(score).toBeCloseTo(best[i]!, 10);
            expect(score).toBeCloseTo(scores[document]!, 10);
            const parts = index.explain(query, document, { k1, b });
            expect(parts.reduce((sum, part) => sum + part.score, 0)).toBeCloseTo(score, 10);
          });
        },
      ),
    );
  });

  it('keeps long gaps and many occurrences', () => {
    const texts = Array.from({ length: 40_000 }, (_, i) =>
      i % 20_000 === 19_999 ? 'rare '.repeat(300 + i) : 'common',
    );
    const found = LexicalIndex.build(texts).search('rare', { b: 0 });
    expect(found.map(({ document }) => document)).toEqual([39_999, 19_999]);
    expect(LexicalIndex.build(texts).explain('rare', 39_999)[0]).toMatchObject({ occurrences: 40_299, documents: 2 });
  });

  it('answers queries of no words, of ten thousand, and of any letters', () => {
    const index = LexicalIndex.build(['one two', 'naïve 東京 \u{1f600}', ''], { analyser: 'ascii' });
    for (const query of ['', ' ', '東京', '\ud800', '<script>']) expect(index.search(query)).toEqual([]);
    const many = Array.from({ length: 10_000 }, (_, i) => `w${i}`).join(' ');
    expect(index.search(`${many} two`).map(({ document }) => document)).toEqual([0]);
    expect(index.search('constructor __proto__ toString')).toEqual([]);
    expect(index.search('two two TWO')).toEqual(index.search('two'));
  });

  it('is whole after a filter that throws, and within one that searches', () => {
    const index = LexicalIndex.build(['a cat', 'a cat, a dog', 'a dog']);
    const refuse = (): boolean => {
      throw new Error('no');
    };
    const before = index.search('cat dog');
    expect(() => index.search('cat dog', { filter: refuse })).toThrow('no');
    expect(index.search('cat dog')).toEqual(before);
    const likeIt = (document: number): boolean => index.search('dog').some((hit) => hit.document === document);
    expect(index.search('cat dog', { filter: likeIt }).map(({ document }) => document)).toEqual([1, 2]);
  });

  it('leaves out what the filter does not take, and no more', () => {
    const index = LexicalIndex.build(Array.from({ length: 50 }, (_, i) => `cat ${'x '.repeat(i)}`));
    const found = index.search('cat', { limit: 3, filter: (document) => document % 2 === 1 });
    expect(found.map(({ document }) => document)).toEqual([1, 3, 5]);
    expect(index.search('cat', { limit: 0 })).toEqual([]);
  });

  it.each([{ k1: -1 }, { k1: Number.NaN }, { b: 1.1 }, { limit: 0.5 }])('refuses %o', (options) => {
    expect(() => LexicalIndex.build(['a']).search('a', options)).toThrow(RangeError);
  });

  it('is saved and read to the same bytes and answers, and refused when damaged', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tenfold-lexical-'));
    try {
      const index = LexicalIndex.build(['a cat', 'two cats and a dog', 'a dog']);
      const path = join(folder, 'words');
      await index.save(path);
      const read = await LexicalIndex.read(path);
      expect(Buffer.compare(read.file, index.file)).toBe(0);
      expect(read.search('a dog')).toEqual(index.search('a dog'));
      for (let at = 0; at < index.file.length; at++) {
        const file = index.file.slice();
        file[at]! ^= 0x10;
        expect(() => LexicalIndex.open(file)).toThrow(SyntaxError);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

const shared = fileURLToPath(new URL('../../../shared/data/', import.meta.url));

describe.skipIf(!existsSync(shared))('published collections (skipped without ../shared/data)', () => {
  it('SciFact: nDCG@10 0.659, recall@100 0.889', async () => {
    const corpus = (await readJsonLines(`${shared}scifact/corpus.jsonl.gz`)) as Record<string, string>[];
    const queries = (await readJsonLines(`${shared}scifact/queries.jsonl`)) as Record<string, string>[];
    const qrels = await readQrels(`${shared}scifact/qrels.tsv`, { split: 'validation' });
    expect(qrels.size).toBe(300);
    const texts = corpus.map(({ title, text }) => `${title} ${text}`);
    const index = LexicalIndex.build(texts, { analyser: 'ascii' });
    const results = new Map<string, Scored[]>();
    for (const { _id, text } of queries) {
      if (!qrels.has(_id!)) continue;
      const hits = index.search(text!, { limit: 100, k1: 0.9, b: 0.4 });
      results.set(
        _id!,
        hits.map(({ document, score }) => ({ id: corpus[document]!._id!, score })),
      );
    }
    expect(Math.abs(meanOver(qrels, results, (r, j) => ndcg(r, j, 10)) - 0.659)).toBeLessThan(0.005);
    expect(Math.abs(meanOver(qrels, results, (r, j) => recall(r, j, 100)) - 0.889)).toBeLessThan(0.005);
  });

  it('Cranfield: MAP 0.273', async () => {
    const documents = await readSmart(`${shared}cranfield/cran.all.1400`);
    const queries = await readSmart(`${shared}cranfield/cran.qry`);
    const qrels = await readSmartQrels(`${shared}cranfield/cranqrel`);
    expect([documents.length, queries.length, qrels.size]).toEqual([1400, 225, 225]);
    const texts = documents.map(({ fields }) => `${fields.T} ${fields.W}`);
    const index = LexicalIndex.build(texts, { analyser: 'ascii' });
    const results = new Map(
      queries.map(({ fields }, i) => {
        const hits = index.search(fields.W!, { limit: 1000, k1: 1.2, b: 0.75 });
        return [String(i + 1), hits.map(({ document, score }) => ({ id: documents[document]!.id, score }))];
      }),
    );
    expect(Math.abs(meanOver(qrels, results, averagePrecision) - 0.273)).toBeLessThan(0.005);
  });
});

/** The definition, document by document. */
function byFormula(texts: readonly string[], query: string, k1: number, b: number): number[] {
  const documents = texts.map((text) => wordsOf(text));
  const average = documents.flat().length / documents.length;
  return documents.map((words) => {
    let score = 0;
    for (const word of new Set(wordsOf(query))) {
      const df = documents.filter((other) => other.includes(word)).length;
      const tf = words.filter((other) => other === word).length;
      const idf = Math.log(1 + (documents.length - df + 0.5) / (df + 0.5));
      if (tf > 0) score += (idf * tf * (k1 + 1)) / (tf + k1 * (1 - b + (b * words.length) / average));
    }
    return score;
  });
}
