/** What the method finds in a circuit, drawn beside what can be counted there. */
import * as Plot from '@observablehq/plot';
import { type Figure, faint, figure, formatNumber, ink, muted, series } from '../../report/index.ts';
import type { CircuitRun } from './circuit-run.ts';
import { openAbove } from './circuit-run.ts';
import { stagesOf, subsetName } from './circuit-stages.ts';
import { bestInformation, type Circuit, members, outputEntropy, shapleyValues, subsetInformation } from './circuits.ts';
import { closingOrder, exactTotal } from './trajectory.ts';

const bare = { tickSize: 0, color: muted, labelArrow: 'none' } as const;
const width = 660;

/** The shorter of `3, 6, 10` and `not 4, 5`. */
function shortName(subset: number, { inputs }: Circuit): string {
  const rest = ((1 << inputs) - 1) & ~subset;
  const [name, others] = [subsetName(subset), `not ${subsetName(rest)}`];
  return others.length < name.length ? others : name;
}

/** The distributed information plane: I(U;Y) against the bits that all channels carry, over what every subset tells. */
export function circuitPlane(id: string, circuit: Circuit, runs: readonly CircuitRun[]): Figure {
  const information = subsetInformation(circuit);
  const best = bestInformation(information);
  const whole = outputEntropy(circuit);
  const dots = new Map<string, { size: number; bits: number }>();
  for (const [subset, bits] of information.entries()) {
    const size = members(subset).length;
    dots.set(`${size} ${bits.toFixed(3)}`, { size, bits });
  }
  const points = runs.flatMap(({ readings }, seed) =>
    readings.map((reading) => ({
      seed,
      total: exactTotal(reading),
      measured: Math.max(0, reading.measured),
      possible: Math.max(0, reading.possible),
    })),
  );
  const visited = new Set(runs.flatMap(({ readings }) => readings.map(({ open }) => open)));
  const named = [...visited]
    .filter((subset) => subset > 0 && subset < information.length - 1)
    .map((subset) => ({ name: shortName(subset, circuit), size: members(subset).length, bits: information[subset]! }));
  return figure({
    id,
    title: 'The distributed information plane',
    caption: `What the channels tell about the output against what they carry in all, from right to left as the price of
      information rises: ${count(runs.length, 'seed')} (blue), and what a perfect receiver would get out of the same channels
      (dashed). Dots are all ${information.length.toLocaleString('en')} subsets of the inputs, counted in the truth table;
      rings are the best of each size. Named, at what they tell by counting, are the sets whose channels were open at some
      reading.`,
    description: `I(U;Y) falls from ${formatNumber(Math.max(...points.map(({ measured }) => measured)), { unit: 'bit' })} with
      ${formatNumber(Math.max(...points.map(({ total }) => total)), { unit: 'bit' })} in the channels to
      ${formatNumber(Math.min(...points.map(({ measured }) => measured)), { unit: 'bit' })}; H(Y) is ${formatNumber(whole, { unit: 'bit' })}.`,
    plot: {
      width,
      height: 400,
      marginTop: 30,
      marginRight: 24,
      marginBottom: 44,
      marginLeft: 48,
      x: { domain: [0, circuit.inputs + 0.3] },
      y: { domain: [0, Math.ceil(whole * 10) / 10] },
      marks: [
        Plot.gridY({ stroke: faint, strokeOpacity: 1 }),
        Plot.axisX({
          ...bare,
          label: 'information that all channels carry, Σ I(Uᵢ;Xᵢ) (bit)',
          labelAnchor: 'center',
          ticks: circuit.inputs,
        }),
        Plot.axisY({ ...bare, label: 'information about the output, I(U;Y) (bit)', labelAnchor: 'top' }),
        Plot.ruleY([whole], { stroke: muted, strokeDasharray: '1 3' }),
        Plot.text(['H(Y)'], { x: [0.12], y: [whole], dy: -8, textAnchor: 'start', fill: muted }),
        Plot.dot(dots.values(), { x: 'size', y: 'bits', r: 1.3, fill: muted, fillOpacity: 0.45 }),
        Plot.dot(best.slice(1), { x: (_, i) => i + 1, y: (bits) => bits, r: 4.5, stroke: ink, strokeWidth: 1.2 }),
        Plot.line(points, { x: 'total', y: 'possible', z: 'seed', stroke: muted, strokeDasharray: '4 3' }),
        Plot.line(points, {
          x: 'total',
          y: 'measured',
          z: 'seed',
          stroke: series[0],
          strokeWidth: 1.6,
          strokeOpacity: 0.75,
        }),
        Plot.text(named, {
          x: 'size',
          y: 'bits',
          text: 'name',
          dy: -13,
          textAnchor: 'end',
          dx: 6,
          fill: ink,
          stroke: 'var(--paper)',
          strokeWidth: 4,
          fontWeight: 500,
        }),
      ],
    },
  });
}

