/**
 * The training loop: a loss, parameters, an optimizer and batches go in, trained parameters come out.
 *
 * The loop owns what lies between the steps: how many of them one run of the program takes, records, evaluation, early
 * stopping, and checkpoints. It draws nothing and decides nothing by chance: parameters, optimizer, batches, steps and
 * seed determine the weights to the bit, however often the run is stopped or killed and started again in its folder.
 */
import type { Progress } from '../command/index.ts';
import {
  compile,
  type Device,
  dispose,
  flattenTree,
  type MapTree,
  type NDArray,
  random,
  type Tensor,
  toHost,
} from '../tensor/index.ts';
import { type BatchSource, type BatchStream, reader, stackBatches, treeBytes } from './batches.ts';
import { fillTree } from './checkpoint.ts';
import type { Optimizer, OptimizerState } from './optimizer.ts';
import { Pace } from './pace.ts';
import { type MetricsRecord, RunFolder } from './run-folder.ts';
import { type Carry, type Loss, trainingStep, trainingSteps } from './training-step.ts';

/** A tree of arrays where the traced code has a tree of tensors. */
export type Arrays<T> = MapTree<T, Tensor, NDArray>;

/** A model in the middle of training. */
export interface Snapshot<P, S> {
  /** Steps made. */
  readonly step: number;
  readonly params: Arrays<P>;
  readonly optimizer: Arrays<OptimizerState<P>>;
  /** The model's own state. */
  readonly state: Arrays<S>;
}

/** What training ends with. */
export interface Trained<P, S> extends Snapshot<P, S> {
  /** With early stopping: the best evaluation, and the parameters that it was of. */
  readonly best?: Best<P>;
}

/** The best evaluation so far. */
export interface Best<P> {
  readonly step: number;
  readonly value: number;
  readonly params: Arrays<P>;
}

/** How a model is judged while it trains. */
export interface Evaluation<P, S> {
  /** Steps between evaluations; there is one after the last step too. */
  readonly every: number;
  /** Judges the model as it is: numbers by name. */
  measure(model: Snapshot<P, S>): Readonly<Record<string, number>> | Promise<Readonly<Record<string, number>>>;
  /** Stop once `patience` steps have passed since the lowest value of a metric. */
  readonly stop?: { readonly metric: string; readonly patience: number };
}

/** What to train, on what, for how long; and what to do meanwhile. */
export interface FitOptions<P, B, S, At> {
  /** Traced: the loss of a batch, alone or with metrics and the model's new state. */
  readonly loss: Loss<P, B, S>;
  readonly params: Arrays<P>;
  /** The model's own state, such as running statistics, if it has any. */
  readonly state?: Arrays<S>;
  readonly optimizer: Optimizer;
  /** Opens the batches, from a position of before when training is resumed. */
  readonly batches: BatchSource<Arrays<B>, At>;
  /** Steps to make in all, those before a resumption included. */
  readonly steps: number;
  /** Of the randomness that the loss draws from. Default 0. */
  readonly seed?: number;
  /** Batches whose mean gradient makes one step. Default 1. */
  readonly accumulate?: number;
  readonly evaluation?: Evaluation<P, S>;
  /**
   * Where to keep `checkpoint.safetensors` and `metrics.jsonl`; made if it is not there. With a checkpoint in it, the
   * run goes on from that.
   */
  readonly folder?: string;
  /** Shortest time between checkpoints; there is one at the end too. Default 60. */
  readonly checkpointSeconds?: number;
  /** Gets every record, as the metrics file does. */
  readonly onRecord?: (record: MetricsRecord) => void;
  readonly progress?: Progress;
  /** Stops between two runs: with a checkpoint, if there is a folder, and by throwing the signal's reason. */
  readonly signal?: AbortSignal;
  readonly device?: Device;
}

/** Training met a number that is not finite, and stopped. */
export class NotFiniteError extends RangeError {
  override readonly name = 'NotFiniteError';
  /** The step in which it appeared, counted from 1. */
  readonly step: number;

