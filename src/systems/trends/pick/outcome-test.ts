/**
 * What a score said of papers, against what became of them: a back-test where no citations were read, but an outcome is known
 * of every paper, as acceptance at a conference.
 *
 * A study knows nothing of its end and later, and the outcome is only looked at here. A paper with the outcome is compared
 * with the papers of its own window without it: the share that it is ahead of is 0.5 on average when the score says
 * nothing. The mean is the probability that of two papers of a window, one with the outcome and one without, the score puts
 * the first ahead (the area under the curve of receiver operating characteristics, window by window).
 */
import { bootstrapInterval, type Interval, mean } from '../../../report/index.ts';
import type { Paper } from '../paper.ts';
import type { Study } from '../study.ts';
import { type PartName, partNames } from './evidence.ts';
import { pickPapers } from './pick.ts';

export interface OutcomeTest {
  /** Papers of all windows, and those with the outcome. */
  readonly papers: number;
  readonly became: number;
  /** By the whole score, with its 95 % interval over the papers with the outcome. */
  readonly ahead: number;
  readonly interval: Interval;
  /** The same by each part that was in the score. */
  readonly parts: Readonly<Partial<Record<PartName, number>>>;
  /** Papers that were picked, those of them with the outcome, and how many there would be by drawing lots in each window. */
  readonly picked: { readonly papers: number; readonly became: number; readonly byLot: number };
}

/**
 * Tests scores and picks, ten of each window, without readings.
 * @throws RangeError where fewer than two papers have the outcome, or all of a window
 */
export function outcomeTest(studies: readonly Study[], became: (paper: Paper, study: Study) => boolean): OutcomeTest {
  const whole: number[] = [];
  const parts = new Map<PartName, number[]>();
  const picked = { papers: 0, became: 0, byLot: 0 };
  let all = 0;
  for (const study of studies) {
    const own = new Set(study.window.flatMap((i) => (became(study.papers[i]!, study) ? [study.papers[i]!.id] : [])));
    const { picks: scored } = pickPapers(study, { count: study.window.length, topics: 1 });
    const { picks } = pickPapers(study);
    all += scored.length;
    picked.papers += picks.length;
    picked.became += picks.filter(({ paper }) => own.has(paper)).length;
    picked.byLot += (picks.length * own.size) / scored.length;
    const compare = (value: (pick: (typeof scored)[number]) => number) => {
      const others = scored.filter(({ paper }) => !own.has(paper)).map(value);
      if (others.length === 0) throw new RangeError('outcome test: expected papers without the outcome, got none');
      return scored.filter(({ paper }) => own.has(paper)).map((pick) => aheadOf(value(pick), others));
    };
    whole.push(...compare(({ score }) => score));
    for (const name of partNames) {
      if (!scored[0]!.parts.some((part) => part.name === name)) continue;
      const values = compare((pick) => pick.parts.find((part) => part.name === name)!.value);
      parts.set(name, [...(parts.get(name) ?? []), ...values]);
    }
  }
  if (whole.length < 2) throw new RangeError(`outcome test: expected papers with the outcome, got ${whole.length}`);
  const { value, interval } = bootstrapInterval(whole, mean);
  return {
    papers: all,
    became: whole.length,
    ahead: value,
    interval,
    parts: Object.fromEntries([...parts].map(([name, values]) => [name, mean(values)])),
    picked,
  };
}

/** The share of others that a value is above; half of equal ones. */
function aheadOf(value: number, others: readonly number[]): number {
  return others.reduce((sum, other) => sum + (other < value ? 1 : other === value ? 0.5 : 0), 0) / others.length;
}
