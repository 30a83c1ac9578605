import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import {
  arxivReader,
  bibtexReader,
  csvReader,
  exportStore,
  feedReader,
  folderReader,
  gitHub,
  hackerNews,
  type IngestResult,
  ingest,
  jsonLinesReader,
  oaiReader,
  openAlex,
  openStore,
  type Reader,
  readSignals,
  type SignalSource,
  type Store,
  semanticScholar,
} from 'tenfold/trends';
import { afterAll, afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { arxivFeed, type LiteratureServer, oaiList, serveLiterature } from './literature-server.ts';
import { cats, collect } from './store-contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'tenfold-ingest-'));
afterAll(() => rmSync(folder, { recursive: true }));
let store: Store;
beforeEach(async () => {
  store = await openStore(':memory:');
});
afterEach(() => store.close());
/** Quick to try again. */
const hurried = { pace: 0, patience: { retries: 2, firstWait: 0.01 } };

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Ingests, and gives the notes too. */
async function read(reader: Reader): Promise<IngestResult & { notes: string[] }> {
  const notes: string[] = [];
  const result = await ingest(store, reader, { progress: { update() {}, note: (line) => notes.push(line) } });
  return { ...result, notes };
}

describe('servers', () => {
  let server: LiteratureServer;
  beforeEach(async () => {
    server = await serveLiterature();
    return () => server.close();
  });
  const arxiv = (more = {}) => arxivReader({ query: 'cat:cs.CL', base: server.base, page: 2, ...hurried, ...more });
  const all = Array.from({ length: 5 }, (_, i) => ({
    id: `2204.0000${i}v${i + 1}`,
    title: `A Subject with number ${i}`,
  }));

  it('arXiv, page by page, and later what is new', async () => {
    let known = all.slice(0, 3);
    server.answer = ({ url }, response) => {
      const start = Number(url.searchParams.get('start'));
      response.end(arxivFeed(known.slice(start, start + 2), known.length, start));
    };
    expect(await read(arxiv())).toMatchObject({ read: 3, added: 3, faultCount: 0 });
    const [paper] = await store.get(['arxiv:2204.00002']);
    expect(paper).toEqual({
      id: 'arxiv:2204.00002',
      title: 'A Subject with number 2',
      abstract: 'Of A Subject with number 2: the summary & more.',
      authors: ['Ada Lovelace', 'Grace Hopper'],
      date: '2022-04-22',
      arxiv: { id: '2204.00002', version: 3 },
      categories: ['cs.CL', 'cs.LG'],
      doi: '10.1000/2204.00002',
      url: 'https://arxiv.org/abs/2204.00002',
    });
    known = all;
    server.asked.length = 0;
    expect(await read(arxiv())).toMatchObject({ added: 2 });
    expect(server.asked.map(({ url }) => url.searchParams.get('start'))).toEqual(['3']);
    expect(server.asked[0]!.url.searchParams.get('search_query')).toBe('cat:cs.CL');
  });

  it('tries again where it may help, waits as long as it is told, and then says what happened', async () => {
    const times: number[] = [];
    server.answer = (_, response, count) => {
      times.push(performance.now());
      if (count === 1) response.writeHead(503, { 'retry-after': '0.3' }).end();
      else if (count === 2) response.writeHead(429, { 'retry-after': '1' }).end('slow down');
      else response.end(arxivFeed(all.slice(0, 1), 1));
    };
    expect(await read(arxiv())).toMatchObject({ added: 1 });
    expect(times[2]! - times[1]!).toBeGreaterThan(990);
    server.answer = (_, response) => response.writeHead(500).end('<b>broken</b>');
    await expect(read(arxiv({ query: 'cat:x' }))).rejects.toThrow(/^fetch: http:.*: 500 broken \(after 3 tries\)$/);
    server.answer = (_, response) => response.writeHead(400).end('what?');
    server.asked.length = 0;
    await expect(read(arxiv({ query: 'cat:y' }))).rejects.toThrow(/400 what\?$/);
    expect(server.asked).toHaveLength(1);
    server.answer = (_, response) => response.writeHead(503, { 'retry-after': '86400' }).end();
    await expect(read(arxiv({ query: 'cat:z' }))).rejects.toThrow(/asks to wait 86400 s: try again later/);
  });

  it('what was kept before a failure stays, and is not asked for again', async () => {
    server.answer = ({ url }, response) => {
      const start = Number(url.searchParams.get('start'));
      if (start === 2 && server.asked.length < 5) response.destroy();
      else response.end(arxivFeed(all.slice(start, start + 2), 5, start));
    };
    await expect(read(arxiv())).rejects.toThrow(/\(after 3 tries\)/);
    expect(await store.size()).toBe(2);
    await read(arxiv());
    expect(await store.size()).toBe(5);
    expect(server.asked.map(({ url }) => url.searchParams.get('start'))).toEqual(['0', '2', '2', '2', '2', '4']);
  });

  it('gives up a server that goes silent', async () => {
    server.answer = (_, response) => {
      response.writeHead(200);
      response.write('<feed');
    };
    await expect(read(arxiv({ timeout: 0.1, patience: { retries: 0 } }))).rejects.toThrow('no answer within 0.1 s');
  });

  it('stops when it is told to', async () => {
    server.answer = () => {};
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await expect(ingest(store, arxiv(), { signal: controller.signal })).rejects.toThrow('enough');
  });

  it('waits between requests', async () => {
    server.answer = ({ url }, response) => {
      const start = Number(url.searchParams.get('start'));
      response.end(arxivFeed(all.slice(start, start + 2), 5, start));
    };
    const began = performance.now();
    await read(arxiv({ pace: 0.2 }));
    expect(performance.now() - began).toBeGreaterThan(390);
  });

  it('refuses an answer of a gigabyte while it comes', async () => {
    let sent = 0;
    server.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/atom+xml' });
      const part = Buffer.alloc(2 ** 20, 'x');
      const more = () => {
        while (sent < 2 ** 30 && !response.destroyed) {
          sent += part.length;
          if (!response.write(part)) {
            response.once('drain', more);
            return;
          }
        }
        response.end();
      };
      more();
    };
    await expect(read(arxiv())).rejects.toThrow(`expected at most ${2 ** 26} bytes, got more`);
    expect(sent).toBeLessThan(2 ** 28);
    expect(server.asked).toHaveLength(1);
    server.answer = (_, response) => response.writeHead(200, { 'content-length': String(2 ** 30) }).end('x');
    await expect(read(arxiv())).rejects.toThrow('got more');
  });

  it('expands no entities', async () => {
    const bomb = `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "${'&lol;'.repeat(10)}">]><feed><entry>&lol2;</entry></feed>`;
    server.answer = (_, response) => response.end(bomb);
    await expect(read(arxiv())).rejects.toThrow('expected no entity declarations, got some');
    const outside =
      '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><rss><channel><item><title>&e;</title></item></channel></rss>';
    server.answer = (_, response) => response.end(outside);
    await expect(read(feedReader(`${server.base}/feed`, hurried))).rejects.toThrow('expected no entity declarations');
  });

  it('names damaged records and reads the others', async () => {
    const feed = arxivFeed(all.slice(0, 2), 2)
      .replace('http://arxiv.org/abs/2204.00000v1</id>', 'not an address</id>')
      .replace('</feed>', '');
    server.answer = (_, response, count) => response.end(count === 1 ? feed : arxivFeed(all.slice(1, 2), 2, 1));
    const { notes } = await read(arxiv());
    expect(await store.size()).toBe(1);
    expect(notes[0]).toBe("arxiv: expected an arXiv identifier, got 'not an address'");
  });

  it('a subject by OAI-PMH: resumed by its token, begun anew where the server forgot it, later only what changed', async () => {
    const ids = Array.from({ length: 6 }, (_, i) => `2204.1000${i}`);
    server.answer = ({ url }, response) => {
      const token = url.searchParams.get('resumptionToken');
      if (token === null) response.end(oaiList(ids.slice(0, 2), 'a|2'));
      else if (token === 'a|2') response.end(oaiList(ids.slice(2, 4), 'a|4'));
      else response.writeHead(500).end();
    };
    const oai = () => oaiReader({ set: 'cs', base: `${server.base}/oai`, ...hurried });
    await expect(read(oai())).rejects.toThrow('500');
    expect(await store.size()).toBe(4);
    expect((await store.get(['arxiv:2204.10000']))[0]).toMatchObject({
      title: 'Paper number 2204.10000 of a long list',
      authors: ['Ada Lovelace', 'Grace Hopper', 'Alan Turing'],
      date: '2022-04-22',
      arxiv: { id: '2204.10000', version: 2 },
      abstract: 'What 2204.10000 says.',
    });
    server.asked.length = 0;
    server.answer = ({ url }, response) => {
      const token = url.searchParams.get('resumptionToken');
      if (token === 'a|4')
        response.end(
          '<OAI-PMH><responseDate>2022-05-03T00:00:00Z</responseDate><error code="badResumptionToken">old</error></OAI-PMH>',
        );
      else response.end(oaiList(ids, token === null ? 'b' : ''));
    };
    expect(await read(oai())).toMatchObject({ added: 2 });
    expect(server.asked.map(({ url }) => url.searchParams.get('resumptionToken'))).toEqual(['a|4', null, 'b']);
    server.asked.length = 0;
    server.answer = (_, response) =>
      response.end(
        '<OAI-PMH><responseDate>2022-06-01T00:00:00Z</responseDate><error code="noRecordsMatch"/></OAI-PMH>',
      );
    expect(await read(oai())).toMatchObject({ read: 0 });
    expect(server.asked[0]!.url.searchParams.get('from')).toBe('2022-05-02');
    await read(oai());
    expect(server.asked[1]!.url.searchParams.get('from')).toBe('2022-06-01');
  });

  it('what others count, each source by itself', async () => {
    await store.put([
      {
        source: 's',
        record: '1',
        paper: { ...cats, arxiv: { id: '2204.00001', version: 1 }, abstract: 'Code: https://github.com/Ada/Cats.' },
      },
      { source: 's', record: '2', paper: { ...cats, title: 'A Second Study of Cats', doi: '10.1000/Two' } },
      { source: 's', record: '3', paper: { ...cats, title: 'Of no name anywhere at all' } },
    ]);
    server.answer = ({ url, body }, response) => {
      const answers: Record<string, unknown> = {
        '/works': {
          results: [
            {
              doi: 'https://doi.org/10.48550/arXiv.2204.00001',
              cited_by_count: 7,
              authorships: [
                { author: { id: 'https://openalex.org/A1' } },
                { author: { id: 'https://openalex.org/A2' } },
              ],
            },
            { doi: 'https://doi.org/10.9999/unasked', cited_by_count: 1 },
          ],
        },
        '/authors': {
          results: [
            { id: 'https://openalex.org/A1', summary_stats: { h_index: 10 } },
            { id: 'https://openalex.org/A2', summary_stats: { h_index: 5 } },
          ],
        },
        '/paper/batch': [
          null,
          {
            citationCount: 3,
            authors: [{ hIndex: 4 }],
            references: [{ externalIds: { ArXiv: '1706.03762' } }, { externalIds: null }],
          },
        ],
        '/repos/ada/cats': { stargazers_count: 42 },
        '/search': {
          hits: [
            { url: 'https://arxiv.org/abs/2204.00001', points: 9 },
            { url: 'https://x', points: 100 },
          ],
        },
      };
      const answer = answers[url.pathname];
      if (url.pathname === '/paper/batch')
        expect(JSON.parse(body)).toEqual({ ids: ['ARXIV:2204.00001', 'DOI:10.1000/two'] });
      response.writeHead(answer ? 200 : 404).end(JSON.stringify(answer));
    };
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2022-05-20T12:00:00Z') });
    onTestFinished(() => void vi.useRealTimers());
    const at = { base: server.base, ...hurried };
    const ask = (source: SignalSource) => readSignals(store, source);
    expect(await ask(openAlex(at))).toEqual({ asked: 3, known: 1 });
    expect(await ask(semanticScholar({ ...at, apiKey: 'secret-key' }))).toEqual({ asked: 3, known: 1 });
    expect(await ask(gitHub(at))).toEqual({ asked: 3, known: 1 });
    expect(await ask(hackerNews(at))).toEqual({ asked: 3, known: 2 });
    expect(await store.signals(['arxiv:2204.00001', 'doi:10.1000/two'])).toEqual([
      { citations: 7, authority: 15, code: 42, popularity: 9 },
      { citations: 3, authority: 4, popularity: 0, references: ['arxiv:1706.03762'] },
    ]);
    expect((await store.readings(['doi:10.1000/two']))[0]!.map(({ source, at }) => [source, at])).toEqual([
      ['hacker-news', '2022-05-20'],
      ['semantic-scholar', '2022-05-20'],
    ]);
    server.answer = (_, response) => response.writeHead(403).end('the key secret-key is wrong');
    const failure = await ask(semanticScholar({ ...at, apiKey: 'secret-key' })).catch((error: Error) => error.message);
    expect(failure).toMatch(/403/);
    expect(failure).not.toContain('secret-key');
  });
});

