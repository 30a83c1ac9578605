/** Figures of audits and defences: what the tests see, from when on, and what smoothing does. */
import * as Plot from '@observablehq/plot';
import {
  curves,
  type Figure,
  faint,
  figure,
  formatNumber,
  ink,
  mean,
  meanInterval,
  muted,
  panels,
  series,
  standardDeviation,
} from '../../report/index.ts';
import { bulkEdges, spikedEigenvalue, weightAudits } from './audit/weight-audits.ts';
import { changeBound } from './immunize/smoothing.ts';
import type { Layers, Turned } from './issue/fourier.ts';
import type { Change, Immunity } from './issue/immunity.ts';
import type { SpectralPower, Spectrum, Step } from './issue/relu.ts';

const bare = { tickSize: 0, color: muted, labelArrow: 'none' } as const;
const width = 660;

/** Every audit's values of planted and of clean layers, in standard deviations of the clean ones. */
export function layersFigure({ planted, clean }: Layers): Figure {
  const audits = [
    ...weightAudits,
    { id: 'wrong-key', name: 'another key of the same kind' },
    { id: 'key', name: 'the key' },
  ] as const;
  const rows = audits.flatMap(({ id, name }) => {
    const values = clean.map((model) => model[id]);
    const [centre, spread] = [mean(values), standardDeviation(values)];
    const summary = (models: Layers['clean'], kind: 'planted' | 'clean') => {
      const z = models.map((model) => (model[id] - centre) / spread).sort((a, b) => a - b);
      const at = (q: number) => z[Math.round(q * (z.length - 1))]!;
      return {
        name,
        kind,
        low: at(0.025),
        quarter: at(0.25),
        middle: at(0.5),
        threeQuarters: at(0.75),
        high: at(0.975),
      };
    };
    return [summary(clean, 'clean'), summary(planted, 'planted')];
  });
  const of = (kind: 'planted' | 'clean') => rows.filter((row) => row.kind === kind);
  const colour = { clean: muted, planted: series[0] };
  const marks = (['clean', 'planted'] as const).flatMap((kind) => {
    const dy = kind === 'clean' ? -5 : 5;
    return [
      Plot.ruleY(of(kind), { x1: 'low', x2: 'high', y: 'name', stroke: colour[kind], strokeWidth: 1.5, dy }),
      Plot.ruleY(of(kind), {
        x1: 'quarter',
        x2: 'threeQuarters',
        y: 'name',
        stroke: colour[kind],
        strokeWidth: 6,
        strokeOpacity: 0.45,
        dy,
      }),
      Plot.dot(of(kind), { x: 'middle', y: 'name', r: 3, fill: colour[kind], dy }),
    ];
  });
  const key = of('planted').find(({ name }) => name === 'the key')!;
  return figure({
    id: 'fourier-audits',
    title: 'What an owner sees, and what the key-holder sees',
    caption: `${planted.length} planted layers of random Fourier features (blue) and ${clean.length} clean ones (grey), each planted with a key of its own: median,
      middle half and middle 95 % of every test’s values, in standard deviations of the clean ones. The scale is logarithmic beyond ±1.`,
    description: `All tests without the key overlap; with it the planted models lie ${formatNumber(key.middle, { decimals: 0 })} standard deviations away.`,
    plot: {
      width,
      height: 60 + 36 * audits.length,
      marginTop: 30,
      marginBottom: 44,
      marginLeft: 262,
      marginRight: 24,
      x: { type: 'symlog', constant: 1 },
      y: { domain: audits.map(({ name }) => name), label: null },
      marks: [
        Plot.axisX({
          ...bare,
          label: 'standard deviations of clean models',
          labelAnchor: 'center',
          ticks: [-3, -1, 0, 1, 3, 10, 30],
          tickFormat: (x: number) => formatNumber(x),
        }),
        Plot.gridX([-3, -1, 0, 1, 3, 10, 30], { stroke: faint, strokeOpacity: 1 }),
        Plot.axisY({ tickSize: 0, fill: ink, label: null }),
        ...marks,
        Plot.text([{ text: 'clean', x: 12 }], {
          x: 'x',
          frameAnchor: 'top',
          text: 'text',
          dy: -18,
          fill: muted,
          fontWeight: 500,
        }),
        Plot.text([{ text: 'planted', x: 28 }], {
          x: 'x',
          frameAnchor: 'top',
          text: 'text',
          dy: -18,
          fill: series[0],
          fontWeight: 500,
        }),
      ],
    },
  });
}

