/** `tenfold search query`: documents for a query, or for a file of them. */
import { basename } from 'node:path';
import { blamed, type Progress, printable, verb } from '../../../command/index.ts';
import { runLines, type Scored } from '../../../retrieval/index.ts';
import { replaceFile } from '../../../tensor/index.ts';
import { type AnswerHit, answerQuery } from '../answer/answer.ts';
import { readConditions } from '../collection/condition.ts';
import { readQueries } from '../readers/documents.ts';
import type { Query } from '../readers/item.ts';
import { Searcher } from '../searcher/searcher.ts';
import type { Ranking, Scoring, SearchOptions } from '../searcher/types.ts';
import { requireIndex } from './folder.ts';
import { filterOption, limitOption, rankOptions, toleranceOptions } from './options.ts';
import { Problems } from './problems.ts';
import { hitText } from './show.ts';

interface Answered {
  readonly query: string;
  readonly hits: readonly AnswerHit[];
}

interface Ran {
  readonly run: string;
  readonly queries: number;
  readonly leftOut: number;
}

interface Exact {
  readonly exact: string;
  readonly count: number;
  readonly documents: readonly { readonly id: string; readonly title?: string }[];
}

export const queryVerb = verb({
  name: 'query',
  summary: 'find documents, and say why each was found',
  about: `Prints for every document the passage that says most, with what was matched in [brackets], and the n-grams and words that
it was found by: what share of the score each has, and how often it occurs in all documents.

With --queries a file of queries is answered instead, and --run names the TREC run file that is written. --exact counts a text
as it stands, word for word, and asks no model.`,
  args: {
    index: { help: 'the folder of an index' },
    query: { help: 'what to find; several words need no quotes', optional: true, many: true },
  },
  options: {
    limit: limitOption,
    ...rankOptions,
    ...toleranceOptions,
    filter: filterOption,
    exact: { kind: 'flag', help: 'find the text itself, word for word' },
    queries: { kind: 'text', value: 'FILE', help: 'answer these: JSON lines, or ids and texts with tabs between' },
    run: { kind: 'text', value: 'FILE', help: 'with --queries: the run file to write' },
  },
  examples: [
    { line: 'tenfold search query papers how do transformers memorise', does: 'the ten best' },
    { line: "tenfold search query papers diffusion --filter 'year>=2022' --rank words", does: 'by words, of 2022 on' },
    { line: 'tenfold search query papers difusion modl --prefix --fuzzy 2', does: 'as it was meant' },
    { line: 'tenfold search query papers --exact "attention is all you need"', does: 'who says so' },
    {
      line: 'tenfold search query papers --queries queries.jsonl --limit 100 --run papers.run',
      does: 'a run for trec_eval',
    },
  ],
  run: ({ args: { index, query: words }, options, signal, progress }) =>
    blamed('query', async (): Promise<Answered | Ran | Exact> => {
      const query = words.join(' ');
      checkRequest(query, options);
      const filter = readConditions(options.filter);
      await requireIndex('query', index);
      progress.update('opening the index');
      await using searcher = await Searcher.open(index);
      if (options.exact) return exactly(searcher, query);
      const asked: SearchOptions = {
        ...searchOptions(options),
        ...(filter && { filter }),
        signal,
      };
      if (options.queries === undefined) return { query, hits: await answerQuery(searcher, query, asked) };
      const problems = new Problems(progress);
      const queries = await allQueries(options.queries, problems);
      const run = options.run!;
      const lines: string[] = [];
      for await (const { query: id, result } of answers(searcher, queries, asked, progress)) {
        lines.push(...runLines(id, result, tagOf(run)));
      }
      await replaceFile(run, lines);
      return { run, queries: queries.length, leftOut: problems.count };
    }),
  text(result) {
    if ('run' in result) return `${result.run}: ${result.queries} queries answered`;
    if ('exact' in result) {
      const told = result.documents.map(
        ({ id, title }) => `  ${printable(title === undefined ? id : `${title}  (${id})`)}`,
      );
      const times = result.count === 1 ? 'once' : `${result.count} times`;
      return [`“${printable(result.exact)}” occurs ${times}`, ...told].join('\n');
    }
    if (result.hits.length === 0) return 'nothing was found';
    return result.hits.map((hit, i) => hitText(hit, i + 1)).join('\n\n');
  },
});

/** Options of a search by their flags. */
export function searchOptions(options: {
  readonly limit: number;
  readonly rank: string | undefined;
  readonly scoring: string;
  readonly beams: number;
  readonly prefix: boolean;
  readonly fuzzy: number;
}): SearchOptions {
  const { limit, rank, scoring, beams, prefix, fuzzy } = options;
  const words = { prefix, fuzzy: fuzzy as 0 | 1 | 2 };
  return { limit, ...(rank && { rank: rank as Ranking }), scoring: scoring as Scoring, beams, ...words };
}

/** The queries of a file. @throws RangeError for none, and for one id twice */
export async function allQueries(path: string, problems: Problems): Promise<Query[]> {
  const queries = new Map<string, Query>();
  for await (const item of readQueries(path)) {
    if ('problem' in item) problems.tell(item.problem);
    else if (queries.has(item.query.id)) {
      throw new RangeError(`search: expected every query's id once in ${path}, got ${item.query.id} twice`);
    } else queries.set(item.query.id, item.query);
  }
  if (queries.size === 0) throw new RangeError(`search: expected queries, got none in ${path}`);
  return [...queries.values()];
}

/** The results of queries, one after the other. */
export async function* answers(
  searcher: Searcher,
  queries: readonly Query[],
  options: SearchOptions,
  progress: Progress,
): AsyncGenerator<{ readonly query: string; readonly result: readonly Scored[] }> {
  for (const [i, { id, text }] of queries.entries()) {
    options.signal?.throwIfAborted();
    const hits = await searcher.search(text, options);
    yield { query: id, result: hits.map(({ document, score }) => ({ id: document.id, score })) };
    progress.update(`${i + 1} of ${queries.length} queries`, (i + 1) / queries.length);
  }
}

/** What a run file's lines end with: the file's name. */
export function tagOf(path: string): string {
  return basename(path).replace(/\s+/g, '_');
}

function exactly(searcher: Searcher, text: string): Exact {
  const { count, documents } = searcher.exact(text);
  return {
    exact: text,
    count,
    documents: documents.map(({ document: { id, title } }) => ({ id, ...(title !== undefined && { title }) })),
  };
}

function checkRequest(
  query: string,
  options: { queries: string | undefined; run: string | undefined; exact: boolean },
) {
  const { queries, run, exact } = options;
  if ((queries === undefined) !== (run === undefined)) {
    throw new RangeError('query: expected --queries and --run together, got one of them');
  }
  if (queries !== undefined && (query !== '' || exact)) {
    throw new RangeError(`query: expected --queries alone, got ${exact ? '--exact' : 'a query'} beside it`);
  }
  if (queries === undefined && query.trim() === '') {
    throw new RangeError('query: expected a query, or --queries with a file of them, got neither');
  }
}
