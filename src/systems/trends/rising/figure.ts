/** What rises as a drawing: for each phrase its share of the papers before, and now. */
import * as Plot from '@observablehq/plot';
import { type Figure, faint, figure, ink, muted, series } from '../../../report/index.ts';
import type { Rising } from './rising.ts';

/** Phrases drawn. */
const drawn = 24;

/** The drawing of the surest rises, those that are most frequent now first. */
export function risingFigure(
  { phrases, recent, before }: Rising,
  { id, title, caption }: { readonly id: string; readonly title: string; readonly caption: string },
): Figure {
  const rows = phrases
    .slice(0, drawn)
    .map((one) => ({ ...one, now: (100 * one.recent) / recent, earlier: (100 * one.before) / before }))
    .sort((a, b) => b.now - a.now);
  const longest = Math.max(8, ...rows.map(({ phrase }) => phrase.length));
  return figure({
    id,
    title,
    caption,
    description: `Per cent of the papers with each phrase, before and now. ${rows
      .map(({ phrase, earlier, now }) => `${phrase}: ${earlier.toFixed(2)} to ${now.toFixed(2)}`)
      .join('; ')}.`,
    plot: {
      width: 660,
      height: 84 + 21 * rows.length,
      marginTop: 30,
      marginBottom: 44,
      marginLeft: 20 + 6.4 * longest,
      marginRight: 24,
      x: { zero: true },
      y: { domain: rows.map(({ phrase }) => phrase), label: null, padding: 0.4 },
      marks: [
        Plot.gridX({ stroke: faint, strokeOpacity: 1 }),
        Plot.axisX({
          tickSize: 0,
          color: muted,
          label: 'papers with the phrase (%)',
          labelAnchor: 'center',
          labelArrow: 'none',
        }),
        Plot.axisY({ tickSize: 0, fill: ink }),
        Plot.ruleY(rows, { x1: 'earlier', x2: 'now', y: 'phrase', stroke: series[0], strokeWidth: 2 }),
        Plot.dot(rows, { x: 'earlier', y: 'phrase', stroke: muted, fill: 'var(--paper)', r: 3.5 }),
        Plot.dot(rows, { x: 'now', y: 'phrase', fill: series[0], r: 4 }),
        Plot.text(['○ before   ● now'], { frameAnchor: 'top-right', dy: -20, fill: muted }),
      ],
    },
  });
}
