/**
 * The platform at the sizes that it is for: two years of conferences ingested and indexed, search among a million records,
 * what search finds on SciFact and Cranfield, and ingesting killed a hundred times.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { readJsonLines } from 'tenfold/data';
import {
  averagePrecision,
  type Judged,
  ndcg,
  type Qrels,
  ranked,
  readQrels,
  readSmart,
  readSmartQrels,
} from 'tenfold/retrieval';
import { openStore, Search } from 'tenfold/trends';
import { quantile } from './alternate.ts';
import type { BenchOptions } from './benches.ts';
import { type BenchReport, type Row, row, type Skipped } from './report.ts';
import type { Task } from './trends-worker.ts';

export const options = {
  /** Synthetic records. Default 1,000,000. */
  records: { type: 'string' },
  /** Runs to kill. Default 100. */
  kills: { type: 'string' },
  /** Only these cases, by the beginning of their names. */
  only: { type: 'string' },
} as const;

const data = fileURLToPath(new URL('../../../shared/data/', import.meta.url));
const papers = join(data, 'papers/conf-2021-2022.jsonl.gz');
/** Seconds, milliseconds and MiB that are not to be exceeded. */
const LIMITS = { ingest: 120, p95: 100, memory: 1024 } as const;
const QUERIES = 400;
const RESAMPLES = 10_000;

export async function run(given: BenchOptions): Promise<BenchReport> {
  const records = whole(given.records, 1_000_000, 'records');
  const kills = whole(given.kills, 100, 'kills');
  const only = typeof given.only === 'string' ? given.only : '';
  const scratch = mkdtempSync(join(tmpdir(), 'tenfold-trends-'));
  const rows: Row[] = [];
  const skipped: Skipped[] = [];
  const parts: Record<string, () => Promise<Row[]>> = {
    ingest: () => ingesting(scratch),
    quality,
    kills: () => killing(scratch, kills),
    million: () => million(scratch, records),
  };
  try {
    for (const [name, part] of Object.entries(parts)) {
      if (!name.startsWith(only)) continue;
      if (name !== 'million' && name !== 'kills' && !existsSync(data))
        skipped.push({ case: `trends/${name}`, reason: 'no ../shared/data' });
      else rows.push(...(await part()));
    }
    return { rows, skipped };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function whole(given: unknown, usual: number, name: string): number {
  const number = given === undefined ? usual : Number(given);
  if (!Number.isInteger(number) || number < 1)
    throw new RangeError(`trends: expected --${name} of a whole number, got ${given}`);
  return number;
}

// ---------------------------------------------------------------- processes

type Said = Readonly<Record<string, unknown>>;

/** Runs a task in a process of its own; killed as soon as `kill` says so of what it said. */
function work(task: Task, kill?: (said: Said) => number | undefined): Promise<{ said: Said[]; killed: boolean }> {
  const worker = fileURLToPath(new URL('trends-worker.js', import.meta.url));
  const child = spawn(process.execPath, [worker, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  const said: Said[] = [];
  child.stdout.on('data', (part) => {
    text += part;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      said.push(JSON.parse(text.slice(0, end)) as Said);
      text = text.slice(end + 1);
      const after = kill?.(said.at(-1)!);
      if (after !== undefined) setTimeout(() => child.kill('SIGKILL'), after);
    }
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code !== 0 && signal !== 'SIGKILL') reject(new Error(`trends: expected a worker to end well, got ${code}`));
      else resolve({ said, killed: signal === 'SIGKILL' });
    });
  });
}

interface Watched {
  readonly seconds: number;
  readonly processor: number;
}

const limit = (name: string, unit: string, ours: number, most: number, what: string): Row =>
  row({
    case: `trends/${name}`,
    unit,
    ours,
    peer: null,
    peerName: `${what}; limit ${most} ${unit}`,
    ratio: ours / most,
    goal: 1,
  });

