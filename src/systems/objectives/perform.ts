/**
 * One run of a study: weights from scratch or from another run, trained, and judged.
 *
 * A run's folder holds the training loop's checkpoint and metrics, and at the end `result.json`. With a result it is
 * done; without one it goes on from its checkpoint.
 */
import { copyFile, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Progress } from '../../command/index.ts';
import { fillTree, fit, type MetricsRecord, readCheckpoint } from '../../nn/index.ts';
import {
  compile,
  type Device,
  ifThere,
  isThere,
  makeFolder,
  NDArray,
  random,
  replaceFile,
  type Tensor,
} from '../../tensor/index.ts';
import { initTransformer, languageModel, type Transformer, type TransformerConfig } from '../../text/index.ts';
import { type Architecture, architectureOf, type Cell, type Size } from './cells.ts';
import { ask, type TaskScore } from './evaluation.ts';
import type { TrainingBatch } from './layout.ts';
import { crossEntropyOf, trainingLoss } from './loss.ts';
import { type Material, specialTokens } from './material.ts';
import type { Run } from './plan.ts';
import { optimizerOf, type Recipe } from './recipe.ts';
import { finetuningBatches, pretrainingBatches, rowsOf } from './streams.ts';

/** What a run came to. */
export interface RunResult {
  readonly id: string;
  readonly seed: number;
  readonly steps: number;
  /** Tokens that one step reads, empty places included. */
  readonly tokensPerStep: number;
  /** Cross-entropy of held-out text under the run's own objective, in nats a predicted token; of a pretraining. */
  readonly curve: readonly { readonly step: number; readonly held: number }[];
  /** Cross-entropy of the last step's batch. */
  readonly entropy: number;
  /** How the model did in each held-out task. */
  readonly scores?: readonly TaskScore[];
  /** The same, asked as span corruption taught; where that was the objective. */
  readonly asSpans?: readonly TaskScore[];
  /** The same in questions of the training tasks that finetuning leaves out; of a study that finetunes. */
  readonly practised?: readonly TaskScore[];
  /** Of a pretraining, at its end: cross-entropy of held-out tokens of text alone, neither sentinels nor ends. */
  readonly text?: number;
  /** Wall time since the run was last taken up. */
  readonly seconds: number;
}

/** Where the runs of a study are. */
export function runFolder(study: string, { seed, id }: Pick<Run, 'seed' | 'id'>): string {
  return join(study, 'runs', String(seed), id);
}

/** The result of a run; undefined while it has none. */
export async function readResult(study: string, run: Pick<Run, 'seed' | 'id'>): Promise<RunResult | undefined> {
  const path = join(runFolder(study, run), 'result.json');
  const text = await ifThere(readFile(path, 'utf8'));
  return text === undefined ? undefined : (JSON.parse(text) as RunResult);
}

/** Steps of a run, those that it continues included. */
export function stepsOf({ share }: Run, { steps }: Recipe): number {
  return Math.max(1, Math.round(share * steps));
}

