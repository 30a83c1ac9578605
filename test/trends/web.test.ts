/** The platform's page as HTTP: what is refused, what is escaped, what every form does. */
import { once } from 'node:events';
import { request } from 'node:http';
import { Search } from 'tenfold/trends';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostileTitle, type Served, serveDesk } from './desk.ts';

let served: Served;
beforeAll(async () => {
  served = await serveDesk({ names: ['papers.example'] });
});
afterAll(() => served?.close());

const get = (path: string, init: RequestInit = {}) => fetch(`${served.base}${path}`, { redirect: 'manual', ...init });
/** Sends a form as a page of this origin does. */
const post = (
  path: string,
  fields: Record<string, string> | [string, string][],
  headers: Record<string, string> = {},
) => get(path, { method: 'POST', body: new URLSearchParams(fields), headers: { origin: served.base, ...headers } });

/** Under a name of one's own: fetch sets the header itself. */
async function asHost(host: string, method = 'GET', headers: Record<string, string> = {}, path = '/about') {
  const { port } = new URL(served.base);
  const asking = request({ port, path, method, headers: { host, ...headers } });
  asking.end();
  const [response] = (await once(asking, 'response')) as [import('node:http').IncomingMessage];
  response.resume();
  return response.statusCode;
}

describe('who may ask', () => {
  it('by address, as localhost, or under a given name; under any other name nobody', async () => {
    for (const host of ['127.0.0.1:1', 'localhost:80', '[::1]:8400', 'papers.example', 'PAPERS.EXAMPLE:443'])
      expect([host, await asHost(host)]).toEqual([host, 200]);
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', 'papers.example.evil'])
      expect([host, [400, 403].includes((await asHost(host))!)]).toEqual([host, true]);
  });

  it('what writes must come from a page of this origin', async () => {
    const [paper] = (await served.desk.search.search('', { limit: 1 })).hits;
    const fields = { id: paper!.paper.id, read: 'yes' };
    for (const headers of [
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { origin: '' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
    ]) {
      const answer = await post('/papers/read', fields, headers as unknown as Record<string, string>);
      expect([headers, answer.status]).toEqual([headers, 403]);
    }
    const bare = await get('/papers/read', { method: 'POST', body: new URLSearchParams(fields) });
    expect(bare.status).toBe(403);
    expect((await served.desk.store.shelves([paper!.paper.id]))[0]!.read).toBeUndefined();
    expect((await post('/papers/read', fields)).status).toBe(303);
    expect((await served.desk.store.shelves([paper!.paper.id]))[0]!.read).toBeDefined();
    await post('/papers/read', { ...fields, read: 'no' });
    expect((await served.desk.store.shelves([paper!.paper.id]))[0]!.read).toBeUndefined();
  });

  it('every method that writes is guarded, and only forms are read', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH', 'POST'])
      expect([method, (await get('/papers/tag', { method, body: '{}' })).status]).toEqual([method, 403]);
    const json = await get('/papers/tag', {
      method: 'POST',
      body: '{"id":"x"}',
      headers: { origin: served.base, 'content-type': 'application/json' },
    });
    expect(json.status).toBe(415);
  });

  it('no more is read than a form can hold', async () => {
    expect((await post('/paper/note', { id: 'x', note: 'x'.repeat(2 ** 20) })).status).toBe(413);
    expect(served.failures).toEqual([]);
  });

  it('a redirect stays here', async () => {
    const [hit] = (await served.desk.search.search('', { limit: 1 })).hits;
    for (const back of [
      '//evil.example',
      'https://evil.example',
      '/\\evil.example',
      'javascript:alert(1)',
      '/\t/evil.example',
    ]) {
      const answer = await post('/papers/read', { id: hit!.paper.id, read: 'no', back });
      expect(new URL(answer.headers.get('location')!, served.base).host).toBe(new URL(served.base).host);
    }
  });
});

