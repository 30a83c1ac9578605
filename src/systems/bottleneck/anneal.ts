/**
 * Annealing: training while the price of information rises, with readings of what every channel carries on the way.
 *
 * β stays at its first value while the model learns to predict, then rises evenly on a logarithmic scale. A reading is
 * taken every so many steps: the task's loss on rows that are not trained on, both bounds of every channel's
 * information, and its KL, which the loss counts. Readings are of a running average of the parameters (Polyak), which
 * halves what the network misses of its channels at no cost.
 */
import type { Progress } from '../../command/index.ts';
import { batches, type Dataset, type Position, readJsonLines } from '../../data/index.ts';
import {
  type Arrays,
  adam,
  averaged,
  exponentialSchedule,
  fit,
  klToStandardNormal,
  type MetricsRecord,
  type Schedule,
} from '../../nn/index.ts';
import {
  add,
  compile,
  flattenTree,
  ifThere,
  maximum,
  mean,
  mul,
  type NDArray,
  random,
  scan,
  sub,
  type Tensor,
  toFloats,
} from '../../tensor/index.ts';
import { informationBounds } from './bounds.ts';
import { type Channel, toBits } from './channel.ts';
import { annealedLoss, type Bottleneck, type Example } from './model.ts';

/** How β rises over a run. */
export interface Annealing {
  readonly from: number;
  readonly to: number;
  /** Steps at `from`. */
  readonly pretraining: number;
  /** Steps from `from` to `to`. */
  readonly steps: number;
}

/** β(t) = exp(ln β₀ + max(t − T₀, 0) / T₁ · (ln β₁ − ln β₀)). */
export function betaSchedule({ from, to, pretraining, steps }: Annealing): Schedule {
  const rise = exponentialSchedule({ from, to, steps });
  return (step) => rise(maximum(sub(step, pretraining), 0));
}

/** Decay of the running average of the parameters. */
const averaging = 0.97;

/** What one channel carries, in bits. */
export interface ChannelReading {
  /** Bounds of I(U_i;X_i). */
  readonly lower: number;
  readonly upper: number;
  /** E KL(p(u_i|x_i) ‖ N(0, I)), which is at least I(U_i;X_i). */
  readonly kl: number;
}

/** The model at one moment of the annealing. */
export interface Reading {
  readonly step: number;
  readonly beta: number;
  /** The task's loss on the rows held out: nats, or a mean squared error. */
  readonly task: number;
  readonly channels: readonly ChannelReading[];
  /** Rows N that the channels were looked at on: their lower bounds cannot exceed log₂ N. */
  readonly sampled: number;
}