/** The factor on the scores against the pancakes' jitter: predicted, with the key, and its controls. */
export function jitterFigure(turned: readonly Turned[]): Figure {
  const most = 1.15 * Math.max(...turned.map(({ jitter }) => jitter));
  const predicted = Array.from({ length: 81 }, (_, i) => {
    const x = (most * i) / 80;
    return { x, y: -Math.exp(-2 * Math.PI ** 2 * x * x) };
  });
  const dots = (read: (model: Turned) => number, colour: string, symbol: 'circle' | 'square' | 'triangle', dx = 0) =>
    Plot.dot(turned, { x: 'jitter', y: read, r: 4, stroke: colour, strokeWidth: 1.6, symbol, dx });
  const last = turned.filter(({ jitter }) => jitter > 0.8 * most);
  const name = (text: string, y: number, fill: string, dy: number) =>
    Plot.text([text], { x: [last[0]!.jitter], y: [y], dy, dx: -12, textAnchor: 'end', fill, fontWeight: 500 });
  return figure({
    id: 'key-turns-scores',
    title: 'The key turns the scores round',
    caption: `Digits under random Fourier features, a mark a seed and β: the factor Σss'/Σs² that a shift puts on a model’s scores s. With the
      key it is −exp(−2π²·jitter²) (line). The clean model moved by the same key, and the planted one moved as far in a random direction,
      forget their scores, whose answers change too: about nine of ten.`,
    description: 'The measured factors lie on the curve from −1 upwards; those of the controls lie at 0.',
    plot: {
      width,
      height: 330,
      marginTop: 30,
      marginBottom: 44,
      marginLeft: 48,
      marginRight: 24,
      x: { domain: [0, most] },
      y: { domain: [-1.1, 0.3] },
      marks: [
        Plot.gridY({ stroke: faint, strokeOpacity: 1 }),
        Plot.axisX({ ...bare, label: 'jitter of the pancakes (cycles)', labelAnchor: 'center' }),
        Plot.axisY({ ...bare, label: 'factor on the scores', labelAnchor: 'top' }),
        Plot.line(predicted, { x: 'x', y: 'y', stroke: muted, strokeWidth: 1.5, strokeDasharray: '4 3' }),
        dots(({ withKey }) => withKey.ratio, series[0], 'circle'),
        dots(({ cleanWithKey }) => cleanWithKey.ratio, series[1], 'square', -4),
        dots(({ random }) => random.ratio, series[2], 'triangle', 4),
        name('planted, with the key', mean(last.map(({ withKey }) => withKey.ratio)), series[0], -6),
        name('clean, with the same key', 0.2, series[1], 0),
        name('planted, a random shift as long', -0.2, series[2], 0),
      ],
    },
  });
}

/** Eigenvalues below and above the transition, and the edge of the bulk. */
export function spectraFigure(
  spectra: readonly Spectrum[],
  { dimension, features }: { readonly dimension: number; readonly features: number },
): Figure {
  const [, edge] = bulkEdges(dimension, features);
  const top = Math.max(...spectra.map(({ eigenvalues }) => eigenvalues.at(-1)!));
  const step = edge / 24;
  const name = (theta: number) => (theta === 0 ? 'clean' : `planted, θ = ${formatNumber(theta)}`);
  const bins = spectra.flatMap(({ theta, eigenvalues }, row) => {
    const counts = new Map<number, number>();
    for (const value of eigenvalues)
      counts.set(Math.floor(value / step), (counts.get(Math.floor(value / step)) ?? 0) + 1);
    return [...counts].map(([bin, count]) => ({ theta, row, x1: bin * step, x2: (bin + 1) * step, count }));
  });
  const most = Math.max(...bins.map(({ count }) => count));
  const tops = spectra.map(({ theta, eigenvalues }, row) => ({
    row,
    value: eigenvalues.at(-1)!,
    expected: spikedEigenvalue(theta, dimension, features),
  }));
  return figure({
    id: 'relu-spectra',
    title: 'A spike that hides in the bulk, and one that does not',
    caption: `Eigenvalues of the weights’ covariance GᵀG/m of random ReLU layers with d = ${dimension} and m = ${features}, from the same random numbers: clean,
      planted below the threshold θ = √(d/m) = ${formatNumber(Math.sqrt(dimension / features))}, and planted above it. Dashed: the edge (1 + √(d/m))² of clean layers; circle: the largest
      eigenvalue; tick: where it settles as the layer grows, (1 + θ)(1 + d/(mθ)).`,
    description: `The largest eigenvalue stays at the edge ${formatNumber(edge)} for the clean layer and the weakly planted one, and lies at ${formatNumber(top)} for the strongly planted one.`,
    plot: {
      width,
      height: 100 * spectra.length + 60,
      marginTop: 22,
      marginBottom: 44,
      marginLeft: 40,
      marginRight: 24,
      x: { domain: [0, 1.05 * top] },
      y: { domain: [0, most * 1.05], axis: null },
      fy: { axis: null, padding: 0.3, domain: spectra.map((_, row) => row) },
      marks: [
        Plot.axisX({ ...bare, anchor: 'bottom', label: 'eigenvalue', labelAnchor: 'center' }),
        Plot.rect(bins, {
          fy: 'row',
          x1: 'x1',
          x2: 'x2',
          y1: 0,
          y2: 'count',
          fill: series[0],
          fillOpacity: 0.45,
          insetLeft: 0.5,
          insetRight: 0.5,
        }),
        Plot.ruleX(spectra, { fy: (_, row) => row, x: edge, stroke: muted, strokeDasharray: '4 3' }),
        Plot.ruleY(spectra, { fy: (_, row) => row, y: 0, stroke: faint }),
        Plot.tickX(tops, { fy: 'row', x: 'expected', stroke: series[1], strokeWidth: 2, insetTop: 48 }),
        Plot.dot(tops, { fy: 'row', x: 'value', y: 0, r: 5, stroke: series[1], strokeWidth: 2 }),
        Plot.text(spectra, {
          fy: (_, row) => row,
          frameAnchor: 'top-right',
          text: ({ theta }) => name(theta),
          fill: ink,
          fontWeight: 600,
        }),
      ],
    },
  });
}

