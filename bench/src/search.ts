/**
 * Search by words on SciFact against MiniSearch and FlexSearch, all on the same words and in this process, in turns, in
 * processor time; and what BM25 finds on SciFact and Cranfield against published values.
 *
 * MiniSearch ranks by BM25+. FlexSearch has no such score: it ranks by where words stand, and with `suggest` also gives
 * documents that lack some of the words, as the other two do.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import FlexSearch from 'flexsearch';
import MiniSearch from 'minisearch';
import { readJsonLines } from 'tenfold/data';
import {
  averagePrecision,
  LexicalIndex,
  meanOver,
  ndcg,
  readQrels,
  readSmart,
  readSmartQrels,
  type Scored,
  wordsOf,
} from 'tenfold/retrieval';
import { createIndex, openIndexWriter, Searcher, shippedSearchModel } from 'tenfold/search';
import { alternate, quantile } from './alternate.ts';
import { type BenchReport, type Row, row } from './report.ts';
import { tolerance } from './search-tolerance.ts';

const data = fileURLToPath(new URL('../../../shared/data/', import.meta.url));
const ROUNDS = 5;
const LIMIT = 10;
/** Claims of SciFact that are asked. */
const QUERIES = 300;
/** How far a measured value may be from the published one. */
const TOLERANCE = 0.005;

interface Texts {
  readonly ids: readonly string[];
  readonly texts: readonly string[];
}

/** What is compared: built from texts, asked for the best documents' numbers. */
interface Engine {
  readonly name: string;
  build(texts: readonly string[]): (query: string) => ArrayLike<unknown>;
}

const ours: Engine = {
  name: 'tenfold',
  build(texts) {
    const index = LexicalIndex.build(texts, { analyser: 'ascii' });
    return (query) => index.search(query, { limit: LIMIT });
  },
};

const peers: readonly Engine[] = [
  {
    name: 'MiniSearch 7.2.0',
    build(texts) {
      const index = new MiniSearch({
        fields: ['text'],
        tokenize: (text) => wordsOf(text, 'ascii'),
        processTerm: (word) => word,
      });
      index.addAll(texts.map((text, id) => ({ id, text })));
      return (query) => index.search(query).slice(0, LIMIT);
    },
  },
  {
    name: 'FlexSearch 0.8.212, suggest',
    build(texts) {
      const index = new FlexSearch.Index({ encode: (text: string) => wordsOf(text, 'ascii'), tokenize: 'strict' });
      texts.forEach((text, id) => {
        index.add(id, text);
      });
      return (query) => index.search(query, { limit: LIMIT, suggest: true });
    },
  },
];

export async function run(): Promise<BenchReport> {
  if (!existsSync(data)) return { rows: [], skipped: [{ case: 'lexical', reason: 'no ../shared/data' }] };
  const corpus = await read('scifact/corpus.jsonl.gz');
  const scifact: Texts = {
    ids: corpus.map(({ _id }) => _id!),
    texts: corpus.map(({ title, text }) => `${title} ${text}`),
  };
  const queries = await read('scifact/queries.jsonl');
  const rows = [...(await speed(scifact.texts, queries)), ...(await quality(scifact, queries))];
  return { rows: [...rows, ...(await latency(corpus, queries))], skipped: [] };
}

/** Milliseconds that a query may take, of half of them and of all but a twentieth. */
const LIMITS = { p50: 150, p95: 300 } as const;
/** Queries that are timed, after some that are not. */
const TIMED = 200;
const WARM = 20;

