/** `tenfold search eval`: how good results are, by judgements. */
import { blamed, verb } from '../../../command/index.ts';
import {
  type Evaluation,
  evaluate,
  type Qrels,
  readQrels,
  readRun,
  runLines,
  type Scored,
  usualMeasures,
} from '../../../retrieval/index.ts';
import { replaceFile } from '../../../tensor/index.ts';
import { readConditions } from '../collection/condition.ts';
import { Searcher } from '../searcher/searcher.ts';
import { requireIndex } from './folder.ts';
import { filterOption, limitOption, rankOptions } from './options.ts';
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
    qrels: { help: 'judgements: TREC’s, BEIR’s, or with a split before them' },
    run: { help: 'a TREC run file', optional: true },
  },
  options: {
    split: { kind: 'text', value: 'NAME', help: 'where judgements begin with a split: which to take' },
    index: { kind: 'text', value: 'DIR', help: 'search this index instead of reading a run' },
    queries: { kind: 'text', value: 'FILE', help: 'with --index: the queries' },
    out: { kind: 'text', value: 'FILE', help: 'with --index: also write the results as a run file' },
    answered: { kind: 'flag', help: 'means over queries that have a result only' },
    limit: { ...limitOption, help: 'with --index: documents a query', default: 100 },
    ...rankOptions,
    filter: filterOption,
  },
  examples: [
    { line: 'tenfold search eval qrels.tsv papers.run', does: 'a run' },
    {
      line: 'tenfold search eval scifact/qrels.tsv --split validation --index scifact-index --queries scifact/queries.jsonl',
      does: 'an index',
    },
  ],
  run: ({ args: { qrels: path, run }, options, signal, progress }) =>
    blamed('eval', async () => {
      const { index, queries, split, out } = options;
      if ((run === undefined) === (index === undefined)) {
        throw new RangeError(`eval: expected either a run file or --index, got ${index ? 'both' : 'neither'}`);
      }
      if ((index === undefined) !== (queries === undefined)) {
        throw new RangeError('eval: expected --index and --queries together, got one of them');
      }
      if (out !== undefined && index === undefined) throw new RangeError('eval: expected --out with --index only');
      const filter = readConditions(options.filter);
      const qrels = await readQrels(path, { ...(split && { split }) });
      if (qrels.size === 0) throw new RangeError(`eval: expected judgements, got none in ${path}`);
      let results: ReadonlyMap<string, readonly Scored[]>;
      if (run !== undefined) results = await readRun(run);
      else {
        await requireIndex('eval', index!);
        const asked = (await allQueries(queries!, new Problems(progress))).filter(({ id }) => qrels.has(id));
        await using searcher = await Searcher.open(index!);
        const how = { ...searchOptions(options), ...(filter && { filter }), signal };
        const found = new Map<string, readonly Scored[]>();
        const lines: string[] = [];
        for await (const { query, result } of answers(searcher, asked, how, progress)) {
          found.set(query, result);
          if (out !== undefined) lines.push(...runLines(query, result, tagOf(out)));
        }
        if (out !== undefined) await replaceFile(out, lines);
        results = found;
      }
      return told(evaluate(qrels, results, usualMeasures, { complete: !options.answered }), qrels, path);
    }),
  text({ queries, missing, means }) {
    const width = Math.max(...Object.keys(means).map(({ length }) => length));
    const lines = Object.entries(means).map(([name, value]) => `${name.padEnd(width)}  ${value.toFixed(4)}`);
    const without = missing === 0 ? '' : `, ${missing} judged ones without a result`;
    return [`${queries} queries${without}`, ...lines].join('\n');
  },
});

/** @throws RangeError where no query of the judgements has a result: files that do not belong together */
function told({ queries, missing, means, perQuery }: Evaluation, qrels: Qrels, path: string) {
  if (missing.length === qrels.size) {
    throw new RangeError(
      `eval: expected results for queries of ${path}, got none: their ids do not meet, or another --split does`,
    );
  }
  return { queries, missing: missing.length, means, perQuery: Object.fromEntries(perQuery) };
}
