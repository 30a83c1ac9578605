import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { LexicalIndex } from 'tenfold/retrieval';
import {
  type Embedder,
  embeddingEndpoint,
  openStore,
  recommend,
  Search,
  type SourceRecord,
  type Store,
} from 'tenfold/trends';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let store: Store;
beforeEach(async () => {
  store = await openStore(':memory:');
});
afterEach(() => store.close());

const subjects = {
  optics: ['lens', 'light', 'refraction', 'mirror', 'telescope', 'wavelength'],
  cooking: ['bread', 'oven', 'flour', 'yeast', 'dough', 'recipe'],
  sailing: ['boat', 'wind', 'harbour', 'mast', 'knot', 'tide'],
} as const;
const names = Object.keys(subjects) as (keyof typeof subjects)[];

/** Papers that are about one of three subjects, each in a few of its words. */
function paper(i: number, more: Partial<SourceRecord['paper']> = {}): SourceRecord {
  const name = names[i % 3]!;
  const words = subjects[name];
  const pick = (k: number) => words[(i * 7 + k * 5 + Math.floor(i / 3)) % words.length]!;
  return {
    source: 's',
    record: `${i}`,
    paper: {
      title: `Number ${i} on the ${pick(0)} of ${pick(1)}`,
      abstract: `We study ${pick(2)} and ${pick(3)}. Results for ${pick(1)} are given.`,
      authors: [`Author${i % 5} Person`, 'Ada Lovelace'],
      date: `20${20 + (i % 3)}-0${1 + (i % 9)}-15`,
      venue: i % 2 === 0 ? 'Conference on Things 2022' : 'Journal',
      categories: [i % 4 === 0 ? 'cs.CL' : 'stat.ML'],
      doi: `10.1000/${i}`,
      ...more,
    },
  };
}

async function filled(count = 60): Promise<Search> {
  await store.put(Array.from({ length: count }, (_, i) => paper(i)));
  const search = await Search.open(store);
  await search.update();
  return search;
}

const ids = (result: { hits: readonly { paper: { id: string } }[] }) => result.hits.map(({ paper }) => paper.id);

