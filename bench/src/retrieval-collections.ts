/** The test collections that the quality of search is measured on: SciFact, Cranfield and XQuAD, from ../shared/data. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { readJsonLines } from 'tenfold/data';
import {
  averagePrecision,
  hits,
  type Measure,
  ndcg,
  type Qrels,
  readQrels,
  readSmart,
  readSmartQrels,
} from 'tenfold/retrieval';
import type { JudgedQuery, StoredDocument } from 'tenfold/search';

export const data = fileURLToPath(new URL('../../../shared/data/', import.meta.url));

export interface TestCollection {
  readonly name: string;
  readonly documents: readonly StoredDocument[];
  readonly queries: ReadonlyMap<string, string>;
  readonly qrels: Qrels;
  readonly measure: Measure;
  readonly measureName: string;
  readonly bm25: { readonly k1: number; readonly b: number };
}

/** SciFact: its claims of `validation` to be measured, and of those to learn from four fifths and the fifth held back. */
export interface Scifact extends TestCollection {
  readonly train: readonly JudgedQuery[];
  readonly held: Qrels;
}

/** Every so many of SciFact's training claims are held back, to choose settings by. */
const HELD = 5;

export async function scifact(): Promise<Scifact> {
  const read = async (name: string) => (await readJsonLines(`${data}scifact/${name}`)) as Record<string, string>[];
  const documents = (await read('corpus.jsonl.gz')).map(({ _id, title, text }) => ({
    id: _id!,
    title: title!,
    text: text!,
  }));
  const queries = new Map((await read('queries.jsonl')).map(({ _id, text }) => [_id!, text!]));
  const judged = [...(await readQrels(`${data}scifact/qrels.tsv`, { split: 'train' }))];
  const train = judged
    .filter((_, i) => i % HELD !== 0)
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
    held: new Map(judged.filter((_, i) => i % HELD === 0)),
    measure: (ranking, grades) => ndcg(ranking, grades, 10),
    measureName: 'nDCG@10',
    bm25: { k1: 0.9, b: 0.4 },
  };
}

export async function cranfield(): Promise<TestCollection> {
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

export async function xquad(): Promise<TestCollection> {
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
    measure: (ranking, grades) => hits(ranking, grades, 5),
    measureName: 'hits@5',
    bm25: { k1: 0.9, b: 0.4 },
  };
}