describe('what is shown', () => {
  const pages = ['/', '/?q=diffusion', '/about', '/shelf', '/issues', '/similar', '/nothing'];

  it.each(pages)('%s may run and load nothing but this service’s own', async (path) => {
    const answer = await get(path);
    const policy = answer.headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toContain('unsafe');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const text = await answer.text();
    expect(text).not.toMatch(/<script(?! type="module" src="\/assets\/)/);
    expect(text).not.toMatch(/ on\w+="/);
    expect(text).not.toMatch(/<[^>]+ style="/);
  });

  it('a hostile paper stays text wherever it is shown', async () => {
    const { hits } = await served.desk.search.search('hostile abstracts', { method: 'keyword' });
    const { id } = hits[0]!.paper;
    expect(hits[0]!.paper.title).toBe(hostileTitle.replace('\u202e', '').trim());
    await served.desk.store.tag([id], '"><script>globalThis.broken=1</script>');
    await served.desk.store.setNote(id, '</textarea><script>globalThis.broken=1</script>');
    for (const path of [
      '/?q=hostile',
      `/paper?id=${encodeURIComponent(id)}`,
      `/similar?id=${encodeURIComponent(id)}`,
      '/shelf',
      '/?q=%3Cscript%3E',
      '/?q="%3Cimg src=x',
    ]) {
      const text = await (await get(path)).text();
      expect(text).not.toMatch(/<script(?! type="module" src="\/assets\/)/);
      expect(text).not.toContain('<img');
      expect(text).not.toContain('<b onclick');
      expect(text).not.toContain('href="javascript:');
    }
    await served.desk.store.untag([id], '"><script>globalThis.broken=1</script>');
    await served.desk.store.setNote(id, '');
  });

  it('a search shows each signal by itself, and what every hit was found by', async () => {
    const text = await (await get('/?q=diffusion+-sparse&method=mixed')).text();
    expect(text).toMatch(/citations<\/span> <b>\d+/);
    expect(text).toContain('title="unknown">–');
    expect(text).toMatch(/score \d\.\d\d from BM25 \d+\.\d\d and cosine \d\.\d\d; diffusion/);
    expect(text).not.toContain('Sparse diffusion');
  });

  it('filters and orders are those of the search', async () => {
    const ids = async (query: string) =>
      [...(await (await get(`/?${query}`)).text()).matchAll(/<li class="hit[^"]*" data-id="([^"]+)"/g)].map(
        ([, id]) => id,
      );
    const dates = async (query: string) =>
      (await served.desk.store.get((await ids(query)) as string[])).map((paper) => paper!.date);
    const rising = await dates('q=codecs&sort=date&order=asc&from=2021-06-01&to=2021-12-31');
    expect(rising.length).toBeGreaterThan(3);
    expect(rising).toEqual([...rising].sort());
    expect(rising.every((date) => date >= '2021-06-01' && date <= '2021-12-31')).toBe(true);
    const cited = await served.desk.store.signals((await ids('q=graph&sort=citations')) as string[]);
    const counts = cited.map(({ citations }) => citations ?? -1);
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
    const [all, some] = [await ids('q=graph+molecules'), await ids('q=graph&without=molecules')];
    expect(all.length).toBeGreaterThan(0);
    for (const paper of await served.desk.store.get(some as string[]))
      expect(paper!.abstract).not.toContain('molecules');
    expect(await ids('category=cs.RO&q=&author=Writer3')).toHaveLength(20);
    expect(await ids('code=1&category=cs.RO')).toHaveLength(10);
  });

  it('in the map, what has every word is marked, and each paper is joined to those most like it', async () => {
    const { ids: places } = (await (await get('/map.json')).json()) as { ids: string[] };
    const found = (await (await get('/map/found?q=robot+grasping')).json()) as string[];
    const papers = await served.desk.store.get(places);
    const having = papers.filter((paper) => /robot grasping/.test(paper!.abstract)).map((paper) => paper!.id);
    expect(having.length).toBe(40);
    expect(found.toSorted()).toEqual(having.toSorted());
    const near = (await (await get(`/map/near?id=${encodeURIComponent(found[0]!)}`)).json()) as number[];
    expect(near.length).toBeGreaterThanOrEqual(15);
    expect(near.filter((i) => found.includes(places[i]!)).length).toBeGreaterThan(near.length / 2);
    expect(near.map((i) => places[i])).not.toContain(found[0]);
    expect(await (await get('/map/near?id=nobody')).json()).toEqual([]);
  });

  it('a question that cannot be understood is told in words, and so is a wrong choice', async () => {
    const open = await get('/?q=%22open');
    expect(open.status).toBe(200);
    expect(await open.text()).toContain('expected a closing quote');
    for (const path of ['/?sort=fame', '/?page=0', '/trends?recent=x'])
      expect([path, (await get(path)).status]).toEqual([path, 400]);
    expect((await get('/paper?id=none')).status).toBe(404);
    expect((await get('/issues/2022-01-01_2022-02-01')).status).toBe(404);
    expect((await get('/published/..%2f..%2fx/issue.html')).status).toBe(404);
    expect(served.failures).toEqual([]);
  });
});

describe('what forms do', () => {
  it('tags, collections, marks and notes, one paper or several', async () => {
    const { store, search } = served.desk;
    const ids = (await search.search('grasping', { limit: 3 })).hits.map(({ paper }) => paper.id);
    const chosen = ids.map((id): [string, string] => ['id', id]);
    expect((await post('/papers/tag', [...chosen, ['tag', 'robots & arms']])).status).toBe(303);
    expect((await post('/papers/collect', [...chosen, ['collection', 'To read']])).status).toBe(303);
    await post('/paper/note', { id: ids[0]!, note: 'first\nsecond' });
    expect(await store.shelves([ids[0]!])).toMatchObject([
      { tags: ['robots & arms'], collections: ['To read'], note: 'first\nsecond' },
    ]);
    const page = await (await get('/collection?name=To+read')).text();
    for (const id of ids) expect(page).toContain(`data-id="${id}"`);
    expect(await (await get('/collection.bib?name=To+read')).text()).toMatch(/(@\w+\{[\s\S]*){3}/);
    await post('/collections/rename', { name: 'To read', to: 'Read soon', about: 'for the trip' });
    await post('/paper/untag', { id: ids[0]!, tag: 'robots & arms' });
    await post('/paper/uncollect', { id: ids[0]!, collection: 'Read soon' });
    await post('/collections/uncollect', { name: 'Read soon', id: ids[1]! });
    expect(await store.collections()).toEqual([{ name: 'Read soon', about: 'for the trip', papers: [ids[2]] }]);
    await post('/collections/remove', { name: 'Read soon' });
    expect(await store.collections()).toEqual([]);
    expect((await post('/papers/tag', { tag: 'x' })).status).toBe(400);
    expect((await post('/papers/tag', { id: 'none', tag: 'x' })).status).toBe(400);
    expect((await post('/collections/make', { name: ' ' })).status).toBe(400);
  });

  it('everything can be taken along', async () => {
    const lines = (await (await get('/export/collection.jsonl')).text()).trim().split('\n');
    expect(lines.filter((line) => JSON.parse(line).kind === 'paper')).toHaveLength(201);
    expect(await (await get('/export/collection.csv')).text()).toContain('id,title,authors');
    expect(await (await get('/export/collection.bib')).text()).toContain('@inproceedings{');
  });
});

describe('what changes elsewhere', () => {
  it('papers that another process ingests are found, and an issue that lost its sources is not published', async () => {
    const { store } = served.desk;
    const form = { title: 'April', from: '2022-03-01', months: '2', before: '12', count: '4' };
    const path = (await post('/issues/make', form)).headers.get('location')!;
    await expect.poll(async () => (await get(path)).status).toBe(200);
    const text = await (await get(path)).text();
    const changed = /name="changed" value="([^"]+)"/.exec(text)![1]!;
    const id = /class="pick hit"[\s\S]*?href="\/paper\?id=([^"]+)"/.exec(text)![1]!;
    const [gone] = await store.get([decodeURIComponent(id)]);
    await store.remove([gone!.id]);
    expect(await (await get(path)).text()).toContain('a paper that is not there');
    const refused = await post(`${path}/publish`, { changed });
    expect([refused.status, (await refused.text()).includes('expected a sound issue')]).toEqual([400, true]);
    const { id: _, ...paper } = gone!;
    await store.put([{ source: 'later', record: '1', paper: { ...paper, title: 'Unheard zebras return' } }]);
    const other = await Search.open(store);
    await other.updateWords();
    await expect
      .poll(async () => (await (await get('/?q=zebras&method=keyword')).text()).includes('data-id='))
      .toBe(true);
    expect(served.failures).toEqual([]);
  });
});

describe('a password', () => {
  let locked: Served;
  beforeAll(async () => {
    locked = await serveDesk({ password: 'korrekt pferd' });
  });
  afterAll(() => locked?.close());
  const ask = (path: string, init: RequestInit = {}) => fetch(`${locked.base}${path}`, { redirect: 'manual', ...init });
  const signIn = (password: string, to = '/') =>
    ask('/login', { method: 'POST', body: new URLSearchParams({ password, to }), headers: { origin: locked.base } });

  it('stands before every page, file and form', async () => {
    for (const path of [
      '/',
      '/paper?id=x',
      '/map.json',
      '/export/collection.jsonl',
      '/feed.xml',
      '/issues',
      '/published/x/issue.md',
      '/assets/client/map.js',
    ]) {
      const answer = await ask(path);
      expect([path, answer.status, answer.headers.get('location')?.startsWith('/login')]).toEqual([path, 303, true]);
      expect(await answer.text()).toBe('');
    }
    expect(
      (
        await ask('/papers/tag', {
          method: 'POST',
          body: new URLSearchParams({ id: 'x' }),
          headers: { origin: locked.base },
        })
      ).status,
    ).toBe(401);
    expect((await ask('/login')).status).toBe(200);
  });

  it('lets in who knows it, with a cookie that scripts and other sites cannot use', async () => {
    expect((await signIn('falsch')).status).toBe(401);
    expect((await signIn('')).status).toBe(401);
    const answer = await signIn('korrekt pferd', '/?q=diffusion');
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/?q=diffusion']);
    const cookie = answer.headers.get('set-cookie')!;
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    const session = cookie.split(';')[0]!;
    expect((await ask('/', { headers: { cookie: session } })).status).toBe(200);
    expect((await ask('/', { headers: { cookie: `${session}x` } })).status).toBe(303);
    await ask('/logout', { method: 'POST', headers: { cookie: session, origin: locked.base } });
    expect((await ask('/', { headers: { cookie: session } })).status).toBe(303);
    expect((await signIn('korrekt pferd', '//evil.example')).headers.get('location')).toBe('/');
  });

  it('is tried by few at once', async () => {
    const tries = await Promise.all(Array.from({ length: 24 }, () => signIn('x')));
    const statuses = tries.map(({ status }) => status);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(8);
    expect(statuses.every((status) => status === 401 || status === 429)).toBe(true);
  });
});
