/** What the drawings share: one width, and axes of one weight and tone. */

import * as Plot from '@observablehq/plot';
import { superscript } from './format.ts';
import { faint, muted } from './palette.ts';

export interface Axis {
  /** With its unit: `information (bit)`. */
  readonly label: string;
  /** Linear by default. */
  readonly type?: 'linear' | 'log';
  /** By default what the data span. */
  readonly domain?: readonly [number, number];
}

/** Pixels of a drawing that fills the page's measure. */
export const WIDTH = 660;

const style = { tickSize: 0, fontVariant: 'tabular-nums', color: muted, labelArrow: 'none' } as const;

export function xAxis({ label, type }: Axis, more: Plot.AxisXOptions = {}): Plot.Markish {
  return Plot.axisX({ ...style, label, labelAnchor: 'center', ...(type === 'log' && logTicks), ...more });
}

export function yAxis({ label, type }: Axis, more: Plot.AxisYOptions = {}): Plot.Markish {
  return Plot.axisY({ ...style, label, labelAnchor: 'top', ...(type === 'log' && logTicks), ...more });
}

/** Lines across the drawing at the other axis's ticks. */
export const grid = { stroke: faint, strokeOpacity: 1 } as const;

export function scale({ type = 'linear', domain }: Axis): Plot.ScaleOptions {
  return { type, ...(domain && { domain }) };
}

/** Room for the longest of `names` beside the drawing, in pixels. */
export function roomFor(names: readonly string[]): number {
  return 14 + Math.ceil(6.6 * Math.max(0, ...names.map((name) => name.length)));
}

/** Whole powers of ten are named; the ticks between them stay bare. */
const logTicks = {
  tickFormat(x: number): string {
    const power = Math.log10(x);
    const whole = Math.round(power);
    if (Math.abs(power - whole) > 1e-9) return '';
    return Math.abs(whole) <= 2 ? String(x) : `10${superscript(whole)}`;
  },
};