/** What to anneal and how. */
export interface AnnealOptions<X, P> {
  readonly model: Bottleneck<X, P>;
  readonly train: Dataset<Arrays<Example<X>>>;
  /** Blocks of rows that the task's losses are read on, … */
  readonly held: readonly Arrays<Example<X>>[];
  /** … averaged over so many draws of the noise. */
  readonly draws: number;
  /** Features that the channels are looked at on: N rows resolve log₂ N bits, and cost N² numbers of memory. */
  readonly sample: Arrays<X>;
  readonly annealing: Annealing;
  /** Adam's learning rate. */
  readonly rate: number;
  readonly batch: number;
  /** Steps between readings. */
  readonly every: number;
  readonly seed: number;
  /**
   * Gets every reading of this process, with the parameters that it is of and the task's losses on the rows held out,
   * block after block; what it returns is recorded beside it.
   */
  readonly onReading?: (
    reading: Reading,
    params: Arrays<P>,
    losses: readonly number[],
  ) => Promise<Readonly<Record<string, number>> | undefined>;
  /** Keeps checkpoints and records, and goes on from them. */
  readonly folder?: string;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

/** What annealing ends with. */
export interface Annealed<P> {
  /** The averaged parameters. */
  readonly params: Arrays<P>;
  /** Of all readings in order, those before a resumption included. */
  readonly records: readonly MetricsRecord[];
}

/** Trains to the end of the annealing. */
export async function anneal<X, P>(options: AnnealOptions<X, P>): Promise<Annealed<P>> {
  const { model, train, held, sample, annealing, rate, batch, every, seed, onReading, folder, progress, signal } =
    options;
  const total = annealing.pretraining + annealing.steps;
  // one stream of random numbers each for weights, order, noise and readings
  const [forWeights, forOrder, forNoise, forReadings] = [0, 1, 2, 3].map((i) => 4 * seed + i) as [
    number,
    number,
    number,
    number,
  ];
  const beta = betaSchedule(annealing);
  const sampled = (flattenTree(sample).leaves[0] as NDArray).shape[0]!;
  const init = compile(model.init);
  const read = compile((params: P, sample: X, step: Tensor, key: Tensor) =>
    readChannels(model, beta, params, sample, step, key),
  );
  const score = compile((params: P, block: Example<X>, step: Tensor, number: Tensor, key: Tensor) =>
    heldLosses(options, params, block, random.foldIn(random.foldIn(key, step), number)),
  );
  const records: MetricsRecord[] = [];
  try {
    // biome-ignore lint/suspicious/noFocusedTests: the training loop, not a test
    const { optimizer } = await fit<P, Example<X>, Record<never, never>, Position>({
      loss: annealedLoss(model, beta),
      params: (await init(random.key(forWeights))) as Arrays<P>,
      optimizer: averaged(adam({ rate }), averaging),
      batches: (start) => batches(train, { size: batch, key: random.key(forOrder), ...(start && { start }) }),
      steps: total,
      seed: forNoise,
      evaluation: {
        every,
        async measure({ step, optimizer }) {
          const params = optimizer.moments.average;
          const key = random.key(forReadings);
          const losses: number[] = [];
          for (const [i, block] of held.entries()) {
            losses.push(...Array.from(toFloats(await score(params as never, block as never, step, i + 1, key))));
          }
          const task = losses.reduce((a, b) => a + b) / losses.length;
          const reading = { step, task, ...inBits(await read(params as never, sample as never, step, key)), sampled };
          return { ...toRecord(reading), ...(await onReading?.(reading, params as Arrays<P>, losses)) };
        },
      },
      onRecord: (record) => void ('evaluation' in record && records.push(record)),
      ...(folder !== undefined && { folder }),
      ...(progress && { progress }),
      ...(signal && { signal }),
    });
    const params = optimizer.moments.average as Arrays<P>;
    return { params, records: folder === undefined ? records : await readRecords(folder) };
  } finally {
    await Promise.all([init.release(), read.release(), score.release()]);
  }
}

/** The records of the readings in a run's folder so far; a line that is being written, or was cut off, does not count. */
export async function readRecords(folder: string): Promise<MetricsRecord[]> {
  const { readFile } = await import('node:fs/promises');
  const bytes = (await ifThere(readFile(`${folder}/metrics.jsonl`))) ?? new Uint8Array();
  const records = (await readJsonLines(bytes.subarray(0, bytes.lastIndexOf(10) + 1))) as MetricsRecord[];
  return records.filter((record) => 'evaluation' in record);
}

/** Traced: what the channels carry, in nats. One feature after another, so that memory does not grow with their number. */
function readChannels<X, P>(model: Bottleneck<X, P>, beta: Schedule, params: P, sample: X, step: Tensor, key: Tensor) {
  const channel = model.channel(params, sample);
  const noise = random.normal(random.foldIn(random.foldIn(key, step), 0), channel.mean.shape);
  const [, bounds] = scan(
    (none: readonly Tensor[], x: { channel: Channel; noise: Tensor }) =>
      [none, informationBounds(x.channel, x.noise)] as const,
    [],
    { channel, noise },
  );
  return { ...bounds, kl: mean(klToStandardNormal(channel), -1), beta: beta(step) };
}

/** Traced: the task's losses on a block of rows, averaged over draws of the noise. */
function heldLosses<X, P>({ model, draws }: AnnealOptions<X, P>, params: P, block: Example<X>, key: Tensor): Tensor {
  const shape = [model.features, block.y.shape[0]!, model.latent];
  const losses = Array.from(
    { length: draws },
    (_, i) => model.pass(params, block, random.normal(random.foldIn(key, i), shape)).losses,
  );
  return mul(
    losses.reduce((a, b) => add(a, b)),
    1 / draws,
  );
}

function inBits({ lower, upper, kl, beta }: Arrays<ReturnType<typeof readChannels>>) {
  const [low, high, cost] = [lower, upper, kl].map((x) => Array.from(toFloats(x), toBits));
  const channels = cost!.map((bits, i): ChannelReading => ({ lower: low![i]!, upper: high![i]!, kl: bits }));
  return { beta: beta.item(), channels };
}

/** A reading as one line of the metrics file holds it. */
function toRecord({ beta, task, channels, sampled }: Reading): Record<string, number> {
  const numbers = channels.flatMap((channel, i) =>
    Object.entries(channel).map(([name, value]) => [`${name}.${i}`, value] as const),
  );
  return { beta, task, sampled, ...Object.fromEntries(numbers) };
}

/** What a reading's record holds beside the step. */
export function numbersIn({ evaluation }: MetricsRecord): Readonly<Record<string, number>> {
  return evaluation as Readonly<Record<string, number>>;
}

/** The numbers `name.0`, `name.1`, … of a record. */
export function listIn(numbers: Readonly<Record<string, number>>, name: string): number[] {
  const list: number[] = [];
  for (let i = 0; `${name}.${i}` in numbers; i++) list.push(numbers[`${name}.${i}`]!);
  return list;
}

/** The reading in its record. */
export function fromRecord(record: MetricsRecord): Reading {
  const numbers = numbersIn(record);
  const [lower, upper] = [listIn(numbers, 'lower'), listIn(numbers, 'upper')];
  const channels = listIn(numbers, 'kl').map((kl, i) => ({ lower: lower[i]!, upper: upper[i]!, kl }));
  return { step: record.step, beta: numbers.beta!, task: numbers.task!, channels, sampled: numbers.sampled! };
}
