/** A study's results, drawn. */
import { bars, type Curve, type Figure, figure, meanInterval, type Panel, panels } from '../../report/index.ts';
import { cells } from './cells.ts';
import { type Average, meanAccuracy } from './evaluation.ts';
import type { RunResult } from './perform.ts';
import type { Results } from './study.ts';
import { judgedRuns, meanOf } from './tables.ts';

/** A run's held-out cross-entropy over tokens, mean over seeds with its interval. */
function curveOf(results: Results, id: string, name: string, reference?: true): Curve[] {
  const runs = results.seeds.flatMap((seed) => results.of(id, seed) ?? []);
  const [first] = runs;
  if (first === undefined || first.curve.length === 0) return [];
  const points = first.curve.map(({ step }, i) => {
    const values = runs.map(({ curve }) => curve[i]!.held);
    const x = (step * first.tokensPerStep) / 1000;
    if (values.length < 2) return { x, y: values[0]! };
    const { value, interval } = meanInterval(values);
    return { x, y: value, low: interval[0], high: interval[1] };
  });
  return [{ name, points, ...(reference && { reference }) }];
}

/** Learning curves of the six cells; the two adaptations beside what they are held against. */
export function learningCurves(results: Results): Figure[] {
  const of = (id: string, reference?: true) => curveOf(results, id, id, reference);
  const cellPanels: Panel[] = cells.flatMap(({ architecture, objective }) => {
    const id = `${architecture}-${objective}`.toLowerCase();
    const own = of(id);
    return own.length === 0 ? [] : [{ name: `${architecture}:${objective}`, curves: own }];
  });
  const adaptations: Panel[] = [
    { name: 'LM-A (dashed: CD:FLM)', curves: [...of('lm-a'), ...of('cd-flm', true)] },
    { name: 'NC-A (dashed: ND:MLM)', curves: [...of('nc-a-long'), ...of('nd-mlm', true)] },
    { name: 'NC-A (dashed: CD:MLM)', curves: [...of('nc-a-long'), ...of('cd-mlm', true)] },
  ].filter(({ curves }) => curves.length === 2);
  const drawn = (id: string, title: string, caption: string, shown: readonly Panel[]) =>
    shown.length === 0
      ? []
      : [
          figure({
            id,
            title,
            caption,
            description: shown
              .map(({ name, curves }) => `${name} ends at ${curves[0]!.points.at(-1)!.y.toFixed(2)} nats a token`)
              .join('; '),
            plot: panels({
              x: { label: 'tokens (thousands)' },
              y: { label: 'held-out text (nat/token)', domain: extentOf(shown) },
              panels: shown,
            }),
          }),
        ];
  return [
    ...drawn(
      'learning-curves',
      'How each cell learns',
      'Cross-entropy of held-out text under the cell’s own objective, while it is pretrained; mean over seeds, with bands at 95 %. Rows of one objective can be compared: a span is easier to tell than a next token, because its text goes on behind it.',
      cellPanels,
    ),
    ...drawn(
      'adaptations',
      'How the adaptations learn',
      'The same for a model that goes on under another objective (solid) and for one that learns that from scratch (dashed).',
      adaptations,
    ),
  ];
}

function extentOf(shown: readonly Panel[]): readonly [number, number] {
  const ys = shown.flatMap(({ curves }) => curves.flatMap(({ points }) => points.map(({ y }) => y)));
  return [Math.floor(Math.min(...ys)), Math.ceil(Math.max(...ys))];
}

/** Accuracies of the trainings of one use, with what guessing gets right. */
export function scoreBars(results: Results, use: 'pretrained' | 'finetuned', guessing: number): Figure[] {
  const average: Average = use === 'pretrained' ? 'first' : 'median';
  const shown = judgedRuns
    .filter(({ id }) => id.endsWith('-mtf') === (use === 'finetuned'))
    .flatMap(({ id, name }) => {
      const values = results.each([id], ({ scores }: RunResult) => meanAccuracy(scores!, average));
      if (values.length === 0) return [];
      const measured =
        values.length < 2 ? { value: values[0]!, interval: [values[0]!, values[0]!] as const } : meanInterval(values);
      return [{ name, ...measured, reference: guessing }];
    });
  if (shown.length === 0) return [];
  return [
    figure({
      id: `${use}-scores`,
      title: use === 'pretrained' ? 'Zero-shot after pretraining only' : 'Zero-shot after multitask finetuning',
      caption: `Mean accuracy over the held-out tasks, with the ${average} prompt of each. ${meanOf(results)}.`,
      description: shown.map(({ name, value }) => `${name}: ${value.toFixed(1)} %`).join('; '),
      plot: bars({ x: { label: 'right answers (%)' }, bars: shown, referenceName: 'guessing' }),
    }),
  ];
}
