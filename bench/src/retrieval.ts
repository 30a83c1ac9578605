/**
 * What the search engine finds: SciFact, Cranfield and XQuAD with small models that are trained here, in the three scorings
 * of the SEAL paper, against BM25 and fused with it.
 *
 * SciFact's model learns from the abstracts and four fifths of the training claims; the last fifth chose every setting.
 * The models of Cranfield and XQuAD learn from the documents alone, with the settings that SciFact chose. Gains are
 * of queries in pairs, with the percentile bootstrap.
 *
 * Indexes and models are kept in --folder and used again when they are there.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readJsonLines } from 'tenfold/data';
import { stderrProgress } from 'tenfold/nn';
import { bootstrapInterval, mean } from 'tenfold/report';
import {
  averagePrecision,
  hits,
  type Judged,
  ndcg,
  type Qrels,
  ranked,
  readQrels,
  readSmart,
  readSmartQrels,
  type Scored,
  weightedFusion,
} from 'tenfold/retrieval';
import {
  createIndex,
  type JudgedQuery,
  openIndexWriter,
  Searcher,
  type SearchOptions,
  type StoredDocument,
  trainIndex,
} from 'tenfold/search';
import type { BenchOptions } from './benches.ts';
import { type BenchReport, type Row, row } from './report.ts';

const data = fileURLToPath(new URL('../../../shared/data/', import.meta.url));

export const options = {
  folder: { type: 'string', default: 'runs/retrieval' },
  /** Of training, each. */
  steps: { type: 'string', default: '1000' },
  /** Which collections, by commas. */
  only: { type: 'string', default: 'scifact,cranfield,xquad' },
} as const;

/** Documents that every method may find. */
const POOL = 200;
/** What keys count beside words: chosen on SciFact's held-back training claims. */
const WEIGHT = 0.2;

type Measure = (ranking: readonly string[], judged: Judged) => number;

interface TestCollection {
  readonly name: string;
  readonly documents: readonly StoredDocument[];
  readonly queries: ReadonlyMap<string, string>;
  readonly qrels: Qrels;
  readonly train: readonly JudgedQuery[];
  readonly measure: Measure;
  readonly measureName: string;
  readonly bm25: { readonly k1: number; readonly b: number };
}

export async function run(asked: BenchOptions): Promise<BenchReport> {
  if (!existsSync(data)) return { rows: [], skipped: [{ case: 'retrieval', reason: 'no ../shared/data' }] };
  const only = new Set(String(asked.only).split(','));
  const rows: Row[] = [];
  for (const [name, read] of Object.entries({ scifact, cranfield, xquad })) {
    if (only.has(name))
      rows.push(...(await evaluate(await read(), join(String(asked.folder), name), Number(asked.steps))));
  }
  return { rows, skipped: [] };
}

async function evaluate(collection: TestCollection, folder: string, steps: number): Promise<Row[]> {
  const progress = stderrProgress();
  const { name, documents, queries, qrels, measure, measureName, bm25 } = collection;
  if (!existsSync(join(folder, 'manifest'))) {
    await createIndex(folder, { texts: documents.flatMap(({ title = '', text }) => [title, text]) });
    await using writer = await openIndexWriter(folder);
    await writer.add(documents);
  }
  if (!existsSync(join(folder, 'model/model.safetensors'))) {
    const before = process.cpuUsage();
    const { loss, pairs } = await trainIndex({ folder, queries: collection.train, recipe: { steps }, progress });
    const { user, system } = process.cpuUsage(before);
    const seconds = ((user + system) / 1e6).toFixed(0);
    progress.note(`${name}: ${steps} steps on ${pairs} pairs, loss ${loss.toFixed(2)}, ${seconds} s of processor time`);
  }
  await using searcher = await Searcher.open(folder);
  const asked = [...qrels.keys()].filter((id) => [...qrels.get(id)!.values()].some((grade) => grade > 0));

  const byWords = new Map(
    asked.map((id) => [
      id,
      searcher.collection
        .search(queries.get(id)!, { limit: 1000, ...bm25 })
        .map(({ document, score }): Scored => ({ id: document.id, score })),
    ]),
  );
  const byKeys = async (what: string, options: SearchOptions): Promise<Map<string, Scored[]>> => {
    const found = new Map<string, Scored[]>();
    for (const [i, id] of asked.entries()) {
      progress.update(`${name}: ${what}`, i / asked.length);
      const listed = await searcher.byKeys(queries.get(id)!, { limit: POOL, ...options });
      found.set(
        id,
        listed.map(({ document, score }) => ({ id: document.id, score })),
      );
    }
    progress.clear();
    return found;
  };
  const values = (results: ReadonlyMap<string, readonly Scored[]>): number[] =>
    asked.map((id) => measure(ranked(results.get(id)!), qrels.get(id)!));
  const fused = (keys: ReadonlyMap<string, readonly Scored[]>): Map<string, Scored[]> =>
    new Map(asked.map((id) => [id, weightedFusion([byWords.get(id)!, keys.get(id)!], [1 - WEIGHT, WEIGHT])]));

  const lexical = values(byWords);
  const base = mean(lexical);
  const rows: Row[] = [];
  const against = (what: string, own: readonly number[], goal: number | null): void => {
    const { interval } = bootstrapInterval(
      own.map((value, i) => value - lexical[i]!),
      mean,
    );
    const peerName = `BM25, ${measureName}, ${asked.length} queries; gain ${shown(mean(own) - base)} [${interval.map(shown).join(', ')}]`;
    rows.push(
      row({
        case: `${name}/${what}`,
        unit: 'value',
        ours: mean(own),
        peer: base,
        peerName,
        ratio: base / mean(own),
        goal,
      }),
    );
  };
  const without = { queryNgrams: false } as const;
  const lm = values(await byKeys('LM', { ...without, scoring: 'lm' }));
  const lmFm = values(await byKeys('LM+FM', { ...without, scoring: 'lm-fm' }));
  const plain = await byKeys('intersective', without);
  const full = await byKeys('intersective with query n-grams', {});
  const both = values(fused(full));
  against('lm', lm, null);
  against('lm-fm', lmFm, null);
  against('intersective', values(plain), null);
  against('intersective-query-ngrams', values(full), null);
  against('fusion', both, null);
  against('fusion-without-query-ngrams', values(fused(plain)), null);
  rows.push(order(name, 'lm-below-lm-fm', lm, lmFm), order(name, 'lm-fm-below-intersective', lmFm, values(plain)));
  rows.push(bound(name, both, lexical));
  if (name === 'scifact') {
    against('unconstrained', values(await byKeys('unconstrained', { ...without, constrained: false })), null);
    for (const beams of [1, 3, 5, 10]) {
      against(`beams-${beams}`, values(await byKeys(`${beams} beams`, { ...without, beams })), null);
    }
  }
  return rows;
}