/** What every input's channel carries while β rises, the first to close on top. */
export function channelRidges(id: string, circuit: Circuit, runs: readonly CircuitRun[]): Figure {
  const shapley = shapleyValues(subsetInformation(circuit));
  const order = closingOrder(runs[0]!.readings);
  const rows = order.flatMap((input) =>
    runs[0]!.readings.map(({ beta }, k) => {
      const bits = runs.map(({ readings }) => readings[k]!.information[input]!);
      return {
        name: `input ${input + 1}`,
        beta,
        bits: bits.reduce((a, b) => a + b) / bits.length,
        low: Math.min(...bits),
        high: Math.max(...bits),
      };
    }),
  );
  const [first, last] = [runs[0]!.readings[0]!.beta, runs[0]!.readings.at(-1)!.beta];
  const worth = order.map((input) => ({
    name: `input ${input + 1}`,
    text: `${formatNumber(shapley[input]!, { decimals: 3 })} bit`,
  }));
  return figure({
    id,
    title: 'Which inputs are given up first',
    caption: `Information that each input's channel carries, 0 to 1 bit a row, while the price β of a nat rises. Line: mean of
      ${count(runs.length, 'seed')}; band: lowest and highest. At the right, each input's Shapley value, its exact share of
      H(Y). Rows are in the order in which the channels of the first seed close.`,
    description: `Of the first seed input ${order[0]! + 1} closes first and input ${order.at(-1)! + 1} last, after input ${order.at(-2)! + 1}.`,
    plot: {
      width,
      height: 60 + 34 * order.length,
      marginTop: 34,
      marginRight: 98,
      marginBottom: 44,
      marginLeft: 70,
      x: { type: 'log', domain: [first, last] },
      y: { axis: null, domain: [0, 1.05] },
      fy: { domain: order.map((input) => `input ${input + 1}`), padding: 0.12 },
      marks: [
        Plot.axisX({
          ...bare,
          label: 'price of information, β',
          labelAnchor: 'center',
          ticks: [0.001, 0.01, 0.1, 1].filter((b) => first <= b && b <= last),
          tickFormat: (b: number) => `${b}`,
        }),
        Plot.axisFy({ anchor: 'left', tickSize: 0, label: null, fill: ink }),
        Plot.ruleY([0], { stroke: faint }),
        Plot.areaY(rows, { fy: 'name', x: 'beta', y: 'bits', fill: series[0], fillOpacity: 0.16 }),
        Plot.areaY(rows, { fy: 'name', x: 'beta', y1: 'low', y2: 'high', fill: series[0], fillOpacity: 0.3 }),
        Plot.lineY(rows, { fy: 'name', x: 'beta', y: 'bits', stroke: series[0], strokeWidth: 1.6 }),
        Plot.text(worth, { fy: 'name', text: 'text', frameAnchor: 'right', textAnchor: 'start', dx: 10, fill: muted }),
        Plot.text(['Shapley value'], {
          fy: [worth[0]!.name],
          frameAnchor: 'top-right',
          textAnchor: 'start',
          dx: 10,
          dy: -18,
          fill: muted,
        }),
      ],
    },
  });
}

/** For every set of open channels: what it tells while annealing, opened wide, and by count. */
export function stageDots(id: string, circuit: Circuit, runs: readonly CircuitRun[]): Figure {
  const information = subsetInformation(circuit);
  const stages = stagesOf(runs);
  const rows = stages.map(({ open, measured }) => ({
    name: subsetName(open),
    low: Math.min(...measured),
    high: Math.max(...measured),
    exact: information[open]!,
  }));
  const wide = runs.flatMap(({ reopened }) => [...reopened].map(([open, bits]) => ({ name: subsetName(open), bits })));
  return figure({
    id,
    title: 'What the open inputs tell',
    caption: `A row for each set of inputs whose channels carried more than ${openAbove} bit at some reading. Bar: I(U;Y) as
      measured while exactly these were open, from the first to the last reading of all seeds. Dot: the same channels opened
      wide, the others shut, the network trained on for a moment. Tick: the exact value, counted in the truth table.`,
    description: rows
      .map(
        ({ name, low, high, exact }) =>
          `${name}: ${formatNumber(low)} to ${formatNumber(high)} of ${formatNumber(exact)} bit`,
      )
      .join('; '),
    plot: {
      width,
      height: 70 + 32 * rows.length,
      marginTop: 34,
      marginRight: 24,
      marginBottom: 44,
      marginLeft: 20 + 7 * Math.max(...rows.map(({ name }) => name.length)),
      x: { domain: [0, Math.ceil(outputEntropy(circuit) * 10) / 10] },
      y: { domain: rows.map(({ name }) => name), label: null, padding: 0.5 },
      marks: [
        Plot.gridX({ stroke: faint, strokeOpacity: 1 }),
        Plot.axisX({ ...bare, label: 'information about the output (bit)', labelAnchor: 'center' }),
        Plot.axisY({ tickSize: 0, fill: ink }),
        Plot.barX(rows, {
          y: 'name',
          x1: 'low',
          x2: 'high',
          fill: series[0],
          fillOpacity: 0.3,
          // a set that one reading had is a bar without width
          stroke: series[0],
          strokeOpacity: 0.3,
        }),
        Plot.tickX(rows, { y: 'name', x: 'exact', stroke: ink, strokeWidth: 2, insetTop: -4, insetBottom: -4 }),
        Plot.dot(wide, { y: 'name', x: 'bits', r: 4, fill: series[1] }),
        Plot.text(['▮ while annealing'], { frameAnchor: 'top-left', dy: -22, fill: series[0] }),
        Plot.text(['● opened wide'], { frameAnchor: 'top', dy: -22, fill: series[1] }),
        Plot.text(['▏exact'], { frameAnchor: 'top-right', dy: -22, fill: ink }),
      ],
    },
  });
}

function count(n: number, thing: string): string {
  return `${n} ${thing}${n === 1 ? '' : 's'}`;
}
