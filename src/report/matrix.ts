/**
 * A matrix in one hue, whose opacity carries the value: darker for more on a light ground, brighter for more on a dark.
 *
 * Cells of one shade are drawn as one path, which keeps a 64 × 64 matrix at 30 kB where a rectangle a cell takes 400.
 */

import * as Plot from '@observablehq/plot';
import { roomFor, xAxis, yAxis } from './axis.ts';
import { formatExact, formatNumber } from './format.ts';
import { faint, heat, muted } from './palette.ts';

export interface MatrixAxis {
  readonly label: string;
  /** A name for each row or column, or the first and last of the evenly spaced values that they stand for. */
  readonly steps: readonly string[] | readonly [number, number];
}

type Rows = readonly (ArrayLike<number> & Iterable<number>)[];

const SHADES = 32;

/**
 * `values[i][j]` is row i, counted from the top, and column j; `range` is by default [0, 1]. `label` says what a shade
 * means.
 * @throws RangeError for values outside the range, rows of unequal length, or names that do not fit them
 */
export function matrix(options: {
  x: MatrixAxis;
  y: MatrixAxis;
  values: Rows;
  label: string;
  range?: readonly [number, number];
}): Plot.PlotOptions {
  const { values, x, y, label, range = [0, 1] } = options;
  const rows = values.length;
  const columns = values[0]?.length ?? 0;
  check(values, x, y, range);
  const width = Math.min(400, 110 + 26 * columns);
  const margins = { marginTop: 58, marginBottom: 46, marginLeft: 12 + roomFor(tickNames(y)), marginRight: 24 };
  return {
    width: margins.marginLeft + width + margins.marginRight,
    height: margins.marginTop + Math.round((width * rows) / columns) + margins.marginBottom,
    ...margins,
    x: { type: 'linear', domain: [0, columns] },
    y: { type: 'linear', domain: [rows, 0] },
    marks: [
      drawing((document, px, py) => shadeCells(document, values, range, px, py)),
      Plot.frame({ stroke: faint }),
      xAxis(x, { ...ticks(x, columns), anchor: 'bottom' }),
      yAxis(y, { ...ticks(y, rows), labelOffset: margins.marginLeft - 4 }),
      drawing((document, px) => ramp(document, label, range, px(columns))),
    ],
  };
}

function check(values: Rows, x: MatrixAxis, y: MatrixAxis, [low, high]: readonly [number, number]): void {
  const columns = values[0]?.length ?? 0;
  if (columns === 0) throw new RangeError('matrix: expected values, got none');
  for (const [i, row] of values.entries()) {
    if (row.length !== columns)
      throw new RangeError(`matrix: expected ${columns} columns, got ${row.length} in row ${i}`);
    for (const value of row) {
      if (!(value >= low && value <= high)) {
        throw new RangeError(`matrix: expected values in [${low}, ${high}], got ${value} in row ${i}`);
      }
    }
  }
  for (const { label, steps } of [x, y]) {
    if (isExtent(steps) && !(steps[0] !== steps[1] && steps.every(Number.isFinite))) {
      throw new RangeError(`matrix: expected two values on '${label}', got ${steps.join(' and ')}`);
    }
  }
  for (const [axis, count] of [
    [x, columns],
    [y, values.length],
  ] as const) {
    if (!isExtent(axis.steps) && axis.steps.length !== count) {
      throw new RangeError(`matrix: expected ${count} names on '${axis.label}', got ${axis.steps.length}`);
    }
  }
}

function isExtent(steps: MatrixAxis['steps']): steps is readonly [number, number] {
  return typeof steps[0] === 'number';
}

