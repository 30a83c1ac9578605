/** The map as a drawing: a dot a paper, coloured by topic, the topics named where their papers lie. */
import * as Plot from '@observablehq/plot';
import { type Figure, figure, ink, muted, series } from '../../../report/index.ts';
import { type Topics, topicLabel } from '../topics/topics.ts';
import type { LiteratureMap } from './literature-map.ts';

/** Topics named on the drawing, the largest; one whose name would lie on another's is left out. */
const named = 24;
const width = 660;
const height = 560;

type Position = (at: number) => number;

/**
 * The drawing. Six colours can be told apart, so that topics take turns; their names tell them apart. All dots of a colour are one path, ten bytes a paper:
 * a map of 16,000 papers stays below 200 kB.
 */
export function mapFigure(
  { places, topicOf }: LiteratureMap,
  topics: Topics,
  { id, title, caption }: { readonly id: string; readonly title: string; readonly caption: string },
): Figure {
  const n = topicOf.length;
  const extent = (axis: 0 | 1) => {
    const values = Float64Array.from({ length: n }, (_, i) => places[2 * i + axis]!).sort();
    // a few papers like nothing else lie far out: they are drawn at the edge
    const [low, high] = [values[Math.floor(0.002 * n)]!, values[Math.ceil(0.998 * n) - 1]!];
    const margin = 0.04 * (high - low || 1);
    return [low - margin, high + margin] as const;
  };
  const [x, y] = [extent(0), extent(1)];
  const labels = topics.topics.slice(0, named).map((topic, t) => {
    const own = Array.from(topicOf.keys()).filter((i) => topicOf[i] === t);
    const middle = (axis: 0 | 1) =>
      own.map((i) => places[2 * i + axis]!).sort((a, b) => a - b)[Math.floor(own.length / 2)] ?? 0;
    const label = topic.name ?? topic.terms[0] ?? topic.id;
    return { x: middle(0), y: middle(1), label: label.length > 30 ? `${label.slice(0, 29)}…` : label };
  });
  const shown: typeof labels = [];
  for (const one of labels) {
    const apart = (other: (typeof labels)[number]) =>
      Math.abs(one.y - other.y) / (y[1] - y[0]) > 15 / height ||
      Math.abs(one.x - other.x) / (x[1] - x[0]) > (3.4 * (one.label.length + other.label.length)) / width;
    if (shown.every(apart)) shown.push(one);
  }
  // Plot calls a function among the marks with its scales, and takes the element that it returns
  const draw: Plot.Markish = (_, scales, __, ___, context) =>
    dots(context!.document, scales.x as Position, scales.y as Position);
  return figure({
    id,
    title,
    caption,
    description: `${n} papers as dots on a plane, near each other where their texts are alike, in ${topics.topics.length} topics: ${topics.topics
      .slice(0, named)
      .map((topic) => `${topicLabel(topic)} (${topic.papers.length})`)
      .join('; ')}.`,
    plot: {
      width,
      height,
      margin: 8,
      x: { domain: x, axis: null },
      y: { domain: y, axis: null },
      marks: [
        draw,
        Plot.text(shown, {
          x: 'x',
          y: 'y',
          text: 'label',
          fill: ink,
          stroke: 'var(--paper)',
          strokeWidth: 4,
          fontWeight: 600,
          fontSize: 11,
        }),
      ],
    },
  });

  function dots(document: Document, px: Position, py: Position): SVGElement {
    const group = document.createElementNS('http://www.w3.org/2000/svg', 'g') as SVGElement;
    const inside = (value: number, [low, high]: readonly [number, number]) => Math.max(low, Math.min(high, value));
    const size = Math.max(1.6, Math.min(4, 160 / Math.sqrt(n)));
    const paths = new Map<string, string>();
    for (let i = 0; i < n; i++) {
      const colour = topicOf[i]! < 0 ? muted : series[topicOf[i]! % series.length]!;
      const at = `M${px(inside(places[2 * i]!, x)).toFixed(1)},${py(inside(places[2 * i + 1]!, y)).toFixed(1)}h0`;
      paths.set(colour, (paths.get(colour) ?? '') + at);
    }
    for (const [colour, d] of paths) {
      const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
      const attributes = {
        d,
        fill: 'none',
        stroke: colour,
        'stroke-width': size.toFixed(1),
        'stroke-linecap': 'round',
        'stroke-opacity': '0.55',
      };
      for (const [name, value] of Object.entries(attributes)) path.setAttribute(name, value);
      group.append(path);
    }
    return group;
  }
}
