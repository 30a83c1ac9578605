/** The service as whoever asks has it: answers, refusals, hostile queries, and an index that changes while it serves. */
import { mkdtemp, rm } from 'node:fs/promises';
import { request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createIndex, LiveSearcher, openIndexWriter, type StoredDocument, searchService } from 'tenfold/search';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const markup = '<script>alert("x")</script> & <b onmouseover=alert(1)>bold</b> about earthquakes';
const documents = [
  { id: 'quake/1', title: 'Earthquake prediction', text: 'Can earthquakes be predicted? Not yet.', year: 2020 },
  { id: 'b', title: '<img src=x onerror=alert(1)>', text: markup, year: 2021, tags: ['web', '"><script>'] },
  { id: 'c', text: 'Ein Müller mahlt. 東京の天気は晴れです。', year: 2022 },
];
let folder: string;
let live: LiveSearcher;
let server: Server;
let port: number;
const failures: unknown[] = [];

beforeAll(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'tenfold-server-')), 'index');
  await createIndex(folder, { texts: documents.map(({ text }) => text), vocabulary: 300 });
  await using writer = await openIndexWriter(folder, { analyser: 'unicode' });
  await writer.add(documents);
  live = await LiveSearcher.open(folder);
  server = searchService(live, { failed: (error) => failures.push(error) });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(async () => {
  server.close();
  await live.release();
  await rm(join(folder, '..'), { recursive: true });
  expect(failures).toEqual([]);
});

const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
const post = async (path: string, body: unknown) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body: text });
  // biome-ignore lint/suspicious/noExplicitAny: whatever the service answers
  return { status: response.status, body: (await response.json()) as any };
};
const idsFor = async (query: string, more = {}) =>
  (await post('/search', { query, ...more })).body.hits.map((hit: { document: { id: string } }) => hit.document.id);

describe('answers', () => {
  it('hits with their documents, reasons, marks and passage', async () => {
    const { status, body } = await post('/search', { query: 'earthquakes predicted' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ query: 'earthquakes predicted', documents: 3 });
    const [hit] = body.hits;
    expect(hit.document).toEqual(documents[0]);
    expect(hit.reasons.map(({ text }: { text: string }) => text).sort()).toEqual(['earthquakes', 'predicted']);
    expect(hit.reasons.reduce((sum: number, { share }: { share: number }) => sum + share, 0)).toBeCloseTo(1, 9);
    const marked = hit.marks.map(({ start, end }: { start: number; end: number }) =>
      documents[0]!.text.slice(start, end),
    );
    expect(marked).toEqual(['earthquakes', 'predicted']);
    expect(hit.passage).toEqual({ start: 0, end: documents[0]!.text.length });
  });

  it('texts word for word', async () => {
    const { body } = await post('/exact', { text: 'be predicted' });
    expect(body).toMatchObject({ count: 1, documents: [{ id: 'quake/1', title: 'Earthquake prediction' }] });
    expect((await post('/exact', { text: 'never said' })).body).toMatchObject({ count: 0, documents: [] });
  });

  it('one document, and what the index is', async () => {
    expect(await (await get('/document/quake%2F1')).json()).toEqual(documents[0]);
    expect((await get('/document/nobody')).status).toBe(404);
    expect((await get('/document/%ff')).status).toBe(400);
    expect(await (await get('/status')).json()).toMatchObject({ documents: 3, analyser: 'unicode', model: false });
  });

  it('filters and limits', async () => {
    expect(await idsFor('earthquakes')).toHaveLength(2);
    expect(await idsFor('earthquakes', { filters: ['year>=2021'] })).toEqual(['b']);
    expect(await idsFor('earthquakes', { filters: ['year>=2021', 'tags=none'] })).toEqual([]);
    expect(await idsFor('earthquakes', { limit: 1 })).toHaveLength(1);
  });

  it('what is still being typed, and what is misspelt, where it is asked for', async () => {
    expect(await idsFor('earthqu')).toEqual([]);
    expect(await idsFor('earthqu', { prefix: true })).toHaveLength(2);
    expect(await idsFor('predickted', { fuzzy: 2 })).toEqual(['quake/1']);
    const { body } = await post('/search', { query: 'predickted', fuzzy: 2 });
    expect(body.hits[0].reasons).toMatchObject([{ text: 'predicted', asked: 'predickted', share: 1 }]);
  });

  it.each([
    ['nothing', ''],
    ['one word', 'earthquakes'],
    ['10,000 words', Array.from({ length: 10_000 }, (_, i) => `earthquakes${i % 7} word${i}`).join(' ')],
    ['markup', '<script>alert(1)</script> "\'&'],
    ['umlauts', 'MÜLLER'],
    ['no spaces', '東京の天気'],
    ['halves of letters', '\ud800 \udc00'],
    ['controls', '\u0000\u001b[31m\u202e'],
    ['emoji', '👩‍👩‍👧‍👦 🏳️‍🌈'],
    ['operators', 'a AND (b OR -c) "d" ~2 *'],
  ])('a query of %s', async (_, query) => {
    const { status, body } = await post('/search', { query });
    expect(status).toBe(200);
    expect(Array.isArray(body.hits)).toBe(true);
  });

  it('any Unicode finds what is written so', async () => {
    expect(await idsFor('müller')).toEqual(['c']);
    expect(await idsFor('東京')).toEqual(['c']);
  });
});

