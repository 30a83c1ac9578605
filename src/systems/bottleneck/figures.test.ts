import { expect, test } from 'vitest';
import type { Figure } from '../../report/index.ts';
import { channelRidges, circuitPlane, stageDots } from './circuit-figures.ts';
import type { CircuitReading, CircuitRun } from './circuit-run.ts';
import { stagesOf, stageTable } from './circuit-stages.ts';
import { tenInputs } from './circuits.ts';
import { columnBits, tablePlane, valuesApart } from './table-figures.ts';
import type { TableReading } from './table-run.ts';

/** Channels that close one after another, input 3 last. */
function run(offset: number): CircuitRun {
  const order = [4, 3, 6, 1, 0, 8, 7, 5, 9, 2];
  const readings = Array.from({ length: 11 }, (_, k): CircuitReading => {
    const information = order.map((_, input) => (order.indexOf(input) < k ? 0.01 : 0.9 + offset));
    return {
      step: k,
      beta: 0.01 * 1.5 ** k,
      task: 0.5,
      channels: information.map((bits) => ({ lower: bits, upper: bits, kl: 2 * bits })),
      sampled: 256,
      information,
      open: order.slice(k).reduce((subset, input) => subset | (1 << input), 0),
      measured: 0.07 * (10 - k),
      possible: 0.075 * (10 - k),
    };
  });
  return { readings, reopened: new Map([[0b100, 0.26]]) };
}
const runs = [run(0), run(0.05)];

const features = [
  { name: 'hour', kind: 'categorical', categories: ['0', '6', '12', '18'] },
  { name: 'wind <m/s>', kind: 'continuous', scale: { mean: 3, std: 1 }, range: [0, 12] },
] as const;
const readings = [5, 3, 1, 0.1].map(
  (bits, k): TableReading => ({
    step: k,
    beta: 10 ** (k - 4),
    task: 0.1,
    channels: [bits, bits / 2].map((b) => ({ lower: b, upper: b + 0.1, kl: b + 0.2 })),
    sampled: 1024,
    validation: 0.9 - 0.2 * k,
    score: { kind: 'error', error: 1, explained: 0.9 - 0.2 * k, interval: [0.85 - 0.2 * k, 0.95 - 0.2 * k], rows: 100 },
    overlaps: [],
  }),
);

/** An SVG that is whole, and has no number that is none. */
function expectWhole({ svg, caption, title }: Figure) {
  expect(svg).toMatch(/^<svg .*<\/svg>$/s);
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  expect(caption.length + title.length).toBeGreaterThan(40);
}

test('the plane of a circuit names the sets that it stops at', () => {
  const plane = circuitPlane('plane', tenInputs, runs);
  expectWhole(plane);
  for (const name of ['3, 10', '3, 6, 10', 'not 5', 'H(Y)']) expect(plane.svg).toContain(`>${name}</`);
});

test('the channels of a circuit stand in the order in which they close', () => {
  const ridges = channelRidges('channels', tenInputs, runs);
  expectWhole(ridges);
  const names = [...ridges.svg.matchAll(/>input (\d+)</g)].map(([, input]) => Number(input));
  expect(names).toEqual([5, 4, 7, 2, 1, 9, 8, 6, 10, 3]);
  expect(ridges.svg).toContain('0.313');
});

test('the sets of a circuit in numbers', () => {
  expectWhole(stageDots('stages', tenInputs, runs));
  expect(stagesOf(runs).length).toBe(10);
  const { rows } = stageTable(runs);
  expect(rows.at(-1)).toMatchObject({ set: '3', wide: 0.26, seeds: 2 });
  expect(rows[0]!.exact).toBeCloseTo(0.7578784625, 8);
});

test('the figures of a table', () => {
  const plane = tablePlane({ id: 'plane', target: 'rain', runs: [readings], joint: readings });
  const bits = columnBits({ id: 'columns', features, readings, control: 'wind <m/s>' });
  expectWhole(plane);
  expectWhole(bits);
  expect(plane.svg).toContain('all columns together');
  expect(bits.svg).toContain('wind &lt;m/s&gt;');
});

test.each([0, 1])('which values of a column are told apart, %d', (i) => {
  const n = 4;
  // a coefficient a hair above 1 is rounding, not an error
  const overlap = Float32Array.from({ length: n * n }, (_, k) => (k % (n + 1) === 0 ? 1.000001 : 0.3));
  const drawn = valuesApart({ id: 'values', feature: features[i]!, overlap, bits: 1.5 });
  expectWhole(drawn);
  expect(drawn.title).toContain(features[i]!.name);
});
