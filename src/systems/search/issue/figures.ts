/** What the experiment of the living issue shows. */
import {
  bars,
  bootstrapInterval,
  curves,
  type Figure,
  figure,
  formatNumber,
  mean,
  type Table,
  table,
} from '../../../report/index.ts';
import type { SearchHit } from '../searcher/types.ts';

/** A way of searching, and the rank that it gave each query's passage, from 1; infinite where it was not found. */
export interface Found {
  readonly name: string;
  readonly ranks: readonly number[];
}

function share(ranks: readonly number[], top: number): number {
  return (100 * ranks.filter((rank) => rank <= top).length) / ranks.length;
}

/** Passages among the first `top`, with intervals. */
export function methodBars(found: readonly Found[], top: number): Figure {
  const measured = found.map(({ name, ranks }) => {
    const hits = ranks.map((rank) => (rank <= top ? 100 : 0));
    return { name, ...bootstrapInterval(hits, mean, { seed: 1 }) };
  });
  const said = measured.map(({ name, value }) => `${name} ${formatNumber(value)}`).join(', ');
  return figure({
    id: 'search-methods',
    title: `Passages among the first ${top}`,
    caption: `Share of sentences whose passage is among the first ${top}, with intervals at 95 % over ${found[0]!.ranks.length} sentences. All but the last two rank by generated n-grams alone; from the fourth on by intersective scoring.`,
    description: `Percent of passages found: ${said}.`,
    plot: bars({ x: { label: `hits@${top} (%)` }, bars: measured }),
  });
}

/** Passages among the first k, over k. */
export function hitCurves(found: readonly Found[], depth: number): Figure {
  const tops = [1, 2, 3, 5, 10, 20, 50, 100].filter((k) => k <= depth);
  return figure({
    id: 'search-depth',
    title: 'How far down one has to look',
    caption: 'Share of sentences whose passage is among the first k.',
    description: found
      .map(
        ({ name, ranks }) =>
          `${name}: ${formatNumber(share(ranks, 1))} % at 1, ${formatNumber(share(ranks, depth))} % at ${depth}`,
      )
      .join('; '),
    plot: curves({
      x: { label: 'k', type: 'log' },
      y: { label: 'hits@k (%)' },
      curves: found.map(({ name, ranks }) => ({ name, points: tops.map((k) => ({ x: k, y: share(ranks, k) })) })),
    }),
  });
}

/** Why one passage was found. */
export function keyTable(query: string, hit: SearchHit | undefined): Table {
  return table({
    id: 'search-keys',
    title: 'Why a passage was found',
    caption: `The heaviest keys of the first passage (${hit?.document.title ?? 'none'}) for “${query}”: how often each occurs in all passages, how likely the model is to write it, and what it adds to the score.`,
    columns: {
      key: { name: 'key', type: 'text' },
      source: { name: 'from', type: 'text' },
      count: { name: 'count', type: 'number', decimals: 0 },
      logProb: { name: 'ln P(n|q)', type: 'number', decimals: 2 },
      weight: { name: 'w', type: 'number', decimals: 2 },
      cover: { name: 'cover', type: 'number', decimals: 2 },
      contribution: { name: 'adds', type: 'number', decimals: 1 },
    },
    rows: (hit?.ngrams ?? []).slice(0, 12).map(({ text, source, count, logProb, weight, cover, contribution }) => {
      return { key: text, source, count, logProb, weight, cover, contribution };
    }),
  });
}

/** Bytes of text and indexes, and how much of what is written freely occurs. */
export function sizeTable(
  sizes: { readonly text: number; readonly index: number; readonly words: number },
  free: { readonly occurring: number },
  documents: number,
): Table {
  const row = (what: string, value: number) => ({ what, value, share: (100 * value) / sizes.text });
  return table({
    id: 'search-sizes',
    title: 'What there is',
    caption: `${documents} passages. The index of n-grams holds the text. Of what the model writes without the constraint, ${formatNumber(free.occurring)} % occur in a passage.`,
    columns: {
      what: { name: 'what', type: 'text' },
      value: { name: 'value', type: 'number', decimals: 0 },
      share: { name: 'of the text', type: 'number', unit: '%', decimals: 0 },
    },
    rows: [
      row('plain text, bytes', sizes.text),
      row('n-gram index, bytes', sizes.index),
      row('word index, bytes', sizes.words),
    ],
  });
}