describe('by words', () => {
  it('gives the scores of BM25, of several segments as of one', async () => {
    const search = await filled(30);
    for (let i = 30; i < 60; i += 10) {
      await store.put(Array.from({ length: 10 }, (_, k) => paper(i + k)));
      await search.updateWords();
    }
    const texts: string[] = [];
    for await (const { title, abstract } of store.papers()) texts.push(`${title}\n${abstract}`);
    const index = LexicalIndex.build(texts, { analyser: 'unicode' });
    const expected = index.search('bread oven 7', { limit: 20, k1: 1.2, b: 0.75 });
    const { hits, total } = await search.search('bread oven 7', { method: 'keyword' });
    expect(hits.map(({ score }) => score)).toEqual(expected.map(({ score }) => expect.closeTo(score, 10)));
    expect(ids({ hits })).toEqual(expected.map(({ document }) => `doi:10.1000/${document}`));
    expect(total).toBe(index.search('bread oven 7', { limit: 1000 }).length);
    expect(hits[0]!.words.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(hits[0]!.score, 10);
  });

  it('conditions are what brute force finds', async () => {
    const search = await filled();
    const all: { id: string; words: string[]; title: string[]; date: string; authors: readonly string[] }[] = [];
    const wordsOf = (text: string) => text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
    for await (const { id, title, abstract, date, authors } of store.papers())
      all.push({ id, words: wordsOf(`${title} ${abstract}`), title: wordsOf(title), date, authors });
    type Paper = (typeof all)[number];
    type Query = { text: string; holds: (paper: Paper) => boolean };
    const someWord = fc.constantFrom('bread', 'lens', 'wind', 'study', 'results', 'mast', 'nothing');
    const leaf: fc.Arbitrary<Query> = fc.oneof(
      someWord.map((word) => ({ text: word, holds: ({ words }: Paper) => words.includes(word) })),
      someWord.map((word) => ({ text: `title:${word}`, holds: ({ title }: Paper) => title.includes(word) })),
      fc.tuple(someWord, someWord).map(([a, b]) => ({
        text: `"${a} and ${b}"`,
        holds: ({ words }: Paper) => words.join(' ').includes(`${a} and ${b}`),
      })),
      fc.constant({ text: '"results for"', holds: () => true }),
      fc.constant({ text: 'year:2021', holds: ({ date }: Paper) => date.startsWith('2021') }),
      fc.constant({ text: 'after:2021-06', holds: ({ date }: Paper) => date > '2021-06-30' }),
      fc.constant({ text: 'author:author3', holds: ({ authors }: Paper) => authors[0] === 'Author3 Person' }),
      fc.constant({ text: 'author:"ada LOVELACE"', holds: () => true }),
    );
    const query: fc.Arbitrary<Query> = fc.letrec<{ query: Query }>((tie) => ({
      query: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.tuple(tie('query'), tie('query')).map(([a, b]) => ({
          text: `(${a.text} AND ${b.text})`,
          holds: (paper: Paper) => a.holds(paper) && b.holds(paper),
        })),
        fc.tuple(tie('query'), tie('query')).map(([a, b]) => ({
          text: `(${a.text} OR ${b.text})`,
          holds: (paper: Paper) => a.holds(paper) || b.holds(paper),
        })),
        tie('query').map((a) => ({ text: `(NOT ${a.text})`, holds: (paper: Paper) => !a.holds(paper) })),
      ),
    })).query;
    await fc.assert(
      fc.asyncProperty(query, async ({ text, holds }) => {
        const { hits, total } = await search.search(text, { sort: 'date', limit: 100 });
        expect(ids({ hits }).sort()).toEqual(
          all
            .filter(holds)
            .map(({ id }) => id)
            .sort(),
        );
        expect(total).toBe(hits.length);
      }),
      { numRuns: 100 },
    );
  });

  it('filters, sorts and pages', async () => {
    const search = await filled();
    await store.tag(['doi:10.1000/4', 'doi:10.1000/8'], 'mine');
    await store.markRead(['doi:10.1000/4'], true);
    await store.putSignals([
      { id: 'doi:10.1000/7', reading: { at: '2022-05-05', citations: 3, code: 9 } },
      { id: 'doi:10.1000/8', reading: { at: '2022-05-05', citations: 50 } },
    ]);
    const found = async (query: string, options = {}) => ids(await search.search(query, { limit: 100, ...options }));
    expect((await found('tag:mine')).sort()).toEqual(['doi:10.1000/4', 'doi:10.1000/8']);
    expect(await found('tag:mine is:unread')).toEqual(['doi:10.1000/8']);
    expect(await found('', { filter: { tags: ['mine'], read: true } })).toEqual(['doi:10.1000/4']);
    expect(await found('has:code')).toEqual(['doi:10.1000/7']);
    expect((await found('', { sort: 'citations', limit: 3 })).slice(0, 2)).toEqual(['doi:10.1000/8', 'doi:10.1000/7']);
    expect((await found('', { sort: 'citations', ascending: true, limit: 1 }))[0]).toBe('doi:10.1000/7');
    expect(await found('', { filter: { tags: [] } })).toEqual([]);
    expect((await found('category:cs')).length).toBe(15);
    expect(await found('', { filter: { categories: ['cs.CL'], authors: ['person, author0'] } })).toEqual(
      await found('category:cs.cl author:"Author0 Person"'),
    );
    expect((await found('venue:"conference things"')).length).toBe(30);
    const without = await found('study', {
      filter: { without: ['bread', 'lens of'], from: '2021-01-01', to: '2021-12-31' },
    });
    expect(without).toEqual(await found('study -bread -"lens of" year:2021'));
    expect(without.length).toBeGreaterThan(3);
    const dated = await search.search('', { limit: 60 });
    const dates = dated.hits.map(({ paper }) => paper.date);
    expect(dates).toEqual([...dates].sort().reverse());
    const pages = [...(await found('study', { limit: 7 })), ...(await found('study', { limit: 7, offset: 7 }))];
    expect(pages).toEqual(await found('study', { limit: 14 }));
    // by anything but relevance, every word is required
    expect((await search.search('bread yeast', { sort: 'date' })).total).toBe(
      (await search.search('bread AND yeast', { sort: 'date' })).total,
    );
    await expect(search.search('x', { limit: 0 })).rejects.toThrow(/^search: expected limit and offset/);
    await expect(search.search('(x')).rejects.toThrow(SyntaxError);
  });

  it('texts of every script, with accents or without', async () => {
    await store.put([
      paper(1, { title: 'Обучение глубоких сетей', authors: ['Łukasz Kaiser'], venue: 'Conférence' }),
      paper(2, { title: '深層学習の研究', authors: ['山田 太郎'] }),
      paper(3, { title: 'Ελληνικά β-VAE <b>bold</b>' }),
    ]);
    const search = await Search.open(store);
    await search.updateWords();
    const found = async (query: string) => ids(await search.search(query));
    expect(await found('глубоких')).toEqual(['doi:10.1000/1']);
    expect(await found('学習')).toEqual(['doi:10.1000/2']);
    expect(await found('"β vae"')).toEqual(['doi:10.1000/3']);
    expect(await found('author:Kaiser venue:conference')).toEqual(['doi:10.1000/1']);
    expect(await found('author:山田')).toEqual(['doi:10.1000/2']);
  });
});

