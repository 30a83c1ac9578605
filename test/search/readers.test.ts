/** Files as users have them, well-formed or not: what is in them, and what is said of the rest. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { type Item, type ReadItemsOptions, readItems, readQueries } from 'tenfold/search';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let folder: string;
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenfold-readers-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** What a file of that content has in it. */
async function read(name: string, content: string | Uint8Array, options: ReadItemsOptions = {}): Promise<Item[]> {
  const own = join(folder, String(files++));
  await mkdir(own);
  const path = join(own, name);
  await writeFile(path, content);
  return all(path, options);
}
async function all(path: string, options: ReadItemsOptions = {}): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of readItems(path, options)) items.push(item);
  return items;
}
const documents = (items: readonly Item[]) => items.flatMap((item) => ('document' in item ? [item.document] : []));
const queries = (items: readonly Item[]) => items.flatMap((item) => ('query' in item ? [item.query] : []));
const judgements = (items: readonly Item[]) => items.flatMap((item) => ('judgement' in item ? [item.judgement] : []));
const problems = (items: readonly Item[]) =>
  items.flatMap((item) => ('problem' in item ? [`${item.problem.where}: ${item.problem.what}`] : []));

describe('JSON lines', () => {
  const lines = [
    '\uFEFF{"id": "a", "title": "A", "text": "first", "year": 2021, "authors": ["x", "y"]}',
    '{"_id": 7, "contents": "second", "title": null}\r',
    '',
    '{"id": "c", "text": ',
    '["no object"]',
    '{"title": "no id", "text": "x"}',
    '{"id": "", "text": "x"}',
    '{"id": "d", "title": "no text"}',
    '{"id": "e", "text": 5}',
    '{"id": "f", "text": "x", "title": {}}',
    '{"id": "g", "text": "x", "queries": "no list"}',
    '{"id": "h", "text": "", "queries": ["who?"]}',
  ];
  const content = Buffer.concat([
    Buffer.from(`${lines.join('\n')}\n`),
    Buffer.from([0x7b, 0xff, 0x0a]),
    Buffer.from('{"id":"z","text":"last"}'),
  ]);

  it('keeps all fields, names what is malformed by its line, and reads on behind it', async () => {
    const items = await read('a.jsonl', content);
    expect(documents(items)).toEqual([
      { id: 'a', title: 'A', text: 'first', year: 2021, authors: ['x', 'y'] },
      { id: '7', text: 'second' },
      { id: 'h', text: '', queries: ['who?'] },
      { id: 'z', text: 'last' },
    ]);
    expect(problems(items)).toEqual([
      expect.stringMatching(/^a\.jsonl: line 4: expected JSON: /),
      'a.jsonl: line 5: expected an object, got a list',
      "a.jsonl: line 6: expected an id under 'id' or '_id', got fields title, text",
      "a.jsonl: line 7: expected an id under 'id' or '_id', got an empty one",
      "a.jsonl: line 8: expected a text under 'text' or 'contents', got fields id, title",
      "a.jsonl: line 9: expected a text under 'text' or 'contents', got a number",
      "a.jsonl: line 10: expected a text under 'title', got an object",
      "a.jsonl: line 11: expected a list of texts under 'queries', got a string",
      'a.jsonl: line 13: expected text in UTF-8, got other bytes',
    ]);
  });

  it('is the same gzipped, in one member or several', async () => {
    const plain = documents(await read('b.jsonl', content));
    expect(documents(await read('b.jsonl.gz', gzipSync(content)))).toEqual(plain);
    const parts = Buffer.concat([gzipSync(content.subarray(0, 50)), gzipSync(content.subarray(50))]);
    expect(documents(await read('b.jsonl', parts))).toEqual(plain);
  });

  it('takes other names for its fields', async () => {
    const line = '{"doi": "10/x", "name": "T", "abstract": "said", "text": "kept"}';
    const fields = { id: 'doi', title: 'name', text: 'abstract' };
    const [document] = documents(await read('c.jsonl', line, { fields }));
    expect(document).toEqual({ id: '10/x', title: 'T', text: 'said' });
  });

  it('holds whatever JSON holds, wherever pieces of the file end', async () => {
    const value = fc.record({
      id: fc.string({ minLength: 1 }),
      text: fc.string({ unit: 'binary' }),
      more: fc.jsonValue(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(value, { maxLength: 20 }), fc.boolean(), async (values, gz) => {
        // so long that the file is read in several pieces
        const padding = `${JSON.stringify({ id: 'padding', text: 'é'.repeat(131_000) })}\n`;
        const text = padding + values.map((one) => `${JSON.stringify(one)}\n`).join('');
        const bytes = Buffer.from(text);
        const found = documents(await read('p.jsonl', gz ? gzipSync(bytes) : bytes));
        const wanted = values.map((one) => JSON.parse(JSON.stringify(one)));
        expect(found.slice(1)).toEqual(wanted);
      }),
      { numRuns: 30 },
    );
  });

  it('leaves out a line that is too long, and only that', async () => {
    const long = Buffer.alloc(2 ** 26 + 1, 'x');
    const items = await read('long.jsonl', Buffer.concat([long, Buffer.from('\n{"id":"b","text":"next"}\n')]));
    expect(documents(items)).toEqual([{ id: 'b', text: 'next' }]);
    expect(problems(items)).toEqual(['long.jsonl: line 1: expected at most 67108864 bytes, got more']);
  });

  it('says that gzip is damaged or cut short, and what has no format', async () => {
    await expect(read('d.jsonl.gz', gzipSync(content).subarray(0, 60))).rejects.toThrow(/expected gzip, got damaged/);
    await expect(read('d.pdf', '{}')).rejects.toThrow(
      /d\.pdf: expected a folder or a file that ends in \.txt, \.md, \.jsonl, \.json or \.tsv, or --format text\|/,
    );
    await expect(all(join(folder, 'nowhere.jsonl'))).rejects.toThrow('ENOENT');
  });
});

describe('files of text', () => {
  it('a file is a document, its heading or its name the title', async () => {
    const [markdown] = documents(await read('a.md', '\uFEFFintro\n\n# The *moon* \n\n## not this\n# nor this\n'));
    expect(markdown).toMatchObject({ title: 'The *moon*', text: 'intro\n\n# The *moon* \n\n## not this\n# nor this' });
    expect(markdown!.id).toMatch(/\/a\.md$/);
    expect(markdown).toHaveProperty('file', markdown!.id);
    expect(documents(await read('log.txt', '# a comment'))[0]).toMatchObject({ title: 'log', text: '# a comment' });
    expect(problems(await read('b.txt', ' \n'))).toEqual([
      expect.stringMatching(/b\.txt: expected a text, got an empty/),
    ]);
    expect(problems(await read('c.txt', Uint8Array.of(0xff, 0xfe, 0x41)))).toEqual([
      expect.stringMatching(/c\.txt: expected text in UTF-8, got other bytes$/),
    ]);
  });

  it('a long one is cut where lines are empty, else between lines, words, letters', async () => {
    const paragraph = `${'word '.repeat(199)}end.`;
    for (const [gap, whole] of [
      ['\n\n', Array(60).fill(paragraph)],
      ['\n', Array(60).fill(paragraph)],
      [' ', Array(9000).fill('abcdef')],
      ['', Array(30_000).fill('👩')],
    ] as const) {
      const text = whole.join(gap);
      const parts = documents(await read('book.txt', text));
      expect(parts.length).toBeGreaterThan(1);
      expect(parts.map(({ text: part }) => part).join(gap)).toBe(text);
      expect(parts.map(({ id }) => id.split('/').at(-1))).toEqual(parts.map((_, i) => `book.txt#${i + 1}`));
      for (const { text: part } of parts) expect(part.length).toBeLessThanOrEqual(30_000);
      if (gap === '\n\n') for (const { text: part } of parts) expect(part).toMatch(/^word .* end\.$/s);
    }
  });

  it('a folder has all of them, by path; other files are told together', async () => {
    const own = join(folder, 'notes');
    await mkdir(join(own, 'deep/er'), { recursive: true });
    await mkdir(join(own, 'node_modules'));
    await mkdir(join(own, '.git'));
    for (const name of [
      'b.md',
      'a.txt',
      'deep/er/c.markdown',
      'node_modules/x.md',
      '.git/y.txt',
      '.z.md',
      'p.pdf',
      'q.png',
    ])
      await writeFile(join(own, name), `text of ${name}`);
    const items = await all(own);
    expect(documents(items).map(({ id }) => id.slice(own.length))).toEqual(['/a.txt', '/b.md', '/deep/er/c.markdown']);
    expect(problems(items)).toEqual([
      `${own}: expected files that end in .txt or .md, got 2 more, as ${join(own, 'p.pdf')}`,
    ]);
  });
});

it('a list in a JSON file', async () => {
  const list = [{ id: 1, text: 'one', year: 2020 }, { text: 'no id' }];
  for (const content of [list, { version: 2, documents: list }]) {
    const items = await read('list.json', JSON.stringify(content));
    expect(documents(items)).toEqual([{ id: '1', text: 'one', year: 2020 }]);
    expect(problems(items)).toEqual(["list.json: line 1: expected an id under 'id' or '_id', got fields text"]);
  }
});

describe('tab-separated values', () => {
  it('two cells are id and text, three id, title and text', async () => {
    const items = await read('a.tsv', 'p1\tfirst "text"\np2\tT\tsecond\nalone\n');
    expect(documents(items)).toEqual([
      { id: 'p1', text: 'first "text"' },
      { id: 'p2', title: 'T', text: 'second' },
    ]);
    expect(problems(items)).toEqual([
      'a.tsv: line 3: expected id and text, or id, title and text, with tabs between, got 1 cells',
    ]);
  });

  it('a first row with id and text in it names the cells', async () => {
    const items = await read('b.tsv', 'id\ttext\tyear\np1\tone\t2020\np2\ttwo\n');
    expect(documents(items)).toEqual([{ id: 'p1', text: 'one', year: '2020' }]);
    expect(problems(items)).toEqual(['b.tsv: line 3: expected 3 cells, with tabs between, got 2 cells']);
  });
});

describe('DPR', () => {
  const format = 'dpr';
  it('passages in quotes', async () => {
    const items = await read('psgs_w100.tsv', 'id\ttext\ttitle\n1\t"a ""quoted"" word"\tT\n2\tplain\tU\n', { format });
    expect(documents(items)).toEqual([
      { id: '1', text: 'a "quoted" word', title: 'T' },
      { id: '2', text: 'plain', title: 'U' },
    ]);
  });

  it('questions with passages that answer them and such that do not', async () => {
    const ctx = (id: string, text = `text ${id}`) => ({ title: 'T', text, score: 1, passage_id: id });
    const list = [
      {
        question: 'who?',
        answers: ['me'],
        positive_ctxs: [ctx('1'), ctx('1')],
        negative_ctxs: [ctx('2')],
        hard_negative_ctxs: [{ title: 'N', text: 'x' }],
      },
      { answers: [] },
      {
        question: 'what [{"?',
        positive_ctxs: [{ psg_id: '2', title: 'T', text: 'text 2' }],
        hard_negative_ctxs: [ctx('3')],
      },
    ];
    const items = await read('dev.json', JSON.stringify(list, null, 1), { format });
    expect(documents(items).map(({ id }) => id)).toEqual(['1', '2', '3']);
    expect(queries(items)).toEqual([
      { id: '1', text: 'who?', answers: ['me'] },
      { id: '3', text: 'what [{"?' },
    ]);
    expect(judgements(items)).toEqual([
      { query: '1', document: '1', grade: 1 },
      { query: '1', document: '2', grade: 0 },
      { query: '3', document: '2', grade: 1 },
      { query: '3', document: '3', grade: 0 },
    ]);
    expect(problems(items)).toEqual([
      "dev.json: line 2: expected passages with a 'passage_id' or 'psg_id' under 'hard_negative_ctxs', got one without",
      expect.stringMatching(/^dev\.json: line \d+: expected a text under 'question'$/),
    ]);
  });

  it('questions with answers, as Python writes lists', async () => {
    const lines = [
      "who is it\t['a', 'b', 'a']",
      `where\t["it's", 'say \\'so\\'', 'caf\\xe9 \\u2014', ]`,
      `"what ""is"" it"\t"[""x"", 'y']"`,
      'why\t[]',
      'how',
      "when\t['a'",
      "then\t['a' and 'b']",
    ];
    const items = await read('nq.qas.csv', `${lines.join('\n')}\n`, { format });
    expect(queries(items)).toEqual([
      { id: '1', text: 'who is it', answers: ['a', 'b'] },
      { id: '2', text: 'where', answers: ["it's", "say 'so'", 'café —'] },
      { id: '3', text: 'what "is" it', answers: ['x', 'y'] },
      { id: '4', text: 'why' },
      { id: '5', text: 'how' },
    ]);
    expect(problems(items)).toEqual([
      "nq.qas.csv: line 6: expected answers as ['…', …] after the tab",
      "nq.qas.csv: line 7: expected answers as ['…', …] after the tab",
    ]);
  });

  it.each(['[{"question": "a"', '{"data": [', '"text"', '', '[1, 2]'])('refuses %j', async (text) => {
    await expect(read('bad.json', text, { format })).rejects.toThrow(/bad\.json: expected (whole )?JSON/);
  });
});

describe('KILT', () => {
  const format = 'kilt';
  it('pages become paragraphs under their headings', async () => {
    const page = {
      _id: '12',
      wikipedia_id: '12',
      wikipedia_title: 'Anarchism',
      text: ['Anarchism\n', 'It is a movement.\n', 'Section::::History.\n', '\n', 'It began.\n', 5],
    };
    const items = await read('ks.jsonl', `${JSON.stringify(page)}\n{"wikipedia_title": "X"}\n{}\n`, { format });
    expect(documents(items)).toEqual([
      { id: '12-1', title: 'Anarchism', text: 'It is a movement.', page: '12' },
      { id: '12-4', title: 'Anarchism', text: 'It began.', page: '12', section: 'History' },
    ]);
    expect(problems(items).map((line) => line.slice(0, 40))).toEqual([
      'ks.jsonl: line 1: expected paragraph 5 t',
      "ks.jsonl: line 2: expected a page with '",
      'ks.jsonl: line 3: expected a page with a',
    ]);
  });

  it('tasks become queries, their provenance judgements', async () => {
    const task = {
      id: 'q1',
      input: 'what is it',
      output: [
        { answer: 'a', provenance: [{ wikipedia_id: '12', start_paragraph_id: 1, end_paragraph_id: 2 }] },
        {
          answer: 'b',
          provenance: [{ wikipedia_id: '12', start_paragraph_id: 2, end_paragraph_id: 2 }, { wikipedia_id: '13' }],
        },
        { answer: 'c' },
      ],
    };
    const items = await read('dev.jsonl', JSON.stringify(task), { format });
    expect(queries(items)).toEqual([
      {
        id: 'q1',
        text: 'what is it',
        answers: ['a', 'b', 'c'],
        evidence: [
          ['12-1', '12-2'],
          ['12-2', '13'],
        ],
      },
    ]);
    expect(judgements(items).map(({ document }) => document)).toEqual(['12-1', '12-2', '13']);
  });
});

describe('SQuAD', () => {
  it('paragraphs, and which question is answered in which', async () => {
    const qas = [
      { id: 'q1', question: 'who?', answers: [{ text: 'a', answer_start: 0 }] },
      { id: 'q2', question: 'why?', is_impossible: true },
      { question: 'no id' },
    ];
    const data = [
      { title: 'Super_Bowl', paragraphs: [{ context: 'c0 } ] "', qas }, { context: 'c1', qas: [] }, { qas: [] }] },
      { title: 'None' },
      { paragraphs: [{ context: 'c2', qas: [{ id: 'q3', question: 'where?' }] }] },
    ];
    const items = await read('train.json', JSON.stringify({ version: ['v2.0'], data }), { format: 'squad' });
    expect(documents(items)).toEqual([
      { id: '0-0', title: 'Super Bowl', text: 'c0 } ] "' },
      { id: '0-1', title: 'Super Bowl', text: 'c1' },
      { id: '2-0', text: 'c2' },
    ]);
    expect(queries(items)).toEqual([
      { id: 'q1', text: 'who?', answers: ['a'] },
      { id: 'q2', text: 'why?' },
      { id: 'q3', text: 'where?' },
    ]);
    expect(judgements(items)).toEqual([
      { query: 'q1', document: '0-0', grade: 1 },
      { query: 'q3', document: '2-0', grade: 1 },
    ]);
    expect(problems(items)).toHaveLength(3);
  });

  const xquad = fileURLToPath(new URL('../../../shared/data/qa/xquad.en.json', import.meta.url));
  it.skipIf(!existsSync(xquad))('XQuAD has what its paper says (skipped without the file)', async () => {
    const items = await all(xquad, { format: 'squad' });
    expect([documents(items).length, queries(items).length, judgements(items).length, problems(items).length]).toEqual([
      240, 1190, 1190, 0,
    ]);
  });
});

describe('BEIR', () => {
  it('a folder with corpus, queries and judgements', async () => {
    const own = join(folder, 'beir');
    await mkdir(join(own, 'qrels'), { recursive: true });
    await writeFile(
      join(own, 'corpus.jsonl.gz'),
      gzipSync('{"_id":"d","title":"","text":"t","metadata":{"year":1}}\n'),
    );
    await writeFile(join(own, 'queries.jsonl'), '{"_id":"q","text":"who","metadata":{}}\n');
    await writeFile(join(own, 'qrels', 'test.tsv'), 'query-id\tcorpus-id\tscore\nq\td\t2\n');
    const items = await all(own);
    expect(items).toEqual([
      { document: { id: 'd', text: 't', metadata: { year: 1 } } },
      { query: { id: 'q', text: 'who' } },
      { judgement: { query: 'q', document: 'd', grade: 2 } },
    ]);
  });

  it('a folder with none of them is refused', async () => {
    await mkdir(join(folder, 'empty'));
    await expect(all(join(folder, 'empty'), { format: 'beir' })).rejects.toThrow(
      "expected BEIR's corpus.jsonl, queries.jsonl or qrels",
    );
    await expect(all(join(folder, 'empty'))).rejects.toThrow(
      "empty: expected files that end in .txt or .md, or BEIR's corpus.jsonl, got none of them",
    );
  });
});

it('queries come as JSON lines, or as ids and texts with tabs between', async () => {
  const path = join(folder, 'queries.txt');
  const lines = ['{"question": "first", "answer": ["a", "b"]}', 'q2\tsecond', '{"_id": 3, "query": "third"}', 'no tab'];
  await writeFile(path, `${lines.join('\n')}\n{"id": 1}\n`);
  const items: Item[] = [];
  for await (const item of readQueries(path)) items.push(item);
  expect(queries(items)).toEqual([
    { id: '1', text: 'first', answers: ['a', 'b'] },
    { id: 'q2', text: 'second' },
    { id: '3', text: 'third' },
  ]);
  expect(problems(items).map((line) => line.slice(0, 19))).toEqual(['queries.txt: line 4', 'queries.txt: line 5']);
});
