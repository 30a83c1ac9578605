/** `tenfold search eval`: how good results are, by judgements. */
import { blamed, type Progress, verb } from '../../../command/index.ts';
import { type Evaluation, readRun, runLines, type Scored } from '../../../retrieval/index.ts';
import { replaceFile } from '../../../tensor/index.ts';
import { readConditions } from '../collection/condition.ts';
import type { Query } from '../readers/item.ts';
import { Searcher } from '../searcher/searcher.ts';
import type { SearchOptions } from '../searcher/types.ts';
import { requireIndex } from './folder.ts';
import { goldFormats, readGold } from './gold.ts';
import { filterOption, limitOption, rankOptions, toleranceOptions } from './options.ts';
import { Problems } from './problems.ts';
import { allQueries, answers, searchOptions, tagOf } from './query-command.ts';

export const evalVerb = verb({
  name: 'eval',
  summary: 'measure results against judgements, as trec_eval does',
  about: `Measures a TREC run file, or the results of an index for a file of queries: nDCG@10, MAP, MRR, R-precision, hits@k and
recall@100, means over all judged queries. A document counts as relevant from grade 1 on.

As in trec_eval, documents are taken by falling score in single precision, those of one score by falling id, whatever ranks
a run file has. A judged query without a result counts 0 (trec_eval’s -c); --answered leaves such queries out, which
is trec_eval’s way without -c. --json has the values of every query.`,
  args: {
    qrels: { help: 'judgements: TREC’s, BEIR’s, or with a split before them; or what --format says' },
    run: { help: 'a TREC run file', optional: true },
  },
  options: {
    format: {
      kind: 'choice',
      choices: goldFormats,
      help: 'what the judgements are: documents with grades, a task of KILT’s, or questions with answers (DPR, SQuAD, JSON lines)',
      default: 'qrels',
    },
    split: { kind: 'text', value: 'NAME', help: 'where judgements begin with a split: which to take, if not all' },
    index: { kind: 'text', value: 'DIR', help: 'search this index instead of reading a run' },
    queries: { kind: 'text', value: 'FILE', help: 'with --index: the queries' },
    out: { kind: 'text', value: 'FILE', help: 'with --index: also write the results as a run file' },
    answered: { kind: 'flag', help: 'means over queries that have a result only' },
    limit: { ...limitOption, help: 'with --index: documents a query', default: 100 },
    ...rankOptions,
    ...toleranceOptions,
    filter: filterOption,
  },
  examples: [
    { line: 'tenfold search eval qrels.tsv papers.run', does: 'a run' },
    {
      line: 'tenfold search eval scifact/qrels.tsv --split validation --index scifact-index --queries scifact/queries.jsonl',
      does: 'an index',
    },
    {
      line: 'tenfold search eval nq-dev-kilt.jsonl --format kilt --index wikipedia',
      does: 'pages, as KILT counts them',
    },
    {
      line: 'tenfold search eval nq-test.qas.csv wikipedia.run --format dpr --index wikipedia',
      does: 'answers in passages, as DPR counts them',
    },
  ],
  run: ({ args: { qrels: path, run }, options, signal, progress }) =>
    blamed('eval', async () => {
      const { index, queries, split, out, format } = options;
      checkRequest(run, options);
      const filter = readConditions(options.filter);
      const problems = new Problems(progress);
      const gold = await readGold(path, format, { split, problems });
      if (gold.needsTexts && index === undefined) {
        throw new RangeError(`eval: expected --index, where the texts are that answers of ${path} are looked for in`);
      }
      if (index !== undefined) await requireIndex('eval', index);
      await using searcher = index === undefined ? undefined : await Searcher.open(index);
      let results: ReadonlyMap<string, readonly Scored[]>;
      if (run !== undefined) results = await readRun(run);
      else {
        const all = gold.questions ?? (await allQueries(queries!, problems)).filter(({ id }) => gold.ids.has(id));
        const how = { ...searchOptions(options), ...(filter && { filter }), signal };
        results = await found(searcher!, all, how, { out, progress });
      }
      const textOf = (id: string) => searcher?.collection.get(id)?.text;
      return told(gold.measured(results, textOf, { complete: !options.answered }), gold.ids.size, path);
    }),
  text({ queries, missing, means }) {
    const width = Math.max(...Object.keys(means).map(({ length }) => length));
    const lines = Object.entries(means).map(([name, value]) => `${name.padEnd(width)}  ${value.toFixed(4)}`);
    const without = missing === 0 ? '' : `, ${missing} judged ones without a result`;
    return [`${queries} queries${without}`, ...lines].join('\n');
  },
});

/** What can be asked together. @throws RangeError for what cannot */
function checkRequest(
  run: string | undefined,
  {
    format,
    index,
    queries,
    split,
    out,
  }: Readonly<Record<'format', string>> & Readonly<Record<'index' | 'queries' | 'split' | 'out', string | undefined>>,
): void {
  const ofQuestions = format !== 'qrels';
  if (run === undefined ? index === undefined : index !== undefined && !ofQuestions) {
    throw new RangeError(`eval: expected either a run file or --index, got ${index ? 'both' : 'neither'}`);
  }
  if (ofQuestions && (queries !== undefined || split !== undefined)) {
    throw new RangeError(`eval: expected --queries and --split without --format ${format}, whose files have questions`);
  }
  if (!ofQuestions && (index === undefined) !== (queries === undefined)) {
    throw new RangeError('eval: expected --index and --queries together, got one of them');
  }
  if (out !== undefined && run !== undefined)
    throw new RangeError('eval: expected --out where --index is searched only');
}

/** What an index has for queries. @param out the run file to write as well */
async function found(
  searcher: Searcher,
  queries: readonly Query[],
  how: SearchOptions,
  { out, progress }: { readonly out: string | undefined; readonly progress: Progress },
): Promise<Map<string, readonly Scored[]>> {
  const results = new Map<string, readonly Scored[]>();
  const lines: string[] = [];
  for await (const { query, result } of answers(searcher, queries, how, progress)) {
    results.set(query, result);
    if (out !== undefined) lines.push(...runLines(query, result, tagOf(out)));
  }
  if (out !== undefined) await replaceFile(out, lines);
  return results;
}

/** @throws RangeError where no query of the judgements has a result: files that do not belong together */
function told({ queries, missing, means, perQuery }: Evaluation, judged: number, path: string) {
  if (missing.length === judged) {
    throw new RangeError(
      `eval: expected results for queries of ${path}, got none: their ids do not meet, or another --split does`,
    );
  }
  return { queries, missing: missing.length, means, perQuery: Object.fromEntries(perQuery) };
}
