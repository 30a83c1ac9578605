/**
 * What the search engine finds: SciFact, Cranfield and XQuAD with small models that are trained here, in the three scorings
 * of the SEAL paper, against BM25 and fused with it; and what the paper and those after it vary.
 *
 * SciFact's model learns from the abstracts and four fifths of the training claims; the last fifth chose the settings, as
 * `--only tune` prints it (α = 1, which was best there, lost on Cranfield and was not taken). Cranfield's and XQuAD's models
 * are SciFact's, trained on with their documents alone, and searched with the settings that SciFact chose. Gains are of
 * queries in pairs, with the percentile bootstrap.
 *
 * Indexes and models are kept in --folder and used again; what was stopped while it trained goes on.
 */
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stderrProgress } from 'tenfold/nn';
import { bootstrapInterval, mean } from 'tenfold/report';
import { type Qrels, ranked, type Scored } from 'tenfold/retrieval';
import {
  createIndex,
  type Key,
  type KeyOptions,
  openIndexWriter,
  plainSearcher,
  rankIndex,
  Searcher,
  type StoredDocument,
  type TokensFrom,
  trainIndex,
  untrainedSearcher,
  writePseudoQueries,
} from 'tenfold/search';
import { replaceFile } from 'tenfold/tensor';
import type { BenchOptions } from './benches.ts';
import { type BenchReport, type Row, row } from './report.ts';
import { cranfield, data, type Scifact, scifact, type TestCollection, xquad } from './retrieval-collections.ts';
import { trainedDsi } from './retrieval-dsi.ts';

const parts = ['scifact', 'copying', 'cranfield', 'xquad', 'beams', 'minder', 'ltrgr', 'dsi'] as const;

export const options = {
  folder: { type: 'string', default: 'runs/retrieval' },
  /** Of SciFact's model. */
  steps: { type: 'string', default: '1000' },
  /** What to measure, by commas; `tune` shows what the settings were chosen by. */
  only: { type: 'string', default: parts.join() },
} as const;

/** Steps that a model is trained on for other documents, other views or another loss, and the highest rate of these. */
const FURTHER = { steps: 300, rate: 5e-4, warmUp: 30 };
const RANK_STEPS = 150;
/** Of each document. */
const PSEUDO_QUERIES = 3;

const progress = stderrProgress();

export async function run(asked: BenchOptions): Promise<BenchReport> {
  if (!existsSync(data)) return { rows: [], skipped: [{ case: 'retrieval', reason: 'no ../shared/data' }] };
  const only = new Set(String(asked.only).split(','));
  const folder = (name: string): string => join(String(asked.folder), name);
  const rows: Row[] = [];
  const claims = await scifact();
  const from = { model: join(folder('scifact'), 'model') };
  const base = { ...claims, folder: folder('scifact') };
  await indexed(base, { texts: claims.documents.flatMap(({ title = '', text }) => [title, text]) });
  await once(trained(base.folder), () => {
    return trainIndex({ folder: base.folder, queries: claims.train, recipe: { steps: Number(asked.steps) }, progress });
  });
  if (only.has('tune')) rows.push(...(await tuned(base)));
  if (only.has('scifact')) rows.push(...(await scorings(base)));
  if (only.has('copying')) rows.push(...(await copying(base)));
  for (const [name, read] of Object.entries({ cranfield, xquad })) {
    if (!only.has(name)) continue;
    const other = { ...(await read()), folder: folder(name) };
    await indexed(other, from);
    await once(trained(other.folder), () => trainIndex({ folder: other.folder, recipe: FURTHER, progress }));
    rows.push(...(await fusions(other)));
  }
  if (only.has('beams')) rows.push(...(await beams(base)));
  for (const name of ['further', 'minder', 'ltrgr'] as const) {
    // what is only trained on for as long is what the other two are measured against
    if (!(only.has(name) || (name === 'further' && (only.has('minder') || only.has('ltrgr'))))) continue;
    const other = { ...claims, name: `scifact/${name}`, folder: folder(`scifact-${name}`) };
    await indexed(other, from);
    await once(trained(other.folder), async () => {
      if (name === 'ltrgr') {
        return rankIndex({ folder: other.folder, queries: claims.train, steps: RANK_STEPS, progress });
      }
      if (name === 'minder') await writePseudoQueries({ folder: other.folder, count: PSEUDO_QUERIES, progress });
      return trainIndex({ folder: other.folder, queries: claims.train, recipe: FURTHER, progress });
    });
    rows.push(...(await fusions(other)));
  }
  if (only.has('dsi')) rows.push(...(await dsi(claims, folder('scifact'), folder('scifact-dsi'))));
  return { rows, skipped: [] };
}

interface Placed extends TestCollection {
  readonly folder: string;
}

async function indexed({ folder, documents }: Placed, from: TokensFrom): Promise<void> {
  await once(join(folder, 'indexed.json'), async () => {
    await rm(folder, { recursive: true, force: true });
    await createIndex(folder, from);
    await using writer = await openIndexWriter(folder, { analyser: 'ascii' });
    await writer.add(documents);
    return { documents: documents.length };
  });
}