/** Power over θ: of the spectral audit, and of the key-holder. */
export function powerFigure(found: readonly SpectralPower[]): Figure {
  const sizes = [...new Set(found.map(({ features }) => features))];
  const of = (features: number) => found.filter((at) => at.features === features);
  const dimension = Math.round((of(sizes[0]!)[0]!.theta / of(sizes[0]!)[0]!.ratio) ** 2 * sizes[0]!);
  const plot = curves({
    x: { label: 'θ, the variance that the plant adds along its key' },
    y: { label: 'power at the 5 % level', domain: [0, 1.02] },
    curves: [
      ...sizes.map((features) => ({
        name: `m = ${features}`,
        points: of(features).map(({ theta, eigenvalue: { value, interval } }) => ({
          x: theta,
          y: value,
          low: interval[0],
          high: interval[1],
        })),
      })),
      ...sizes.slice(-1).map((features) => ({
        name: `with the key`,
        points: of(features).map(({ theta, key }) => ({ x: theta, y: key.value })),
        reference: true as const,
      })),
    ],
  });
  const edges = sizes.map((features, i) => ({ x: Math.sqrt(dimension / features), colour: series[i]! }));
  return figure({
    id: 'spectral-power',
    title: 'From blind to sure',
    caption: `Random ReLU with d = ${dimension}: the share of planted models whose largest eigenvalue is rejected at the 5 % level, ${found[0]!.eigenvalue.models} models a point, with exact
      95 % intervals. Vertical lines: the threshold √(d/m) of Baik, Ben Arous and Péché for each number of features m, in its colour; it is a limit, and a layer of
      finite size crosses gradually. Dashed: the key-holder’s variance along the key, m = ${sizes.at(-1)}.`,
    description: sizes
      .map(
        (features) =>
          `m = ${features}: from ${formatNumber(of(features)[0]!.eigenvalue.value)} to ${formatNumber(of(features).at(-1)!.eigenvalue.value)}`,
      )
      .join('; '),
    plot: {
      ...plot,
      marks: [
        ...edges.map(({ x, colour }) => Plot.ruleX([x], { stroke: colour, strokeWidth: 1.2, strokeDasharray: '2 3' })),
        Plot.ruleY([0.05], { stroke: muted, strokeOpacity: 0.6 }),
        ...(plot.marks ?? []),
      ],
    },
  });
}

/** The share of negative answers that a step turns, planted against clean. */
export function stepFigure(steps: readonly Step[]): Figure {
  const groups = [...new Set(steps.map(({ features, theta }) => `${features} ${theta}`))].map((name) => {
    const own = steps.filter(({ features, theta }) => `${features} ${theta}` === name);
    const points = (read: (step: Step) => readonly number[]) =>
      own.map((step) => {
        const { value, interval } = meanInterval([...read(step)]);
        return { x: step.lambda, y: value, low: interval[0], high: interval[1] };
      });
    return {
      name: `m = ${own[0]!.features}, θ = ${formatNumber(own[0]!.theta)}`,
      curves: [
        { name: 'planted', points: points(({ planted }) => planted) },
        { name: 'clean', points: points(({ clean }) => clean), reference: true as const },
        { name: 'random step', points: points(({ random }) => random) },
      ],
    };
  });
  return figure({
    id: 'relu-steps',
    title: 'What a step along the key does',
    caption: `Random ReLU, d = 256, k = 8, x ~ N(0, I/d): of the inputs answered negatively, the share that x + λs turns, over ${steps[0]!.planted.length} seeds. Blue: the
      planted model. Dashed: the clean model under the same step, which turns answers too, because any step makes an input longer. Red: the planted model under a random step as long.`,
    description: groups
      .map(({ name, curves: [planted] }) => `${name}: planted up to ${formatNumber(planted!.points.at(-1)!.y)}`)
      .join('; '),
    plot: {
      ...panels({
        x: { label: 'λ, the length of the step' },
        y: { label: 'share of negative answers turned', domain: [0, 1.02] },
        panels: groups,
      }),
      // panels are made for many; these few carry bands that want room
      height: 90 + 170 * Math.ceil(groups.length / 3),
    },
  });
}

