/**
 * The system's part of the living issue: the circuits, where everything can be counted, and a table of real data.
 *
 * Quick and recorded run differ in their recipes and seeds only.
 */
import { join } from 'node:path';
import {
  type ClaimRule,
  type Experiment,
  type ExperimentContext,
  type Findings,
  type Interval,
  meanInterval,
  type Tier,
} from '../../report/index.ts';
import { boundsTable } from './bounds-table.ts';
import { channelRidges, circuitPlane, stageDots } from './circuit-figures.ts';
import { type CircuitRecipe, type CircuitRun, runCircuit } from './circuit-run.ts';
import { stageTable } from './circuit-stages.ts';
import { bestInformation, type Circuit, members, subsetInformation, supplementary, tenInputs } from './circuits.ts';
import { type Climate, climateRuns, climateTable, columnBitsAt, control, lookedAt, whereGood } from './climate.ts';
import { circuitRecipes, smallCircuitRecipes } from './recipes.ts';
import { recipesTable } from './recipes-table.ts';
import { rules } from './rules.ts';
import { columnBits, tablePlane, valuesApart } from './table-figures.ts';
import { channelBits, closingOrder, totalBits } from './trajectory.ts';

const summary = `Boolean circuits, whose truth table gives the exact information of every subset of the inputs, and the hourly climate of Seattle, where a channel a column predicts the mean temperature: 8,759 hours of the year, each the mean of 1981–2010 (NOAA’s normals, in the package vega-datasets). Held-out hours lie between known ones of a smooth curve, so that a good prediction is no feat; what is asked is which columns it takes. While the price of information rises, each channel gives up what is worth least; one that carries more than 0.1 bit counts as open, as in the paper. A recorded run takes the paper’s widths, rates and prices, and its 50,000 steps for the circuit of ten inputs, fewer for the others; a quick run takes smaller networks and fewer steps. The last table of each run has its numbers.`;

/** What was run. */
interface Evidence {
  readonly main: readonly CircuitRun[];
  readonly b: readonly CircuitRun[];
  readonly e: readonly CircuitRun[];
  readonly climate: Climate;
  readonly bounds: Awaited<ReturnType<typeof boundsTable>>;
}

async function run(context: ExperimentContext): Promise<Findings> {
  const { tier } = context;
  const evidence: Evidence = {
    main: await circuitRuns('ten inputs', tenInputs, circuitRecipes[tier], rules.order, context),
    b: await circuitRuns('circuit b', supplementary.b, smallCircuitRecipes[tier], rules.small, context),
    e: await circuitRuns('circuit e', supplementary.e, smallCircuitRecipes[tier], rules.small, context),
    climate: await climateRuns(context),
    bounds: await boundsTable(rules.bounds.seeds[tier][0]!),
  };
  const values = measurements(evidence);
  const names = (Object.keys(rules) as (keyof typeof rules)[]).filter((name) => rules[name].seeds[tier].length > 0);
  return {
    claims: names.map((name) => rules[name].judge({ tier, ...overSeeds(values[name], wantsMuch.has(name)) })),
    ...shown(evidence, tier),
  };
}

export const experiment: Experiment = { summary, rules: Object.values(rules), run };