it('the index follows the store: what changed, what is gone, what others indexed', async () => {
  const search = await filled(40);
  await store.remove(['doi:10.1000/1']);
  await store.put([paper(4, { title: 'A wholly new heading of zebras' }), paper(99)]);
  const before = await search.search('zebras');
  expect(before.hits).toEqual([]);
  await search.update();
  expect(ids(await search.search('zebras', { method: 'keyword' }))).toEqual(['doi:10.1000/4']);
  expect(search.about.papers).toBe(40);
  for (const method of ['keyword', 'semantic', 'mixed'] as const) {
    const { hits } = await search.search('lens bread boat study', { method, limit: 100 });
    expect(new Set(ids({ hits })).size).toBe(hits.length);
    expect(ids({ hits })).not.toContain('doi:10.1000/1');
    expect(ids({ hits })).toContain('doi:10.1000/99');
  }
  const other = await Search.open(store);
  expect(other.about).toEqual(search.about);
  await store.put([paper(100)]);
  await other.update();
  expect(await search.search('100', { method: 'keyword' })).toMatchObject({ total: 0 });
  await search.reload();
  expect(ids(await search.search('100', { method: 'keyword' }))).toEqual(['doi:10.1000/100']);
});

describe('by meaning', () => {
  it('finds papers of a subject that have none of the words', async () => {
    const search = await filled(120);
    const { hits, method } = await search.search('yeast', { method: 'semantic', limit: 30 });
    expect(method).toBe('semantic');
    const cooking = hits.filter(({ paper }) => Number(paper.id.split('/')[1]) % 3 === 1);
    expect(cooking.length).toBeGreaterThan(22); // ten by chance
    expect(hits.some(({ paper }) => !/yeast/.test(paper.title + paper.abstract))).toBe(true);
    const mixed = await search.search('yeast', { limit: 50 });
    expect(mixed.method).toBe('mixed');
    const [first] = mixed.hits;
    expect(first!.parts.keyword).toBeGreaterThan(0);
    expect(first!.parts.semantic).toBeGreaterThan(0);
  });

  it('like one paper, or several', async () => {
    const search = await filled(120);
    for (const method of ['keyword', 'semantic', 'mixed'] as const) {
      const { hits } = await search.similar(['doi:10.1000/3'], { method, limit: 10 });
      expect(hits.filter(({ paper }) => Number(paper.id.split('/')[1]) % 3 === 0).length).toBeGreaterThanOrEqual(9);
      expect(ids({ hits })).not.toContain('doi:10.1000/3');
      const two = await search.similar(['doi:10.1000/3', 'doi:10.1000/4'], {
        method,
        limit: 40,
        filter: { from: '2021-01-01' },
      });
      expect(new Set(two.hits.slice(0, 30).map(({ paper }) => Number(paper.id.split('/')[1]) % 3)).has(2)).toBe(false);
      expect(two.hits.every(({ paper }) => paper.date >= '2021-01-01')).toBe(true);
    }
    await expect(search.similar(['nobody'])).rejects.toThrow(
      "similar: expected a paper of the collection, got 'nobody'",
    );
  });

  it('gives the cosines that brute force finds, of whoever made the vectors, when papers have come and gone', async () => {
    const d = 40;
    /** Vectors that are drawn by what a text says. */
    const vectorOf = (text: string) => {
      let state = [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 2147483647, 7);
      const vector = Float32Array.from({ length: d }, () => {
        state = (state * 48271) % 2147483647;
        return state / 2147483647 - 0.5;
      });
      const length = Math.hypot(...vector);
      return vector.map((x) => x / length);
    };
    const embedder: Embedder = { name: 'drawn', embed: async (texts) => texts.map(vectorOf) };
    const search = await Search.open(store, { embedder });
    await store.put(Array.from({ length: 1300 }, (_, i) => paper(i, { abstract: `About ${i}.` })));
    await search.update();
    await store.remove(Array.from({ length: 100 }, (_, i) => `doi:10.1000/${11 * i}`));
    await store.put(Array.from({ length: 200 }, (_, i) => paper(1250 + i, { abstract: `Anew about ${i}.` })));
    await search.update();
    const vectors = new Map<string, Float32Array>();
    for await (const { id, title, abstract } of store.papers()) vectors.set(id, vectorOf(`${title}\n${abstract}`));
    const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
    const other = await Search.open(store, { embedder });
    expect(other.about).toMatchObject({ papers: vectors.size, vectors: vectors.size });
    for (const query of ['bread', 'lens of wind', 'study 7']) {
      const asked = vectorOf(query);
      const exact = [...vectors]
        .map(([id, vector]) => ({ id, score: cosine(asked, vector) }))
        .sort((a, b) => b.score - a.score);
      for (const one of [search, other]) {
        const { hits } = await one.search(query, { method: 'semantic', limit: 30 });
        expect(ids({ hits })).toEqual(exact.slice(0, 30).map(({ id }) => id));
        expect(hits.map(({ score }) => score)).toEqual(exact.slice(0, 30).map(({ score }) => expect.closeTo(score, 6)));
      }
    }
    const seed = 'doi:10.1000/5';
    const nearest = [...vectors].filter(([id]) => id !== seed).map(([, vector]) => cosine(vectors.get(seed)!, vector));
    const { hits } = await other.similar([seed], { method: 'semantic', limit: 1 });
    expect(hits[0]!.score).toBeCloseTo(Math.max(...nearest), 6);
    expect(await other.vectorOf(seed)).toEqual(vectors.get(seed));
  });

  it('sentences', async () => {
    const search = await filled(30);
    await store.put([paper(31, { abstract: 'Nothing here. The yeast of the moon is blue! More of nothing.' })]);
    await search.update();
    for (const method of ['keyword', 'mixed'] as const) {
      const [hit] = (await search.search('blue moon yeast', { unit: 'sentence', method })).hits;
      expect(hit).toMatchObject({
        paper: { id: 'doi:10.1000/31' },
        sentence: { text: 'The yeast of the moon is blue!', index: 1 },
      });
    }
  });

  it('few papers are searched by words, and asking for more is refused', async () => {
    const search = await filled(5);
    expect((await search.search('bread')).method).toBe('keyword');
    await expect(search.search('bread', { method: 'semantic' })).rejects.toThrow(
      /expected vectors to search by meaning/,
    );
  });

  it('an embedder that fails takes nothing away, and one that fails later goes on behind what it made', async () => {
    await filled(40);
    let left = 0;
    const embedder: Embedder = {
      name: 'failing',
      embed: async (texts) => {
        if (left-- === 0) throw new Error('no answer');
        return texts.map((text) => Float32Array.of(text.length, 1));
      },
    };
    await expect((await Search.open(store, { embedder })).update()).rejects.toThrow('no answer');
    expect((await Search.open(store)).about.vectors).toBe(40);
    await store.put(Array.from({ length: 360 }, (_, i) => paper(40 + i)));
    left = 1;
    await expect((await Search.open(store, { embedder })).update()).rejects.toThrow('no answer');
    const again = await Search.open(store, { embedder });
    expect(again.about.vectors).toBe(256);
    left = 1;
    await again.update();
    expect(again.about.vectors).toBe(400);
  });

  /** An embedder, and the papers that it was asked for. */
  function served(name: string) {
    const asked: string[] = [];
    const embedder: Embedder = {
      name,
      async embed(texts, { kind }) {
        if (kind === 'paper') asked.push(...texts);
        return texts.map((text) => Float32Array.of(text.length, 1));
      },
    };
    return { embedder, asked };
  }

  it.each([0, 40])(
    'served vectors stay, and no other model takes them for its own, after %i papers that it learned from',
    async (before) => {
      if (before > 0) await filled(before);
      const running = await Search.open(store);
      const { embedder } = served('endpoint:m');
      await store.put(Array.from({ length: 90 }, (_, i) => paper(i)));
      await (await Search.open(store, { embedder })).update();
      const refused =
        /^search: expected the embedder that the collection's vectors are of, 'endpoint:m', got none; give/;
      for (const search of [running, await Search.open(store)]) {
        await search.reload();
        await expect(search.update()).rejects.toThrow(refused);
        await expect(search.search('bread', { method: 'semantic' })).rejects.toThrow(refused);
        for (const method of ['keyword', 'mixed'] as const) {
          const found = await search.search('bread', { method });
          expect(found.hits.length).toBeGreaterThan(0);
          expect(found.method).toBe('keyword');
        }
        expect(search.embedder).toBeUndefined();
        expect(search.about).toMatchObject({ papers: 90, vectors: 0 });
      }
      expect(await store.vectorModels()).toEqual(['endpoint:m']);
      expect((await Search.open(store, { embedder })).about.vectors).toBe(90);
    },
  );

  it('a model that is being learned takes no place that a served one took meanwhile', async () => {
    await store.put(Array.from({ length: 40 }, (_, i) => paper(i)));
    const { embedder } = served('endpoint:m');
    const slow = new Proxy(store, {
      get: (target, name: keyof Store) =>
        name !== 'putVectors'
          ? target[name]
          : async (...vectors: Parameters<Store['putVectors']>) => {
              await (await Search.open(store, { embedder })).update();
              await target.putVectors(...vectors);
            },
    });
    await expect((await Search.open(slow)).update()).rejects.toThrow("'endpoint:m', got none");
    expect((await Search.open(store, { embedder })).about.vectors).toBe(40);
  });

  it('vectors that were paid for are not asked for again', async () => {
    const [one, two] = [served('endpoint:one'), served('endpoint:two')];
    await store.put(Array.from({ length: 600 }, (_, i) => paper(i)));
    await (await Search.open(store, one)).update();
    expect(one.asked.splice(0)).toHaveLength(600);
    // as the version before kept it: no version, and no rounded vectors
    const state = JSON.parse(new TextDecoder().decode(await store.file('semantic/state')));
    const { name, sequence } = state;
    const files = (await store.files('semantic/vectors/')).map((file) => file.name);
    expect(files.length).toBeGreaterThan(0);
    await store.replaceFiles({ 'semantic/state': new TextEncoder().encode(JSON.stringify({ name, sequence })) }, files);
    await store.put([paper(7, { title: 'A new heading' })]);
    const again = await Search.open(store, one);
    await again.update();
    expect(one.asked.splice(0)).toEqual([expect.stringMatching(/^A new heading\n/)]);
    expect(again.about.vectors).toBe(600);
    // another in its place, and back
    await (await Search.open(store, two)).update();
    expect(two.asked.splice(0)).toHaveLength(600);
    await store.put([paper(8, { title: 'Another heading' })]);
    const back = await Search.open(store, one);
    await back.update();
    expect(one.asked.splice(0)).toEqual([expect.stringMatching(/^Another heading\n/)]);
    expect(await back.search('bread', { method: 'semantic', limit: 5 })).toEqual(
      await again.reload().then(() => again.search('bread', { method: 'semantic', limit: 5 })),
    );
    expect((await store.vectorModels()).sort()).toEqual(['endpoint:one', 'endpoint:two']);
  });

  it('the vectors of a model that was learned before go when the new one has all of its own', async () => {
    const { embedder } = await filled(30);
    await store.put(Array.from({ length: 1300 }, (_, i) => paper(i)));
    const stop = new AbortController();
    const progress = {
      update(label: string, share = 0) {
        if (label === 'making vectors' && share * 1300 > 1024) stop.abort();
      },
      note() {},
    };
    const search = await Search.open(store);
    await expect(search.update({ progress, signal: stop.signal })).rejects.toThrow();
    expect(await store.vectorModels()).toHaveLength(2);
    const other = await Search.open(store);
    expect(other.about.vectors).toBeLessThan(1300);
    await other.update();
    expect(other.about.vectors).toBe(1300);
    expect(other.embedder!.name).not.toBe(embedder!.name);
    expect(await store.vectorModels()).toEqual([other.embedder!.name]);
  });

  it('by an endpoint instead', async () => {
    const seen: { model: string; input: string[] }[] = [];
    let wrong: string | undefined;
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const part of request) body += part;
      const asked = JSON.parse(body) as { model: string; input: string[] };
      seen.push(asked);
      expect(request.headers.authorization).toBe('Bearer key');
      const data = asked.input.map((text, index) => ({
        index,
        embedding: names.map((name) => subjects[name].filter((word) => text.includes(word)).length),
      }));
      response.end(wrong ?? JSON.stringify({ data: data.reverse() }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
      const embedder: Embedder = embeddingEndpoint({
        url,
        model: 'm',
        apiKey: 'key',
        queryPrefix: 'query: ',
        batch: 16,
      });
      await store.put(Array.from({ length: 40 }, (_, i) => paper(i)));
      const search = await Search.open(store, { embedder });
      await search.update();
      expect(seen.map(({ input }) => input.length)).toEqual([16, 16, 8]);
      const { hits } = await search.search('tide', { method: 'semantic', limit: 13 });
      expect(hits.every(({ paper }) => Number(paper.id.split('/')[1]) % 3 === 2)).toBe(true);
      expect(seen.at(-1)).toEqual({ model: 'm', input: ['query: tide'], encoding_format: 'float' });
      await search.update();
      expect(seen).toHaveLength(4);
      wrong = '{"data": []}';
      await expect(search.search('tide')).rejects.toThrow(/expected 1 vectors, got 0/);
    } finally {
      server.closeAllConnections();
      server.close();
    }
    expect(() => embeddingEndpoint({ url: 'nowhere', model: 'm' })).toThrow(/^embeddings: expected an address/);
  });
});