  constructor(step: number, what: string, advice: string) {
    super(`fit: expected finite numbers, got ${what} in step ${step} (${advice})`);
    this.step = step;
  }
}

/** With more parameters than this, steps are so long that several in a run gain nothing. */
const smallModel = 1_000_000;

/**
 * Trains.
 *
 * A small model takes several steps in one run of its program, as many as fit in about a tenth of a second.
 *
 * @throws NotFiniteError at a loss, or at weights about to be saved, that are not finite; Error, naming the file, when
 * a checkpoint or a record cannot be written; RangeError when the folder's checkpoint is of another model or seed. The
 * last checkpoint stays as it was.
 * @example
 * const { params } = await fit({
 *   loss: (p: Mlp, { x, y }: { x: Tensor; y: Tensor }) => crossEntropyLoss(mlp(p, x), y),
 *   params: await compile(initMlp)(random.key(0)),
 *   optimizer: adamW({ rate: 1e-3 }),
 *   batches: (start?: Position) => batches(train, { size: 128, key: random.key(1), start }),
 *   steps: 1000,
 *   folder: 'runs/mlp',
 * });
 */
export async function fit<P, B, S = Record<never, never>, At = unknown>(
  options: FitOptions<P, B, S, At>,
): Promise<Trained<P, S>> {
  const { optimizer, steps, accumulate = 1, evaluation, checkpointSeconds = 60, signal } = options;
  const key = random.key(options.seed ?? 0);
  await using folder = options.folder === undefined ? undefined : await RunFolder.open(options.folder);

  let { carry, step, best, batches } = await begin(options, key, folder);
  const resumedAt = step;
  const looped = parameterCount(options.params) <= smallModel;
  const one = trainingStep(options.loss, optimizer, accumulate);
  const program = compile(looped ? trainingSteps(one) : one, deviceOf(options)) as unknown as TrainingProgram<P, B, S>;
  const pace = new Pace(looped ? (evaluation?.every ?? steps) : 1);
  const draw = reader(batches);

  const save = async () => {
    const tree = { ...(await toHost(carry)), key, ...(best && { best: best.params }) };
    if (!allFinite(tree)) throw new NotFiniteError(step, 'weights that are not', adviceFor(folder));
    const { position } = batches;
    await folder?.save(tree, { step, position, ...(best && { best: { step: best.step, value: best.value } }) });
  };
  const record = async (records: readonly MetricsRecord[]) => {
    await folder?.append(records);
    if (options.onRecord) records.forEach(options.onRecord);
  };
  const evaluate = async ({ measure, stop }: Evaluation<P, S>) => {
    const measured = await measure({ step, ...carry });
    await record([{ step, evaluation: measured }]);
    if (stop === undefined) return;
    const value = measured[stop.metric];
    if (value === undefined) {
      const got = Object.keys(measured).join(', ') || 'nothing';
      throw new ReferenceError(`fit: expected the evaluation to measure '${stop.metric}', got ${got}`);
    }
    if (best === undefined || value < best.value) best = { step, value, params: await toHost(carry.params) };
  };
  const patient = () => !best || step - best.step < (evaluation?.stop?.patience ?? Number.POSITIVE_INFINITY);

  try {
    for (let saved = performance.now(); step < steps && patient(); ) {
      if (signal?.aborted) {
        await save();
        throw signal.reason;
      }
      const untilEvent = Math.min(steps - step, evaluation ? evaluation.every - (step % evaluation.every) : steps);
      const count = pace.next(untilEvent);
      const drawn: Arrays<B>[] = [];
      while (drawn.length < count * accumulate) drawn.push(await draw());
      const lead = [...(looped ? [count] : []), ...(accumulate > 1 ? [accumulate] : [])];
      const input = lead.length > 0 ? stackBatches(drawn, lead) : drawn[0]!;

      const started = performance.now();
      const [next, metrics] = await program(carry, input, key);
      const records = recordsOf(await toHost(metrics), step, count);
      pace.took(performance.now() - started, treeBytes(input));
      const bad = records.find(({ loss }) => !Number.isFinite(loss));
      if (bad) throw new NotFiniteError(bad.step, `a loss of ${bad.loss}`, adviceFor(folder));
      if (step > resumedAt) dispose(carry); // the first arrays are the caller's
      carry = next;
      step += count;

      await record(records);
      if (evaluation && (step % evaluation.every === 0 || step === steps)) await evaluate(evaluation);
      options.progress?.update(`step ${step}/${steps}, loss ${records.at(-1)!.loss.toPrecision(4)}`, step / steps);
      if (folder && step < steps && performance.now() - saved >= checkpointSeconds * 1000) {
        await save();
        saved = performance.now();
      }
    }
    if (step > resumedAt) await save();
  } finally {
    await program.release();
  }
  return { step, ...carry, ...(best && { best }) };
}