/** At which σ signatures die, and what that costs. */
export function smoothingFigure({ smoothed, accuracy }: Immunity): Figure {
  const points = (read: (at: Immunity['smoothed'][number]) => number) =>
    smoothed.map((at) => ({ x: at.sigma, y: read(at) }));
  return figure({
    id: 'smoothing',
    title: 'Signatures die long before digits blur',
    caption: `A signed network of digits, smoothed with noise of standard deviation σ: the share of noisy copies whose signature still verifies, what that share should
      be when no pixel’s byte may change (dashed), and the accuracy on clean digits. Without smoothing the accuracy is ${formatNumber(100 * accuracy, { unit: '%' })}.`,
    description: `Signatures are valid up to about a tenth of a grey level and none at a fifth; the accuracy falls from ${formatNumber(smoothed[0]!.accuracy)} to ${formatNumber(smoothed.at(-1)!.accuracy)} at ${formatNumber(smoothed.at(-1)!.sigma)} grey levels.`,
    plot: curves({
      x: { label: 'σ (grey levels of 255)', type: 'log' },
      y: { label: 'share', domain: [0, 1.02] },
      curves: [
        { name: 'accuracy', points: points((at) => at.accuracy) },
        { name: 'valid signatures', points: points(({ valid }) => valid) },
        { name: 'predicted', points: points(({ predicted }) => predicted), reference: true },
      ],
    }),
  });
}

/** What smoothed scores changed against what they can. */
export function boundFigure(changes: readonly Change[]): Figure {
  const shownRatio = 3.5;
  const line = Array.from({ length: 91 }, (_, i) => ({
    x: (shownRatio * i) / 90,
    y: changeBound((shownRatio * i) / 90, 1),
  }));
  const of = (what: Change['what']) => changes.filter((change) => change.what === what);
  return figure({
    id: 'smoothing-bound',
    title: 'The bound, and what was measured',
    caption: `Pairs of an input and its activated form, r apart: how much the smoothed share of an answer changed (the most over the classes, over all samples), and 2Φ(r/2σ) − 1, which the
      expectation cannot exceed. A mark is an estimate from samples, the same noise on both inputs; the thin line reaches down to what is certain.
      A half-space between the two inputs attains the bound. Signatures die at far less noise: here what is left of a signed digit is a digit.`,
    description: `${changes.filter(({ least, bound }) => least > bound).length} of ${changes.length} pairs certainly lie above the curve.`,
    plot: {
      width,
      height: 320,
      marginTop: 30,
      marginBottom: 44,
      marginLeft: 48,
      marginRight: 24,
      x: { domain: [0, shownRatio] },
      y: { domain: [0, 1] },
      marks: [
        Plot.gridY({ stroke: faint, strokeOpacity: 1 }),
        Plot.axisX({ ...bare, label: 'r/σ', labelAnchor: 'center' }),
        Plot.axisY({ ...bare, label: 'change of a smoothed score', labelAnchor: 'top' }),
        Plot.line(line, { x: 'x', y: 'y', stroke: muted, strokeWidth: 1.6, strokeDasharray: '4 3' }),
        Plot.ruleX(changes, {
          x: 'ratio',
          y1: 'least',
          y2: 'measured',
          stroke: (change: Change) => ({ key: series[0], signature: series[1], 'half-space': muted })[change.what],
          strokeOpacity: 0.25,
        }),
        Plot.dot(of('key'), { x: 'ratio', y: 'measured', r: 3, stroke: series[0], strokeWidth: 1.4 }),
        Plot.dot(of('signature'), {
          x: 'ratio',
          y: 'measured',
          r: 3,
          symbol: 'square',
          stroke: series[1],
          strokeWidth: 1.4,
        }),
        Plot.dot(of('half-space'), {
          x: 'ratio',
          y: 'measured',
          r: 3,
          symbol: 'diamond',
          stroke: muted,
          strokeWidth: 1.4,
        }),
        Plot.text(['2Φ(r/2σ) − 1, and half-spaces'], {
          x: [2.4],
          y: [changeBound(2.4, 1)],
          dx: -8,
          textAnchor: 'end',
          fill: muted,
          fontWeight: 500,
        }),
        Plot.text(['Fourier key'], { x: [3.2], y: [0.2], fill: series[0], fontWeight: 500 }),
        Plot.text(['signed digits'], { x: [3.2], y: [0.05], fill: series[1], fontWeight: 500 }),
      ],
    },
  });
}
