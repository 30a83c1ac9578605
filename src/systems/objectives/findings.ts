/** What is shown of a study: its recommendations in words, its tables and figures. The page and the living issue share it. */
import type { Figure, Table } from '../../report/index.ts';
import { accounts, parametersOf } from './accounting.ts';
import { type Architecture, architectureOf, cellId, cells } from './cells.ts';
import { differenceTable } from './differences.ts';
import { Draws } from './draws.ts';
import { learningCurves, scoreBars } from './figures.ts';
import { finetuningWords } from './finetuning-gain.ts';
import { wasteOf } from './layout.ts';
import type { Material, SuiteTask } from './material.ts';
import type { Recipe } from './recipe.ts';
import { candidates, type Recommendation, recommend } from './recommendation.ts';
import { finetuningLengths, packEpoch } from './streams.ts';
import type { Results, Study } from './study.ts';
import { accountTable, judgedRuns, recipeTable, scoreTable, taskTable } from './tables.ts';

/** What came out. */
export interface Shown {
  /** For models that are only pretrained, and for those that are finetuned; undefined while it cannot be told. */
  readonly pretrained: Recommendation | undefined;
  readonly finetuned: Recommendation | undefined;
  /** Accuracy of guessing, in per cent. */
  readonly guessing: number;
  /** What models are judged on, and what they are finetuned on. */
  readonly tasks: string;
  /** What finetuning taught, and what it brought; undefined while it cannot be told. */
  readonly finetuning: string | undefined;
  /** How large the models were, and what the paper found of its own. */
  readonly scale: string;
  readonly tables: readonly Table[];
  readonly figures: readonly Figure[];
}

/** Shows results. */
export function show(
  study: Study,
  material: Pick<Material, 'suite' | 'mixture' | 'practised'>,
  results: Results,
): Shown {
  const { suite, practised } = material;
  const { recipe } = study;
  const guessing = (100 * suite.reduce((sum, { random }) => sum + random, 0)) / suite.length;
  const of = (use: 'pretrained' | 'finetuned') => recommend(candidates(results, use), guessing);
  const tasks = (use: 'pretrained' | 'finetuned') => {
    const runs = judgedRuns.filter(({ id }) => id.endsWith('-mtf') === (use === 'finetuned'));
    const some = runs.filter(({ id }) => results.each([id], () => 0).length > 0);
    return some.length === 0
      ? []
      : [
          taskTable(results, suite, some, {
            id: `${use}-tasks`,
            title: use === 'pretrained' ? 'Task by task, pretrained only' : 'Task by task, finetuned',
            average: use === 'pretrained' ? 'first' : 'median',
          }),
        ];
  };
  return {
    pretrained: of('pretrained'),
    finetuned: of('finetuned'),
    guessing,
    tasks: `judged on ${namesIn(suite)}${recipe.finetuning > 0 ? `; finetuned on ${namesIn(practised)}` : ''}`,
    finetuning: finetuningWords(results),
    scale: scaleOf(recipe),
    tables: [
      ...(results.count > 0 ? [scoreTable(results)] : []),
      ...differenceTable(results),
      ...tasks('pretrained'),
      ...tasks('finetuned'),
      accountTable(accounts(recipe.size, recipe.step), wastes(study, material)),
      recipeTable(recipe),
    ],
    figures: [
      ...scoreBars(results, 'pretrained', guessing),
      ...scoreBars(results, 'finetuned', guessing),
      ...learningCurves(results),
    ],
  };
}

function namesIn(tasks: readonly SuiteTask[]): string {
  return tasks.map(({ name }) => name).join(', ');
}

/** What a reader who will train a larger model must know. */
function scaleOf({ size, step, steps }: Recipe): string {
  const millions = (count: number) => (count / 1e6).toPrecision(2);
  const weights = (architecture: Architecture) => millions(parametersOf(architectureOf(architecture, size)));
  return `These models have ${weights('CD')} million weights (encoder–decoders ${weights('ED')}) and read ${millions(steps * step.row * step.rows)} million tokens. Larger ones may come out in another order: the paper, with 4.8 billion and 168 billion tokens, found CD:FLM best where there is pretraining only, and ED:MLM after finetuning.`;
}

/** The share of empty places in the rows of each cell while it is finetuned; rows of pretraining have none. */
export function wastes({ recipe }: Study, { mixture }: Pick<Material, 'mixture'>): Map<string, number> {
  const { row } = recipe.step;
  const of = (architecture: Architecture) =>
    wasteOf(
      architecture,
      packEpoch(architecture, mixture, row, Draws.of(0, 2, 0)),
      finetuningLengths(architecture, mixture, row),
    );
  // decoders read the same rows, whatever they see of them
  const [decoder, encoded] = [of('CD'), of('ED')];
  return new Map(cells.map((cell) => [cellId(cell), cell.architecture === 'ED' ? encoded : decoder]));
}
