/** What the shipped model does, drawn. */
import * as Plot from '@observablehq/plot';
import { curves, type Figure, faint, figure, formatNumber, heat, ink, muted, series } from '../../report/index.ts';

/** The record of the shipped model's training, as its script writes it. */
export interface TrainingCurve {
  readonly tokensAStep: number;
  readonly finished: string;
  readonly loss: readonly (readonly [step: number, loss: number])[];
  readonly held: readonly (readonly [step: number, loss: number])[];
}

const toBits = (nats: number) => nats / Math.LN2;

/** Loss over the tokens that the model had seen, held against counting. */
export function learningCurve(curve: TrainingCurve, counting: number): Figure {
  const at = (points: TrainingCurve['loss']) =>
    points.map(([step, loss]) => ({ x: (step * curve.tokensAStep) / 1e6, y: toBits(loss) }));
  const held = at(curve.held);
  const last = held.at(-1)!;
  const ends = [0, last.x];
  return figure({
    id: 'opt-learning',
    title: 'What the shipped model learned',
    caption:
      'Loss in bits a token over the tokens seen (each point the mean of 20 steps), on the text it learns from and on documents that it never saw. Dashed: Kneser–Ney 4-grams, which have counted the whole text, on the documents of this run.',
    description: `From ${formatNumber(at(curve.loss)[0]!.y)} bits a token the held-out loss falls to ${formatNumber(last.y)} after ${formatNumber(last.x)} million tokens; counting has ${formatNumber(counting)}.`,
    plot: curves({
      x: { label: 'tokens seen (millions)' },
      y: { label: 'bits a token' },
      curves: [
        { name: 'training', points: at(curve.loss) },
        { name: 'held out', points: held },
        { name: '4-grams', points: ends.map((x) => ({ x, y: counting })), reference: true },
      ],
    }),
  });
}

/** Loss on the same tokens by how much of the text before them is shown. */
export function contextCurve(contexts: readonly { tokens: number; bits: number }[], counting: number): Figure {
  const first = contexts[0]!;
  const last = contexts.at(-1)!;
  return figure({
    id: 'opt-context',
    title: 'What context is worth',
    caption:
      'Bits a token on the same tokens of the held-out documents, by how many tokens before them the model is shown. Dashed: 4-grams, which look at three.',
    description: `With ${first.tokens} tokens before them the model needs ${formatNumber(first.bits)} bits a token, with ${last.tokens} ${formatNumber(last.bits)}; the 4-grams ${formatNumber(counting)}.`,
    plot: curves({
      x: { label: 'tokens of context', type: 'log' },
      y: { label: 'bits a token' },
      curves: [
        { name: 'OPT, 6M', points: contexts.map(({ tokens, bits }) => ({ x: tokens, y: bits })) },
        { name: '4-grams', points: contexts.map(({ tokens }) => ({ x: tokens, y: counting })), reference: true },
      ],
    }),
  });
}

/** A token as it stands in a text, and how little it was expected. */
export interface Surprise {
  readonly text: string;
  /** −log₂ p */
  readonly bits: number;
}

const line = { characters: 78, height: 24, width: 7.9 };

/** A passage in which every token is shaded by how little the model expected it. */
export function surpriseText(tokens: readonly Surprise[], source: string): Figure {
  const placed: (Surprise & { x: number; y: number; shown: string })[] = [];
  let [x, y] = [0, 0];
  for (const token of tokens) {
    const shown = token.text.replace(/\s/g, ' ');
    if (x + shown.trimEnd().length > line.characters) [x, y] = [0, y + 1];
    placed.push({ ...token, shown, x, y });
    x += shown.length;
  }
  const most = Math.max(...tokens.map(({ bits }) => bits));
  const hardest = [...tokens].sort((a, b) => b.bits - a.bits).slice(0, 3);
  const mean = tokens.reduce((sum, { bits }) => sum + bits, 0) / tokens.length;
  return figure({
    id: 'opt-surprise',
    title: 'What the model did not see coming',
    caption: `The beginning of a document that it never saw (${source}): the darker a token, the more bits it cost. Ends of words and common turns come free; names and numbers do not.`,
    description: `${tokens.length} tokens, ${formatNumber(mean)} bits each in the mean; the most cost ${hardest.map(({ text, bits }) => `“${text.trim()}” ${formatNumber(bits)}`).join(', ')}.`,
    plot: {
      width: 660,
      height: 20 + line.height * (placed.at(-1)!.y + 1),
      marginTop: 10,
      marginBottom: 10,
      marginLeft: 14,
      marginRight: 14,
      x: { axis: null, domain: [0, line.characters + 2] },
      y: { axis: null, domain: [placed.at(-1)!.y + 1, 0] },
      marks: [
        Plot.rect(placed, {
          x1: 'x',
          x2: (d: (typeof placed)[0]) => d.x + d.shown.length,
          y1: (d: (typeof placed)[0]) => d.y + 0.06,
          y2: (d: (typeof placed)[0]) => d.y + 0.94,
          fill: heat,
          fillOpacity: (d: (typeof placed)[0]) => 0.62 * (d.bits / most),
          stroke: faint,
          strokeWidth: 0.5,
        }),
        // one letter a place, so that the text stands where its shade is in every font
        Plot.text(
          placed.flatMap((d) => [...d.shown].map((letter, i) => ({ letter, x: d.x + i + 0.5, y: d.y + 0.5 }))),
          { x: 'x', y: 'y', text: 'letter', fill: ink, fontFamily: 'ui-monospace, monospace', fontSize: 12 },
        ),
      ],
    },
  });
}

/** How often continuations end in a loop, by the temperature that they were drawn at. */
export function loopBars(points: readonly { temperature: number; share: number }[]): Figure {
  return figure({
    id: 'opt-loops',
    title: 'Loops melt away with temperature',
    caption:
      'Share of continuations of 80 tokens that end by repeating themselves, by temperature; 0 is greedy decoding. The same prompts, the beginnings of held-out documents.',
    description: points
      .map(({ temperature, share }) => `temperature ${temperature}: ${formatNumber(share)} %`)
      .join(', '),
    plot: {
      width: 660,
      height: 240,
      marginTop: 28,
      marginBottom: 44,
      marginLeft: 48,
      x: { type: 'band', padding: 0.4, label: null },
      y: { domain: [0, 100] },
      marks: [
        Plot.gridY({ stroke: faint, strokeOpacity: 1 }),
        Plot.axisX({ tickSize: 0, color: muted, label: 'temperature', labelAnchor: 'center', labelArrow: 'none' }),
        Plot.axisY({ tickSize: 0, color: muted, label: 'ends in a loop (%)', labelAnchor: 'top', labelArrow: 'none' }),
        Plot.barY(points, { x: 'temperature', y: 'share', fill: series[0], fillOpacity: 0.35 }),
        Plot.tickY(points, { x: 'temperature', y: 'share', stroke: series[0], strokeWidth: 2.5 }),
        Plot.text(points, {
          x: 'temperature',
          y: 'share',
          dy: -9,
          text: (d: (typeof points)[0]) => `${Math.round(d.share)}`,
          fill: ink,
        }),
      ],
    },
  });
}
