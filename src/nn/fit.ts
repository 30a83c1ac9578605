/**
 * The training loop: a loss, parameters, an optimizer and batches go in, trained parameters come out.
 *
 * The loop owns what lies between the steps: how many of them one run of the program takes, records, evaluation, early
 * stopping, and checkpoints. It draws nothing and decides nothing by chance: parameters, optimizer, batches, steps and
 * seed determine the weights to the bit, however often the run is stopped or killed and started again in its folder.
 */
import type { Progress } from '../command/index.ts';
import { compile, type Device, dispose, flattenTree, NDArray, random, toHost } from '../tensor/index.ts';
import { type BatchSource, type BatchStream, reader } from './batches.ts';
import { fillTree } from './checkpoint.ts';
import type { Optimizer, OptimizerState } from './optimizer.ts';
import { type MetricsRecord, RunFolder } from './run-folder.ts';
import { StepRunner } from './step-runner.ts';
import type { Arrays, Carry, Loss } from './training-step.ts';

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
  /** Stop once `patience` steps have passed since the lowest value of a metric. A NaN is never the lowest. */
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
   * run goes on from that. One run at a time: a second one is refused.
   */
  readonly folder?: string;
  /** Shortest time between checkpoints; there is one at the beginning and one at the end too. Default 60. */
  readonly checkpointSeconds?: number;
  /** Gets every record, as the metrics file does. */
  readonly onRecord?: (record: MetricsRecord) => void;
  /** Hears of every run of steps; `stderrProgress()` shows it on a terminal. */
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

  constructor(
    step: number,
    { what, origin }: { readonly what: string; readonly origin: string | undefined },
    checkpoint: string | undefined,
  ) {
    const cause = origin === undefined ? '' : `: ${origin}`;
    const saved = checkpoint === undefined ? '' : `; the last good checkpoint stays in ${checkpoint}`;
    super(
      `fit: expected finite numbers, got ${what} in step ${step}${cause} (a lower rate or clipped gradients may help${saved})`,
    );
    this.step = step;
  }
}

/**
 * Trains.
 *
 * A small model takes several steps in one run of its program, as many as fit in about a tenth of a second.
 *
 * @throws NotFiniteError, naming step, op and line, at a loss or weights that are not finite; Error, naming the file, when
 * a checkpoint or a record cannot be written, or when another run is in the folder; RangeError when the folder's
 * checkpoint is of another model, optimizer or seed; TypeError or RangeError for an option that makes no sense. The last
 * checkpoint stays as it was.
 * @example
 * const { params } = await fit({
 *   loss: (p: Mlp, { x, y }: { x: Tensor; y: Tensor }) => crossEntropyLoss(mlp(p, x), y),
 *   params: await compile(initMlp)(random.key(0)),
 *   optimizer: adamW({ rate: 1e-3 }),
 *   batches: (start?: Position) => batches(train, { size: 128, key: random.key(1), ...(start && { start }) }),
 *   steps: 1000,
 *   folder: 'runs/mlp',
 * });
 */