const trained = (folder: string): string => join(folder, 'trained.json');

/** Does what ends with a note, unless that is there. */
async function once(note: string, work: () => Promise<unknown>): Promise<void> {
  if (!existsSync(note)) {
    const before = process.cpuUsage();
    const result = await work();
    const { user, system } = process.cpuUsage(before);
    const seconds = Math.round((user + system) / 1e6);
    await replaceFile(note, [`${JSON.stringify({ result, seconds })}\n`]);
  }
  progress.note(`${dirname(note)}: ${(await readFile(note, 'utf8')).trim()}`);
}

/** The results of a way to rank, for a query and its keys. */
type Way = (
  query: string,
  keys: readonly Key[],
) => readonly { readonly document: StoredDocument; readonly score: number }[];

/** Each query's keys, once, and what every way makes of them, measured. */
async function measured<Name extends string>(
  { name, queries, qrels, measure }: Pick<TestCollection, 'name' | 'queries' | 'qrels' | 'measure'>,
  searcher: Searcher,
  options: KeyOptions,
  ways: Readonly<Record<Name, Way>>,
): Promise<Record<Name, number[]>> {
  const values = Object.fromEntries(Object.keys(ways).map((way) => [way, []])) as unknown as Record<Name, number[]>;
  const asked = relevantIn(qrels);
  for (const [i, id] of asked.entries()) {
    progress.update(name, i / asked.length);
    const query = queries.get(id)!;
    const keys = await searcher.keys(query, options);
    for (const [way, find] of Object.entries(ways) as [Name, Way][]) {
      const found = find(query, keys).map(({ document, score }): Scored => ({ id: document.id, score }));
      values[way].push(measure(ranked(found), qrels.get(id)!));
    }
  }
  progress.clear();
  return values;
}

function relevantIn(qrels: Qrels): string[] {
  return [...qrels].flatMap(([id, grades]) => ([...grades.values()].some((grade) => grade > 0) ? [id] : []));
}

/** Hits that every way may have: all that MAP counts; and those that nDCG@10 may. */
const LIMIT = 1000;
const FEW = 100;

/** Words, keys, and both. */
function waysOf(searcher: Searcher, { bm25 }: TestCollection) {
  return {
    bm25: (query) => searcher.collection.search(query, { limit: LIMIT, ...bm25 }),
    keys: (_, keys) => searcher.rank(keys, { limit: LIMIT }),
    fusion: (query, keys) => searcher.fused(query, keys, { limit: LIMIT, bm25 }),
  } as const satisfies Record<string, Way>;
}

/** SciFact in all scorings. */
async function scorings(claims: Placed): Promise<Row[]> {
  await using searcher = await Searcher.open(claims.folder);
  const { bm25, keys, fusion } = waysOf(searcher, claims);
  const alone = await measured(
    claims,
    searcher,
    { queryNgrams: false },
    {
      bm25,
      keys,
      fusion,
      lm: (_, own) => searcher.rank(own, { scoring: 'lm', limit: LIMIT }),
      lmFm: (_, own) => searcher.rank(own, { scoring: 'lm-fm', limit: LIMIT }),
    },
  );
  const full = await measured(claims, searcher, { queryNgrams: true }, { keys, fusion });
  const against = comparison(claims, alone.bm25);
  return [
    against('lm', alone.lm),
    against('lm-fm', alone.lmFm),
    against('intersective', alone.keys),
    against('intersective-query-ngrams', full.keys),
    against('fusion', alone.fusion),
    against('fusion-query-ngrams', full.fusion),
    order('lm-below-lm-fm', alone.lm, alone.lmFm),
    order('lm-fm-below-intersective', alone.lmFm, alone.keys),
    bound(claims.name, alone.fusion, alone.bm25),
  ];
}

/** The model without the query, and the query without the model. */
async function copying(claims: Placed): Promise<Row[]> {
  await using searcher = await Searcher.open(claims.folder);
  const rows: Row[] = [];
  for (const [name, other] of Object.entries({ 'no-copying': plainSearcher, untrained: untrainedSearcher })) {
    await using varied = await other(searcher, claims.folder);
    for (const queryNgrams of [false, true]) {
      const ways = waysOf(varied, claims);
      const found = await measured({ ...claims, name }, varied, { queryNgrams }, ways);
      const against = comparison(claims, found.bm25);
      const what = queryNgrams ? `${name}-query-ngrams` : name;
      rows.push(against(`${what}/intersective`, found.keys), against(`${what}/fusion`, found.fusion));
    }
  }
  return rows;
}

/** N-grams alone, and fused. */
async function fusions(collection: Placed): Promise<Row[]> {
  await using searcher = await Searcher.open(collection.folder);
  const { bm25, keys, fusion } = await measured(
    collection,
    searcher,
    { queryNgrams: false },
    waysOf(searcher, collection),
  );
  const against = comparison(collection, bm25);
  return [against('intersective', keys), against('fusion', fusion), bound(collection.name, fusion, bm25)];
}

