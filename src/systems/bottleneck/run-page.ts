/** The page of a run: what was found, on what, and its table and figures, in one file that needs no other. */
import { type Figure, formatNumber, renderFindings, type Table } from '../../report/index.ts';
import type { RunSettings } from './run-folder.ts';
import { aboveZero, describeScore, type Score } from './score.ts';

/** HTML of a run's settings, figures and table. @param best what is known of the target, on the test rows */
export function runPage(
  { source, rows, columns: { target, features, notes }, recipe, seed }: RunSettings,
  best: Score,
  figures: readonly Figure[],
  table: Table,
): string {
  const { annealing, loss, joint } = recipe;
  const found = aboveZero(best);
  const trained = target.kind === 'categorical' ? 'cross-entropy' : loss === 'squared' ? 'squared error' : 'InfoNCE';
  return renderFindings({
    title: `What tells ${target.name}`,
    deck: `${describeScore(best)}.${found ? '' : ' This is not above zero: no column is shown to tell anything about it.'}`,
    facts: {
      Table: `${source}, ${formatNumber(rows)} rows, ${formatNumber(features.length)} columns`,
      Loss: `${trained}, ${joint ? 'one encoder for all columns' : 'an encoder a column'}`,
      Price: `β from ${annealing.from} to ${annealing.to} in ${formatNumber(annealing.pretraining + annealing.steps)} steps, seed ${seed}`,
    },
    notes,
    tables: found ? [table] : [],
    figures,
  });
}
