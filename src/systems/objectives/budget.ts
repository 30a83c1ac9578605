/**
 * How large and how long: a study that fits into the time that a person gives it.
 *
 * The time of a step is measured on this machine, for models of growing size, with the threads that a process will have.
 * Taken is the largest model that still gets ten tokens a parameter outside its embeddings: with fewer, a smaller model
 * would learn more of the same time (compute-optimal are about twenty; Hoffmann et al., arXiv:2203.15556).
 */
import { availableParallelism } from 'node:os';
import { fit } from '../../nn/index.ts';
import { openDevice } from '../../tensor/index.ts';
import { operationsOf, parametersOf } from './accounting.ts';
import { architectureOf, cells, type Size, sizeOf } from './cells.ts';
import { trainingLoss } from './loss.ts';
import type { Material } from './material.ts';
import { initialWeights } from './perform.ts';
import { ownShare, planOf } from './plan.ts';
import { optimizerOf, type Recipe, rates } from './recipe.ts';
import { pretrainingBatches, rowsOf, type StepSize } from './streams.ts';

/** Width and blocks, in growing order. */
const ladder = [
  [64, 2],
  [128, 2],
  [128, 4],
  [256, 4],
  [384, 6],
  [512, 8],
] as const;

const tokensPerParameter = 10;
/** Of a pretraining; with fewer nothing is learned that could be compared. */
const fewestSteps = 50;
/** What loading programs and reading material take of a run, in seconds. */
const runOverhead = 3;
/** The share of the time that is planned with: two processes share a memory, and a laptop gets warm. */
const planned = 0.85;

/** Reads `30m`, `2h`, `90s` or `1h30m`, in seconds. @throws RangeError for anything else, or less than a minute */
export function secondsOf(budget: string): number {
  const parts = /^(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?$/.exec(budget.trim());
  const [hours, minutes, seconds] = (parts?.slice(1) ?? []).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
  ];
  const total = parts ? 3600 * hours + 60 * minutes + seconds : 0;
  if (!(total >= 60 && total <= 1e7))
    throw new RangeError(`run: expected --budget such as 30m, 2h or 1h30m, of at least a minute, got ${budget}`);
  return total;
}

/** What a study may use. */
export interface Means {
  readonly seconds: number;
  readonly processes: number;
  readonly seeds: readonly number[];
  readonly step: StepSize;
  readonly finetuning: number;
  /** The model, where it is not to be chosen. */
  readonly shape?: readonly [width: number, layers: number];
}

/** The recipe that fits. @throws RangeError where even the smallest model would hardly be trained */
export async function recipeFor(
  material: Material,
  means: Means,
  update: (label: string) => void,
  signal: AbortSignal,
): Promise<Recipe> {
  let found: Recipe | undefined;
  let wanted = 0;
  for (const [width, layers] of means.shape ? [means.shape] : ladder) {
    signal.throwIfAborted();
    update(`timing a model of width ${width} and ${layers} blocks`);
    const size = sizeOf(width, layers, material.vocabulary);
    const perStep = await secondsPerStep(size, material, means);
    const { fixed, step } = costOf(means, size, perStep, material);
    const steps = Math.max(0, Math.floor((planned * means.seconds * means.processes - fixed) / step));
    if (!found) wanted = (fixed + fewestSteps * step) / (planned * means.processes);
    const own = parametersOf(architectureOf('CD', size)) - size.vocabulary * size.width;
    const tokens = steps * means.step.row * means.step.rows;
    if (found && tokens < tokensPerParameter * own) break;
    found = recipeOf(size, means, steps);
  }
  if (found!.steps < fewestSteps)
    throw new RangeError(
      `run: expected a --budget of at least ${Math.ceil(wanted / 60)}m for ${fewestSteps} steps a training on this machine, got ${Math.round(means.seconds / 60)}m (or give fewer --seeds${means.shape ? ' or a smaller model' : ''})`,
    );
  return found!;
}

function recipeOf(size: Size, { step, finetuning }: Means, steps: number): Recipe {
  return { size, step, steps, finetuning, ...rates, looks: 20, heldRows: 4 * step.rows };
}

/** Seconds of one process that a study takes: whatever its length, and for each step of a pretraining. */
function costOf(
  { seeds, step, finetuning }: Means,
  size: Size,
  perStep: number,
  material: Material,
): { fixed: number; step: number } {
  const plan = planOf(seeds, finetuning);
  const mean = cells.reduce((sum, cell) => sum + timesFirst(size, step, cell), 0) / cells.length;
  const units = plan.reduce((sum, run) => sum + ownShare(run, plan), 0) * mean;
  // reading costs a third of training, and short rows go slower than full ones
  const asked = [...material.suite, ...material.practised].flatMap(({ items }) =>
    items.flatMap(({ prompts }) => prompts),
  );
  const tokens = asked.reduce((sum, { prompt, choices }) => sum + prompt.length + choices.flat().length, 0);
  const judging = (perStep / (step.row * step.rows)) * tokens * 0.7;
  const judged = plan.reduce((sum, run) => sum + (run.judged ? (run.objective === 'MLM' ? 2 : 1) : 0), 0);
  return { fixed: plan.length * runOverhead + judged * judging, step: units * perStep };
}

/** How many times CD:FLM's operations a cell's step has. */
function timesFirst(size: Size, step: StepSize, cell: (typeof cells)[number]): number {
  const of = (one: (typeof cells)[number]) =>
    operationsOf(architectureOf(one.architecture, size), rowsOf(one, step)).all;
  return of(cell) / of(cells[0]!);
}

/** Seconds of a step of CD:FLM, by the clock, compiling left out. */
async function secondsPerStep(size: Size, material: Material, { step, processes }: Means): Promise<number> {
  const threads = Math.max(1, Math.floor(availableParallelism() / processes));
  const device = await openDevice('cpu', { threads });
  const at: number[] = [];
  try {
    const recipe = { ...rates, size, step, steps: 1, finetuning: 0, looks: 1, heldRows: 1 };
    // biome-ignore lint/suspicious/noFocusedTests: the training loop, not a test
    await fit({
      loss: trainingLoss(architectureOf('CD', size), 0),
      params: await initialWeights('CD', size, 0),
      optimizer: optimizerOf(recipe, 'pretraining'),
      batches: (position?: number) => pretrainingBatches(material.train, cells[0]!, { size: step, seed: 0 }, position),
      steps: 6,
      // looked at after every step, each is a run of its own
      evaluation: { every: 1, measure: () => ({}) },
      onRecord: ({ evaluation }) => {
        if (evaluation === undefined) at.push(performance.now());
      },
      device,
    });
  } finally {
    await device.close();
  }
  // the first step compiles the program
  return Math.min(...at.slice(1).map((now, i) => now - at[i]!)) / 1000;
}
