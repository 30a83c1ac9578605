/** The living issue as data: what was run, when and where, and what each system found. */

import type { Section, SystemTitle } from './section.ts';

export interface Issue {
  /** When it was begun: ISO 8601, UTC. */
  readonly date: string;
  readonly machine: string;
  /** Of the whole run so far, not of what was recorded earlier. */
  readonly seconds: number;
  /** In the order of the contents; a system's quick section before its recorded one. */
  readonly systems: readonly Section[];
}

/** A row of the contents: every system there is to be, whether it has run or not. */
export interface ContentsRow extends SystemTitle {
  /** `missing`: no experiment has been written yet. `waiting`: asked for, and not run so far. `left out`: not asked for. */
  readonly unrun: 'missing' | 'waiting' | 'left out';
}

/**
 * issue.json, as DESIGN.md lays it down ("Two files a machine reads"), with what it leaves open: the date; `error` for a
 * system that failed; `recorded` for a run's provenance.
 */
export function forMachines({ machine, date, seconds, systems }: Issue): object {
  return {
    machine,
    date,
    seconds,
    systems: systems.map(({ id, title, citation, seconds, tier, claims, figures, tables, error, recorded }) => ({
      id,
      title,
      citation,
      seconds,
      tier,
      claims,
      figures,
      tables,
      error,
      recorded,
    })),
  };
}
