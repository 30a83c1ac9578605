/** A study's results as tables. */
import { type Measured, meanInterval, type Table, table } from '../../report/index.ts';
import type { CellAccount } from './accounting.ts';
import { cellId, cellName, cells } from './cells.ts';
import { accuracyOf, meanAccuracy, meanNormalized } from './evaluation.ts';
import type { SuiteTask } from './material.ts';
import type { RunResult } from './perform.ts';
import type { Recipe } from './recipe.ts';
import type { Results } from './study.ts';

/** The trainings that answer held-out tasks, by the names that people know them by. */
export const judgedRuns: readonly { readonly id: string; readonly name: string }[] = [
  ...cells.map((cell) => ({ id: cellId(cell), name: cellName(cell) })),
  { id: 'lm-a', name: 'ND:MLM, LM-A' },
  ...cells.map((cell) => ({ id: `${cellId(cell)}-mtf`, name: `${cellName(cell)} + MTF` })),
  ...cells
    .map((cell) => ({ id: cellId(cell), name: cellName(cell) }))
    .filter(({ id }) => id === 'cd-flm' || id === 'ed-mlm')
    .flatMap(({ id, name }) => [
      { id: `${id}-third-mtf`, name: `${name} + MTF, rate × 0.3` },
      { id: `${id}-tenth-mtf`, name: `${name} + MTF, rate × 0.1` },
    ]),
  { id: 'cd-flm-long-mtf', name: 'CD:FLM longer + MTF' },
  { id: 'nc-a-mtf', name: 'CD:FLM, NC-A + MTF' },
];

/** The mean over seeds with its interval; of one seed, that; null without any. */
export function overSeeds(values: readonly number[]): Measured | null {
  if (values.length === 0) return null;
  if (values.length === 1) return { value: values[0]!, interval: [values[0]!, values[0]!] };
  return meanInterval(values);
}

/** What a value with an interval is. */
export function meanOf({ seeds }: Results): string {
  return seeds.length === 1
    ? 'One seed, without an interval'
    : `Mean over ${seeds.length} seeds with its interval at 95 %`;
}

/** Every training's accuracy, as the paper's tables have it. */
export function scoreTable(results: Results): Table {
  /** What is not a number was not measured. */
  const value = (id: string, of: (result: RunResult) => number) =>
    overSeeds(results.each([id], of).filter(Number.isFinite));
  return table({
    id: 'scores',
    title: 'What each way of training comes to',
    caption: `Accuracy on the held-out tasks in per cent: with the first prompt of each task, and with its median prompt; and normalised, so that guessing is 0 and all right is 100. ${meanOf(results)}. “+ MTF”: finetuned; LM-A: continued as CD:FLM; NC-A: continued as ND:MLM, and finetuned as ND; longer: for as many tokens. “By sentinel”: the first prompt, asked as span corruption taught. “Its tasks”: questions of the training tasks that finetuning leaves out. Last, the cross-entropy of held-out text under the training’s own objective: only rows of one objective can be compared.`,
    columns: {
      name: { name: 'training', type: 'text' },
      first: { name: 'first prompt', type: 'measured', unit: '%' },
      median: { name: 'median prompt', type: 'measured', unit: '%' },
      normalized: { name: 'first, normalised', type: 'measured', unit: '%' },
      spans: { name: 'by sentinel', type: 'measured', unit: '%' },
      practised: { name: 'its tasks', type: 'measured', unit: '%' },
      held: { name: 'held-out text', type: 'measured', unit: 'nat/token' },
    },
    rows: judgedRuns
      .filter(({ id }) => results.each([id], () => 0).length > 0)
      .map(({ id, name }) => ({
        name,
        first: value(id, ({ scores }) => meanAccuracy(scores!, 'first')),
        median: value(id, ({ scores }) => meanAccuracy(scores!, 'median')),
        normalized: value(id, ({ scores }) => meanNormalized(scores!, 'first')),
        spans: value(id, ({ asSpans }) => (asSpans ? meanAccuracy(asSpans, 'first') : Number.NaN)),
        practised: value(id, ({ practised }) => (practised?.length ? meanAccuracy(practised, 'first') : Number.NaN)),
        held: value(id, ({ curve }) => curve.at(-1)?.held ?? Number.NaN),
      })),
  });
}

