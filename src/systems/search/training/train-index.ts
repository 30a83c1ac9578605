/**
 * Training the model of an index folder on its documents, and on queries with judged documents where there are some.
 *
 * Checkpoint and metrics lie in `training` until the run is done: a run that was stopped goes on, as long as documents,
 * queries and recipe are what they were.
 */
import { createHash } from 'node:crypto';
import type { Progress } from '../../../command/index.ts';
import type { MetricsRecord } from '../../../nn/index.ts';
import { ifThere, makeFolder, replaceFile } from '../../../tensor/index.ts';
import { moveFiles } from '../collection/checked-files.ts';
import { Collection } from '../collection/collection.ts';
import { checkedModel } from '../searcher/index-folder.ts';
import { readCoder, readSettings, readWeights, type SearchWeights, saveWeights } from '../searcher/model-folder.ts';
import { Searcher } from '../searcher/searcher.ts';
import { type JudgedQuery, type PairCounts, trainingPairs } from './pairs.ts';
import { mineRanks, trainRanks } from './rank.ts';
import { type SearchRecipe, smallRecipe, trainModel } from './train.ts';

export interface TrainOptions {
  /** Of the index. */
  readonly folder: string;
  readonly queries?: readonly JudgedQuery[];
  /** What differs from {@link smallRecipe}. Sizes count for a model that is made anew. */
  readonly recipe?: Partial<SearchRecipe>;
  readonly counts?: Partial<PairCounts>;
  /** Makes a model anew, also where there is one to go on from. */
  readonly fresh?: boolean;
  readonly onRecord?: (record: MetricsRecord) => void;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

/** What training ends with. */
export interface TrainedIndex {
  readonly pairs: number;
  readonly steps: number;
  /** Loss of the last step, in nats a token. */
  readonly loss: number;
}

/**
 * Trains, and writes the model into the index.
 * @throws RangeError for an index without documents, or a `training` folder of a run that began with others; as `fit`
 */
export async function trainIndex(options: TrainOptions): Promise<TrainedIndex> {
  const { folder, queries = [], counts = {}, fresh = false, progress, signal } = options;
  const recipe = { ...smallRecipe, ...options.recipe };
  const model = await checkedModel(folder);
  const coder = await readCoder(model);
  const collection = await Collection.open(folder);
  const from = fresh ? undefined : await readWeights(model);
  progress?.update('making pairs', 0);
  const pairs = trainingPairs({
    coder,
    documents: [...collection.documents()],
    queries,
    counts,
    context: recipe.context,
    seed: recipe.seed,
  });
  const run = `${folder}/training`;
  await begin(run, { recipe, counts, queries: digestOf(queries), generation: collection.generation, fresh });
  let loss = Number.NaN;
  const { tokenizer } = coder;
  const weights = await trainModel({
    pairs,
    recipe,
    vocabulary: tokenizer.size,
    start: tokenizer.eos ?? 0,
    ...(from && { from }),
    folder: run,
    onRecord: (record) => {
      loss = (record.loss as number | undefined) ?? loss;
      options.onRecord?.(record);
    },
    ...(progress && { progress }),
    ...(signal && { signal }),
  });
  await end(run, model, weights, tokenizer.pad ?? 1);
  return { pairs: pairs.length, steps: recipe.steps, loss };
}

export interface RankIndexOptions {
  /** Of the index, with a trained model. */
  readonly folder: string;
  readonly queries: readonly JudgedQuery[];
  readonly steps: number;
  readonly counts?: Partial<PairCounts>;
  /** Of its loss of generation: what differs from {@link smallRecipe}. */
  readonly recipe?: Partial<SearchRecipe>;
  readonly onRecord?: (record: MetricsRecord) => void;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

/**
 * Trains the model of an index on to rank: what it finds for the queries is looked at once, and the right documents are
 * moved ahead of the wrong ones ({@link trainRanks}).
 * @returns how many right documents it had found
 * @throws TypeError for an index without a model; RangeError where it finds no right document, and as `trainIndex`
 */
export async function rankIndex(options: RankIndexOptions): Promise<number> {
  const { folder, queries, steps, counts = {}, onRecord, progress, signal } = options;
  const recipe = { ...smallRecipe, ...options.recipe };
  const model = await checkedModel(folder);
  const from = await readWeights(model);
  if (from === undefined) throw new TypeError(`rank: expected an index with a model, got ${folder} (train it first)`);
  const told = { ...(progress && { progress }), ...(signal && { signal }) };
  await using searcher = await Searcher.open(folder);
  const { coder, collection } = searcher;
  const run = `${folder}/ranking`;
  const { generation } = collection;
  await begin(run, { recipe, counts, queries: digestOf(queries), generation, steps });
  const ranks = await mineRanks(searcher, queries, { context: recipe.context, ...told });
  const documents = [...collection.documents()];
  const pairs = trainingPairs({ coder, documents, queries, counts, context: recipe.context, seed: recipe.seed });
  const weights = await trainRanks({
    ranks,
    pairs,
    from,
    copier: { share: (await readSettings(model)).copy, tokens: coder },
    recipe,
    steps,
    folder: run,
    ...told,
    ...(onRecord && { onRecord }),
  });
  await end(run, model, weights, coder.tokenizer.pad ?? 1);
  return ranks.length;
}

/** Puts weights in the place of those that the model has, and clears the run away. */
async function end(run: string, model: string, weights: SearchWeights, pad: number): Promise<void> {
  const made = `${run}/model`;
  await makeFolder(made);
  await saveWeights(made, weights, { pad });
  await moveFiles(made, model);
  const { rm } = await import('node:fs/promises');
  await rm(run, { recursive: true });
}

/** Tells queries, and what was judged of them, from others of the same number. */
function digestOf(queries: readonly JudgedQuery[]): string {
  return createHash('sha256').update(JSON.stringify(queries)).digest('base64url').slice(0, 22);
}

/** Notes what a run begins with, or makes sure that the one to go on with began with the same. */
async function begin(run: string, about: unknown): Promise<void> {
  const path = `${run}/begun.json`;
  const text = `${JSON.stringify(about)}\n`;
  const { readFile } = await import('node:fs/promises');
  const found = await ifThere(readFile(path, 'utf8'));
  if (found !== undefined && found !== text) {
    throw new RangeError(
      `train: expected the documents, queries and recipe that the run in ${run} began with, got others (remove it to begin anew)`,
    );
  }
  await makeFolder(run);
  if (found === undefined) await replaceFile(path, [text]);
}
