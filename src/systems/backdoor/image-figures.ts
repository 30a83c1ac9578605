/** Figures of images: digits that carry a signature, and the smallest changes that Neural Cleanse finds. */
import * as Plot from '@observablehq/plot';
import { type Figure, faint, figure, formatNumber, ink, series } from '../../report/index.ts';
import { patchedLabel } from './issue/badnets.ts';
import { type Inspected, kinds } from './issue/cleanse.ts';
import type { Signed } from './issue/immunity.ts';

const side = 28;
/** Shades that are told apart: cells of one shade are one path. */
const shades = 12;

/** A grey image in a grid of them. */
interface Tile {
  readonly column: number;
  readonly row: number;
  /** [28 · 28], in [0, 1] */
  readonly values: ArrayLike<number>;
  readonly colour: string;
}

/** Images as tiles of a grid, drawn in one hue each. */
function tiles(
  all: readonly Tile[],
  { columns, rows, left, names }: { columns: number; rows: number; left: number; names: readonly string[] },
): Plot.PlotOptions {
  const gap = 0.08;
  const width = 660;
  const cell = (width - left - 8) / columns;
  const top = 26;
  return {
    width,
    height: Math.round(top + cell * rows + 8),
    marginTop: top,
    marginBottom: 8,
    marginLeft: left,
    marginRight: 8,
    x: { domain: [0, columns], axis: null },
    y: { domain: [rows, 0], axis: null },
    marks: [
      Plot.text(names, {
        x: () => 0,
        y: (_, i) => i + 0.5,
        text: (name) => name,
        textAnchor: 'end',
        dx: -10,
        fill: ink,
        lineWidth: 12,
      }),
      (_, scales, __, ___, context) => {
        const { document } = context!;
        const [x, y] = [scales.x as (at: number) => number, scales.y as (at: number) => number];
        const group = element(document, 'g', { 'shape-rendering': 'crispEdges' });
        for (const { column, row, values, colour } of all) {
          const [from, to] = [x(column + gap / 2), x(column + 1 - gap / 2)];
          const [above, size] = [y(row + gap / 2), (to - from) / side];
          group.append(
            element(document, 'rect', {
              x: `${from}`,
              y: `${above}`,
              width: `${to - from}`,
              height: `${to - from}`,
              fill: 'none',
              stroke: faint,
            }),
          );
          for (const [shade, d] of paths(values, from, above, size).entries()) {
            if (d !== '')
              group.append(element(document, 'path', { d, fill: colour, 'fill-opacity': `${(shade + 1) / shades}` }));
          }
        }
        return group;
      },
    ],
  };
}

/** For each shade above none the cells that have it, runs of a row joined. */
function paths(values: ArrayLike<number>, left: number, top: number, size: number): string[] {
  const out = new Array<string>(shades).fill('');
  const round = (x: number) => Number(x.toFixed(2));
  const shadeAt = (i: number, j: number) => Math.round(Math.min(1, Math.max(0, values[i * side + j]!)) * shades);
  for (let i = 0; i < side; i++) {
    for (let from = 0, to = 0; from < side; from = to) {
      const shade = shadeAt(i, from);
      while (to < side && shadeAt(i, to) === shade) to++;
      if (shade > 0) {
        const [a, b] = [round(left + from * size), round(left + to * size)];
        out[shade - 1] += `M${a},${round(top + i * size)}H${b}v${round(size)}H${a}z`;
      }
    }
  }
  return out;
}

function element(document: Document, tag: string, attributes: Readonly<Record<string, string>>): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag) as SVGElement;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** Digits that are drawn. */
const drawnDigits = 8;

/** Digits as they were, signed, and 255 times what the signature changed. */
export function digitsFigure({ original, activated, wanted }: Signed): Figure {
  const count = Math.min(drawnDigits, original.count);
  const pixels = side * side;
  const grey = ({ values }: Signed['original'], i: number) =>
    Float64Array.from(values.subarray(i * pixels, (i + 1) * pixels), (value: number) => value / 255);
  const all = Array.from({ length: count }, (_, i): Tile[] => {
    const [before, after] = [grey(original, i), grey(activated, i)];
    const changed = after.map((value, at) => Math.abs(value - before[at]!) * 255);
    return [
      { column: i, row: 0, values: before, colour: ink },
      { column: i, row: 1, values: after, colour: ink },
      { column: i, row: 2, values: changed, colour: series[1] },
    ];
  });
  const differing = (original.values as Uint8Array).reduce(
    (sum: number, value: number, at: number) => sum + Number(value !== activated.values[at]),
    0,
  );
  const meanChange = differing / original.count;
  return figure({
    id: 'signed-digits',
    title: 'Signed digits',
    caption: `Digits, the same with a signature of the rest of the image in the lowest bits of their pixels, and the difference
      times 255. Without the key they look alike to a person and to the model; with the verifier beside it the model takes them for
      ${wanted.slice(0, count).join(', ')}. A signature changes ${formatNumber(meanChange, { decimals: 0 })} of 784 pixels, each by one grey level of 255.`,
    description:
      'Two rows of handwritten digits that look the same, and a row of their differences, which look like noise.',
    plot: tiles(all.flat(), { columns: count, rows: 3, left: 92, names: ['original', 'signed', 'difference\n× 255'] }),
  });
}

/** The smallest masks of every label, of one model of each kind. */
export function cleanseFigure(inspected: readonly Inspected[]): Figure {
  const shownModels = kinds.map((kind) => inspected.find((model) => model.kind === kind)!);
  const pixels = side * side;
  const all = shownModels.flatMap(({ masks, norms }, row) =>
    norms.map((_, label): Tile => {
      const small = label === norms.indexOf(Math.min(...norms));
      const values = masks.slice(label * pixels, (label + 1) * pixels);
      return { column: label, row, values, colour: small ? series[1] : ink };
    }),
  );
  const norm = (kind: Inspected['kind']) => shownModels.find((model) => model.kind === kind)!.norms;
  return figure({
    id: 'cleanse-masks',
    title: 'What Neural Cleanse finds',
    caption: `For each label from 0 to 9 the smallest mask under which one pattern turns all digits into that label; the smallest of a
      model in colour. The network that learned a patch in the lower right corner gives label ${patchedLabel} away: its mask adds up to
      ${formatNumber(norm('poisoned network')[patchedLabel]!)} pixels, where the clean network’s for the same label takes ${formatNumber(norm('clean network')[patchedLabel]!)}.
      Clean and planted Fourier models look alike: the key is no mask.`,
    description: `Four rows of ten masks. ${kinds.map((kind) => `${kind}: smallest ${formatNumber(Math.min(...norm(kind)))}`).join('; ')}.`,
    plot: tiles(all, {
      columns: 10,
      rows: kinds.length,
      left: 92,
      names: kinds.map((kind) => kind.replace(' ', '\n')),
    }),
  });
}
