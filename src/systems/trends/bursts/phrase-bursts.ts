/** The bursts of every phrase of a collection, the heaviest peak first. */
import type { Timeline } from '../calendar.ts';
import { documentsOf, type PhraseTable } from '../phrases/phrases.ts';
import type { Burst } from './automaton.ts';
import { type BurstOptions, batchedBursts } from './streams.ts';

export interface PhraseBurst {
  /** Its number in the table, and its name. */
  readonly number: number;
  readonly phrase: string;
  /** Of level 1; `first` and `last` are bins of the timeline. */
  readonly burst: Burst;
  /** The heaviest of it and those within. */
  readonly peak: Burst;
  /** Papers with the phrase in the peak's bins, and all papers there. */
  readonly papers: number;
  readonly of: number;
}

/** In how many papers of each bin a phrase is. */
export function countsOf(table: PhraseTable, phrase: number, { of, starts }: Timeline): Int32Array {
  const counts = new Int32Array(starts.length);
  for (const document of documentsOf(table, phrase)) {
    const bin = of[document]!;
    if (bin >= 0) counts[bin]!++;
  }
  return counts;
}

/**
 * The bursts of all phrases by the weight of their peaks. A burst is told from the whole of the timeline: to ask what bursts on a day, give
 * the papers up to that day.
 */
export function phraseBursts(table: PhraseTable, timeline: Timeline, options: BurstOptions = {}): PhraseBurst[] {
  const { sizes } = timeline;
  const found: PhraseBurst[] = [];
  for (const [number, phrase] of table.names.entries()) {
    const counts = countsOf(table, number, timeline);
    for (const burst of batchedBursts(counts, sizes, options).bursts) {
      const peak = heaviestOf(burst);
      let [papers, of] = [0, 0];
      for (let t = peak.first; t <= peak.last; t++) {
        papers += counts[t]!;
        of += sizes[t]!;
      }
      found.push({ number, phrase, burst, peak, papers, of });
    }
  }
  return found.sort((a, b) => b.peak.weight - a.peak.weight || (a.phrase < b.phrase ? -1 : 1));
}

/** The heaviest of a burst and those within; of equal ones the lower. */
function heaviestOf(burst: Burst): Burst {
  return burst.within.map(heaviestOf).reduce((best, one) => (one.weight > best.weight ? one : best), burst);
}
