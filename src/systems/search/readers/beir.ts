/**
 * BEIR's folders: `corpus.jsonl`, `queries.jsonl` and judgements in `qrels.tsv` or `qrels/SPLIT.tsv`, each of them gzipped
 * or not, and none of them required.
 *
 * N. Thakur et al., "BEIR: A Heterogenous Benchmark for Zero-shot Evaluation of Information Retrieval Models" (2021).
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readQrels } from '../../../retrieval/index.ts';
import { jsonDocuments, readQueries } from './documents.ts';
import type { FieldNames, Item } from './item.ts';

/** Whether a folder of such files is BEIR's. */
export function isBeir(files: readonly string[]): boolean {
  return files.some((name) => /^(corpus\.jsonl(\.gz)?|queries\.jsonl(\.gz)?|qrels\.tsv|qrels)$/.test(name));
}

/** @throws RangeError for a folder that has none of these; SyntaxError for judgements that are none */
export async function* beirItems(folder: string, names: FieldNames = {}): AsyncGenerator<Item> {
  const files = await readdir(folder);
  const plain = (name: string) => [name, `${name}.gz`].find((file) => files.includes(file));
  const [corpus, queries] = [plain('corpus.jsonl'), plain('queries.jsonl')];
  const splits = files.includes('qrels')
    ? (await readdir(join(folder, 'qrels'))).filter((file) => file.endsWith('.tsv'))
    : [];
  const qrels = [
    ...(files.includes('qrels.tsv') ? ['qrels.tsv'] : []),
    ...splits.sort().map((file) => join('qrels', file)),
  ];
  if (!corpus && !queries && qrels.length === 0) {
    throw new RangeError(`${folder}: expected BEIR's corpus.jsonl, queries.jsonl or qrels, got none of them`);
  }
  if (corpus) yield* jsonDocuments(join(folder, corpus), names);
  if (queries) yield* readQueries(join(folder, queries));
  for (const file of qrels) {
    for (const [query, judged] of await readQrels(join(folder, file))) {
      for (const [document, grade] of judged) yield { judgement: { query, document, grade } };
    }
  }
}