/** For each rule what was measured: a number a seed, one for a count over them, or why it cannot be told. */
function measurements(evidence: Evidence): Record<keyof typeof rules, readonly number[] | string> {
  const { main, b, e, climate, bounds } = evidence;
  const information = subsetInformation(tenInputs);
  const best = bestInformation(information);
  const isBest = (open: number) => best[members(open).length]! - information[open]! < 1e-9;
  const away = (open: number, bits: number) => Math.abs(bits - information[open]!);
  const closeLast = (runs: readonly CircuitRun[], inputs: readonly number[]) =>
    count(runs, ({ readings }) => String(closingOrder(readings).slice(-inputs.length)) === String(inputs));
  return {
    order: [(100 * closeLast(main, [9, 2])) / main.length],
    subsets: main.map(({ readings }) => {
      const some = readings.filter(({ open }) => open > 0);
      return (100 * count(some, ({ open }) => isBest(open))) / some.length;
    }),
    reopened: main
      .filter(({ reopened }) => reopened.size > 0)
      .map(({ reopened }) => Math.max(...[...reopened].map(([open, bits]) => away(open, bits)))),
    annealed: main.map(({ readings }) =>
      Math.max(...readings.filter(({ open }) => open > 0).map(({ open, measured }) => away(open, measured))),
    ),
    network: main.map(({ readings }) => Math.max(...readings.map((r) => Math.abs(r.possible - r.measured)))),
    small: [(100 * (closeLast(b, [2]) + closeLast(e, [2, 0]))) / (b.length + e.length)],
    bounds: [count(bounds.rows, ({ encloses }) => encloses === 'yes')],
    control: whereGood(climate.runs, (reading) => columnBitsAt(climate, reading, control)),
    redundant: whereGood(climate.runs, (reading) => columnBitsAt(climate, reading, 'month')),
    joint: difference(whereGood([climate.runs[0]!, climate.joint], totalBits)),
  };
}

/** What the first run takes more than the second. */
function difference(bits: readonly number[] | string): readonly number[] | string {
  return typeof bits === 'string' ? bits : [bits[0]! - bits[1]!];
}

function shown({ main, climate, bounds }: Evidence, tier: Tier): Pick<Findings, 'figures' | 'tables'> {
  const { features, runs, joint, overlaps } = climate;
  const at = lookedAt(runs[0]!);
  const apart = (name: string) => {
    const i = features.findIndex((feature) => feature.name === name);
    const [feature, overlap] = [features[i]!, overlaps[i]!];
    return valuesApart({ id: `seattle-${name}`, feature, overlap, bits: channelBits(at, i) });
  };
  return {
    figures: [
      circuitPlane('circuit-plane', tenInputs, main),
      channelRidges('circuit-channels', tenInputs, main),
      stageDots('circuit-stages', tenInputs, main),
      tablePlane({ id: 'seattle-plane', target: 'the mean temperature in Seattle', runs, joint }),
      columnBits({ id: 'seattle-columns', features, readings: runs[0]!, control }),
      apart('hour'),
      apart('day'),
    ],
    tables: [stageTable(main), climateTable(climate, tier), bounds, recipesTable(tier)],
  };
}

/** One run a seed of a rule; of the ten inputs, those that `reopened` names also measure their sets opened wide. */
async function circuitRuns(
  name: string,
  circuit: Circuit,
  recipe: CircuitRecipe,
  { seeds }: ClaimRule,
  { tier, signal, progress, folder }: ExperimentContext,
): Promise<CircuitRun[]> {
  const runs: CircuitRun[] = [];
  for (const [i, seed] of seeds[tier].entries()) {
    const own = {
      update: (what: string, share = 0) =>
        progress.update(`${name}, seed ${seed}: ${what}`, (i + share) / seeds[tier].length),
      note: progress.note,
    };
    const reopen = circuit === tenInputs && rules.reopened.seeds[tier].includes(seed);
    const kept = folder !== undefined && { folder: join(folder, `${name}, seed ${seed}`) };
    runs.push(await runCircuit(circuit, recipe, { seed, reopen, progress: own, signal, ...kept }));
  }
  return runs;
}

/** Rules whose worst seed is the one of the least value. */
const wantsMuch: ReadonlySet<keyof typeof rules> = new Set(['subsets', 'joint']);

/** The mean of three seeds or more, with its interval; the worst of fewer; words as they are. */
function overSeeds(
  values: readonly number[] | string,
  leastIsWorst: boolean,
): { value: number | string; interval?: Interval } {
  if (typeof values === 'string') return { value: values };
  if (values.length < 3) return { value: leastIsWorst ? Math.min(...values) : Math.max(...values) };
  return meanInterval(values);
}

function count<T>(list: readonly T[], test: (item: T) => boolean): number {
  return list.filter(test).length;
}
