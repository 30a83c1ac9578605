/** `tenfold search train`: a model that writes the n-grams of an index. */
import { blamed, verb } from '../../../command/index.ts';
import { readQrels } from '../../../retrieval/index.ts';
import { type PseudoQueried, writePseudoQueries } from '../training/pseudo-queries.ts';
import { smallRecipe } from '../training/train.ts';
import { rankIndex, type TrainedIndex, trainIndex } from '../training/train-index.ts';
import { requireIndex } from './folder.ts';
import { Problems } from './problems.ts';
import { allQueries } from './query-command.ts';

interface Trained extends TrainedIndex {
  readonly index: string;
  /** Judged queries that were learned from. */
  readonly queries: number;
}

interface Apart {
  readonly index: string;
  readonly queries: number;
  /** Right documents that were found, and are moved ahead. */
  readonly found: number;
  readonly steps: number;
}

interface Written extends PseudoQueried {
  readonly index: string;
}

export const trainVerb = verb({
  name: 'train',
  summary: 'train a model that writes the n-grams that an index is searched by',
  about: `Trains an encoder–decoder on pairs made of the documents (a part of one asks for its title or another part), and, with
--queries and --qrels, on pairs of queries and what their documents say: the paper's recipe at a small size. Goes on from
the model that the index has, unless --fresh is given.

The model lies in the index from then on, and “query” ranks by it. Stopped with Ctrl-C or killed, training goes on when the
same command is given again.

--pseudo-queries adds a third view of the documents, beside titles and text: questions that the model writes for each of
them, once it has learned from judged queries. Train again after it, so that searching writes them too. --margin
goes on from a trained model with judged queries: it learns to set right documents apart from wrong ones that it finds.`,
  args: { index: { help: 'the folder of an index' } },
  options: {
    queries: {
      kind: 'text',
      value: 'FILE',
      help: 'queries to learn from: JSON lines, or ids and texts with tabs between',
    },
    qrels: { kind: 'text', value: 'FILE', help: 'with --queries: which documents are relevant for each' },
    split: { kind: 'text', value: 'NAME', help: 'where judgements begin with a split: which to take, if not all' },
    steps: {
      kind: 'number',
      value: 'N',
      help: 'training steps',
      integer: true,
      min: 1,
      max: 1e7,
      default: smallRecipe.steps,
    },
    seed: {
      kind: 'number',
      value: 'N',
      help: 'of weights, pairs and order',
      integer: true,
      min: 0,
      max: 1e9,
      default: 0,
    },
    fresh: { kind: 'flag', help: 'make the model anew' },
    margin: {
      kind: 'number',
      value: 'N',
      help: 'with --queries, instead of training: N steps of a margin between right and wrong documents (LTRGR)',
      integer: true,
      min: 1,
      max: 1e7,
    },
    pseudoQueries: {
      kind: 'number',
      value: 'N',
      help: 'instead of training: write N questions for every document that has none',
      integer: true,
      min: 1,
      max: 100,
    },
  },
  examples: [
    { line: 'tenfold search train papers', does: 'from the documents alone' },
    {
      line: 'tenfold search train scifact-index --queries scifact/queries.jsonl --qrels scifact/qrels.tsv --split train',
      does: 'from judged queries too',
    },
    {
      line: 'tenfold search train scifact-index --queries scifact/queries.jsonl --qrels scifact/qrels.tsv --split train --margin 200',
      does: 'and to rank',
    },
    { line: 'tenfold search train scifact-index --pseudo-queries 3', does: 'three questions for every document' },
  ],
  run: ({ args: { index }, options, signal, progress }) =>
    blamed('train', async (): Promise<Trained | Apart | Written> => {
      const { queries: path, qrels, split, steps, seed, fresh, margin, pseudoQueries: count } = options;
      if (count !== undefined) {
        if (path !== undefined || qrels !== undefined || fresh || margin !== undefined) {
          throw new RangeError('train: expected --pseudo-queries alone, got options of training beside it');
        }
        await requireIndex('train', index);
        return { index, ...(await writePseudoQueries({ folder: index, count, seed, progress, signal })) };
      }
      if ((path === undefined) !== (qrels === undefined)) {
        throw new RangeError('train: expected --queries and --qrels together, got one of them');
      }
      if (margin !== undefined && (path === undefined || fresh)) {
        throw new RangeError(`train: expected --margin with --queries, ${fresh ? 'and without --fresh' : 'got none'}`);
      }
      await requireIndex('train', index);
      const queries =
        path === undefined
          ? []
          : judgedQueries(
              await allQueries(path, new Problems(progress)),
              await readQrels(qrels!, { ...(split && { split }) }),
            );
      if (path !== undefined && queries.length === 0) {
        throw new RangeError(`train: expected queries with relevant documents, got none in ${path} and ${qrels}`);
      }
      if (margin !== undefined) {
        const found = await rankIndex({ folder: index, queries, steps: margin, recipe: { seed }, progress, signal });
        return { index, queries: queries.length, found, steps: margin };
      }
      const trained = await trainIndex({ folder: index, queries, recipe: { steps, seed }, fresh, progress, signal });
      return { index, queries: queries.length, ...trained };
    }),
  text: (result) => {
    const { index } = result;
    if ('documents' in result) {
      return `${result.queries} questions for ${result.documents} documents\n${index}: tenfold search train ${index} --queries FILE --qrels FILE`;
    }
    if ('found' in result) {
      return `${result.found} right documents found for ${result.queries} queries, ${result.steps} steps\n${index}: tenfold search query ${index} "…"`;
    }
    const { pairs, steps, loss } = result;
    return `${pairs} pairs, ${steps} steps, loss ${loss.toFixed(3)} nats a token\n${index}: tenfold search query ${index} "…"`;
  },
});

/** Queries with what is relevant for each; without those for which nothing is. */
function judgedQueries(
  queries: readonly { readonly id: string; readonly text: string }[],
  qrels: Awaited<ReturnType<typeof readQrels>>,
) {
  return queries.flatMap(({ id, text }) => {
    const relevant = [...(qrels.get(id) ?? [])].flatMap(([document, grade]) => (grade >= 1 ? [document] : []));
    return relevant.length > 0 ? [{ text, relevant }] : [];
  });
}
