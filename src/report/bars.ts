/** Values with their intervals as horizontal bars, each beside what it is held against: the paper's value or a control. */

import * as Plot from '@observablehq/plot';
import { type Axis, grid, roomFor, scale, WIDTH, xAxis } from './axis.ts';
import type { Measured } from './measured.ts';
import { ink, series } from './palette.ts';

export interface Bar extends Measured {
  readonly name: string;
  /** What it is held against: a dashed tick across the bar. */
  readonly reference?: number;
}

/** Bars from zero, in the given order from the top. `referenceName` says what the dashed ticks are. */
export function bars(options: { x: Axis; bars: readonly Bar[]; referenceName?: string }): Plot.PlotOptions {
  const { x, bars, referenceName } = options;
  const names = bars.map((bar) => bar.name);
  const held = bars.filter((bar) => bar.reference !== undefined);
  const [mark, reference] = [series[0], series[1]];
  return {
    width: WIDTH,
    height: 74 + 30 * bars.length,
    marginTop: 30,
    marginBottom: 44,
    marginLeft: 6 + roomFor(names),
    marginRight: 24,
    x: { ...scale(x), zero: true },
    y: { domain: names, label: null, padding: 0.38 },
    marks: [
      Plot.gridX(grid),
      xAxis(x),
      Plot.axisY({ tickSize: 0, fill: ink }),
      Plot.barX(bars, { x: 'value', y: 'name', fill: mark, fillOpacity: 0.3 }),
      Plot.tickX(bars, { x: 'value', y: 'name', stroke: mark, strokeWidth: 2.5 }),
      Plot.ruleY(bars, { ...intervalEnds, y: 'name', stroke: ink }),
      Plot.tickX(held, {
        x: 'reference',
        y: 'name',
        stroke: reference,
        strokeWidth: 2,
        strokeDasharray: '3 2',
        insetTop: -5,
        insetBottom: -5,
      }),
      ...(referenceName === undefined
        ? []
        : [Plot.text([`┆ ${referenceName}`], { frameAnchor: 'top-right', dy: -20, fill: reference, fontWeight: 500 })]),
    ],
  };
}

const intervalEnds = {
  x1: (bar: Bar) => bar.interval[0],
  x2: (bar: Bar) => bar.interval[1],
  marker: 'tick',
} as const;