interface TrainingProgram<P, B, S> {
  (carry: Arrays<Carry<P, S>>, batches: Arrays<B>, key: NDArray): Promise<[Arrays<Carry<P, S>>, Metrics]>;
  release(): Promise<void>;
}

/** The metrics of a run: a scalar each, or one number a step. */
type Metrics = Readonly<Record<string, NDArray>>;

/** Where training begins: at step 0 with the caller's parameters, or where the folder's checkpoint stands. */
async function begin<P, B, S, At>(
  options: FitOptions<P, B, S, At>,
  key: NDArray,
  folder: RunFolder | undefined,
): Promise<{
  carry: Arrays<Carry<P, S>>;
  step: number;
  best: Best<P> | undefined;
  batches: BatchStream<Arrays<B>, At>;
}> {
  const { params, state = {}, optimizer, batches } = options;
  const init = compile(optimizer.init, deviceOf(options));
  const carry = { params, optimizer: await init(params as never), state } as Arrays<Carry<P, S>>;
  await init.release();
  if (folder?.found === undefined) return { carry, step: 0, best: undefined, batches: batches() };

  const { tensors, progress } = folder.found;
  const from = `fit: ${folder.checkpointPath}`;
  const like = { ...carry, key, ...(progress.best && { best: params }) };
  const { key: savedKey, best, ...saved } = fillTree(like, tensors, { from }) as typeof like & { best: Arrays<P> };
  if (String(savedKey.data) !== String(key.data)) {
    throw new RangeError(`${from}: expected the seed that the run began with, got another (or choose another folder)`);
  }
  return {
    carry: saved as Arrays<Carry<P, S>>,
    step: progress.step,
    best: progress.best && { ...progress.best, params: best },
    batches: batches(progress.position as At),
  };
}

function deviceOf({ device }: { readonly device?: Device }): { device?: Device } {
  return device === undefined ? {} : { device };
}

function parameterCount(params: unknown): number {
  return (flattenTree(params).leaves as NDArray[]).reduce((total, { size }) => total + size, 0);
}

/** One record a step from the metrics of a run that began after `before` steps. */
function recordsOf(metrics: Metrics, before: number, count: number): (MetricsRecord & { readonly loss: number })[] {
  const columns = Object.entries(metrics);
  return Array.from({ length: count }, (_, i) => {
    const values = columns.map(([name, { data }]) => [name, Number(data[i])]);
    return { step: before + i + 1, ...Object.fromEntries(values) };
  });
}

/** Whether all float32 numbers of a tree on the host are finite. */
function allFinite(tree: unknown): boolean {
  return (flattenTree(tree).leaves as NDArray[]).every(({ dtype, data }) => {
    if (dtype !== 'float32') return true;
    // in double precision float32 numbers cannot overflow a sum, so it is finite when they are
    let total = 0;
    for (const value of data as Float32Array) total += value;
    return Number.isFinite(total);
  });
}

function adviceFor(folder: RunFolder | undefined): string {
  const saved = folder ? `the last good checkpoint stays in ${folder.checkpointPath}` : 'nothing was saved';
  return `${saved}; a lower learning rate or clipped gradients may help`;
}
