/**
 * Curves with their interval, in one drawing or in small panels on common axes.
 *
 * Both return Plot options, so that a caller can change an axis or add a mark. They exist for what Plot leaves to its
 * caller: a name at the end of each curve in place of a legend, dashes beside colours, and controls told from results.
 */

import * as Plot from '@observablehq/plot';
import { type Axis, grid, roomFor, scale, WIDTH, xAxis, yAxis } from './axis.ts';
import { ink, muted, series } from './palette.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
  /** The interval of y, drawn as a band. */
  readonly low?: number;
  readonly high?: number;
}

export interface Curve {
  readonly name: string;
  /** In the order of x. */
  readonly points: readonly Point[];
  /** A control, a bound, an exact value: drawn grey and dashed. */
  readonly reference?: true;
}

export interface Panel {
  readonly name: string;
  readonly curves: readonly Curve[];
}

type LinearAxis = Omit<Axis, 'type'>;
type Domain = readonly [number, number];
type StyledCurve = Curve & { readonly colour: string; readonly dash: string };

const DASHES = ['none', '7 3', '2 3', '9 3 2 3', '4 2', '12 3'];

/**
 * Curves over a common axis, each named at its right end.
 * @throws RangeError for none, or for more than six that are not references
 */
export function curves(options: {
  x: Axis;
  y: LinearAxis;
  curves: readonly Curve[];
  height?: number;
}): Plot.PlotOptions {
  const { height = 340 } = options;
  const drawn = styled('curves', options.curves);
  const domain = options.y.domain ?? extent(drawn);
  const margins = { marginTop: 28, marginBottom: 44, marginLeft: 48, marginRight: roomFor(drawn.map((c) => c.name)) };
  return {
    width: WIDTH,
    height,
    ...margins,
    x: scale(options.x),
    y: scale({ ...options.y, domain }),
    marks: [
      Plot.gridY(grid),
      xAxis(options.x),
      yAxis(options.y),
      ...drawn.flatMap((curve) => curveMarks(curve)),
      ...spread(drawn, domain, height - margins.marginTop - margins.marginBottom).map(({ curve, at }) =>
        Plot.text([curve.name], {
          x: [curve.points.at(-1)!.x],
          y: [at],
          fill: curve.colour,
          textAnchor: 'start',
          dx: 8,
          fontWeight: 500,
        }),
      ),
    ],
  };
}

/** Small panels on the same axes, one a name: for more curves than colours can tell apart. */
export function panels(options: { x: Axis; y: LinearAxis; panels: readonly Panel[] }): Plot.PlotOptions {
  const columns = columnsFor(options.panels.length);
  const drawn = options.panels.map((panel) => styled(`panels '${panel.name}'`, panel.curves));
  const marks = options.panels.flatMap(({ name }, i) => {
    const place = { fx: [i % columns], fy: [Math.floor(i / columns)] };
    return [
      ...drawn[i]!.flatMap((curve) => curveMarks(curve, place)),
      Plot.text([name], { ...place, frameAnchor: 'top-left', dy: -16, fontWeight: 600, fill: ink }),
    ];
  });
  return {
    width: WIDTH,
    height: 74 + 112 * Math.ceil(drawn.length / columns),
    marginTop: 46,
    marginBottom: 44,
    marginLeft: 44,
    marginRight: 12,
    fx: { axis: null, padding: 0.14 },
    fy: { axis: null, padding: 0.34 },
    x: scale(options.x),
    y: scale({ ...options.y, domain: options.y.domain ?? extent(drawn.flat()) }),
    marks: [
      Plot.gridY({ ...grid, ticks: 3 }),
      xAxis(options.x, { ticks: options.x.type === 'log' ? fewPowers(drawn.flat()) : 3 }),
      yAxis(options.y, { ticks: 3 }),
      ...marks,
    ],
  };
}

function styled(op: string, all: readonly Curve[]): StyledCurve[] {
  const results = all.filter((curve) => !curve.reference);
  if (all.length === 0) throw new RangeError(`${op}: expected curves, got none`);
  const empty = all.find((curve) => curve.points.length === 0);
  if (empty) throw new RangeError(`${op}: expected points for '${empty.name}', got none`);
  if (results.length > series.length) {
    throw new RangeError(`${op}: expected at most ${series.length} curves, got ${results.length}; draw them as panels`);
  }
  return all.map((curve) => {
    const i = results.indexOf(curve);
    return i < 0 ? { ...curve, colour: muted, dash: '4 3' } : { ...curve, colour: series[i]!, dash: DASHES[i]! };
  });
}

/** Four columns, or five or three where that fills the last row better. */
function columnsFor(count: number): number {
  const empty = (columns: number) => (columns - (count % columns)) % columns;
  return count < 4 ? count : [4, 5, 3].reduce((best, columns) => (empty(columns) < empty(best) ? columns : best));
}

/** At most three powers of ten among the curves' x, evenly spaced: what a small panel has room for. */
function fewPowers(curves: readonly Curve[]): number[] {
  const xs = curves.flatMap((curve) => curve.points.map((point) => point.x));
  const [first, last] = [Math.ceil(Math.log10(Math.min(...xs))), Math.floor(Math.log10(Math.max(...xs)))];
  const step = Math.max(1, Math.ceil((last - first + 1) / 3));
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => 10 ** (first + i * step));
}

/** The band, and the line on it. `place` is a panel's, given to every point. */
function curveMarks({ points, colour, dash }: StyledCurve, place?: { fx: number[]; fy: number[] }): Plot.Markish[] {
  const where = place && { fx: points.map(() => place.fx[0]!), fy: points.map(() => place.fy[0]!) };
  const banded = points.some(({ low, high }) => low !== undefined && high !== undefined);
  const band = Plot.areaY(points, { ...where, x: 'x', y1: 'low', y2: 'high', fill: colour, fillOpacity: 0.13 });
  const line = Plot.lineY(points, {
    ...where,
    x: 'x',
    y: 'y',
    stroke: colour,
    strokeWidth: 1.75,
    strokeDasharray: dash,
  });
  return banded ? [band, line] : [line];
}

/** What the curves and their bands span, zero included. */
function extent(curves: readonly Curve[]): Domain {
  let [low, high] = [0, 0];
  for (const { y, low: below = y, high: above = y } of curves.flatMap((curve) => curve.points)) {
    low = Math.min(low, y, below);
    high = Math.max(high, y, above);
  }
  return low === high ? [low, low + 1] : [low, high];
}

/** Where each curve's name stands: at its last value, or as far from it as neighbours a line's height apart need. */
function spread(curves: readonly StyledCurve[], [from, to]: Domain, height: number) {
  const line = ((to - from) * 15) / height;
  const ends = curves.map((curve) => ({ curve, at: curve.points.at(-1)!.y })).sort((a, b) => a.at - b.at);
  for (let pass = 0; pass < 60; pass++) {
    ends[0]!.at = Math.max(ends[0]!.at, from);
    ends.at(-1)!.at = Math.min(ends.at(-1)!.at, to);
    for (let i = 1; i < ends.length; i++) {
      const [below, above] = [ends[i - 1]!, ends[i]!];
      const missing = Math.max(0, line - (above.at - below.at));
      below.at -= missing / 2;
      above.at += missing / 2;
    }
  }
  return ends;
}
