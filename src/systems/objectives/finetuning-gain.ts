/**
 * What finetuning brought, in words: whether it taught its own tasks, and what the held-out ones gained.
 *
 * An order of finetuned models says little where finetuning taught nothing: then it is that of models which forgot more or
 * less of their pretraining. Both gains are means over the six cells, a value a seed.
 */
import { type Interval, meanInterval } from '../../report/index.ts';
import { cellId, cells } from './cells.ts';
import { meanAccuracy } from './evaluation.ts';
import type { RunResult } from './perform.ts';
import type { Results } from './study.ts';

const before = cells.map(cellId);
const after = before.map((id) => `${id}-mtf`);

/** What all six cells gain by finetuning, in points, a value a seed. */
export function meanGain(results: Results, accuracy: (result: RunResult) => number): number[] {
  return results.each([...after, ...before], (...all) => {
    const gains = before.map((_, i) => accuracy(all[i]!) - accuracy(all[i + before.length]!));
    return gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
  });
}

/** On questions of finetuning's own tasks that it left out. Not a number where there are none. */
export const ownGain = (results: Results) => meanGain(results, ({ practised }) => meanAccuracy(practised!, 'first'));
const heldGain = (results: Results) => meanGain(results, ({ scores }) => meanAccuracy(scores!, 'median'));

/** What it brought; undefined while no seed has all of it. */
export function finetuningWords(results: Results): string | undefined {
  const [own, held] = [ownGain(results).filter(Number.isFinite), heldGain(results)];
  if (own.length === 0) return undefined;
  const [ofOwn, ofHeld] = [told(own), told(held)];
  return [
    `Finetuning changes what the six cells answer by ${ofOwn.words} in questions of its own tasks that it left out, and by ${ofHeld.words} in the held-out tasks.`,
    ofOwn.interval && ofOwn.interval[0] <= 0
      ? 'That it taught its own tasks is not beyond doubt: the order of finetuned models says little here.'
      : '',
    ofHeld.interval && ofHeld.interval[1] < 0
      ? 'It costs more than it brings: use a model that is only pretrained, or finetune for longer on tasks nearer to yours.'
      : '',
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

function told(values: readonly number[]): { words: string; interval?: Interval } {
  const signed = (x: number) => `${x < 0 ? '−' : '+'}${Math.abs(x).toFixed(1)}`;
  if (values.length < 2) return { words: `${signed(values[0]!)} points (one seed)` };
  const { value, interval } = meanInterval(values);
  return { words: `${signed(value)} points (${signed(interval[0])} to ${signed(interval[1])})`, interval };
}
