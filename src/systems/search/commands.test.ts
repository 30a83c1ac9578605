/** The verbs, from files to results, and every mistake in one line. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silent } from '../../command/index.ts';
import { CollectionWriter } from './collection/writer.ts';
import { addVerb } from './commands/add-command.ts';
import { deleteVerb } from './commands/delete-command.ts';
import { evalVerb } from './commands/eval-command.ts';
import { importVerb } from './commands/import-command.ts';
import { indexVerb } from './commands/index-command.ts';
import { queryVerb } from './commands/query-command.ts';
import { serveVerb } from './commands/serve-command.ts';
import { trainVerb } from './commands/train-command.ts';
import { openIndexWriter } from './searcher/index-folder.ts';

let folder: string;
/** An index of `papers`. */
let index: string;
let notes: string[] = [];
const progress = { ...silent, note: (line: string) => void notes.push(line) };
const signal = new AbortController().signal;
const at = (...names: string[]) => join(folder, ...names);

const papers = [
  { id: 'p1', title: 'Earthquake prediction', abstract: 'Can earthquakes be predicted? Not yet.', year: 2020 },
  { id: 'p2', title: 'Volcanoes', abstract: 'Volcanoes erupt; some erupt often.', year: 2021 },
  { id: 'p3', title: 'Tides', abstract: 'Tides follow the moon.\u001b[31m <b>Red</b>', year: 2022 },
];
const written = (documents: readonly object[]) => documents.map((one) => `${JSON.stringify(one)}\n`).join('');

type OptionsOf<V extends { run(request: never): unknown }> = Parameters<V['run']>[0] extends { options: infer O }
  ? O
  : never;
const none = { format: undefined, idField: undefined, titleField: undefined, textField: undefined };
const abstracts = { ...none, textField: 'abstract' };

const makeIndex = (out: string, files: string[], options: Partial<OptionsOf<typeof indexVerb>> = {}, stop = signal) =>
  indexVerb.run({
    args: { files },
    options: { out, ...abstracts, analyser: 'ascii', model: undefined, ...options },
    signal: stop,
    progress,
  });
const add = (files: string[], options: Partial<OptionsOf<typeof addVerb>> = {}, to = index) =>
  addVerb.run({ args: { index: to, files }, options: { ...abstracts, ...options }, signal, progress });
const del = (ids: string[], filter: string[] = [], from = index) =>
  deleteVerb.run({ args: { index: from, ids }, options: { filter }, signal, progress });
const queryDefaults = {
  limit: 10,
  rank: undefined,
  scoring: 'intersective',
  beams: 15,
  prefix: false,
  fuzzy: 0,
  filter: [],
  exact: false,
  queries: undefined,
  run: undefined,
} as const;
const query = (text: string, options: Partial<OptionsOf<typeof queryVerb>> = {}, of = index) =>
  queryVerb.run({
    args: { index: of, query: text.split(' ') },
    options: { ...queryDefaults, ...options },
    signal,
    progress,
  });
const evaluated = (args: { qrels: string; run?: string }, options: Partial<OptionsOf<typeof evalVerb>> = {}) =>
  evalVerb.run({
    args: { qrels: args.qrels, run: args.run },
    options: {
      ...queryDefaults,
      limit: 100,
      format: 'qrels',
      split: undefined,
      index: undefined,
      queries: undefined,
      out: undefined,
      answered: false,
      ...options,
    },
    signal,
    progress,
  });
const imported = (files: string[], options: Partial<OptionsOf<typeof importVerb>> & { out: string }) =>
  importVerb.run({ args: { files }, options: { ...none, overwrite: false, ...options }, signal, progress });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'search-commands-'));
  index = at('index');
  await writeFile(at('papers.jsonl'), `${written(papers)}{"id": "broken"\n`);
  await writeFile(at('queries.tsv'), 'q1\tearthquakes\nq2\terupt\nq3\tnothing of it\n');
  await writeFile(at('qrels.tsv'), 'query-id\tcorpus-id\tscore\nq1\tp1\t1\nq2\tp2\t2\nq3\tp3\t1\n');
});
afterAll(() => rm(folder, { recursive: true }));

