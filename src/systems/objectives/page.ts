/** The page of a study, in one file that needs no other. */
import { renderFindings } from '../../report/index.ts';
import type { Shown } from './findings.ts';
import { planOfStudy, type Study } from './study.ts';

/** HTML of what a study came to. @param done runs that have ended */
export function studyPage({ recipe, seeds, asked }: Study, shown: Shown, done: number): string {
  const total = planOfStudy({ recipe, seeds, asked }).length;
  const { size, step, steps } = recipe;
  return renderFindings({
    title: 'Which architecture and objective to pretrain',
    deck: shown.pretrained?.words ?? 'No training of every cell has ended yet.',
    facts: {
      Texts: String(asked.texts ?? ''),
      Models: `${size.layers} blocks of width ${size.width}, ${size.vocabulary} tokens`,
      Training: `${steps} steps of ${step.row * step.rows} tokens for each cell, ${seeds.length === 1 ? 'one seed' : `${seeds.length} seeds`}`,
      Tasks: shown.tasks,
      Runs: `${done} of ${total}`,
    },
    notes: [
      ...(done < total ? ['The study has not ended: what is shown is of the runs that have.'] : []),
      ...(shown.finetuned ? [`Finetuned: ${shown.finetuned.words}`] : []),
      ...(shown.finetuning === undefined ? [] : [shown.finetuning]),
      shown.scale,
    ],
    tables: shown.tables,
    figures: shown.figures,
  });
}