const watched = (name: string, unit: string, ours: number, what: string): Row =>
  row({ case: `trends/${name}`, unit, ours, peer: null, peerName: what, ratio: 1, goal: null });

// ---------------------------------------------------------------- ingesting

async function ingesting(scratch: string): Promise<Row[]> {
  const store = join(scratch, 'papers.db');
  const { said } = await work({ do: 'ingest', store, file: papers });
  const {
    read,
    indexed,
    all,
    papers: count,
    indexBytes,
    vectorBytes,
  } = said.at(-1) as unknown as {
    read: Watched;
    indexed: Watched;
    all: Watched;
    papers: number;
    indexBytes: number;
    vectorBytes: number;
  };
  const { recall } = (await work({ do: 'compare', store, queries: QUERIES })).said.at(-1) as { recall: number };
  const what = `${count} papers`;
  return [
    limit('ingest/all', 's', all.seconds, LIMITS.ingest, `${what} read, indexed by words, vectors learned and made`),
    watched('ingest/all-processor', 's', all.processor, `${what}, processor time`),
    watched('ingest/read-processor', 's', read.processor, `${what} read into the store, processor time`),
    watched(
      'ingest/words-processor',
      's',
      indexed.processor - read.processor,
      `${what} indexed by words, processor time`,
    ),
    watched('ingest/file', 'MiB', statSync(store).size / 2 ** 20, `${what}: the file`),
    row({
      case: 'trends/ingest/recall@10',
      unit: 'value',
      ours: recall,
      peer: 1,
      peerName: `${what}: every vector compared, for ${QUERIES} titles and papers`,
      ratio: 1 / recall,
      goal: 1.01,
    }),
    watched('ingest/memory', 'MiB', (indexBytes + vectorBytes) / 2 ** 20, `${what}: index and vectors in memory`),
  ];
}

// ---------------------------------------------------------------- killed

/** After every kill the papers that were said to be kept are there, each once; and in the end all of them. */
async function killing(scratch: string, kills: number): Promise<Row[]> {
  const file = join(scratch, 'killed.jsonl');
  const lines = existsSync(papers)
    ? gunzipSync(readFileSync(papers)).toString('utf8').trimEnd().split('\n')
    : Array.from({ length: 10_000 }, (_, i) =>
        JSON.stringify({ title: `Study ${i} of ${(i * 7919) % 1009}`, year: 2020 }),
      );
  writeFileSync(file, lines.join('\n'));
  const whole = join(scratch, 'whole.db');
  await work({ do: 'ingest', store: whole, file });
  // in the order of the file, which tells some papers twice
  const { titles: expected } = await keptIn(whole, file);
  let [lost, doubled, killed] = [0, 0, 0];
  const check = ({ titles, behind }: Kept, acknowledged: number) => {
    lost += titles.filter((title, i) => title !== expected[i]).length;
    lost += Math.max(0, acknowledged - behind);
    lost += Math.max(0, acknowledged - (lines.length - expected.length) - titles.length);
    doubled += titles.length - new Set(titles).size;
  };
  for (let series = 0; killed < kills; series++) {
    const store = join(scratch, `killed-${series}.db`);
    let before = 0;
    for (let cut = true; cut && killed < kills; ) {
      let batches = Math.floor(Math.random() * 4);
      const { said, killed: ended } = await work({ do: 'ingest', store, file }, () =>
        batches-- === 0 ? Math.random() * 200 : undefined,
      );
      cut = ended;
      const kept = await keptIn(store, file);
      if (cut) killed++;
      // a run that is killed behind its last batch has said what the whole store holds, which is another count
      const told = said.map((line) => Number(line.kept ?? 0));
      check(kept, cut ? before + Math.max(0, ...told) : lines.length);
      before = kept.behind;
    }
    await work({ do: 'ingest', store, file });
    check(await keptIn(store, file), lines.length);
    for (const end of ['', '-wal', '-shm']) rmSync(store + end, { force: true });
  }
  const what = `${killed} runs of ingesting ${expected.length} papers, killed at random moments and taken up again`;
  return [
    row({ case: 'trends/kills/lost', unit: 'papers', ours: lost, peer: null, peerName: what, ratio: lost, goal: 0 }),
    row({
      case: 'trends/kills/doubled',
      unit: 'papers',
      ours: doubled,
      peer: null,
      peerName: what,
      ratio: doubled,
      goal: 0,
    }),
  ];
}