/** A name in the middle of its cell, or values where they fall between the middle of the first and of the last cell. */
function ticks(
  { steps }: MatrixAxis,
  count: number,
): { ticks: number[]; tickFormat: (at: number, i: number) => string } {
  if (!isExtent(steps)) {
    return { ticks: steps.map((_, i) => i + 0.5), tickFormat: (at) => steps[at - 0.5]! };
  }
  const [first, last] = steps;
  const positionOf = (value: number) => 0.5 + ((value - first) / (last - first)) * (count - 1);
  const values = roundValues(first, last);
  return { ticks: values.map(positionOf), tickFormat: (_, i) => formatExact(values[i]!) };
}

/** Three to seven round values from `first` to `last`. */
function roundValues(first: number, last: number): number[] {
  const [low, high] = first < last ? [first, last] : [last, first];
  const third = (high - low) / 3;
  const decade = 10 ** Math.floor(Math.log10(third));
  const step = decade * ([5, 2.5, 2].find((s) => s * decade <= third) ?? 1);
  const from = Math.ceil(low / step - 1e-9);
  const to = Math.floor(high / step + 1e-9);
  return Array.from({ length: to - from + 1 }, (_, i) => Number(((from + i) * step).toPrecision(12)));
}

function tickNames({ steps }: MatrixAxis): readonly string[] {
  return isExtent(steps) ? ['−00.00'] : steps;
}

type Position = (at: number) => number;

/** Plot calls a function among the marks with its scales, and takes the element that it returns. */
function drawing(draw: (document: Document, x: Position, y: Position) => SVGElement): Plot.Markish {
  return (_, scales, __, ___, context) => draw(context!.document, scales.x as Position, scales.y as Position);
}

function shadeCells(
  document: Document,
  values: Rows,
  [low, high]: readonly [number, number],
  x: Position,
  y: Position,
) {
  const paths = new Array<string>(SHADES + 1).fill('');
  const round = (n: number) => Number(n.toFixed(2));
  const rise = round(y(1) - y(0));
  for (const [i, row] of values.entries()) {
    const shades = Array.from(row, (value) => Math.round(((value - low) / (high - low)) * SHADES));
    for (let from = 0, to = 0; from < shades.length; from = to) {
      while (to < shades.length && shades[to] === shades[from]) to++;
      paths[shades[from]!] += `M${round(x(from))},${round(y(i))}H${round(x(to))}v${rise}H${round(x(from))}z`;
    }
  }
  const group = element(document, 'g', { fill: heat, 'shape-rendering': 'crispEdges' });
  for (const [shade, d] of paths.entries()) {
    if (shade > 0 && d !== '') group.append(element(document, 'path', { d, 'fill-opacity': `${shade / SHADES}` }));
  }
  return group;
}

/** What the shades mean, above the matrix at its right: label, lowest value, shades, highest value. */
function ramp(document: Document, label: string, [low, high]: readonly [number, number], right: number): SVGElement {
  const group = element(document, 'g', { fill: muted });
  const text = (content: string, x: number, y: number) => {
    const made = element(document, 'text', { x: `${x}`, y: `${y}`, 'text-anchor': 'end' });
    made.textContent = content;
    return made;
  };
  const [step, count, top] = [12, 8, 22];
  const end = right - 7 * formatNumber(high).length - 6;
  group.append(text(label, right, 12), text(formatNumber(high), right, top + 9));
  for (let i = 0; i < count; i++) {
    const x = `${end - (count - i) * step}`;
    const opacity = `${i / (count - 1)}`;
    group.append(
      element(document, 'rect', {
        x,
        y: `${top}`,
        width: `${step}`,
        height: '10',
        fill: heat,
        'fill-opacity': opacity,
      }),
    );
  }
  const frame = { x: `${end - count * step}`, y: `${top}`, width: `${count * step}`, height: '10' };
  group.append(element(document, 'rect', { ...frame, fill: 'none', stroke: faint }));
  group.append(text(formatNumber(low), end - count * step - 6, top + 9));
  return group;
}

function element(document: Document, tag: string, attributes: Readonly<Record<string, string>>): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag) as SVGElement;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