describe('index, add, delete', () => {
  test('documents become an index; what is malformed is named and left out', async () => {
    notes = [];
    const result = await makeIndex(index, [at('papers.jsonl')]);
    expect(result).toEqual({ folder: index, added: 3, replaced: 0, unchanged: 0, leftOut: 1, documents: 3 });
    expect(notes).toEqual([expect.stringMatching(/^left out: papers\.jsonl: line 4: expected JSON/)]);
    expect(indexVerb.text(result)).toMatch(/^3 documents added, 1 malformed left out; 3 in all\n/);
    expect(await readdir(index)).not.toContain('.unfinished');
  });

  test('a folder that is one already is refused, and stays as it was', async () => {
    await expect(makeIndex(index, [at('papers.jsonl')])).rejects.toThrow(
      /^index: expected a new or empty folder, got .*, an index; “tenfold search add/,
    );
    await expect(makeIndex(folder, [at('papers.jsonl')])).rejects.toThrow(/, one with other files$/);
  });

  test('a model comes along, and n-grams are searched at once', async () => {
    const out = at('with-model');
    await makeIndex(out, [at('papers.jsonl')], { model: 'shipped' });
    const found = await query('can you predict earthquakes', { rank: 'ngrams', limit: 1 }, out);
    expect('hits' in found && found.hits[0]!.document.id).toBe('p1');
    expect(queryVerb.text(found)).toMatch(/because of “[^”]+” \d+ % \(\d+×\)/);
    await expect(makeIndex(at('no'), [at('papers.jsonl')], { model: at('nowhere') })).rejects.toThrow(
      /ENOENT.*nowhere/,
    );
  });

  test('an empty folder is as good as none', async () => {
    await mkdir(at('room'));
    expect((await makeIndex(at('room'), [at('papers.jsonl')])).documents).toBe(3);
    expect((await makeIndex(at('deep', 'er', 'index'), [at('papers.jsonl')])).documents).toBe(3);
  });

  test('adding again passes over what is there, replaces what differs', async () => {
    await writeFile(
      at('more.jsonl'),
      written([papers[0]!, { ...papers[1], year: 1999 }, { id: 'p4', abstract: 'new' }]),
    );
    expect(await add([at('more.jsonl')])).toEqual({ added: 1, replaced: 1, unchanged: 1, leftOut: 0, documents: 4 });
    expect(await add([at('more.jsonl')])).toEqual({ added: 0, replaced: 0, unchanged: 3, leftOut: 0, documents: 4 });
  });

  test('documents go by id or by a condition', async () => {
    const absent = await del(['p4', 'nobody', 'nobody']);
    expect(absent).toEqual({ deleted: 1, absent: 1, documents: 3 });
    expect(deleteVerb.text(absent)).toBe('1 document deleted, 1 not there; 3 in all');
    expect(await del([], ['year<2000'])).toEqual({ deleted: 1, absent: 0, documents: 2 });
    await add([at('papers.jsonl')]);
  });

  test('one whose making was killed is made anew, unless somebody is making it', async () => {
    const out = at('begun');
    await mkdir(join(out, 'model'), { recursive: true });
    await writeFile(join(out, 'model/tokenizer.json'), '{"half": ');
    await writeFile(join(out, '.unfinished'), String(process.ppid));
    await expect(makeIndex(out, [at('papers.jsonl')])).rejects.toThrow(
      `index: expected nobody else at work in ${out}, got process ${process.ppid}`,
    );
    await writeFile(join(out, '.unfinished'), '4194305'); // more than any process has
    expect(await makeIndex(out, [at('papers.jsonl')])).toMatchObject({ documents: 3 });
    expect((await readdir(out)).filter((name) => !name.startsWith('segment'))).toEqual(['manifest', 'model']);
  });

  test('an empty folder that was there stays when nothing comes of it', async () => {
    const out = at('empty');
    await mkdir(out);
    await writeFile(at('not-a-model'), '');
    await expect(makeIndex(out, [at('papers.jsonl')], { model: at('not-a-model') })).rejects.toThrow();
    expect(await readdir(out)).toEqual([]);
    expect(await makeIndex(out, [at('papers.jsonl')])).toMatchObject({ documents: 3 });
  });

  test('a folder of texts', async () => {
    await mkdir(at('notes'));
    await writeFile(at('notes/tides.md'), '# Tides\n\nTides follow the moon.\n');
    await writeFile(at('notes/todo.txt'), 'Buy a lamp.\n');
    expect(await makeIndex(at('notes-index'), [at('notes')], none)).toMatchObject({ added: 2, leftOut: 0 });
    const found = await query('moon', {}, at('notes-index'));
    expect('hits' in found && found.hits.map(({ document: { id, title } }) => [id, title])).toEqual([
      [at('notes/tides.md'), 'Tides'],
    ]);
    expect(await add([at('notes')], none, at('notes-index'))).toMatchObject({ unchanged: 2, added: 0 });
  });

  test('without documents there is no index', async () => {
    await writeFile(at('empty.jsonl'), '{}\n');
    await expect(makeIndex(at('never'), [at('empty.jsonl')])).rejects.toThrow(
      /^index: expected documents, got none in /,
    );
    // the field that is not called as expected is told
    await expect(makeIndex(at('never'), [at('papers.jsonl')], none)).rejects.toThrow(
      "papers.jsonl (papers.jsonl: line 1: expected a text under 'text' or 'contents', got fields id, title, abstract, year); fields of other names are told by --text-field and --id-field",
    );
    await expect(makeIndex(at('never'), [at('nowhere.jsonl')])).rejects.toThrow('ENOENT');
    expect(await readdir(folder)).not.toContain('never');
  });

  test('a second writer is told that the index is locked', async () => {
    const writer = await openIndexWriter(index);
    await expect(add([at('more.jsonl')])).rejects.toThrow(`process ${process.pid}`);
    await expect(del(['p1'])).rejects.toThrow(`process ${process.pid}`);
    await writer.close();
  });

  test('words of every script are found, unless it is told otherwise', async () => {
    expect(indexVerb.options.analyser.default).toBe('unicode');
    await writeFile(
      at('scripts.jsonl'),
      '{"id":"ja","text":"東京は日本の首都です。"}\n{"id":"de","text":"Müller mahlen"}\n',
    );
    const out = at('scripts');
    await makeIndex(out, [at('scripts.jsonl')], { ...none, analyser: indexVerb.options.analyser.default });
    for (const [asked, id] of [
      ['東京', 'ja'],
      ['MÜLLER', 'de'],
    ] as const) {
      const found = await query(asked, {}, out);
      expect('hits' in found && found.hits.map(({ document }) => document.id)).toEqual([id]);
    }
  });

  test('an index keeps its analyser and its tokens', async () => {
    const out = at('stems');
    await makeIndex(out, [at('papers.jsonl')], { analyser: 'english' });
    const found = await query('erupting volcano', {}, out);
    expect('hits' in found && found.hits.map(({ document }) => document.id)).toEqual(['p2']);
    await expect(CollectionWriter.open(out)).rejects.toThrow(/expected the collection's tokenizer, .*, got utf-8/);
    await expect(openIndexWriter(out, { analyser: 'ascii' })).rejects.toThrow(
      /expected the collection's analyser, english, got ascii/,
    );
  });
});

describe('query', () => {
  test('documents with the reason why, control characters gone', async () => {
    const result = await query('tides red');
    const text = queryVerb.text(result);
    expect(text).toBe(
      `  1  ${'hits' in result && result.hits[0]!.score.toFixed(3)}  [Tides]  (p3)\n` +
        '     [Tides] follow the moon. [31m <b>[Red]</b>\n' +
        `     because of tides 57 % (in 1), red 43 % (in 1)`,
    );
  });

  test('filters, limits, nothing', async () => {
    const found = await query('earthquakes volcanoes tides', { filter: ['year>=2021'], limit: 1 });
    expect('hits' in found && found.hits).toHaveLength(1);
    expect(queryVerb.text(await query('zebra'))).toBe('nothing was found');
  });

  test('words as they may have been meant, and what was asked beside what was found', async () => {
    expect(queryVerb.text(await query('eartquakes volc', { prefix: true }))).toMatch(/Volcanoes/);
    expect(queryVerb.text(await query('eartquakes', { fuzzy: 1 }))).toMatch(
      /because of eartquakes → earthquakes 100 % \(in 1\)$/,
    );
  });

  test('a text word for word', async () => {
    const found = await query('be predicted', { exact: true });
    expect(found).toEqual({
      exact: 'be predicted',
      count: 1,
      documents: [{ id: 'p1', title: 'Earthquake prediction' }],
    });
    expect(queryVerb.text(found)).toBe('“be predicted” occurs once\n  Earthquake prediction  (p1)');
  });

  test('a file of queries becomes a run file, which eval reads', async () => {
    const run = at('papers.run');
    expect(await query('', { queries: at('queries.tsv'), run })).toEqual({ run, queries: 3, leftOut: 0 });
    const lines = (await readFile(run, 'utf8')).trim().split('\n');
    expect(lines[0]).toMatch(/^q1 Q0 p1 1 \d+(\.\d+)? papers\.run$/);
    const of = await evaluated({ qrels: at('qrels.tsv'), run });
    expect(of).toMatchObject({ queries: 3, missing: 1, means: { MRR: 2 / 3, 'hits@1': 2 / 3 } });
    expect(evalVerb.text(of)).toMatch(/^3 queries, 1 judged ones without a result\nnDCG@10 {6}0\.6667\n/);
    expect(of.perQuery.q2).toMatchObject({ 'nDCG@10': 1, 'R-precision': 1 });
    const answered = await evaluated({ qrels: at('qrels.tsv'), run }, { answered: true });
    expect(answered).toMatchObject({ queries: 2, missing: 1, means: { MRR: 1 } });
  });

  test.each<[string, string, Partial<OptionsOf<typeof queryVerb>>, RegExp]>([
    ['no query', ' ', {}, /^query: expected a query, or --queries/],
    ['--run alone', 'x', { run: 'x' }, /^query: expected --queries and --run together/],
    ['both', 'x', { queries: 'x', run: 'y' }, /^query: expected --queries alone, got a query beside it/],
    ['no condition', 'x', { filter: ['year'] }, /^query: filter: expected FIELD=VALUE/],
    [
      'n-grams without a model',
      'x',
      { rank: 'ngrams' },
      /^query: search: expected an index with a model, got one without/,
    ],
  ])('refused: %s', async (_, text, options, message) => {
    await expect(query(text, options)).rejects.toThrow(message);
  });

  test('refused: a folder that is no index, an id twice', async () => {
    await expect(query('x', {}, folder)).rejects.toThrow(
      /^query: expected the folder of an index, got .*; “tenfold search index” makes one$/,
    );
    await writeFile(at('twice.tsv'), 'q\ta\nq\tb\n');
    await expect(query('', { queries: at('twice.tsv'), run: at('x.run') })).rejects.toThrow(
      /expected every query's id once in .*, got q twice/,
    );
    expect(await readdir(folder)).not.toContain('x.run');
  });
});

describe('eval', () => {
  test('an index, with the run written', async () => {
    const out = at('eval.run');
    const of = await evaluated({ qrels: at('qrels.tsv') }, { index, queries: at('queries.tsv'), out });
    expect(of).toMatchObject({ queries: 3, missing: 1, means: { MAP: 2 / 3 } });
    expect(await evaluated({ qrels: at('qrels.tsv'), run: out })).toEqual(of);
  });

  test('refused: what does not belong together', async () => {
    const qrels = at('qrels.tsv');
    await expect(evaluated({ qrels })).rejects.toThrow('eval: expected either a run file or --index, got neither');
    await expect(evaluated({ qrels }, { index })).rejects.toThrow('eval: expected --index and --queries together');
    await writeFile(at('other.run'), 'other Q0 p1 1 2.5 x\n');
    await expect(evaluated({ qrels, run: at('other.run') })).rejects.toThrow(
      /^eval: expected results for queries of .*, got none/,
    );
    await writeFile(at('bad.run'), 'q1 Q0 p1 1 2.5 x\nq1 Q0 p1 2 2.5 x\n');
    await expect(evaluated({ qrels, run: at('bad.run') })).rejects.toThrow(
      /bad\.run: line 2: expected every document once a query/,
    );
    await writeFile(at('bad2.run'), '# comment\nq1 Q0 p1\n');
    await expect(evaluated({ qrels, run: at('bad2.run') })).rejects.toThrow(
      /line 2: expected query, Q0, document, rank, score and tag/,
    );
  });
});

describe('eval of questions', () => {
  beforeAll(async () => {
    const page = {
      wikipedia_id: '12',
      wikipedia_title: 'Anarchism',
      text: ['It is a movement.\n', 'It began in 1840.\n', 'It went on.\n'],
    };
    await writeFile(at('pages.jsonl'), `${JSON.stringify(page)}\n`);
    const output = [
      { answer: '1840', provenance: [{ wikipedia_id: '12', start_paragraph_id: 1, end_paragraph_id: 1 }] },
    ];
    const task = { id: 'k', input: 'which movement', output };
    await writeFile(at('task.jsonl'), `${JSON.stringify(task)}\n{"id": "none", "input": "x", "output": []}\n`);
    await writeFile(at('nq.qas.csv'), "movement\t['1840']\nwent on\t['IT went on', 'x']\nno answers\n");
    await makeIndex(at('pages'), [at('pages.jsonl')], { ...none, format: 'kilt' });
  });

  test('evidence as KILT counts it, of an index or a run', async () => {
    const out = at('kilt.run');
    const task = at('task.jsonl');
    const of = await evaluated({ qrels: task }, { format: 'kilt', index: at('pages'), out });
    // paragraph 0 has the word “movement”
    expect(of).toMatchObject({
      queries: 1,
      missing: 0,
      means: { 'page R-precision': 1, 'page recall@5': 1, 'passage R-precision': 0, 'passage recall@5': 0 },
    });
    expect(await evaluated({ qrels: task, run: out }, { format: 'kilt' })).toEqual(of);
  });

  test('answers in passages, as DPR counts them', async () => {
    const out = at('dpr.run');
    const asked = { format: 'dpr', index: at('pages') } as const;
    const of = await evaluated({ qrels: at('nq.qas.csv') }, { ...asked, out });
    expect(of).toMatchObject({ queries: 2, missing: 0, means: { 'answer hits@1': 1 / 2, 'answer hits@100': 1 / 2 } });
    expect(of.perQuery['2']).toMatchObject({ 'answer hits@1': 1 });
    expect(await evaluated({ qrels: at('nq.qas.csv'), run: out }, asked)).toEqual(of);
    await writeFile(at('open.jsonl'), '{"question": "movement", "answer": ["began IN 1840"]}\n');
    await writeFile(at('open.run'), '1 Q0 12-0 1 2 x\n1 Q0 12-1 2 1 x\n');
    const { means } = await evaluated(
      { qrels: at('open.jsonl'), run: at('open.run') },
      { format: 'jsonl', index: at('pages') },
    );
    expect(means).toEqual({ 'answer hits@1': 0, 'answer hits@5': 1, 'answer hits@20': 1, 'answer hits@100': 1 });
  });

  test('refused: no texts, no answers, documents of another index', async () => {
    const run = at('other-index.run');
    await writeFile(run, '1 Q0 p1 1 2 x\n');
    const asked = { format: 'dpr', index: at('pages') } as const;
    await expect(evaluated({ qrels: at('nq.qas.csv'), run }, asked)).rejects.toThrow(
      'eval: expected documents of the index, got p1',
    );
    await expect(evaluated({ qrels: at('nq.qas.csv'), run }, { format: 'dpr' })).rejects.toThrow(
      /^eval: expected --index, where the texts are/,
    );
    await writeFile(at('bare.jsonl'), '{"id": "1", "text": "no answers"}\n');
    await expect(evaluated({ qrels: at('bare.jsonl') }, { ...asked, format: 'jsonl' })).rejects.toThrow(
      /^eval: expected questions with answers, got none in /,
    );
    await expect(evaluated({ qrels: at('bare.jsonl') }, { ...asked, format: 'kilt' })).rejects.toThrow(
      /^eval: expected questions with provenance, got none in /,
    );
    await expect(evaluated({ qrels: at('task.jsonl') }, { ...asked, format: 'kilt', split: 'dev' })).rejects.toThrow(
      'eval: expected --queries and --split without --format kilt',
    );
  });
});

describe('import', () => {
  test('other formats in BEIR’s, which index reads', async () => {
    const qas = [{ id: 'q1', question: 'who?' }];
    await writeFile(
      at('squad.json'),
      JSON.stringify({ data: [{ title: 'A', paragraphs: [{ context: 'it was me', qas }] }] }),
    );
    const out = at('beir');
    const result = await imported([at('squad.json')], { out, format: 'squad' });
    expect(result).toMatchObject({ documents: 1, queries: 1, judgements: 1, leftOut: 0 });
    expect(await readFile(join(out, 'corpus.jsonl'), 'utf8')).toBe('{"_id":"0-0","title":"A","text":"it was me"}\n');
    expect(await readFile(join(out, 'queries.jsonl'), 'utf8')).toBe('{"_id":"q1","text":"who?"}\n');
    expect(await readFile(join(out, 'qrels.tsv'), 'utf8')).toBe('query-id\tcorpus-id\tscore\nq1\t0-0\t1\n');
    await makeIndex(at('from-beir'), [out], none);
    const of = await evaluated(
      { qrels: join(out, 'qrels.tsv') },
      { index: at('from-beir'), queries: join(out, 'queries.jsonl') },
    ).catch((error) => error.message);
    expect(of).toMatch(/got none/); // no word of the question is in the paragraph
    await expect(imported([at('squad.json')], { out, format: 'squad' })).rejects.toThrow(
      /^import: expected no .*corpus\.jsonl, got one; --overwrite/,
    );
    await writeFile(at('plain.jsonl'), '{"id": "x", "text": "alone"}\n');
    await imported([at('plain.jsonl')], { out, overwrite: true });
    expect(await readdir(out)).toEqual(['corpus.jsonl']);
  });

  test('nothing is written of files with nothing in them', async () => {
    await writeFile(at('nothing.jsonl'), '{}\n');
    await mkdir(at('out'));
    await expect(imported([at('nothing.jsonl')], { out: at('out') })).rejects.toThrow(
      /^import: expected documents or queries, got none/,
    );
    expect(await readdir(at('out'))).toEqual([]);
  });
});

test('train refuses queries without judgements, and a folder that is no index', async () => {
  const run = (of: string, options: Partial<OptionsOf<typeof trainVerb>>) =>
    trainVerb.run({
      args: { index: of },
      options: {
        queries: undefined,
        qrels: undefined,
        split: undefined,
        steps: 1,
        seed: 0,
        fresh: false,
        margin: undefined,
        pseudoQueries: undefined,
        ...options,
      },
      signal,
      progress,
    });
  await expect(run(index, { queries: at('queries.tsv') })).rejects.toThrow(
    'train: expected --queries and --qrels together',
  );
  await expect(run(folder, {})).rejects.toThrow('train: expected the folder of an index');
  await expect(run(index, { margin: 5 })).rejects.toThrow('train: expected --margin with --queries, got none');
  await expect(run(index, { pseudoQueries: 2, fresh: true })).rejects.toThrow('train: expected --pseudo-queries alone');
  await expect(run(index, { pseudoQueries: 2 })).rejects.toThrow(/^train: expected a model in .*, got none$/);
  const judged = { queries: at('queries.tsv'), qrels: at('qrels.tsv') };
  await expect(run(index, { ...judged, margin: 5 })).rejects.toThrow(/^train: rank: expected an index with a model/);
  await writeFile(at('zero.tsv'), 'q1\tp1\t0\n');
  await expect(run(index, { queries: at('queries.tsv'), qrels: at('zero.tsv') })).rejects.toThrow(
    'train: expected queries with relevant documents, got none',
  );
});

test('serve answers until it is stopped', async () => {
  const stop = new AbortController();
  const told: string[] = [];
  const running = serveVerb.run({
    args: { index },
    options: { port: 0, host: '127.0.0.1' },
    signal: stop.signal,
    progress: { ...silent, note: (line) => void told.push(line) },
  });
  while (told.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  const url = /http:\S+/.exec(told[0]!)![0];
  const response = await fetch(`${url}/search`, { method: 'POST', body: '{"query": "tides"}' });
  expect(((await response.json()) as { hits: unknown[] }).hits).toHaveLength(1);
  stop.abort(new Error('stopped'));
  await expect(running).rejects.toThrow('stopped');
});