/** The tasks, one by one, for some trainings. */
export function taskTable(
  results: Results,
  suite: readonly SuiteTask[],
  runs: readonly { readonly id: string; readonly name: string }[],
  { id, title, average }: { readonly id: string; readonly title: string; readonly average: 'first' | 'median' },
): Table {
  // a name that no task has
  const row = (name: string, share: (task: SuiteTask, i: number) => number) => ({
    'training run': name,
    ...Object.fromEntries(suite.map((task, i) => [task.name, 100 * share(task, i)])),
  });
  const shown = runs.filter((run) => results.each([run.id], () => 0).length > 0);
  return {
    id,
    title,
    caption: `Accuracy in per cent with the ${average} prompt, mean over seeds; above it what guessing and what counting words (the choice of the most frequent tokens) get right. Questions: ${suite.map(({ name, items }) => `${name} ${items.length}`).join(', ')}.`,
    columns: {
      'training run': { name: 'training', type: 'text' },
      ...Object.fromEntries(suite.map(({ name }) => [name, { name, type: 'number' as const, unit: '%', decimals: 1 }])),
    },
    rows: [
      row('guessing', ({ random }) => random),
      row('counting words', ({ counting }) => counting),
      ...shown.map((run) =>
        row(run.name, (_, i) => {
          const values = results.each([run.id], ({ scores }) => accuracyOf(scores![i]!, average));
          return values.reduce((sum, x) => sum + x, 0) / values.length;
        }),
      ),
    ],
  };
}

/** What the cells have and cost. */
export function accountTable(list: readonly CellAccount[], waste: ReadonlyMap<string, number>): Table {
  const base = list[0]!;
  return table({
    id: 'accounts',
    title: 'What is equal, and what is not',
    caption:
      'A step reads as many tokens in every cell; an encoder–decoder, whose tokens go through one of two stacks, has twice the parameters, and in its blocks costs about the same. Counted are operations of matrix products; the output layer of an encoder–decoder sees its targets alone, which is less of the same tokens, and shows in a small model. “Counts” is the share of tokens whose prediction is trained on.',
    columns: {
      cell: { name: 'cell', type: 'text' },
      parameters: { name: 'parameters', type: 'number', unit: '10³', decimals: 0 },
      tokens: { name: 'tokens a step', type: 'number', decimals: 0 },
      counts: { name: 'counts', type: 'number', unit: '%', decimals: 1 },
      waste: { name: 'empty', type: 'number', unit: '%', decimals: 2 },
      blocks: { name: 'blocks', type: 'number', unit: '× CD:FLM', decimals: 3 },
      operations: { name: 'with output', type: 'number', unit: '× CD:FLM', decimals: 3 },
    },
    rows: list.map(({ cell, parameters, tokens, counting, operations }) => ({
      cell: cellName(cell),
      parameters: parameters / 1000,
      tokens,
      counts: 100 * counting,
      waste: 100 * (waste.get(cellId(cell)) ?? 0),
      blocks: operations.blocks / base.operations.blocks,
      operations: operations.all / base.operations.all,
    })),
  });
}

/** How the models were trained. */
export function recipeTable({ size, step, steps, finetuning, rate, finetuningRate, dropout }: Recipe): Table {
  const tokens = step.row * step.rows;
  const rows: (readonly [string, string])[] = [
    ['blocks, width, heads, inner width', `${size.layers}, ${size.width}, ${size.heads}, ${size.hidden}`],
    ['vocabulary', String(size.vocabulary)],
    ['tokens a row, rows a step', `${step.row}, ${step.rows}`],
    ['steps and tokens of a pretraining', `${steps}, ${steps * tokens}`],
    ['steps and tokens of finetuning', `${Math.round(finetuning * steps)}, ${Math.round(finetuning * steps) * tokens}`],
    ['Adafactor’s relative steps', `${rate}; finetuning ${finetuningRate}`],
    ['dropout', `0; finetuning ${dropout}`],
  ];
  return table({
    id: 'recipe',
    title: 'How the models were trained',
    caption: 'An encoder–decoder has these blocks in its encoder and in its decoder.',
    columns: { what: { name: 'what', type: 'text' }, value: { name: 'value', type: 'text' } },
    rows: rows.map(([what, value]) => ({ what, value })),
  });
}