/** The paper's ablation. */
async function beams(claims: Placed): Promise<Row[]> {
  await using searcher = await Searcher.open(claims.folder);
  const { bm25, keys } = waysOf(searcher, claims);
  const rows: Row[] = [];
  const lmFm: Way = (_, own) => searcher.rank(own, { scoring: 'lm-fm', limit: LIMIT });
  const ways: [string, KeyOptions][] = [1, 3, 5, 10, 15].map((count) => [`beams-${count}`, { beams: count }]);
  for (const [name, options] of [...ways, ['unconstrained', { constrained: false }] as [string, KeyOptions]]) {
    const own = { ...options, queryNgrams: false };
    const found = await measured({ ...claims, name }, searcher, own, { bm25, keys, lmFm });
    const against = comparison(claims, found.bm25);
    rows.push(against(`${name}/intersective`, found.keys), against(`${name}/lm-fm`, found.lmFm));
  }
  return rows;
}

/** What the held-back claims say of settings. */
async function tuned(claims: Placed & Scifact): Promise<Row[]> {
  await using searcher = await Searcher.open(claims.folder);
  const held = { ...claims, name: 'scifact-held-back', qrels: claims.held };
  const { bm25, keys } = waysOf(searcher, held);
  const weights = [0.15, 0.2, 0.25, 0.3];
  const rows: Row[] = [];
  const ways: Record<string, Way> = { bm25, keys };
  for (const fusion of weights) {
    for (const alpha of [1, 2]) {
      for (const length of [0, 0.4]) {
        ways[`fusion-${fusion}/alpha-${alpha}/length-${length}`] = (query, own) =>
          searcher.fused(query, own, { limit: FEW, fusion, alpha, length });
      }
    }
  }
  ways['fusion-reciprocal'] = (query, own) => searcher.fused(query, own, { limit: FEW, fusion: 'reciprocal' });
  for (const queryNgrams of [false, true]) {
    const { bm25: words, ...others } = await measured(held, searcher, { queryNgrams }, ways);
    const against = comparison(held, words!);
    for (const [way, values] of Object.entries(others)) {
      rows.push(against(`${way}${queryNgrams ? '/query-ngrams' : ''}`, values));
    }
  }
  return rows;
}

async function dsi(claims: Scifact, index: string, folder: string): Promise<Row[]> {
  await using searcher = await Searcher.open(index);
  const search = await trainedDsi(searcher.coder, claims, folder, progress);
  const { queries, qrels, measure, bm25 } = claims;
  const [own, words]: number[][] = [[], []];
  for (const id of relevantIn(qrels)) {
    own!.push(measure(ranked(await search(queries.get(id)!)), qrels.get(id)!));
    const found = searcher.collection.search(queries.get(id)!, { limit: LIMIT, ...bm25 });
    words!.push(measure(ranked(found.map(({ document, score }) => ({ id: document.id, score }))), qrels.get(id)!));
  }
  return [comparison(claims, words!)('dsi', own!)];
}

/** Rows against BM25. */
function comparison({ name, measureName }: TestCollection, base: readonly number[]) {
  return (what: string, own: readonly number[]): Row => {
    const interval = gain(own, base).map(shown).join(', ');
    return row({
      case: `${name}/${what}`,
      unit: 'value',
      ours: mean(own),
      peer: mean(base),
      peerName: `BM25, ${measureName}, ${own.length} queries; gain ${shown(mean(own) - mean(base))} [${interval}]`,
      ratio: mean(base) / mean(own),
      goal: null,
    });
  };
}

function gain(own: readonly number[], base: readonly number[]): readonly [number, number] {
  return bootstrapInterval(
    own.map((value, i) => value - base[i]!),
    mean,
  ).interval;
}

/** That the second does better than the first: the cost of the first over the second's. */
function order(what: string, first: readonly number[], second: readonly number[]): Row {
  return row({
    case: `scifact/order/${what}`,
    unit: 'value',
    ours: mean(second),
    peer: mean(first),
    peerName: 'the scoring before it in the paper’s order',
    ratio: mean(first) / mean(second),
    goal: 1,
  });
}

/** Fusion against BM25: on SciFact the gain's lower bound shall be above 0, on Cranfield its upper bound not below. */
function bound(name: string, own: readonly number[], base: readonly number[]): Row {
  const lexical = mean(base);
  if (name === 'xquad') {
    const peerName = 'BM25: fusion finds no fewer';
    const [ours, peer] = [mean(own), lexical];
    return row({ case: 'xquad/fusion-hits@5', unit: 'value', ours, peer, peerName, ratio: peer / ours, goal: 1 });
  }
  const [low, high] = gain(own, base);
  const [what, ours] = name === 'cranfield' ? (['upper', high] as const) : (['lower', low] as const);
  return row({
    case: `${name}/fusion-gain-${what}`,
    unit: 'value',
    ours,
    peer: null,
    peerName: `BM25 over BM25 with the ${what} bound of the gain, by paired bootstrap`,
    ratio: lexical / (lexical + ours),
    goal: 1,
  });
}

function shown(value: number): string {
  return value.toFixed(4);
}