interface Kept {
  readonly titles: readonly string[];
  /** Records of the file that it says are behind. */
  readonly behind: number;
}

async function keptIn(path: string, source: string): Promise<Kept> {
  const store = await openStore(path);
  const titles: string[] = [];
  for await (const { title, url = '' } of store.papers()) titles.push(`${title}\n${url}`);
  const state = await store.run(source);
  await store.close();
  return { titles, behind: (state?.cursor as { records: number } | undefined)?.records ?? 0 };
}

// ---------------------------------------------------------------- a million

async function million(scratch: string, records: number): Promise<Row[]> {
  const store = join(scratch, 'million.db');
  const made = (await work({ do: 'synthesize', store, records })).said.at(-1) as unknown as {
    read: Watched;
    all: Watched;
    peak: number;
  };
  const embedded = (await work({ do: 'embed', store })).said.at(-1) as unknown as { all: Watched; peak: number };
  const asked = (await work({ do: 'query', store, queries: QUERIES })).said.at(-1) as unknown as {
    open: number;
    times: Readonly<Record<string, number[]>>;
    indexBytes: number;
    vectorBytes: number;
    peak: number;
  };
  const what = `${records} records, ${QUERIES} queries of 2 to 5 words`;
  const likeOne = `${records} records, ${QUERIES} papers that others are to be like`;
  return [
    ...Object.entries(asked.times).flatMap(([kind, times]) => {
      const queries = kind === 'similar' ? likeOne : what;
      return [
        watched(`million/${kind}-p50`, 'ms', quantile(times, 0.5), queries),
        limit(`million/${kind}-p95`, 'ms', quantile(times, 0.95), LIMITS.p95, queries),
      ];
    }),
    limit(
      'million/memory',
      'MiB',
      asked.peak,
      LIMITS.memory,
      `${records} records: the searching process at its largest`,
    ),
    watched('million/index', 'MiB', asked.indexBytes / 2 ** 20, `${records} records: the index in it`),
    watched('million/vectors', 'MiB', asked.vectorBytes / 2 ** 20, `${records} records: the vectors in it`),
    watched('million/open', 's', asked.open, `${records} records: opening`),
    watched('million/ingest-processor', 's', made.all.processor, `${records} records read and indexed, processor time`),
    watched('million/ingest-memory', 'MiB', made.peak, `${records} records: the ingesting process at its largest`),
    watched('million/embed-processor', 's', embedded.all.processor, `${records} records: vectors, processor time`),
    watched(
      'million/embed-memory',
      'MiB',
      embedded.peak,
      `${records} records: the process that makes vectors at its largest`,
    ),
    watched('million/file', 'MiB', statSync(store).size / 2 ** 20, `${records} records: the file`),
  ];
}

// ---------------------------------------------------------------- quality

interface Collection {
  readonly documents: readonly { readonly id: string; readonly title: string; readonly text: string }[];
  readonly queries: ReadonlyMap<string, string>;
  readonly qrels: Qrels;
  readonly measure: (ranking: readonly string[], judged: Judged) => number;
  /** What BM25 is published with. */
  readonly reference: number;
  readonly depth: number;
}

