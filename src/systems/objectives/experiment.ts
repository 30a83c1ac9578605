/**
 * The system's part of the living issue: the study on the State of the Union addresses.
 *
 * The recorded run is the whole plan; the quick one pretrains the six cells, small, and leaves finetuning and adaptation to
 * it. Both keep what they have in a folder: the recorded run goes on there when it was stopped.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { splitCorpus, unionAddresses } from '../../data/index.ts';
import {
  type Experiment,
  type ExperimentContext,
  type Findings,
  type Interval,
  meanInterval,
  type Tier,
} from '../../report/index.ts';
import { compile, flattenTree, type NDArray, type Tensor } from '../../tensor/index.ts';
import { type Transformer, transformer } from '../../text/index.ts';
import { accounts, mostUnequal } from './accounting.ts';
import { architectureOf, type Cell, cellId, cells, sizeOf } from './cells.ts';
import { comparisons } from './comparisons.ts';
import { show, wastes } from './findings.ts';
import type { TrainingBatch } from './layout.ts';
import { type Material, prepareMaterial, readMaterial, saveMaterial, specialTokens } from './material.ts';
import { firstWeights } from './perform.ts';
import { type Recipe, rates } from './recipe.ts';
import { rules, seedsOf } from './rules.ts';
import { pretrainingBatches, type StepSize } from './streams.ts';
import { Results, type Study, saveStudy } from './study.ts';
import { bundledTasks } from './tasks/bundled.ts';
import { normalizedScore } from './tasks/task.ts';
import { performPlan } from './workers.ts';

const summary = `The paper’s grid at a size that this machine carries, on the State of the Union addresses of 1790 to 2021 (10.8 MB in the public domain; every twenty-fifth is held out): T5’s blocks with gated GELU and relative positions, Adafactor with the paper’s rate of pretraining (and for finetuning ten times its own, which is for ten thousand steps; CD:FLM and ED:MLM are finetuned at a third and a tenth of that, too), rows as its code makes them. In the place of C4, T0’s mixture and the two suites stand the addresses, eleven training tasks and six held-out ones (WordNet, SpamAssassin’s mails, cloze tests of addresses that no model read), three prompts each, judged by the likelihood of each choice. Models are thousands of times smaller than the paper’s and trained on a hundred-thousandth of its tokens or less, so what is measured is the method at this scale, and not the paper’s findings at its own. The questions are the same for every seed; intervals are over seeds, which decide weights and the order of the text; a table has those over questions beside them. One in sixteen questions of the training tasks is left out of finetuning, and asked before and after. Quick runs pretrain only.`;

interface Sizes {
  readonly recipe: Omit<Recipe, 'size'> & { readonly width: number; readonly layers: number };
  readonly vocabulary: number;
  readonly counts: { readonly training: number; readonly held: number };
  /** Of 25 documents how many are read, and prompts of each held-out task. */
  readonly documents: number;
  readonly prompts: number;
}

/** What is run at each tier. */
const sizes: Readonly<Record<Tier, Sizes>> = {
  quick: {
    recipe: {
      width: 64,
      layers: 2,
      step: { row: 128, rows: 8 },
      steps: 45,
      finetuning: 0,
      ...rates,
      looks: 3,
      heldRows: 16,
    },
    vocabulary: 1024,
    counts: { training: 300, held: 50 },
    documents: 5,
    prompts: 1,
  },
  recorded: {
    recipe: {
      width: 128,
      layers: 2,
      step: { row: 128, rows: 8 },
      steps: 1300,
      finetuning: 0.2,
      ...rates,
      looks: 25,
      heldRows: 96,
    },
    vocabulary: 2048,
    counts: { training: 1000, held: 200 },
    documents: 25,
    prompts: 3,
  },
};

