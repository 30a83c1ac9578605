/**
 * Training the model of an index folder on its documents, and on queries with judged documents where there are some.
 *
 * Checkpoint and metrics lie in `training` until the run is done: a run that was stopped goes on, as long as documents,
 * queries and recipe are what they were.
 */
import type { Progress } from '../../../command/index.ts';
import type { MetricsRecord } from '../../../nn/index.ts';
import { makeFolder, replaceFile } from '../../../tensor/index.ts';
import { moveFiles } from '../collection/checked-files.ts';
import { Collection } from '../collection/collection.ts';
import { checkedModel } from '../searcher/index-folder.ts';
import { readCoder, readWeights, saveWeights } from '../searcher/model-folder.ts';
import { type JudgedQuery, type PairCounts, trainingPairs } from './pairs.ts';
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
  await begin(run, { recipe, counts, queries: queries.length, generation: collection.generation, fresh });
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
  const made = `${run}/model`;
  await makeFolder(made);
  await saveWeights(made, weights, { pad: tokenizer.pad ?? 1 });
  await moveFiles(made, model);
  const { rm } = await import('node:fs/promises');
  await rm(run, { recursive: true });
  return { pairs: pairs.length, steps: recipe.steps, loss };
}

/** Notes what a run begins with, or makes sure that the one to go on with began with the same. */
async function begin(run: string, about: unknown): Promise<void> {
  const path = `${run}/begun.json`;
  const text = `${JSON.stringify(about)}\n`;
  const { readFile } = await import('node:fs/promises');
  const found = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found !== undefined && found !== text) {
    throw new RangeError(
      `train: expected the documents, queries and recipe that the run in ${run} began with, got others (remove it to begin anew)`,
    );
  }
  await makeFolder(run);
  if (found === undefined) await replaceFile(path, [text]);
}