describe('the page', () => {
  it('comes with a policy that runs no script but its own', async () => {
    const response = await get('/');
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self';/);
    const html = await response.text();
    expect(html).not.toMatch(/<script(?! type="module" src=")/);
    expect(html).not.toMatch(/ on\w+=|style=/);
  });

  it('has its style and scripts, and no other file', async () => {
    expect((await get('/page.css')).headers.get('content-type')).toBe('text/css; charset=utf-8');
    for (const path of [
      '/server/client/page.js',
      '/server/client/results.js',
      '/server/client/elements.js',
      '/answer/pieces.js',
    ]) {
      const response = await get(path);
      expect([path, response.status, response.headers.get('content-type')]).toEqual([
        path,
        200,
        'text/javascript; charset=utf-8',
      ]);
    }
    for (const path of [
      '/package.json',
      '/../../package.json',
      '/%2e%2e/manifest',
      '/server/service.js',
      '/manifest',
    ]) {
      expect([path, (await get(path)).status]).toEqual([path, 404]);
    }
  });
});

describe('refuses', () => {
  it.each<[string, unknown, string]>([
    ['no JSON', '{"query"', 'expected JSON'],
    ['no object', '[]', 'expected a JSON object'],
    ['half a slip', { query: 'x', fuzzy: 0.5 }, 'expected fuzzy 0, 1 or 2'],
    ['a prefix', { query: 'x', prefix: 'x' }, 'expected prefix as true or false'],
    ['no query', {}, 'expected {"query": "…"}'],
    ['a number', { query: 5 }, 'expected {"query": "…"}'],
    ['no documents', { query: 'x', limit: 0 }, 'expected a whole limit from 1 to 100'],
    ['too many', { query: 'x', limit: 101 }, 'expected a whole limit from 1 to 100'],
    ['half a document', { query: 'x', limit: 1.5 }, 'expected a whole limit from 1 to 100'],
    ['another ranking', { query: 'x', rank: 'best' }, 'expected rank both, ngrams, words'],
    [
      'n-grams without a model',
      { query: 'x', rank: 'ngrams' },
      'expected rank words, got ngrams: the index has no model',
    ],
    [
      'no filter',
      { query: 'x', filters: ['year'] },
      'filter: expected FIELD=VALUE, or one of != < <= > >= ~ for =, got "year"',
    ],
    ['filters that are none', { query: 'x', filters: 'year=1' }, 'expected filters as a list of at most 32 texts'],
    [
      'what it does not know',
      { query: 'x', beams: 5 },
      'expected query, limit, rank, filters, prefix and fuzzy, got beams',
    ],
  ])('%s', async (_, body, error) => {
    expect(await post('/search', body)).toEqual({ status: 400, body: { error } });
  });

  it('too many bytes, other paths and methods', async () => {
    expect((await post('/search', { query: 'x'.repeat(2 ** 20) })).status).toBe(413);
    expect((await post('/delete', {})).status).toBe(404);
    expect((await fetch(`http://127.0.0.1:${port}/search`, { method: 'PUT', body: '{}' })).status).toBe(405);
    expect((await get('/search?query=x')).status).toBe(404);
  });

  it('to be asked under another name, as by a page that named its host after this machine', async () => {
    const asked = (host: string, options = {}) =>
      new Promise<number | undefined>((resolve) => {
        request({ port, path: '/status', headers: { host }, ...options }, (response) => {
          response.resume();
          resolve(response.statusCode);
        }).end();
      });
    expect(await asked(`localhost:${port}`)).toBe(200);
    expect(await asked(`127.0.0.1:${port}`)).toBe(200);
    expect(await asked(`evil.example:${port}`)).toBe(403);
    expect(await asked('127.0.0.1.evil.example')).toBe(403);
  });
});

it('sees what is added, replaced and deleted, by the next query', async () => {
  {
    await using writer = await openIndexWriter<StoredDocument & { year: number }>(folder);
    await writer.add([{ id: 'new', text: 'a volcano erupts', year: 2023 }]);
    expect(await idsFor('volcano')).toEqual(['new']);
    await writer.add([{ id: 'new', text: 'a geyser erupts', year: 2023 }]);
    expect(await idsFor('volcano')).toEqual([]);
    expect(await idsFor('geyser')).toEqual(['new']);
    await writer.delete(['new']);
    expect(await idsFor('geyser')).toEqual([]);
  }
  expect((await post('/search', { query: 'earthquakes' })).body.documents).toBe(3);
});

it('answers many at once', async () => {
  const all = await Promise.all(Array.from({ length: 50 }, () => idsFor('earthquakes predicted')));
  for (const ids of all) expect(ids[0]).toBe('quake/1');
});
