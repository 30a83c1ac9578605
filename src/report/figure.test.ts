import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { bars } from './bars.ts';
import { curves, panels } from './curves.ts';
import { type Figure, figure } from './figure.ts';
import { matrix } from './matrix.ts';
import { series } from './palette.ts';

function draw(plot: Plot.PlotOptions, id = 'sample'): Figure {
  return figure({ id, title: 'A <title>', caption: 'See.', description: 'Two & two.', plot });
}

/** The drawing without its palette, in lines, with numbers of at most three decimals: what a snapshot should show. */
function readable({ svg }: Figure): string {
  return svg
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/-?\d+\.\d{4,}/g, (number) => Number(number).toFixed(3))
    .replaceAll('><', '>\n<');
}

/** What is written in the drawing. */
function texts(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)/g)].map((match) => match[1]!);
}

const clipped = () =>
  draw({
    marks: [Plot.frame(), Plot.lineY([1, 3, 2], { clip: true, stroke: series[0] }), Plot.dot([1], { clip: true })],
  });

describe('a figure stands by itself', () => {
  test('it is the same at every drawing, whatever was drawn before', () => {
    const first = clipped().svg;
    draw({ marks: [Plot.lineY([1, 2], { clip: true })] });
    expect(clipped().svg).toBe(first);
  });

  test('its ids carry its name and every reference is met', () => {
    const { svg } = clipped();
    const ids = [...svg.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
    const references = [...svg.matchAll(/url\(#([^)]+)\)/g)].map((match) => match[1]);
    expect(ids).toContain('sample-1');
    expect(ids.every((id) => id?.startsWith('sample-'))).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
    expect(references.length).toBeGreaterThan(0);
    expect(references.every((id) => ids.includes(id))).toBe(true);
  });

  test('it is well-formed, names itself, and is escaped', () => {
    const { svg } = clipped();
    const { document } = parseHTML(`<!doctype html><body>${svg}</body>`);
    const root = document.querySelector('svg')!;
    expect(root.getAttribute('role')).toBe('img');
    const named = root.getAttribute('aria-labelledby')!.split(' ');
    expect(named.map((id) => document.getElementById(id)?.textContent)).toEqual(['A <title>', 'Two & two.']);
    expect(svg).toContain('<title id="sample-title">A &lt;title&gt;</title>');
    expect(svg).toContain('xmlns="http://www.w3.org/2000/svg"');
  });

  test('its colours are variables with a value in light and in dark', () => {
    const { svg } = clipped();
    const used = [...new Set([...svg.matchAll(/var\(--([\w-]+)\)/g)].map((match) => match[1]!))];
    const [light, dark] = svg.match(/<style>(.*?)<\/style>/s)![1]!.split('prefers-color-scheme:dark');
    expect(used).toContain('s1');
    for (const name of used) {
      expect(light).toContain(`--${name}:#`);
      expect(dark).toContain(`--${name}:#`);
    }
  });

  test('a legend, which is HTML, is refused', () => {
    const withLegend = { color: { legend: true }, marks: [Plot.dot([{ x: 1, c: 'a' }], { x: 'x', fill: 'c' })] };
    expect(() => draw(withLegend)).toThrow('figure sample: expected one SVG element, got <FIGURE>');
  });
});

const fall = (name: string, top: number) => ({
  name,
  points: [0.01, 0.1, 1].map((x, i) => ({
    x,
    y: top - (i * top) / 2,
    low: top - (i * top) / 2 - 0.1,
    high: top - (i * top) / 2 + 0.1,
  })),
});
const axes = { x: { label: 'β', type: 'log' }, y: { label: 'information (bit)' } } as const;
const exact = {
  name: 'exact',
  reference: true,
  points: [
    { x: 0.01, y: 0.8 },
    { x: 1, y: 0.8 },
  ],
} as const;

describe('drawings', () => {
  test('curves', () => {
    expect(
      readable(draw(curves({ ...axes, curves: [fall('input 3', 1), fall('input 10', 0.9), exact] }))),
    ).toMatchSnapshot();
  });

  test('panels', () => {
    const names = ['one', 'two', 'three', 'four', 'five'];
    const drawn = panels({ ...axes, panels: names.map((name, i) => ({ name, curves: [fall(name, i + 1)] })) });
    expect(readable(draw(drawn))).toMatchSnapshot();
  });

  test('a matrix of names and one of values', () => {
    const names = { label: 'season', steps: ['spring', 'autumn'] };
    const label = 'distinguishability';
    expect(
      readable(
        draw(
          matrix({
            x: names,
            y: names,
            label,
            values: [
              [0, 0.5],
              [0.5, 0],
            ],
          }),
        ),
      ),
    ).toMatchSnapshot();
    const values = { label: 'hour', steps: [0, 23] } as const;
    const rows = Array.from({ length: 24 }, (_, i) =>
      Float32Array.from({ length: 24 }, (_, j) => Math.abs(i - j) / 23),
    );
    const { svg } = draw(matrix({ x: values, y: values, label, values: rows }));
    expect(texts(svg)).toEqual(expect.arrayContaining(['0', '5', '10', '15', '20']));
  });

  test('bars', () => {
    const x = { label: 'information (nat)' };
    const shown = [
      { name: 'hour', value: 0.7, interval: [0.65, 0.76], reference: 0.72 },
      { name: 'wind', value: 0.1, interval: [0, 0.2] },
    ] as const;
    expect(readable(draw(bars({ x, bars: shown, referenceName: 'paper' })))).toMatchSnapshot();
  });

  test('names at the ends of curves keep a line’s distance', () => {
    const close = Array.from({ length: 5 }, (_, i) => ({
      name: `curve ${i}`,
      points: [
        { x: 0, y: 1 },
        { x: 1, y: 1 + i / 1000 },
      ],
    }));
    const { svg } = draw(curves({ x: { label: 'x' }, y: { label: 'y' }, curves: close }));
    const heights = [...svg.matchAll(/translate\([\d.]+,([\d.]+)\)"[^>]*>curve \d/g)].map((match) => Number(match[1]));
    expect(heights).toHaveLength(5);
    const sorted = heights.sort((a, b) => a - b);
    for (const [i, height] of sorted.slice(1).entries()) expect(height - sorted[i]!).toBeGreaterThan(13);
  });
});

describe('data that cannot be drawn are refused', () => {
  test('curves', () => {
    const many = Array.from({ length: 7 }, (_, i) => fall(`${i}`, 1));
    expect(() => curves({ ...axes, curves: many })).toThrow(
      'curves: expected at most 6 curves, got 7; draw them as panels',
    );
    expect(() => curves({ ...axes, curves: [] })).toThrow('curves: expected curves, got none');
    expect(() => curves({ ...axes, curves: [{ name: 'a', points: [] }] })).toThrow("expected points for 'a', got none");
  });

  test('matrices', () => {
    const axis = { label: 'hour', steps: ['a', 'b'] };
    const of = (values: number[][]) => () => matrix({ x: axis, y: axis, label: 'd', values });
    expect(of([])).toThrow('matrix: expected values, got none');
    expect(of([[0, 1], [0]])).toThrow('matrix: expected 2 columns, got 1 in row 1');
    expect(
      of([
        [0, 1],
        [0, Number.NaN],
      ]),
    ).toThrow('matrix: expected values in [0, 1], got NaN in row 1');
    expect(of([[0, 1]])).toThrow("matrix: expected 1 names on 'hour', got 2");
  });
});