async function quality(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, collection] of [
    ['scifact-ndcg@10', await scifact()],
    ['cranfield-map', await cranfield()],
  ] as const) {
    const found = await valuesOf(collection);
    for (const method of ['keyword', 'semantic', 'mixed'] as const) {
      const mean = meanOf(found[method]);
      const [low, high] = interval(found[method]);
      const what = `${found[method].length} queries, 95 % interval ${low.toFixed(3)} to ${high.toFixed(3)}`;
      rows.push(
        method === 'semantic'
          ? watched(`quality/${name}-${method}`, 'value', mean, what)
          : row({
              case: `trends/quality/${name}-${method}`,
              unit: 'value',
              ours: mean,
              peer: collection.reference,
              peerName: `BM25 as published; ${what}`,
              ratio: collection.reference / mean,
              goal: 1,
            }),
      );
    }
    const gains = found.mixed.map((value, i) => value - found.keyword[i]!);
    const [low, high] = interval(gains);
    rows.push(
      watched(
        `quality/${name}-gain`,
        'value',
        meanOf(gains),
        `mixed less keyword, paired bootstrap, 95 % interval ${low.toFixed(4)} to ${high.toFixed(4)}`,
      ),
    );
  }
  return rows;
}

/** The measure of every query by every method. */
async function valuesOf({ documents, queries, qrels, measure, depth }: Collection) {
  const store = await openStore(':memory:');
  const { ids } = await store.put(
    documents.map(({ id, title, text }) => ({
      source: 'collection',
      record: id,
      // of the judged document alone: equal titles must not make one paper of two
      paper: { title: title || `untitled ${id}`, abstract: text, authors: [`Author ${id}`], date: '2000-01-01' },
    })),
  );
  const own = new Map(ids.map((id, i) => [id, documents[i]!.id]));
  if (own.size !== documents.length) throw new Error(`trends: expected ${documents.length} papers, got ${own.size}`);
  const search = await Search.open(store);
  await search.update();
  const values = { keyword: [] as number[], semantic: [] as number[], mixed: [] as number[] };
  for (const [query, judged] of qrels) {
    // claims and questions are text, not a query of operators
    const text = queries.get(query)!.replace(/[^\p{L}\p{N}]+/gu, ' ');
    for (const method of ['keyword', 'semantic', 'mixed'] as const) {
      const { hits } = await search.search(text.toLowerCase(), { method, limit: depth });
      const ranking = ranked(hits.map(({ paper, score }) => ({ id: own.get(paper.id)!, score })));
      values[method].push(measure(ranking, judged));
    }
  }
  await store.close();
  return values;
}

async function scifact(): Promise<Collection> {
  type Line = { _id: string; title: string; text: string };
  const corpus = (await readJsonLines(`${data}scifact/corpus.jsonl.gz`)) as Line[];
  const queries = (await readJsonLines(`${data}scifact/queries.jsonl`)) as Line[];
  return {
    documents: corpus.map(({ _id, title, text }) => ({ id: _id, title, text })),
    queries: new Map(queries.map(({ _id, text }) => [_id, text])),
    qrels: await readQrels(`${data}scifact/qrels.tsv`, { split: 'validation' }),
    measure: (ranking, judged) => ndcg(ranking, judged, 10),
    reference: 0.659,
    depth: 100,
  };
}

async function cranfield(): Promise<Collection> {
  const documents = await readSmart(`${data}cranfield/cran.all.1400`);
  const queries = await readSmart(`${data}cranfield/cran.qry`);
  return {
    documents: documents.map(({ id, fields }) => ({ id, title: fields.T ?? '', text: fields.W ?? '' })),
    queries: new Map(queries.map(({ fields }, i) => [String(i + 1), fields.W!])),
    qrels: await readSmartQrels(`${data}cranfield/cranqrel`),
    measure: averagePrecision,
    reference: 0.273,
    depth: 1000,
  };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The 95 % interval of a mean over queries: queries are drawn anew, with replacement. */
function interval(values: readonly number[]): [number, number] {
  let state = 1;
  const means = Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) {
      state = (state * 48271) % 2147483647;
      sum += values[state % values.length]!;
    }
    return sum / values.length;
  });
  return [quantile(means, 0.025), quantile(means, 0.975)];
}
