/** `tenfold search import`: documents, queries and judgements of any format, in BEIR's. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { blamed, verb } from '../../../command/index.ts';
import { isThere, makeFolder, replaceFile } from '../../../tensor/index.ts';
import type { StoredDocument } from '../collection/segment.ts';
import { type Format, readItems } from '../readers/formats.ts';
import type { Judgement, Query } from '../readers/item.ts';
import { fieldOptions, fieldsOf, formatOption } from './options.ts';
import { Problems } from './problems.ts';

const names = ['corpus.jsonl', 'queries.jsonl', 'qrels.tsv'] as const;

export const importVerb = verb({
  name: 'import',
  summary: 'turn KILT, DPR, SQuAD and other files into a corpus with queries and judgements',
  about: `Writes what is in the files in BEIR's layout, which “index”, “query --queries”, “train --queries” and “eval” read:
corpus.jsonl, queries.jsonl and qrels.tsv, of these those that there is something for. Files are read piece by piece,
whatever their size. Malformed lines are named and left out.`,
  args: {
    files: { help: 'files of one format, plain or gzipped, or folders: of texts, or in BEIR’s layout', many: true },
  },
  options: {
    out: { kind: 'text', value: 'DIR', help: 'the folder to write in, made if it is not there', required: true },
    format: formatOption,
    ...fieldOptions,
    overwrite: { kind: 'flag', help: 'replace files that are there' },
  },
  examples: [
    {
      line: 'tenfold search import xquad.en.json --format squad --out xquad',
      does: 'paragraphs, questions, and which answers which',
    },
    { line: 'tenfold search import biencoder-nq-dev.json.gz --format dpr --out nq', does: 'DPR’s training data' },
    { line: 'tenfold search import nq-dev-kilt.jsonl --format kilt --out kilt-nq', does: 'a task of KILT’s' },
  ],
  run: ({ args: { files }, options, signal, progress }) =>
    blamed('import', async () => {
      const { out, format, overwrite } = options;
      if (!overwrite) await requireAbsent(out);
      const problems = new Problems(progress);
      const queries: Query[] = [];
      const judgements: Judgement[] = [];
      let documents = 0;
      /** The documents, one after the other; what else there is, is kept for later. */
      const texts = async function* (): AsyncGenerator<StoredDocument> {
        for (const file of files) {
          const read = { ...(format && { format: format as Format }), fields: fieldsOf(options) };
          for await (const item of readItems(file, read)) {
            signal.throwIfAborted();
            if ('problem' in item) problems.tell(item.problem);
            else if ('query' in item) queries.push(item.query);
            else if ('judgement' in item) judgements.push(item.judgement);
            else {
              documents++;
              yield item.document;
            }
            progress.update(`${file}: ${documents} documents, ${queries.length} queries`);
          }
        }
      };
      const rest = texts();
      const first = await rest.next();
      await makeFolder(out);
      const written: string[] = [];
      const save = async (name: (typeof names)[number], lines: Iterable<string> | AsyncIterable<string>) => {
        await replaceFile(join(out, name), lines);
        written.push(join(out, name));
      };
      if (!first.done) await save('corpus.jsonl', corpusLines(first.value, rest));
      if (queries.length > 0) await save('queries.jsonl', queryLines(queries));
      if (judgements.length > 0) await save('qrels.tsv', judgementLines(judgements));
      if (written.length === 0)
        throw new RangeError(`import: expected documents or queries, got none in ${files.join(', ')}`);
      // what an earlier import left there does not belong to these documents
      for (const path of names.map((name) => join(out, name))) {
        if (overwrite && !written.includes(path)) await rm(path, { force: true });
      }
      const counts = { documents, queries: queries.length, judgements: judgements.length };
      return { files: written, ...counts, leftOut: problems.count };
    }),
  text: ({ files, documents, queries, judgements, leftOut }) =>
    [
      `${documents} documents, ${queries} queries, ${judgements} judgements${leftOut > 0 ? `; ${leftOut} malformed lines left out` : ''}`,
      ...files,
    ].join('\n'),
});

async function requireAbsent(folder: string): Promise<void> {
  for (const name of names) {
    const path = join(folder, name);
    if (await isThere(path)) throw new RangeError(`import: expected no ${path}, got one; --overwrite replaces it`);
  }
}

/** Lines that are written together: a call of the system for each would take longer than the rest. */
const TOGETHER = 2 ** 20;

async function* corpusLines(first: StoredDocument, rest: AsyncIterable<StoredDocument>): AsyncGenerator<string> {
  let lines = beirLine(first);
  for await (const document of rest) {
    lines += beirLine(document);
    if (lines.length < TOGETHER) continue;
    yield lines;
    lines = '';
  }
  yield lines;
}

function beirLine({ id, title = '', text, ...others }: StoredDocument): string {
  return `${JSON.stringify({ _id: id, title, text, ...others })}\n`;
}

function* queryLines(queries: readonly Query[]): Generator<string> {
  for (const { id, text } of queries) yield `${JSON.stringify({ _id: id, text })}\n`;
}

function* judgementLines(judgements: readonly Judgement[]): Generator<string> {
  yield 'query-id\tcorpus-id\tscore\n';
  for (const { query, document, grade } of judgements) {
    for (const id of [query, document]) {
      if (/\s/.test(id)) throw new RangeError(`import: expected ids without white space, got ${JSON.stringify(id)}`);
    }
    yield `${query}\t${document}\t${grade}\n`;
  }
}