/** That the second does better than the first: the cost of the first over the second's. */
function order(name: string, what: string, first: readonly number[], second: readonly number[]): Row {
  return row({
    case: `${name}/order/${what}`,
    unit: 'value',
    ours: mean(second),
    peer: mean(first),
    peerName: 'the scoring before it in the paper’s order',
    ratio: mean(first) / mean(second),
    goal: 1,
  });
}

/** Fusion against BM25: on SciFact the gain's lower bound shall be above 0, elsewhere its upper bound not below. */
function bound(name: string, own: readonly number[], base: readonly number[]): Row {
  const { interval } = bootstrapInterval(
    own.map((value, i) => value - base[i]!),
    mean,
  );
  const [what, gain] = name === 'cranfield' ? (['upper', interval[1]] as const) : (['lower', interval[0]] as const);
  const lexical = mean(base);
  if (name === 'xquad') {
    const peerName = 'BM25: fusion finds no fewer';
    return row({
      case: 'xquad/fusion-hits@5',
      unit: 'value',
      ours: mean(own),
      peer: lexical,
      peerName,
      ratio: lexical / mean(own),
      goal: 1,
    });
  }
  return row({
    case: `${name}/fusion-gain-${what}`,
    unit: 'value',
    ours: gain,
    peer: null,
    peerName: `BM25 over BM25 with the ${what} bound of the gain, by paired bootstrap`,
    ratio: lexical / (lexical + gain),
    goal: 1,
  });
}

function shown(value: number): string {
  return value.toFixed(4);
}

async function scifact(): Promise<TestCollection> {
  const read = async (name: string) => (await readJsonLines(`${data}scifact/${name}`)) as Record<string, string>[];
  const documents = (await read('corpus.jsonl.gz')).map(({ _id, title, text }) => ({
    id: _id!,
    title: title!,
    text: text!,
  }));
  const queries = new Map((await read('queries.jsonl')).map(({ _id, text }) => [_id!, text!]));
  const judged = await readQrels(`${data}scifact/qrels.tsv`, { split: 'train' });
  const train = [...judged]
    .filter((_, i) => i % 5 !== 0)
    .map(([id, grades]) => ({
      text: queries.get(id)!,
      relevant: [...grades].flatMap(([doc, grade]) => (grade > 0 ? [doc] : [])),
    }));
  return {
    name: 'scifact',
    documents,
    queries,
    qrels: await readQrels(`${data}scifact/qrels.tsv`, { split: 'validation' }),
    train,
    measure: (ranking, grades) => ndcg(ranking, grades, 10),
    measureName: 'nDCG@10',
    bm25: { k1: 0.9, b: 0.4 },
  };
}

async function cranfield(): Promise<TestCollection> {
  const documents = (await readSmart(`${data}cranfield/cran.all.1400`)).map(({ id, fields }) => ({
    id,
    title: fields.T ?? '',
    text: fields.W ?? '',
  }));
  const asked = await readSmart(`${data}cranfield/cran.qry`);
  return {
    name: 'cranfield',
    documents,
    queries: new Map(asked.map(({ fields }, i) => [String(i + 1), fields.W ?? ''])),
    qrels: await readSmartQrels(`${data}cranfield/cranqrel`),
    train: [],
    measure: averagePrecision,
    measureName: 'MAP',
    bm25: { k1: 1.2, b: 0.75 },
  };
}

interface Squad {
  readonly data: readonly {
    readonly title: string;
    readonly paragraphs: readonly {
      readonly context: string;
      readonly qas: readonly { readonly id: string; readonly question: string }[];
    }[];
  }[];
}

async function xquad(): Promise<TestCollection> {
  const { data: articles } = JSON.parse(await readFile(`${data}qa/xquad.en.json`, 'utf8')) as Squad;
  const documents: StoredDocument[] = [];
  const queries = new Map<string, string>();
  const qrels = new Map<string, Map<string, number>>();
  for (const { title, paragraphs } of articles) {
    for (const [i, { context, qas }] of paragraphs.entries()) {
      const id = `${title}-${i}`;
      documents.push({ id, title: title.replaceAll('_', ' '), text: context });
      for (const { id: query, question } of qas) {
        queries.set(query, question);
        qrels.set(query, new Map([[id, 1]]));
      }
    }
  }
  return {
    name: 'xquad',
    documents,
    queries,
    qrels,
    train: [],
    measure: (ranking, grades) => hits(ranking, grades, 5),
    measureName: 'hits@5',
    bm25: { k1: 0.9, b: 0.4 },
  };
}
