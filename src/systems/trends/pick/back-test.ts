/**
 * What would have been picked then, against what became cited since.
 *
 * The study reads papers before its end, and the picks signals up to it; only then are later readings looked at. A pick's
 * success is the share of the window's papers of its age that it came out ahead of in citations: 0.5 is what drawing lots
 * gets. Beside it stand as many papers by the highest counts of the day, which is what a list of totals would have shown.
 */
import { bootstrapInterval, type Interval, mean } from '../../../report/index.ts';
import type { Study } from '../study.ts';
import { aheadOf, cohortsOf, countedOf, type Readings } from './evidence.ts';
import { type PickOptions, pickPapers } from './pick.ts';

export interface BackTest {
  /** The picks, with the share of the papers of its age that each came out ahead of; null where no later count is known. */
  readonly picks: readonly { readonly paper: string; readonly ahead: number | null }[];
  /** The mean over picks with a later count, with its 95 % interval over picks. */
  readonly ahead: number;
  readonly interval: Interval;
  /** The same for the papers with most citations at the end of the window; null where none had a count by then. */
  readonly byTotals: number | null;
  /** Papers of the window with a later count. */
  readonly known: number;
}

/**
 * Tests the picks of a study by the citations known on a later day.
 * @param options as for `pickPapers`, with the readings of all times
 * @throws RangeError where fewer than two picks have a count between the end of the window and `later`
 */
export function backTest(
  study: Study,
  later: string,
  options: PickOptions & { readonly readings: Readings },
): BackTest {
  const { readings } = options;
  if (!(later > study.at)) throw new RangeError(`back-test: expected a day after ${study.at}, got ${later}`);
  const { papers, window, at } = study;
  const ids = window.map((i) => papers[i]!.id);
  const last = (after: string, by: string) =>
    Float64Array.from(
      countedOf(ids, readings, 'citations', { after, by }),
      (own) => own.at(-1)?.citations ?? Number.NaN,
    );
  const became = last(at, later);
  const ahead = aheadOf(became, cohortsOf(study));
  const aheadById = new Map(window.map((i, w) => [papers[i]!.id, ahead[w]!]));
  const { picks } = pickPapers(study, options);
  const found = picks.map(({ paper }) => {
    const value = aheadById.get(paper) ?? Number.NaN;
    return { paper, ahead: Number.isNaN(value) ? null : value };
  });
  const values = found.flatMap(({ ahead }) => (ahead === null ? [] : [ahead]));
  if (values.length < 2) {
    throw new RangeError(
      `back-test: expected citations of at least two picks read after ${at} and by ${later}, got ${values.length}`,
    );
  }
  const { value, interval } = bootstrapInterval(values, mean);
  const totals = Array.from(last('', at), (total, w) => ({ total, ahead: ahead[w]! }))
    .filter(({ total, ahead }) => !Number.isNaN(total) && !Number.isNaN(ahead))
    .sort((a, b) => b.total - a.total)
    .slice(0, picks.length);
  return {
    picks: found,
    ahead: value,
    interval,
    byTotals: totals.length === 0 ? null : mean(totals.map(({ ahead }) => ahead)),
    known: became.filter((count) => !Number.isNaN(count)).length,
  };
}