it('recommendations are of the subject that is kept, and say why', async () => {
  await store.put(Array.from({ length: 150 }, (_, i) => paper(i)));
  await expect(recommend(store)).rejects.toThrow(/^recommend: expected papers that are tagged/);
  const kept = [1, 4, 7, 10, 13, 16].map((i) => `doi:10.1000/${i}`);
  await store.tag(kept, 'kitchen');
  await store.markRead(['doi:10.1000/19'], true);
  const { papers, interests } = await recommend(store, { tags: ['kitchen'], limit: 20 });
  expect(papers).toHaveLength(20);
  expect(papers.every(({ paper }) => Number(paper.id.split('/')[1]) % 3 === 1)).toBe(true);
  expect(papers.map(({ paper }) => paper.id)).not.toContain('doi:10.1000/19');
  for (const { paper, reasons, interest } of papers) {
    expect(interest).toBe('tag:kitchen');
    expect(reasons.length).toBeGreaterThan(0);
    for (const { term } of reasons)
      expect(`${paper.title} ${paper.abstract}`.toLowerCase()).toContain(term.split(' ')[0]);
  }
  const words = interests[0]!.for.map(({ term }) => term);
  expect(subjects.cooking.filter((word) => words.some((term) => term.includes(word))).length).toBeGreaterThanOrEqual(5);
  expect((await recommend(store)).interests.map(({ name }) => name)).toEqual(['tag:kitchen', 'read']);
  await expect(recommend(store, { tags: ['none'] })).rejects.toThrow(
    'recommend: expected papers under tag:none, got none',
  );
});