export async function fit<P, B, S = Record<never, never>, At = unknown>(
  options: FitOptions<P, B, S, At>,
): Promise<Trained<P, S>> {
  check(options);
  const { optimizer, steps, accumulate = 1, evaluation, checkpointSeconds = 60, signal } = options;
  const key = random.key(options.seed ?? 0);
  await using folder = options.folder === undefined ? undefined : await RunFolder.open(options.folder);

  let { carry, step, best, batches } = await begin(options, key, folder);
  const resumedAt = step;
  const { position: start } = batches;
  const draw = reader(batches);
  const { loss } = options;
  const limit = evaluation?.every ?? steps;
  const runner = new StepRunner({ loss, optimizer, accumulate, key, device: deviceOf(options), limit }, options.params);

  const save = async (position: unknown = batches.position) => {
    const tree = { ...carry, key, ...(best && { best: best.params }) };
    await folder?.save(tree, { step, position, ...(best && { best: { step: best.step, value: best.value } }) });
  };
  const record = async (records: readonly MetricsRecord[]) => {
    await folder?.append(records);
    if (options.onRecord) records.forEach(options.onRecord);
  };
  let shown: typeof carry | undefined;
  const evaluate = async ({ measure, stop }: Evaluation<P, S>) => {
    shown = carry;
    const measured = await measure({ step, ...carry });
    await record([{ step, evaluation: measured }]);
    if (stop === undefined) return;
    const value = measured[stop.metric];
    if (value === undefined) {
      const got = Object.keys(measured).join(', ') || 'nothing';
      throw new ReferenceError(`fit: expected the evaluation to measure '${stop.metric}', got ${got}`);
    }
    if (best === undefined ? !Number.isNaN(value) : value < best.value)
      best = { step, value, params: await toHost(carry.params) };
  };
  const patient = () => !best || step - best.step < (evaluation?.stop?.patience ?? Number.POSITIVE_INFINITY);

  try {
    for (let saved = performance.now(); step < steps && patient(); ) {
      if (signal?.aborted) {
        await save();
        throw signal.reason;
      }
      const untilEvent = Math.min(steps - step, evaluation ? evaluation.every - (step % evaluation.every) : steps);
      const { carry: next, metrics, broken } = await runner.run(carry, draw, untilEvent);
      if (broken) throw new NotFiniteError(step + broken.index + 1, broken, folder?.checkpoint);
      // before the first record, so that records never stand without a checkpoint to go on from
      if (folder && folder.checkpoint === undefined) await save(start);
      // the first arrays are the caller's, and those that an evaluation saw may be kept there
      if (step > resumedAt) dispose(carry, { host: carry !== shown });
      carry = next;
      await record(metrics.map((values, i) => ({ step: step + i + 1, ...values })));
      step += metrics.length;

      if (evaluation && (step % evaluation.every === 0 || step === steps)) await evaluate(evaluation);
      options.progress?.update(`step ${step}/${steps}, loss ${metrics.at(-1)!.loss.toPrecision(4)}`, step / steps);
      if (folder && step < steps && performance.now() - saved >= checkpointSeconds * 1000) {
        await save();
        saved = performance.now();
      }
    }
    if (step > resumedAt) await save();
  } finally {
    await runner.release();
  }
  return { step, ...carry, ...(best && { best }) };
}

/** @throws TypeError or RangeError for the first option that makes no sense */
function check<P, B, S, At>(options: FitOptions<P, B, S, At>): void {
  const { steps, accumulate = 1, evaluation, checkpointSeconds = 60, batches, params, state = {} } = options;
  const whole = (name: string, value: number, least: number) => {
    if (Number.isSafeInteger(value) && value >= least) return;
    throw new RangeError(`fit: expected ${name} to be a whole number of at least ${least}, got ${value}`);
  };
  const positive = (name: string, value: number) => {
    if (!(value >= 0)) throw new RangeError(`fit: expected ${name} to be a number of at least 0, got ${value}`);
  };
  whole('steps', steps, 0);
  whole('accumulate', accumulate, 1);
  if (evaluation) whole('evaluation.every', evaluation.every, 1);
  if (evaluation?.stop) positive('evaluation.stop.patience', evaluation.stop.patience);
  positive('checkpointSeconds', checkpointSeconds);
  if (typeof batches !== 'function') {
    throw new TypeError(`fit: expected batches to be a function that opens a stream, got ${typeof batches}`);
  }
  const { leaves, paths } = flattenTree({ params, state });
  const odd = leaves.findIndex((leaf) => !(leaf instanceof NDArray));
  if (odd >= 0)
    throw new TypeError(`fit: expected arrays, got ${typeof leaves[odd]} at ${paths[odd]} (array() makes them)`);
}

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
  const from = `fit: ${folder.checkpoint}`;
  const like = { ...carry, key, ...(progress.best && { best: params }) };
  const known = new Set(flattenTree(like).paths);
  const left = Object.keys(tensors).filter((name) => !known.has(name));
  if (left.length > 0) {
    const some = `${left.slice(0, 3).join(', ')}${left.length > 3 ? ` and ${left.length - 3} more` : ''}`;
    throw new RangeError(`${from}: expected the model and optimizer that the run began with, got also ${some}`);
  }
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
