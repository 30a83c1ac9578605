/** The verbs, as the command runs them: from a file of papers to a map, an issue and an export. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from 'tenfold/trends';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systems } from '../../dist/cli/systems.js';
import { tenfold } from '../../dist/cli/tenfold.js';
import { records } from './desk.ts';

let folder: string;
let store: string;

/** Runs a line of the command; its words as given. */
async function run(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const stdout = { write: (text: string) => out.push(text) };
  const stderr = { write: (text: string) => err.push(text) };
  const signal = new AbortController().signal;
  const root = new URL('../../', import.meta.url);
  const world = { stdout, stderr, signal, systems, root } as unknown as Parameters<typeof tenfold>[1];
  const code = await tenfold(['trends', ...words], world);
  return { code, out: out.join(''), err: err.join('') };
}
const json = async (...words: string[]) => {
  const { code, out, err } = await run(...words, '--store', store, '--json');
  expect([code, code === 0 ? '' : err]).toEqual([0, '']);
  return JSON.parse(out);
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trends-'));
  store = join(folder, 'papers.db');
  const lines = records().map(({ paper: { arxiv, ...paper }, signals }) =>
    JSON.stringify({
      ...paper,
      ...(arxiv && { arxiv: arxiv.id }),
      ...(signals?.citations !== undefined && { citations: signals.citations }),
    }),
  );
  await writeFile(join(folder, 'papers.jsonl'), `${lines.join('\n')}\nno json\n`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the verbs', () => {
  it('take papers in once, naming what cannot be understood', async () => {
    const { code, out, err } = await run('ingest', join(folder, 'papers.jsonl'), '--store', store);
    expect(code).toBe(0);
    expect(out).toContain('201 read, 201 new, 0 changed; 1 left out');
    expect(out).toContain('201 papers, 201 with vectors');
    expect(err).toContain('expected JSON');
    const again = await json('ingest', join(folder, 'papers.jsonl'), '--restart');
    expect(again.read[0]).toMatchObject({ added: 0, updated: 0, unchanged: 201 });
  });

  it('find papers, by conditions and in an order, and papers like others', async () => {
    const found = await json(
      'search',
      'grasping',
      '--category',
      'cs.RO',
      '--without',
      'sparse',
      '--sort',
      'date',
      '--limit',
      '5',
    );
    expect(found.hits).toHaveLength(5);
    const dates = found.hits.map((hit: { paper: { date: string } }) => hit.paper.date);
    expect(dates).toEqual([...dates].sort().reverse());
    const { id } = found.hits[0].paper;
    const similar = await json('similar', id, '--limit', '5');
    expect(similar.hits.every((hit: { paper: { title: string } }) => hit.paper.title.includes('grasping'))).toBe(true);
    const sentence = await json(
      'search',
      'benchmark cases',
      '--unit',
      'sentence',
      '--method',
      'keyword',
      '--limit',
      '1',
    );
    expect(sentence.hits[0].sentence).toMatchObject({ text: expect.stringContaining('benchmark'), index: 3 });
  });

  it('keep tags, marks and collections, and recommend by them', async () => {
    const { hits } = await json('search', 'vocoders', '--limit', '4');
    const ids = hits.map((hit: { paper: { id: string } }) => hit.paper.id);
    expect((await json('tag', ...ids, '--add', 'speech', '--read', '--note', 'seen')).tags).toEqual([
      { tag: 'speech', papers: 4 },
    ]);
    expect((await json('collect', ...ids, '--into', 'Voices')).collections).toEqual([
      { name: 'Voices', about: '', papers: ids },
    ]);
    const { papers } = await json('recommend', '--tag', 'speech', '--limit', '5');
    expect(papers.every((one: { paper: { title: string } }) => one.paper.title.includes('speech'))).toBe(true);
    expect(papers[0].reasons.length).toBeGreaterThan(0);
  });

  it('tell what rises and bursts, and the topics under names that stay', async () => {
    const { phrases } = await json('rising', '--at', '2022-06-01', '--recent', '5', '--before', '12');
    expect(phrases.map(({ phrase }: { phrase: string }) => phrase).join()).toContain('diffusion');
    expect((await json('bursts', '--bin', 'month')).length).toBeGreaterThan(0);
    const { topics } = await json('topics');
    expect(topics.length).toBeGreaterThanOrEqual(5);
    await json('topics', '--name', `${topics[0].id}=My own`);
    expect((await json('topics')).topics[0].name).toBe('My own');
  });

  it('pick with pins and bans, and hold the picks against later citations', async () => {
    const window = ['--at', '2022-06-01', '--recent', '5', '--before', '12'];
    const { picks } = await json('pick', ...window);
    expect(picks).toHaveLength(10);
    const others = await json('pick', ...window, '--ban', picks[0].id, '--pin', picks[9].id, '--weight', 'novel=3');
    const ids = others.picks.map(({ id }: { id: string }) => id);
    expect(ids).not.toContain(picks[0].id);
    expect(ids[0]).toBe(picks[9].id);
    expect((await run('pick', '--store', store, ...window, '--weight', 'fame=1')).code).toBe(2);
  });

  it('hold those picks against later citations that they show', async () => {
    const cited = join(folder, 'cited.db');
    const kept = await openStore(cited);
    const { ids } = await kept.put(records());
    const readings = ids.flatMap((id, i) => [
      { id, reading: { at: '2022-06-15', source: 'test', citations: 100 + ((i * 31) % 97) } },
      { id, reading: { at: '2023-06-01', source: 'test', citations: 200 + ((i * 13) % 89) } },
    ]);
    await kept.putSignals(readings);
    await kept.close();
    const picked = async (...more: string[]) => {
      const window = ['--store', cited, '--at', '2022-06-01', '--recent', '5', '--before', '12'];
      const { code, out, err } = await run('pick', ...window, '--weight', 'citations=9', ...more, '--json');
      expect([code, code === 0 ? '' : err]).toEqual([0, '']);
      return JSON.parse(out);
    };
    const { picks, backTest } = await picked('--back-test', '2023-06-01');
    const shown = picks.map(({ id }: { id: string }) => id);
    expect(backTest.picks.map(({ paper }: { paper: string }) => paper)).toEqual(shown);
    // what was counted after the window would have made them others
    expect((await picked()).picks.map(({ id }: { id: string }) => id)).not.toEqual(shown);
  });

  it('write an issue, render it again after editing, and take nothing’s place unasked', async () => {
    const out = join(folder, 'issue');
    const line = ['issue', '--at', '2022-06-01', '--recent', '5', '--before', '12', '--title', 'Tests', '--out', out];
    const { files, problems, papers } = await json(...line, '--address', 'https://papers.example/may');
    expect(problems).toEqual([]);
    expect(new Set(papers).size).toBe(10);
    expect(files.map((file: string) => file.slice(out.length + 1))).toEqual([
      'index.html',
      'issue.md',
      'issue.eml',
      'issue.txt',
      'issue.json',
      'feed.xml',
    ]);
    const again = await run(...line, '--store', store);
    expect([again.code, again.err]).toEqual([2, expect.stringContaining('--overwrite takes its place')]);
    const draft = join(folder, 'draft.json');
    const text = JSON.parse(await readFile(join(out, 'issue.json'), 'utf8'));
    text.picks[0].why[0].text = 'A sentence of nobody.';
    await writeFile(draft, JSON.stringify(text));
    await json('issue', '--draft', draft, '--out', join(folder, 'edited'));
    expect(await readFile(join(folder, 'edited', 'issue.md'), 'utf8')).toContain(
      'edited, not supported by its sources',
    );
    await writeFile(draft, '{"format": 2}');
    expect((await run('issue', '--store', store, '--draft', draft, '--out', join(folder, 'none'))).code).toBe(2);
  });

  it('draw the map, for people and for VOSviewer', async () => {
    const file = join(folder, 'map.json');
    expect((await json('map', file)).papers).toBe(201);
    const { network, info } = JSON.parse(await readFile(file, 'utf8'));
    expect([network.items.length, info.title]).toEqual([201, 'papers']);
    await json('map', join(folder, 'map.html'));
    expect(await readFile(join(folder, 'map.html'), 'utf8')).toMatch(/<svg /);
    expect((await run('map', file, '--store', store)).code).toBe(2);
  });

  it('take everything out and in again', async () => {
    const file = join(folder, 'all.jsonl');
    await json('export', file);
    const copy = join(folder, 'copy.db');
    const restored = await run('restore', file, '--store', copy);
    expect([restored.code, restored.out]).toEqual([0, `${copy}: 201 papers\n`]);
    const second = join(folder, 'second.jsonl');
    expect((await run('export', second, '--store', copy)).code).toBe(0);
    expect(await readFile(second, 'utf8')).toBe(await readFile(file, 'utf8'));
    await json('export', join(folder, 'voices.bib'), '--collection', 'Voices');
    expect((await readFile(join(folder, 'voices.bib'), 'utf8')).match(/^@/gm)).toHaveLength(4);
  });

  it.each([
    [['search', 'x', '--store', '/nowhere/x.db'], 'expected a collection at /nowhere/x.db, got none'],
    [['search', '"open'], 'expected a closing quote'],
    [['ingest'], 'expected sources, or --signals, got neither'],
    [['ingest', '/nowhere/papers.jsonl'], 'which is not there'],
    [
      ['ingest', '--signals', 'fame'],
      "expected signals of openalex, semantic-scholar, github, hacker-news, got 'fame'",
    ],
    [['similar', 'none'], "expected a paper of the collection, got 'none'"],
    [['tag', 'none', '--add', 'x'], "expected a paper of the collection, got 'none'"],
    [['rising', '--at', 'yesterday'], 'expected a date like 2022-05-31'],
    [['map', 'map.gif'], 'expected a file that ends in .svg, .html or .json'],
    [['export', 'all.doc'], 'expected a file that ends in .jsonl, .bib or .csv'],
    [['serve', '--address', 'javascript:1'], 'expected an http or https address'],
    [['issue', '--endpoint', 'http://127.0.0.1:1'], 'expected --endpoint and --model together'],
  ])('refuse %j in one line', async (words, message) => {
    const { code, err } = await run(...words, ...(words.includes('--store') ? [] : ['--store', store]));
    expect([code, err.includes(message) ? message : err]).toEqual([2, message]);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
  });
});