/** How long a query takes that is answered by generated n-grams and words: 15 beams of the model that ships. */
async function latency(
  corpus: readonly Record<string, string>[],
  queries: readonly Record<string, string>[],
): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tenfold-bench-'));
  try {
    await createIndex(folder, { model: shippedSearchModel });
    {
      await using writer = await openIndexWriter(folder);
      await writer.add(corpus.map(({ _id, title, text }) => ({ id: _id!, title: title!, text: text! })));
    }
    await using searcher = await Searcher.open(folder);
    const took: number[] = [];
    for (const [i, { text }] of queries.slice(0, WARM + TIMED).entries()) {
      const started = performance.now();
      await searcher.search(text!, { beams: 15, limit: LIMIT });
      if (i >= WARM) took.push(performance.now() - started);
    }
    return Object.entries(LIMITS).map(([name, limit]) => {
      const value = quantile(took, Number(name.slice(1)) / 100);
      const peerName = `limit ${limit} ms, ${corpus.length} abstracts, ${TIMED} queries, 15 beams, keys and words`;
      return row({
        case: `search/latency-${name}`,
        unit: 'ms',
        ours: value,
        peer: null,
        peerName,
        ratio: value / limit,
        goal: 1,
      });
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function speed(texts: readonly string[], queries: readonly Record<string, string>[]): Promise<Row[]> {
  const asked = queries.slice(0, QUERIES).map(({ text }) => text!);
  const engines = [ours, ...peers];
  const build = engines.map((engine) => ({ name: engine.name, once: () => cpu(() => engine.build(texts)) }));
  const query = engines.map((engine) => {
    const search = engine.build(texts);
    const all = () => {
      let found = 0;
      for (const text of asked) found += search(text).length;
      if (found === 0) throw new Error(`${engine.name}: expected something to be found`);
    };
    return { name: engine.name, once: async () => (await cpu(all)) / asked.length };
  });
  const rows: Row[] = [];
  for (const [what, unit, runners] of [
    ['query', 'µs', query],
    ['build', 's', build],
  ] as const) {
    const [first, ...others] = runners;
    const scale = what === 'query' ? 1e6 : 1;
    for (const result of await alternate(first!, others, { rounds: ROUNDS, warmups: 1 })) {
      rows.push(
        row({
          case: `lexical/${what}/${result.peerName.split(' ')[0]!.toLowerCase()}`,
          unit,
          ours: result.ours.median * scale,
          peer: result.peer.median * scale,
          peerName: `${result.peerName}, processor time, SciFact (${texts.length} abstracts, ${asked.length} queries)`,
          ratio: result.ratio,
          spread: result.spread,
          goal: 1,
        }),
      );
    }
  }
  return rows;
}

async function quality(scifact: Texts, queries: readonly Record<string, string>[]): Promise<Row[]> {
  const judged = await readQrels(`${data}scifact/qrels.tsv`, { split: 'validation' });
  const byId = new Map(queries.map(({ _id, text }) => [_id!, text!]));
  const claims = new Map([...judged.keys()].map((id) => [id, byId.get(id)!]));
  const typed = await tolerance({ ...scifact, queries: claims, judged }, cpu);
  const found = resultsOf(scifact, claims, { limit: 100, k1: 0.9, b: 0.4 });

  const documents = await readSmart(`${data}cranfield/cran.all.1400`);
  const asked = await readSmart(`${data}cranfield/cran.qry`);
  const qrels = await readSmartQrels(`${data}cranfield/cranqrel`);
  const cranfield = {
    ids: documents.map(({ id }) => id),
    texts: documents.map(({ fields }) => `${fields.T} ${fields.W}`),
  };
  const numbered = new Map(asked.map(({ fields }, i) => [String(i + 1), fields.W!]));
  const results = resultsOf(cranfield, numbered, { limit: 1000, k1: 1.2, b: 0.75 });
  return [
    ...typed,
    published(
      'scifact-ndcg@10',
      meanOver(judged, found, (ranking, grades) => ndcg(ranking, grades, 10)),
      0.659,
    ),
    published('cranfield-map', meanOver(qrels, results, averagePrecision), 0.273),
  ];
}

function published(name: string, value: number, reference: number): Row {
  return row({
    case: `lexical/${name}`,
    unit: 'value',
    ours: value,
    peer: null,
    peerName: `within ${TOLERANCE} of the published ${reference}: distance over that`,
    ratio: Math.abs(value - reference) / TOLERANCE,
    goal: 1,
  });
}

function resultsOf(
  { ids, texts }: Texts,
  queries: ReadonlyMap<string, string>,
  options: { limit: number; k1: number; b: number },
): Map<string, Scored[]> {
  const index = LexicalIndex.build(texts, { analyser: 'ascii' });
  return new Map(
    [...queries].map(([id, text]) => [
      id,
      index.search(text, options).map(({ document, score }) => ({ id: ids[document]!, score })),
    ]),
  );
}

async function read(name: string): Promise<Record<string, string>[]> {
  return (await readJsonLines(data + name)) as Record<string, string>[];
}

/** Seconds of processor time. */
async function cpu(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
