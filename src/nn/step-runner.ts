/**
 * Runs of a training program: batches drawn, stacked and fed, results read, and the cause found when they break.
 */
import { compile, type Device, flattenTree, type NDArray, toHost } from '../tensor/index.ts';
import { stackBatches, treeBytes } from './batches.ts';
import type { Optimizer } from './optimizer.ts';
import { Pace } from './pace.ts';
import { type Arrays, type Carry, type Loss, type StepResult, trainingStep, trainingSteps } from './training-step.ts';

/** With more parameters than this, steps are so long that several in a run gain nothing. */
const smallModel = 1_000_000;

/** What a runner is made from. */
export interface RunnerOptions<P, B, S> {
  readonly loss: Loss<P, B, S>;
  readonly optimizer: Optimizer;
  /** Batches a step. */
  readonly accumulate: number;
  readonly key: NDArray;
  readonly device: { readonly device?: Device };
  /** Steps between two events at which a run must end. */
  readonly limit: number;
}

/** What a run of one or more steps gave. */
export interface Finished<P, S> {
  readonly carry: Arrays<Carry<P, S>>;
  /** The metrics of every step, in order. */
  readonly metrics: readonly (Readonly<Record<string, number>> & { readonly loss: number })[];
  /** The first step, counted from 0 in this run, that gave something not finite. */
  readonly broken: { readonly index: number; readonly what: string; readonly origin: string | undefined } | undefined;
}

interface Program<P, B, S> {
  (carry: Arrays<Carry<P, S>>, batch: Arrays<B>, key: NDArray): Promise<[Arrays<Carry<P, S>>, Arrays<StepResult>]>;
  findNonFinite(carry: Arrays<Carry<P, S>>, batch: Arrays<B>, key: NDArray): Promise<{ message: string } | undefined>;
  release(): Promise<void>;
}

/** Makes steps, as many in a run of the program as pays. */
export class StepRunner<P, B, S> {
  readonly #options: RunnerOptions<P, B, S>;
  readonly #looped: boolean;
  readonly #single: Program<P, B, S>;
  readonly #program: Program<P, B, S>;
  readonly #pace: Pace;

  constructor(options: RunnerOptions<P, B, S>, params: Arrays<P>) {
    this.#options = options;
    this.#looped = parameterCount(params) <= smallModel;
    const step = trainingStep(options.loss, options.optimizer, options.accumulate);
    this.#single = compile(step, options.device) as unknown as Program<P, B, S>;
    // always a loop for a small model, also for one step: the number of steps in a run then cannot change a bit
    this.#program = this.#looped
      ? (compile(trainingSteps(step), options.device) as unknown as Program<P, B, S>)
      : this.#single;
    this.#pace = new Pace(this.#looped ? options.limit : 1);
  }

  /** Makes some of the `left` steps before the next event. */
  async run(carry: Arrays<Carry<P, S>>, draw: () => Promise<Arrays<B>>, left: number): Promise<Finished<P, S>> {
    const { accumulate, key } = this.#options;
    const count = this.#pace.next(left);
    const drawn: Arrays<B>[] = [];
    while (drawn.length < count * accumulate) drawn.push(await draw());
    const lead = [...(this.#looped ? [count] : []), ...(accumulate > 1 ? [accumulate] : [])];
    const input = stackBatches(drawn, lead);

    const started = performance.now();
    const [next, results] = await this.#program(carry, input, key);
    const { metrics, weights } = await toHost(results);
    this.#pace.took(performance.now() - started, treeBytes(input));

    const each = Array.from({ length: count }, (_, i) => {
      const values = Object.entries(metrics).map(([name, { data }]) => [name, Number(data[i])]);
      return Object.fromEntries(values) as { readonly loss: number };
    });
    const index = each.findIndex(({ loss }, i) => !Number.isFinite(loss) || !Number.isFinite(weights.data[i]));
    if (index < 0) return { carry: next, metrics: each, broken: undefined };
    const { loss } = each[index]!;
    const what = Number.isFinite(loss) ? 'weights that are not' : `a loss of ${loss}`;
    return { carry: next, metrics: each, broken: { index, what, origin: await this.#origin(carry, drawn, index) } };
  }

  /** Where in the step's program the value came from that broke step `index` of a run. */
  async #origin(carry: Arrays<Carry<P, S>>, drawn: readonly Arrays<B>[], index: number): Promise<string | undefined> {
    const { accumulate, key } = this.#options;
    const lead = accumulate > 1 ? [accumulate] : [];
    const batch = (i: number) => stackBatches(drawn.slice(i * accumulate, (i + 1) * accumulate), lead);
    let before = carry;
    for (let i = 0; i < index; i++) [before] = await this.#single(before, batch(i), key);
    return (await this.#single.findNonFinite(before, batch(index), key))?.message;
  }

  async release(): Promise<void> {
    await this.#single.release();
    if (this.#looped) await this.#program.release();
  }
}

function parameterCount(params: unknown): number {
  return (flattenTree(params).leaves as NDArray[]).reduce((total, { size }) => total + size, 0);
}