/** What a run is performed with. */
export interface RunContext {
  /** The study's folder. */
  readonly study: string;
  readonly recipe: Recipe;
  readonly material: Material;
  readonly device?: Device;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

/** Performs a run, or goes on with it. @throws the signal's reason, with a checkpoint left behind */
export async function perform(run: Run, context: RunContext): Promise<RunResult> {
  const { study, recipe, material, device, progress, signal } = context;
  const done = await readResult(study, run);
  if (done) return done;
  const began = performance.now();
  const folder = runFolder(study, run);
  await makeFolder(folder);
  if (run.continues) await takeOver(runFolder(study, { seed: run.seed, id: run.from! }), folder);

  const config = architectureOf(run.architecture, recipe.size);
  const params = await firstWeights(run, context);
  const stage = run.objective === 'MTF' ? 'finetuning' : 'pretraining';
  const steps = stepsOf(run, recipe);
  const drawn = { size: recipe.step, seed: run.seed };
  const cell: Cell | undefined =
    run.objective === 'MTF' ? undefined : { architecture: run.architecture, objective: run.objective };
  const held = cell && heldOut(config, cell, context);
  const on = device && { device };
  try {
    // biome-ignore lint/suspicious/noFocusedTests: the training loop, not a test
    const trained = await fit<Transformer, TrainingBatch, Record<never, never>, number>({
      loss: trainingLoss(config, cell ? 0 : recipe.dropout),
      params,
      optimizer: optimizerOf(recipe, stage, run.pace),
      batches: (at?: number) =>
        cell
          ? pretrainingBatches(material.train, cell, drawn, at)
          : finetuningBatches(run.architecture, material.mixture, drawn, at),
      steps,
      seed: run.seed,
      ...(held && {
        evaluation: {
          every: Math.max(1, Math.round(recipe.steps / recipe.looks)),
          measure: async (model) => ({ held: await held.measure(model.params) }),
        },
      }),
      folder,
      ...(progress && { progress }),
      ...(signal && { signal }),
      ...on,
    });
    const text = held && (await held.measureText(trained.params));
    const judged = run.judged ? await judge(run, config, trained.params, context) : {};
    const result: RunResult = {
      id: run.id,
      seed: run.seed,
      steps,
      tokensPerStep: tokensPerStep(cell, recipe),
      curve: await curveIn(folder),
      entropy: await lastEntropy(folder),
      ...(text !== undefined && { text }),
      ...judged,
      seconds: (performance.now() - began) / 1000,
    };
    await replaceFile(join(folder, 'result.json'), [`${JSON.stringify(result)}\n`]);
    return result;
  } finally {
    await held?.release();
  }
}

/** How a model does on the held-out tasks; where span corruption was its objective, asked in that way, too. */
async function judge(
  run: Run,
  config: TransformerConfig,
  params: Transformer<NDArray>,
  { material: { suite, practised }, recipe, device, signal, progress }: RunContext,
): Promise<Pick<RunResult, 'scores' | 'asSpans' | 'practised'>> {
  const model = languageModel(config, params, device && { device });
  const watch = {
    ...(signal && { signal }),
    done: (share: number) => progress?.update('answering held-out tasks', share),
  };
  try {
    return {
      scores: await ask(model, config, suite, 'plain', watch),
      ...(run.objective === 'MLM' && { asSpans: await ask(model, config, suite, 'sentinel', watch) }),
      ...(recipe.finetuning > 0 && { practised: await ask(model, config, practised, 'plain', watch) }),
    };
  } finally {
    await model.release();
  }
}

function tokensPerStep(cell: Cell | undefined, { step }: Recipe): number {
  if (!cell) return step.row * step.rows;
  const { rows, lengths } = rowsOf(cell, step);
  return rows * (lengths.source + lengths.row);
}

/** The weights that a run begins with: drawn by its seed, or those of the run that it comes from. */
export async function firstWeights(run: Run, { study, recipe }: Pick<RunContext, 'study' | 'recipe'>) {
  const fresh = await initialWeights(run.architecture, recipe.size, run.seed);
  if (run.from === undefined) return fresh;
  const path = join(runFolder(study, { seed: run.seed, id: run.from }), 'checkpoint.safetensors');
  const { tensors } = await readCheckpoint(path);
  // the same tree for every decoder, whatever its mask: weights are taken as they are
  return fillTree(fresh, tensors, { prefix: 'params.', from: `run: ${path}` });
}

/** Weights from scratch: T5's. */
export async function initialWeights(
  architecture: Architecture,
  size: Size,
  seed: number,
): Promise<Transformer<NDArray>> {
  const config = architectureOf(architecture, size);
  const draw = compile((key: Tensor) => initTransformer(key, config, 'fanIn'));
  const params = (await draw(random.key(seed))) as unknown as Transformer<NDArray>;
  await draw.release();
  return params;
}

/** Begins a run as another one that has ended, with its metrics and its checkpoint; not if it has begun before. */
async function takeOver(from: string, to: string): Promise<void> {
  const checkpoint = 'checkpoint.safetensors';
  if (await isThere(join(to, checkpoint))) return;
  await copyFile(join(from, 'metrics.jsonl'), join(to, 'metrics.jsonl'));
  await copyFile(join(from, checkpoint), join(to, `${checkpoint}.new`));
  await rename(join(to, `${checkpoint}.new`), join(to, checkpoint));
}

/** Measures cross-entropy on rows of held-out text, the same ones for every model of a cell. */
function heldOut(config: TransformerConfig, cell: Cell, { recipe, material, device }: RunContext) {
  const { heldRows, step } = recipe;
  const program = () =>
    compile((p: Transformer, batch: TrainingBatch) => crossEntropyOf(config, p, batch), device ? { device } : {});
  const [loss, textLoss] = [program(), program()];
  const count = Math.max(1, Math.round(heldRows / step.rows));
  const stream = pretrainingBatches(material.held, cell, { size: step, seed: 0 });
  const batches = Array.from({ length: count }, () => stream.next() as IteratorYieldResult<TrainingBatch<NDArray>>);
  const firstText = specialTokens(step.row).length;
  const ofText = batches.map(({ value }) => textAlone(value, firstText));
  return {
    /** Cross-entropy of tokens of text alone, neither sentinels nor ends. */
    async measureText(params: Transformer<NDArray>): Promise<number> {
      let [total, tokens] = [0, 0];
      for (const { batch, count: own } of ofText) {
        total += own * (await textLoss(params as never, batch as never)).item();
        tokens += own;
      }
      return total / tokens;
    },
    async measure(params: Transformer<NDArray>): Promise<number> {
      let total = 0;
      // every batch of a cell has as many predictions that count, but for prefixes, whose mean length is the same
      for (const { value } of batches) total += (await loss(params as never, value as never)).item();
      return total / count;
    },
    async release(): Promise<void> {
      await loss.release();
      await textLoss.release();
    },
  };
}

/** A batch of which only tokens of text count, and how many these are. */
function textAlone(batch: TrainingBatch<NDArray>, firstText: number): { batch: TrainingBatch<NDArray>; count: number } {
  const next = batch.next.data as Int32Array;
  const before = batch.weight?.data as Float32Array | undefined;
  const weight = Float32Array.from(next, (token, i) => (token >= firstText ? (before?.[i] ?? 1) : 0));
  return {
    batch: { ...batch, weight: new NDArray('float32', batch.next.shape, weight) },
    count: weight.reduce((sum, x) => sum + x, 0),
  };
}

async function recordsIn(folder: string): Promise<MetricsRecord[]> {
  const text = await readFile(join(folder, 'metrics.jsonl'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as MetricsRecord);
}

async function curveIn(folder: string): Promise<{ step: number; held: number }[]> {
  return (await recordsIn(folder)).flatMap(({ step, evaluation }) =>
    evaluation === undefined ? [] : [{ step, held: (evaluation as Readonly<Record<string, number>>).held! }],
  );
}

async function lastEntropy(folder: string): Promise<number> {
  const last = (await recordsIn(folder)).findLast(({ entropy }) => typeof entropy === 'number');
  return last!.entropy as number;
}
