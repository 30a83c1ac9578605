/**
 * The differences that the paper's findings are about, with what two sorts of chance make of each.
 *
 * Seeds decide weights and the order of the text: the interval over them says what another training would give on the
 * same questions. The one over questions (over-questions.ts) says what other questions would give of the same models. A
 * difference that only one of the two leaves standing is none to build on.
 *
 * Accuracy sees only which choice is ahead. The probability of the right choice among the choices is finer.
 */
import { type Table, table } from '../../report/index.ts';
import { cellId, cellName, cells } from './cells.ts';
import { type Average, meanAccuracy, type TaskScore } from './evaluation.ts';
import { overQuestions } from './over-questions.ts';
import type { RunResult } from './perform.ts';
import type { Results } from './study.ts';
import { overSeeds } from './tables.ts';

/** Two trainings that are held against each other. */
interface Difference {
  readonly name: string;
  readonly ids: readonly [string, string];
  readonly average: Average;
}

const named = (id: string) => cells.find((cell) => cellId(cell) === id)!;
const pretrained = (a: string, b: string): Difference => ({
  name: `${cellName(named(a))} − ${cellName(named(b))}`,
  ids: [a, b],
  average: 'first',
});
const finetuned = (a: string, b: string): Difference => ({
  name: `${cellName(named(a))} − ${cellName(named(b))}, both + MTF`,
  ids: [`${a}-mtf`, `${b}-mtf`],
  average: 'median',
});

const differences: readonly Difference[] = [
  pretrained('cd-flm', 'nd-plm'),
  pretrained('nd-plm', 'ed-plm'),
  pretrained('cd-flm', 'cd-mlm'),
  pretrained('nd-plm', 'nd-mlm'),
  pretrained('ed-plm', 'ed-mlm'),
  { name: 'CD:FLM + MTF − CD:FLM', ids: ['cd-flm-mtf', 'cd-flm'], average: 'median' },
  finetuned('ed-mlm', 'nd-mlm'),
  finetuned('nd-mlm', 'nd-plm'),
  finetuned('ed-mlm', 'ed-plm'),
  finetuned('nd-mlm', 'cd-mlm'),
  { name: 'CD:FLM, NC-A + MTF − CD:FLM longer + MTF', ids: ['nc-a-mtf', 'cd-flm-long-mtf'], average: 'median' },
];

/** The differences of which there are results. */
export function differenceTable(results: Results): Table[] {
  const rows = differences.flatMap(({ name, ids, average }) => {
    const pairs: [RunResult, RunResult][] = [];
    const points = results.each(ids, (a, b) => {
      pairs.push([a, b]);
      return meanAccuracy(a.scores!, average) - meanAccuracy(b.scores!, average);
    });
    const seeds = overSeeds(points);
    if (seeds === null) return [];
    const probable = pairs.map(([a, b]) => meanProbability(a.scores!) - meanProbability(b.scores!));
    const interval = overQuestions(
      pairs.map(([a, b]) => [a.scores!, b.scores!]),
      average,
    );
    return [{ name, seeds, questions: { value: seeds.value, interval }, probability: overSeeds(probable) }];
  });
  if (rows.length === 0) return [];
  return [
    table({
      id: 'differences',
      title: 'What lies between two ways of training',
      caption:
        'Points of accuracy on the held-out tasks, averaged as in the table above. The first interval is over seeds, which share their questions; the second is over questions, drawn anew within each task a thousand times, of the same models. Last, how much more of the choices’ probability the right one gets, mean over all prompts, with its interval over seeds.',
      columns: {
        name: { name: 'difference', type: 'text' },
        seeds: { name: 'over seeds', type: 'measured', unit: 'points' },
        questions: { name: 'over questions', type: 'measured', unit: 'points' },
        probability: { name: 'probability of the right choice', type: 'measured', unit: 'points' },
      },
      rows,
    }),
  ];
}

/** The mean over tasks and prompts, in per cent. */
function meanProbability(scores: readonly TaskScore[]): number {
  const ofTask = ({ probability }: TaskScore) => probability.reduce((sum, x) => sum + x, 0) / probability.length;
  return (100 * scores.reduce((sum, score) => sum + ofTask(score), 0)) / scores.length;
}
