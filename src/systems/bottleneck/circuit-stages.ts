/** Stages: the sets of channels that are open at the readings of an annealing, and what they tell. */
import { table } from '../../report/index.ts';
import { type CircuitRun, openAbove } from './circuit-run.ts';
import { bestInformation, members, subsetInformation, tenInputs } from './circuits.ts';

/** Inputs numbered from 1, as the paper numbers them: `3, 6, 10`. */
export function subsetName(subset: number): string {
  return members(subset)
    .map((i) => i + 1)
    .join(', ');
}

/** A set of open channels, and what was measured while exactly these were open. */
export interface Stage {
  readonly open: number;
  /** I(U;Y) in bits, of every such reading of every run. */
  readonly measured: readonly number[];
}

/** All sets of open channels that some reading had, the largest first. */
export function stagesOf(runs: readonly CircuitRun[]): Stage[] {
  const stages = new Map<number, number[]>();
  for (const { open, measured } of runs.flatMap(({ readings }) => readings)) {
    if (open > 0) stages.set(open, [...(stages.get(open) ?? []), measured]);
  }
  return [...stages]
    .map(([open, measured]) => ({ open, measured }))
    .sort((a, b) => members(b.open).length - members(a.open).length || a.open - b.open);
}

/** The stages in numbers. */
export function stageTable(runs: readonly CircuitRun[]) {
  const information = subsetInformation(tenInputs);
  const best = bestInformation(information);
  return table({
    id: 'open-sets',
    title: 'The sets that annealing stops at',
    caption: `Sets of inputs whose channels carry more than ${openAbove} bit at some reading, in bits: what they tell by counting, the most that any set of their size tells, what the channels tell opened wide, and what they tell while annealing at the first reading with this set (the highest of the seeds).`,
    columns: {
      set: { name: 'open inputs', type: 'text' },
      exact: { name: 'exact', type: 'number', unit: 'bit', decimals: 4 },
      best: { name: 'best of its size', type: 'number', unit: 'bit', decimals: 4 },
      wide: { name: 'opened wide', type: 'number', unit: 'bit', decimals: 4 },
      annealed: { name: 'while annealing', type: 'number', unit: 'bit', decimals: 4 },
      seeds: { name: 'seeds', type: 'number' },
    },
    rows: stagesOf(runs).map(({ open }) => {
      const own = runs.filter(({ readings }) => readings.some((reading) => reading.open === open));
      const wide = runs.flatMap(({ reopened }) => reopened.get(open) ?? []);
      return {
        set: subsetName(open),
        exact: information[open]!,
        best: best[members(open).length]!,
        wide: wide[0] ?? null,
        annealed: Math.max(...own.map(({ readings }) => readings.find((reading) => reading.open === open)!.measured)),
        seeds: own.length,
      };
    }),
  });
}