async function run(context: ExperimentContext): Promise<Findings> {
  if (context.folder !== undefined) return runIn(context.folder, context);
  const folder = await mkdtemp(join(tmpdir(), 'tenfold-objectives-'));
  try {
    return await runIn(folder, context);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export const experiment: Experiment = { summary, rules: Object.values(rules), run };

async function runIn(folder: string, { tier, progress, signal }: ExperimentContext): Promise<Findings> {
  const { recipe, vocabulary, counts, documents, prompts } = sizes[tier];
  progress.update('reading texts and tasks', 0);
  const material = (await readMaterial(folder)) ?? (await made());
  const { width, layers, ...rest } = recipe;
  const study: Study = {
    recipe: { ...rest, size: sizeOf(width, layers, material.vocabulary) },
    seeds: seedsOf[tier],
    asked: { texts: 'State of the Union addresses', tier },
  };
  await saveStudy(folder, study);
  await performPlan(folder, study, { processes: availableParallelism(), progress, signal });
  const results = await Results.read(folder, study);
  const shown = show(study, material, results);
  const values = { ...measured(results), ...(await checked(folder, study, material, results)) };
  return {
    claims: (Object.keys(rules) as (keyof typeof rules)[])
      .filter((name) => rules[name].seeds[tier].length > 0)
      .map((name) => rules[name].judge({ tier, ...overSeeds(values[name]) })),
    figures: shown.figures,
    tables: shown.tables,
  };

  async function made(): Promise<Material> {
    // what is held out is the same, whatever is read of the rest
    const { train, held } = splitCorpus(await unionAddresses());
    const corpus = { train: train.filter((_, i) => i % 25 < documents), held };
    const all = await bundledTasks(corpus, counts);
    const tasks = all.map((task) => ({
      ...task,
      prompts: task.prompts.slice(0, task.use === 'held out' ? prompts : undefined),
    }));
    const prepared = await prepareMaterial(corpus, tasks, {
      vocabulary,
      row: recipe.step.row,
      signal,
      update: (label, share) => progress.update(label, share),
    });
    await saveMaterial(folder, prepared.material, prepared.tokenizer);
    return prepared.material;
  }
}

/** The mean over seeds with its interval; one value as it is. */
function overSeeds(values: readonly number[]): { value: number | null; interval?: Interval } {
  if (values.length === 0) return { value: null };
  return values.length === 1 ? { value: values[0]! } : meanInterval(values);
}

type Compared = { readonly [Name in keyof typeof comparisons]: readonly number[] };

/** What the results say, a value a seed. */
function measured(results: Results): Compared {
  return Object.fromEntries(
    Object.entries(comparisons).map(([name, of]) => [name, of(results)]),
  ) as unknown as Compared;
}

/** What holds whatever the models learned. */
async function checked(folder: string, study: Study, material: Material, results: Results) {
  const { suite } = material;
  const normalized = suite.map(({ counting, random }) => normalizedScore(counting, random));
  const { size, step } = study.recipe;
  const counted = cells.map((cell) => countingEntropy(material, cell, study.recipe));
  return {
    converged: results.each(cells.map(cellId), (...all) => Math.min(...all.map(({ text }, i) => counted[i]! - text!))),
    counting: [(100 * normalized.reduce((sum, x) => sum + x, 0)) / normalized.length],
    packing: [100 * Math.max(...wastes(study, material).values())],
    compute: [mostUnequal(accounts(size, step))],
    conversion: [await changedWeights(folder, study, material)],
  };
}

/** The cross-entropy that the text among a cell's held-out targets has under the counts of all its training targets. */
function countingEntropy(material: Material, cell: Cell, { step, heldRows }: Recipe): number {
  const counts = new Float64Array(material.vocabulary).fill(1);
  for (const token of targetsOf(material.train, cell, step, 200)) counts[token]!++;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const firstText = specialTokens(step.row).length;
  const targets = targetsOf(material.held, cell, step, Math.max(1, Math.round(heldRows / step.rows)));
  const held = targets.filter((token) => token >= firstText);
  return held.reduce((sum, token) => sum - Math.log(counts[token]! / total), 0) / held.length;
}

/** The tokens that the first batches of a cell are trained to tell. */
function targetsOf(tokens: Int32Array, cell: Cell, size: StepSize, batches: number): number[] {
  const stream = pretrainingBatches(tokens, cell, { size, seed: 0 });
  return Array.from({ length: batches }, () => {
    const { next, weight } = (stream.next() as IteratorYieldResult<TrainingBatch<NDArray>>).value;
    const counted = weight?.data as Float32Array | undefined;
    return Array.from(next.data as Int32Array).filter((_, i) => counted?.[i] !== 0);
  }).flat();
}

/**
 * Reads a trained causal decoder as a non-causal one, as an adaptation does, and counts the weights that differ.
 * @throws RangeError where its predictions behind an input do not differ: then the mask did nothing
 */
async function changedWeights(folder: string, study: Study, material: Material): Promise<number> {
  const { recipe, seeds } = study;
  const cell = { architecture: 'ND', objective: 'PLM' } as const;
  const causal = {
    id: 'cd-flm',
    seed: seeds[0]!,
    architecture: 'CD',
    objective: 'FLM',
    share: 1,
    judged: false,
  } as const;
  const from = { ...causal, id: 'converted', from: 'cd-flm' };
  const [before, after] = [
    await firstWeights(from, { study: folder, recipe }),
    await firstWeights({ ...from, ...cell }, { study: folder, recipe }),
  ];
  const [batch] = [pretrainingBatches(material.held, cell, { size: recipe.step, seed: 0 }).next()] as [
    IteratorYieldResult<TrainingBatch<NDArray>>,
  ];
  const { ids, input } = batch.value;
  const logits = async (architecture: 'CD' | 'ND', p: Transformer<NDArray>) => {
    const config = architectureOf(architecture, recipe.size);
    const program = compile((own: Transformer, row: { ids: Tensor; input: Tensor }) => transformer(config, own, row));
    const found = (await program(p as never, { ids, input: input! } as never)) as unknown as NDArray;
    await program.release();
    return found.data as Float32Array;
  };
  const [one, other] = [await logits('CD', before), await logits('ND', after)];
  if (one.every((x, i) => Math.abs(x - other[i]!) < 1e-4))
    throw new RangeError('objectives: expected a non-causal decoder to predict otherwise, got the same');
  return differing(before, after);
}

/** How many numbers of two trees differ. */
function differing(a: Transformer<NDArray>, b: Transformer<NDArray>): number {
  const [own, others] = [flattenTree(a).leaves as NDArray[], flattenTree(b).leaves as NDArray[]];
  if (own.length !== others.length) return Math.abs(own.length - others.length);
  let count = 0;
  for (const [i, { data }] of own.entries()) {
    const other = others[i]!.data;
    for (let k = 0; k < data.length; k++) if (data[k] !== other[k]) count++;
  }
  return count;
}
