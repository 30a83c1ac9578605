/** The search engine as a user has it: documents in, a small model trained on them, hits with reasons out. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Collection,
  createIndex,
  openIndexWriter,
  Searcher,
  type SearchHit,
  trainIndex,
  writePseudoQueries,
} from 'tenfold/search';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const beasts = ['cat', 'otter', 'heron', 'beetle', 'salmon', 'badger', 'falcon', 'lizard'];
const deeds = ['sleeps in the warm barn', 'crosses the cold river', 'hunts by the full moon', 'builds a nest of reeds'];
const documents = beasts.flatMap((beast, i) =>
  deeds.map((deed, k) => ({
    id: `${beast}-${k}`,
    title: `The ${beast} and what it does ${k}`,
    text: `In the valley the ${beast} ${deed}, and nobody minds. Its ${beasts[(i + k + 1) % 8]} friend stays away <b>all</b> day.`,
    ...(k === 0 && { queries: [`where does the ${beast} sleep`] }),
    legs: i,
  })),
);
const queries = beasts.flatMap((beast) =>
  deeds.map((deed, k) => ({
    text: `the ${beast} ${deed.split(' ').slice(0, 3).join(' ')}`,
    relevant: [`${beast}-${k}`],
  })),
);
type Beast = (typeof documents)[number];

let folder: string;
let searcher: Searcher<Beast>;
beforeAll(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'tenfold-searcher-')), 'index');
  await createIndex(folder, { texts: documents.flatMap(({ title, text }) => [title, text]), vocabulary: 400 });
  {
    await using writer = await openIndexWriter<Beast>(folder);
    await writer.add(documents.slice(0, 10));
    await writer.add(documents.slice(10));
  }
  const recipe = {
    width: 32,
    hidden: 64,
    layers: 1,
    heads: 2,
    steps: 120,
    warmUp: 20,
    batch: 32,
    rate: 5e-3,
    dropout: 0,
  };
  const { steps, loss } = await trainIndex({ folder, queries, recipe, counts: { spans: 4 } });
  expect(steps).toBe(120);
  expect(loss).toBeLessThan(4);
  searcher = await Searcher.open<Beast>(folder);
});
afterAll(async () => {
  await searcher.release();
  await rm(join(folder, '..'), { recursive: true });
});

const ids = (hits: readonly SearchHit<Beast>[]) => hits.map(({ document }) => document.id);

describe('a search', () => {
  it('finds what was asked for, by keys, by words and by both', async () => {
    const some = queries.filter((_, i) => i % 3 === 0);
    for (const rank of ['ngrams', 'words', 'both'] as const) {
      let first = 0;
      for (const { text, relevant } of some) {
        const hits = await searcher.search(text, { rank, limit: 3 });
        expect(hits.length).toBeLessThanOrEqual(3);
        if (ids(hits).includes(relevant[0]!)) first++;
      }
      expect(first).toBeGreaterThan(some.length * 0.7);
    }
  });

  it('says why: keys with counts, what each adds, and where it stands', async () => {
    const hits = await searcher.search('where does the otter cross the river', { rank: 'ngrams' });
    expect(hits.length).toBeGreaterThan(0);
    for (const { document, ngrams, ngramScore, wordScore, score } of hits) {
      expect(wordScore).toBeNull();
      expect(score).toBe(ngramScore);
      expect(ngrams.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(ngramScore!, 6);
      expect(ngrams.length).toBeGreaterThan(0);
      for (const { text, count, logProb, weight, source, spans } of ngrams) {
        expect(count).toBeGreaterThan(0);
        expect(logProb).toBeLessThan(0);
        expect(weight).toBeGreaterThan(0);
        expect(spans.length).toBeGreaterThan(0);
        for (const { field, index = 0, start, end } of spans) {
          const whole = field === 'queries' ? document.queries![index]! : document[field];
          expect(whole.slice(start, end).toLowerCase()).toBe(text);
          if (source === 'title') expect(whole.slice(start, end)).toBe(document.title);
        }
      }
    }
  });

  it('scores as the paper does in all three ways, from the same keys', async () => {
    const query = 'the heron hunts by the full moon';
    for (const scoring of ['lm', 'lm-fm'] as const) {
      const hits = await searcher.search(query, { rank: 'ngrams', scoring, lmLength: 3 });
      for (const { ngrams, ngramScore } of hits) {
        expect(ngrams).toHaveLength(1);
        const [key] = ngrams;
        expect(ngramScore).toBe(scoring === 'lm' ? key!.logProb : key!.weight);
      }
      expect(hits.length).toBeGreaterThan(0);
    }
    const keys = await searcher.keys(query);
    expect(keys.map(({ weight }) => weight)).toEqual(keys.map(({ weight }) => weight).sort((a, b) => b - a));
    expect(new Set(keys.map(({ source }) => source))).toContain('query');
    expect((await searcher.keys(query, { queryNgrams: false })).some(({ source }) => source === 'query')).toBe(false);
  });

  it('writes only what documents say, unless it is let', async () => {
    const query = 'a badger builds';
    const occurs = (tokens: readonly number[]) => searcher.ngrams.count(searcher.ngrams.find(tokens)) > 0;
    const bodies = async (constrained: boolean) =>
      (await searcher.keys(query, { constrained })).filter(({ source }) => source === 'body');
    const [bound, free] = [await bodies(true), await bodies(false)];
    expect(bound.length).toBeGreaterThan(20);
    expect(bound.every(({ tokens, count }) => occurs(tokens) && count > 0)).toBe(true);
    expect(free.every(({ tokens, count }) => occurs(tokens) === count > 0)).toBe(true);
    expect(free.some(({ count }) => count === 0)).toBe(true);
    const hits = await searcher.search(query, { rank: 'ngrams', constrained: false });
    expect(hits.flatMap(({ ngrams }) => ngrams).every(({ count }) => count > 0)).toBe(true);
  });

  it('leaves out what a filter leaves out', async () => {
    for (const rank of ['ngrams', 'words', 'both'] as const) {
      const hits = await searcher.search('the cat crosses the cold river', { rank, filter: ({ legs }) => legs !== 0 });
      expect(hits.length).toBeGreaterThan(0);
      expect(hits.every(({ document }) => document.legs !== 0)).toBe(true);
    }
  });

  it('takes queries of no word, one, and ten thousand, and any Unicode', async () => {
    expect(await searcher.search('')).toEqual([]);
    expect(await searcher.search(' \n ?!')).toEqual([]);
    expect((await searcher.search('otter')).length).toBeGreaterThan(0);
    expect((await searcher.search('the otter '.repeat(5000), { rank: 'both' })).length).toBeGreaterThan(0);
    for (const odd of ['\ud800 otter', '獺', '</s><|title|>', '\u0000\u202e', 'İ'.repeat(300)])
      await searcher.search(odd);
  });

  it('refuses options that make no sense', async () => {
    const wrong = [{ limit: -1 }, { fusion: 2 }, { beta: 3 }, { alpha: -1 }, { beams: 0 }, { fullyScored: 0 }];
    for (const options of wrong) await expect(searcher.search('otter', options)).rejects.toThrow(RangeError);
    const stop = AbortSignal.abort(new Error('enough'));
    await expect(searcher.search('otter', { signal: stop })).rejects.toThrow('enough');
  });

  it('gives the same when opened again, to the bit', async () => {
    await using again = await Searcher.open<Beast>(folder);
    for (const { text } of queries.slice(0, 5)) {
      expect(await again.search(text)).toEqual(await searcher.search(text));
    }
  });
});

describe('completion', () => {
  it('says word by word what documents say', async () => {
    const found = await searcher.complete('the falcon', { after: 'the falcon', maxTokens: 8 });
    expect(found.length).toBeGreaterThan(0);
    for (const { text, count, documents: where } of found) {
      expect(count).toBeGreaterThan(0);
      expect(where[0]!.document.text.toLowerCase() + where[0]!.document.title.toLowerCase()).toContain(
        text.toLowerCase(),
      );
      const { count: exact } = searcher.exact(`the falcon ${text}`);
      expect(exact).toBeGreaterThanOrEqual(0);
    }
    expect(await searcher.complete('anything', { after: 'unheard-of words' })).toEqual([]);
  });

  it('finds an exact text without a model', () => {
    const { count, documents: where } = searcher.exact('crosses the cold river');
    expect(count).toBe(8);
    for (const { document, spans } of where) {
      expect(spans.map(({ start, end }) => document.text.slice(start, end))).toEqual(['crosses the cold river']);
    }
    expect(searcher.exact('crosses the cold rivet').count).toBe(0);
    expect(searcher.exact('  ').count).toBe(0);
  });
});

it('never says or finds what was deleted, and finds what was added', async () => {
  const other = join(folder, '..', 'other');
  await createIndex(other, { model: join(folder, 'model') });
  {
    await using writer = await openIndexWriter<Beast>(other);
    await writer.add(documents);
    await writer.delete(documents.filter(({ id }) => id.startsWith('otter')).map(({ id }) => id));
    await writer.add([{ ...documents[0]!, id: 'new', text: 'A unicorn sleeps in the warm barn.' }]);
  }
  await using changed = await Searcher.open<Beast>(other);
  expect(ids(await changed.search('unicorn'))).toContain('new');
  const hits = await changed.search('the otter crosses the cold river', { limit: 50 });
  expect(hits.length).toBeGreaterThan(0);
  expect(ids(hits).some((id) => id.startsWith('otter'))).toBe(false);
  expect((await changed.complete('the otter', { after: 'the otter' })).length).toBe(0);
});

describe('pseudo-queries', () => {
  it('are written for documents that have none, and searched like titles', async () => {
    const asked = join(folder, '..', 'asked');
    await cp(folder, asked, { recursive: true });
    const had = documents.filter(({ queries: own }) => own !== undefined).length;
    const written = await writePseudoQueries({ folder: asked, count: 2 });
    expect(written.documents).toBeGreaterThan(0.9 * (documents.length - had));
    expect(written.queries).toBeLessThanOrEqual(2 * (documents.length - had));
    const now = new Map([...(await Collection.open<Beast>(asked)).documents()].map((one) => [one.id, one]));
    expect(now.size).toBe(documents.length);
    for (const document of documents) {
      const { queries: own = [], ...others } = now.get(document.id)!;
      expect({ ...others, ...(document.queries && { queries: own }) }).toEqual(document);
      expect(new Set(own).size).toBe(own.length);
      for (const text of own) expect(text).toMatch(/[\p{L}\p{N}]/u);
    }
    // stopped or not, what has some is passed over
    expect((await writePseudoQueries({ folder: asked, count: 2 })).documents).toBe(
      documents.length - had - written.documents,
    );
    await using third = await Searcher.open<Beast>(asked);
    const sources = new Set((await third.keys('where does the otter sleep')).map(({ source }) => source));
    expect(sources).toContain('queries');
  });

  it('need a model', async () => {
    const none = join(folder, '..', 'none');
    await createIndex(none, { texts: documents.map(({ text }) => text), vocabulary: 300 });
    await expect(writePseudoQueries({ folder: none, count: 1 })).rejects.toThrow(
      /^train: expected a model in .*, got none$/,
    );
  });
});

it('ranks by words where there is no model, and says so where one is needed', async () => {
  const bare = join(folder, '..', 'bare');
  await createIndex(bare, { texts: documents.map(({ text }) => text), vocabulary: 300 });
  {
    await using writer = await openIndexWriter<Beast>(bare);
    await writer.add(documents);
  }
  await using words = await Searcher.open<Beast>(bare);
  expect(words.hasModel).toBe(false);
  expect(ids(await words.search('otter river', { limit: 1 }))).toEqual(['otter-1']);
  await expect(words.search('otter', { rank: 'ngrams' })).rejects.toThrow(/expected an index with a model/);
  await expect(createIndex(bare, { texts: [] })).rejects.toThrow(/expected a new folder/);
  const { coder } = searcher;
  expect(() => new Searcher({ collection: words.collection, coder })).toThrow(/expected the tokenizer that/);
});