describe('files', () => {
  it('JSON lines, plain and gzipped, with damage', async () => {
    const lines = [
      JSON.stringify({ id: 'arXiv:2204.00001', title: 'One', abstract: 'a', authors: ['A B'], date: '2022-05-01' }),
      '{"title": "cut',
      '',
      JSON.stringify({
        title: 'Two',
        summary: 's',
        authors: [{ name: 'C D' }],
        year: 2021,
        venue: 'acl',
        doi: '10.1000/2',
      }),
      '[1]',
      JSON.stringify({ title: 'No date' }),
      JSON.stringify({ title: 'Bad day', date: '2022-13-45' }),
      JSON.stringify({ abstract: 'no title', date: '2022' }),
      Buffer.from([0xff, 0xfe, 0x22]),
      JSON.stringify({
        title: 'Four',
        published: '2022-05-07T10:00:00Z',
        author: 'Lovelace, Ada and Grace Hopper',
        citationCount: 4,
      }),
    ];
    const bytes = Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')]));
    for (const path of [file('a.jsonl', bytes), file('b.jsonl.gz', gzipSync(bytes))]) {
      const { faults, read: understood } = await read(jsonLinesReader(path, { source: 'lines' }));
      if (path.endsWith('.gz')) expect(understood).toBe(3);
      expect(faults.map((line) => line.replace(/JSON: .*/, 'JSON'))).toEqual([
        'lines line 2: expected JSON',
        'lines line 5: expected an object',
        "lines line 6: expected a date or a year, got none ('No date')",
        'lines line 8: expected a title, got none',
        'lines line 9: expected UTF-8 text, got other bytes',
        "lines lines line 7: expected a day such as 2022-05-01, got '2022-13-45'".replace('lines lines', 'lines lines'),
      ]);
    }
    expect(await collect(store.papers())).toMatchObject([
      { id: 'arxiv:2204.00001', authors: ['A B'] },
      { id: 'doi:10.1000/2', date: '2021-01-01', venue: 'acl', authors: ['C D'], abstract: 's' },
      { title: 'Four', date: '2022-05-07' },
    ]);
    expect(await store.signals((await collect(store.papers())).map(({ id }) => id))).toMatchObject([
      {},
      {},
      { citations: 4 },
    ]);
  });

  it('a file that has not changed is not read again, one that has is', async () => {
    const path = file('same.jsonl', `${JSON.stringify({ title: 'The First Paper of All', year: 2020 })}\n`);
    expect(await read(jsonLinesReader(path))).toMatchObject({ read: 1 });
    expect(await read(jsonLinesReader(path))).toMatchObject({ read: 0 });
    writeFileSync(
      path,
      `${JSON.stringify({ title: 'The First Paper of All', year: 2020 })}\n${JSON.stringify({ title: 'The Second Paper of All', year: 2020 })}`,
    );
    expect(await read(jsonLinesReader(path))).toMatchObject({ read: 2, added: 1, unchanged: 1 });
    expect(await ingest(store, jsonLinesReader(path), { restart: true })).toMatchObject({ read: 2, unchanged: 2 });
  });

  it('a line of many megabytes is passed over', async () => {
    const path = file(
      'long.jsonl',
      `{"title": "${'x'.repeat(17 * 2 ** 20)}"}\n{"title": "After the long one", "year": 2020}`,
    );
    expect((await read(jsonLinesReader(path))).faults).toEqual([
      'long.jsonl line 1: expected a line of at most 16 MiB, got more',
    ]);
    expect(await store.size()).toBe(1);
  });

  it('damaged gzip ends the run, and what was read stays', async () => {
    const lines = Array.from({ length: 5000 }, (_, i) =>
      JSON.stringify({ title: `Paper ${Math.sin(i)} of many`, year: 2020, id: i }),
    );
    const bytes = gzipSync(lines.join('\n'));
    const path = file('cut.jsonl.gz', bytes.subarray(0, bytes.length * 0.8));
    await expect(read(jsonLinesReader(path))).rejects.toThrow(/expected gzip, got damaged or truncated data/);
    expect(await store.size()).toBeGreaterThan(1000);
  });

  it('CSV, as others write it, with damage', async () => {
    const path = file(
      'zotero.csv',
      '\ufeff"Key","Item Type","Publication Year","Author","Title","Publication Title","DOI","Abstract Note","Date"\n' +
        '"K1","journalArticle","2021","Lovelace, Ada; Hopper, Grace","A title, with ""quotes""","Journal","10.1000/A","two\nlines","2021-05-03"\n' +
        '"K2","journalArticle","2021","too few"\n' +
        '"K3","book","2020","Turing, Alan","\'=SUM(A1) is a formula","","","",""\n' +
        '"K4","book","2020","unclosed\n',
    );
    const { faults } = await read(csvReader(path));
    expect(faults).toHaveLength(2);
    expect(faults[0]).toMatch(/^zotero\.csv line \d: Invalid Record Length/);
    expect(faults[1]).toMatch(/Quote Not Closed/);
    expect(await collect(store.papers())).toMatchObject([
      {
        id: 'doi:10.1000/a',
        title: 'A title, with "quotes"',
        authors: ['Lovelace, Ada', 'Hopper, Grace'],
        date: '2021-05-03',
        venue: 'Journal',
        abstract: 'two lines',
      },
      { title: '=SUM(A1) is a formula', date: '2020-01-01' },
    ]);
  });

  it('BibTeX with accents, strings, formulas and damage', async () => {
    const path = file(
      'refs.bib',
      `Comments @ no entry.
@string{acl = "Annual Meeting of the " # {{ACL}}}
@comment{ @article{not, title={No}} }
@inproceedings(one, title = {{On} \\'Etale $\\alpha$ Cohomology \\& {\\"o}ther {\\ss}tudies -- 50\\% more}, booktitle = acl,
  author = {Poincar{\\'e}, Henri and Sch\\"{o}lkopf, B. and {OpenAI Team} and others}, year = 2021, month = may, doi = {10.1000/X_y})
@misc{two, title = {Broken {one}, author = {X}
@article{three, title = "Fine \\textit{emphasis} and {\\v S}koda, \\c{c}a va, na\\"\\i ve", year = "1999", eprint={2204.10628v2}, archivePrefix={arXiv}, primaryClass={cs.CL}}
@book{four, title={Without a year}}`,
    );
    const { faults } = await read(bibtexReader(path));
    expect(faults).toEqual([
      'refs.bib line 6: expected a closing }, got the end',
      "refs.bib line 8: expected a date or a year, got none ('Without a year')",
    ]);
    expect(await collect(store.papers())).toMatchObject([
      {
        id: 'doi:10.1000/x_y',
        title: 'On Étale α Cohomology & öther ßtudies – 50% more',
        authors: ['Henri Poincaré', 'B. Schölkopf', 'OpenAI Team'],
        venue: 'Annual Meeting of the ACL',
        date: '2021-05-01',
      },
      { id: 'arxiv:2204.10628', title: 'Fine emphasis and Škoda, ça va, naïve', categories: ['cs.CL'] },
    ]);
  });

  it('what is exported as BibTeX, CSV or JSON lines is read again as it was', async () => {
    // titles as people may write them; braces and formulas are TeX's own
    const title = fc.string({
      unit: fc.constantFrom(...'abcdé ñ中&%#_~^\\<>"\'=+-@!?.,:;()'),
      minLength: 20,
      maxLength: 60,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(title, { minLength: 1, maxLength: 5 }), async (titles) => {
        const first = await openStore(':memory:');
        await first.put(
          titles.map((text, i) => ({
            source: 's',
            record: `${i}`,
            paper: { ...cats, title: `Of ${i}: ${text}`, doi: `10.1000/${i}`, authors: ['Ada Łove', 'Grace Hopper'] },
          })),
        );
        const before = await collect(first.papers());
        for (const [format, reader] of [
          ['bibtex', bibtexReader],
          ['csv', csvReader],
          ['jsonl', jsonLinesReader],
        ] as const) {
          const path = file(`again.${format}`, (await collect(exportStore(first, format))).join(''));
          const second = await openStore(':memory:');
          await ingest(second, reader(path));
          const after = await collect(second.papers());
          // two hyphens are a dash in TeX
          const dashed = (text: string) =>
            format === 'bibtex'
              ? text.replace(/---/g, '—').replace(/--/g, '–').replace(/''/g, '”').normalize('NFC')
              : text;
          expect(after.map(({ title, authors, date, doi }) => ({ title, authors, date, doi }))).toEqual(
            before.map(({ title, authors, date, doi }) => ({ title: dashed(title), authors, date, doi })),
          );
          await second.close();
        }
        await first.close();
      }),
      { numRuns: 15 },
    );
  });

  it('RSS and Atom, with HTML in their texts', async () => {
    const rss = file(
      'news.xml',
      `<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>News</title>
      <item><title>First &lt;b&gt;bold&lt;/b&gt;&nbsp;item</title><link>https://arxiv.org/abs/2204.00009</link>
        <description><![CDATA[<p>Hello <script>alert(1)</script>&amp; <i>bye</i></p>]]></description>
        <dc:creator>Ada Lovelace, Grace Hopper</dc:creator><pubDate>Sun, 01 May 2022 10:00:00 GMT</pubDate></item>
      <item><title>No date</title></item>
      <item><title>Cut off</title><pubDate>Sun, 01 May 2022 10:00:00 GMT</pubDate></item><item><title>x</titel>`,
    );
    const { faults } = await read(feedReader(rss));
    expect(await collect(store.papers())).toMatchObject([
      {
        id: 'arxiv:2204.00009',
        title: 'First bold item',
        abstract: 'Hello & bye',
        authors: ['Ada Lovelace', 'Grace Hopper'],
      },
      { title: 'Cut off', date: '2022-05-01' },
    ]);
    expect(faults[0]).toMatch(/expected a date, got none \('No date'\)$/);
    expect(faults[1]).toMatch(/line 6: .*\(the items before were read\)$/);
    await expect(read(feedReader(file('page.html', '<!doctype html><p>hi<br>')))).rejects.toThrow(
      /expected an RSS or Atom feed/,
    );
    expect(await read(feedReader(rss))).toMatchObject({ read: 0 });
  });

  it('folders of PDF and text, with what is no PDF', async () => {
    const library = join(folder, 'library');
    mkdirSync(join(library, 'deep'), { recursive: true });
    writeFileSync(
      join(library, 'paper.pdf'),
      pdf([
        '(A Study of Reading Cats) 20',
        '(arXiv:2204.00077v2  [cs.CL]  22 Apr 2022) 10',
        '(Cats read more than is known.) 10',
      ]),
    );
    writeFileSync(join(library, 'broken.pdf'), '%PDF-1.4\nnothing of use');
    writeFileSync(join(library, 'deep', '2021-03-04_notes-on-cats.md'), '# Notes on Cats\n\nThey read.');
    writeFileSync(join(library, 'latin.txt'), Buffer.from([0x63, 0xe9]));
    writeFileSync(join(library, 'image.png'), 'no');
    const { faults, added } = await read(folderReader(library));
    expect(added).toBe(2);
    expect(faults).toHaveLength(2);
    expect(faults[0]).toMatch(/broken\.pdf: expected a PDF: /);
    expect(faults[1]).toMatch(/latin\.txt: expected UTF-8 text, got other bytes$/);
    expect(await collect(store.papers())).toMatchObject([
      { title: 'Notes on Cats', date: '2021-03-04', abstract: '# Notes on Cats\n\nThey read.' },
      {
        id: 'arxiv:2204.00077',
        title: 'A Study of Reading Cats',
        date: '2022-04-22',
        arxiv: { id: '2204.00077', version: 2 },
        text: expect.stringContaining('Cats read more than is known.'),
      },
    ]);
    expect(await read(folderReader(library))).toMatchObject({ read: 0, faultCount: 0 });
    const again = join(library, 'deep', '2021-03-04_notes-on-cats.md');
    writeFileSync(again, '# Notes on Cats\n\nThey read a lot.');
    utimesSync(again, new Date(), new Date(Date.now() + 5000));
    expect(await read(folderReader(library))).toMatchObject({ read: 1, updated: 1 });
  });
});

/** A PDF of one page with lines of text and their sizes, made by hand. */
function pdf(lines: readonly string[]): Buffer {
  const content = lines
    .map((line, i) => {
      const [, text, size] = /^(\(.*\)) (\d+)$/.exec(line)!;
      return `BT /F1 ${size} Tf 50 ${700 - 40 * i} Td ${text} Tj ET`;
    })
    .join('\n');
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let file = '%PDF-1.4\n';
  const offsets = objects.map((object, i) => {
    const at = file.length;
    file += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const xref = file.length;
  file += `xref\n0 6\n0000000000 65535 f \n${offsets.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('')}`;
  return Buffer.from(`${file}trailer << /Size 6 /Root 1 0 R >>\nstartxref\n${xref}\n%%EOF`, 'latin1');
}
