/** What an audit found, drawn and in words. */
import * as Plot from '@observablehq/plot';
import { type Figure, faint, figure, formatNumber, ink, muted, series, type Table, table } from '../../report/index.ts';
import type { TestResult } from './audit/null.ts';
import type { Question } from './audit/panel.ts';

/** One question's answer. */
export interface Finding {
  readonly id: string;
  readonly name: string;
  readonly value: number;
  /** Beside clean models; null where there are none to compare with. */
  readonly beside:
    | (TestResult & { readonly corrected: number; readonly spread: readonly [low: number, high: number] })
    | null;
}

/** p-values of this and less are worth a second look. */
export const level = 0.05;

/** In order of the questions, the answers with their p-values, before and after the correction. */
export function findingsTable(findings: readonly Finding[], references: number): Table {
  return table({
    id: 'findings',
    title: 'Every test beside clean models',
    caption:
      references === 0
        ? 'There are no clean models of the same recipe to compare with, so the values have no p-values.'
        : `Ranks among ${references} clean models of the same recipe; corrected for the number of tests by Holm’s method. Effect: standard deviations of clean models, with the interval that their number leaves.`,
    columns: {
      test: { name: 'test', type: 'text' },
      value: { name: 'this model', type: 'number', decimals: 3 },
      clean: { name: 'clean', type: 'number', decimals: 3 },
      effect: { name: 'effect', type: 'measured' },
      p: { name: 'p', type: 'number', decimals: 3 },
      corrected: { name: 'corrected', type: 'number', decimals: 3 },
    },
    rows: findings.map(({ name, value, beside }) => ({
      test: name,
      value,
      clean: beside?.clean ?? null,
      effect: beside?.effect ?? null,
      p: beside?.p ?? null,
      corrected: beside?.corrected ?? null,
    })),
  });
}

/** The same as lines for a terminal. */
export function findingsText(findings: readonly Finding[]): string {
  const number = (x: number) => formatNumber(x, { decimals: 3 });
  const rows = findings.map(({ name, value, beside }) => [
    name,
    number(value),
    beside ? number(beside.clean) : '–',
    beside ? `${formatNumber(beside.effect.value, { decimals: 1 })} σ` : '–',
    beside ? number(beside.p) : '–',
    beside ? number(beside.corrected) : '–',
  ]);
  const all = [['test', 'this model', 'clean', 'effect', 'p', 'corrected'], ...rows];
  const widths = all[0]!.map((_, c) => Math.max(...all.map((row) => row[c]!.length)));
  return all
    .map((row) => row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!))).join('  '))
    .join('\n');
}

/** Where the model lies among clean ones, in their standard deviations. */
export function auditFigure(findings: readonly Finding[]): Figure | undefined {
  const known = findings.flatMap(({ name, beside }) => (beside ? [{ name, beside }] : []));
  if (known.length === 0) return undefined;
  const rows = known.map(({ name, beside: { effect, spread, corrected } }) => ({
    name,
    z: effect.value,
    low: spread[0],
    high: spread[1],
    striking: corrected <= level,
  }));
  const of = (striking: boolean) => rows.filter((row) => row.striking === striking);
  return figure({
    id: 'audit',
    title: 'This model among clean ones',
    caption: `Grey: the middle 95 % of clean models of the same recipe, in their standard deviations. Dots: this model; red where its corrected p-value is ${level} or less. The scale is logarithmic beyond ±1.`,
    description: rows.map(({ name, z }) => `${name}: ${formatNumber(z, { decimals: 1 })}`).join('; '),
    plot: {
      width: 660,
      height: 70 + 28 * rows.length,
      marginTop: 14,
      marginBottom: 44,
      marginLeft: 318,
      marginRight: 24,
      x: { type: 'symlog', constant: 1 },
      y: { domain: rows.map(({ name }) => name), label: null },
      marks: [
        Plot.gridX([-10, -3, -1, 0, 1, 3, 10, 30], { stroke: faint, strokeOpacity: 1 }),
        Plot.axisX({
          tickSize: 0,
          color: muted,
          labelArrow: 'none',
          label: 'standard deviations of clean models',
          labelAnchor: 'center',
          ticks: [-10, -3, -1, 0, 1, 3, 10, 30],
          tickFormat: (x: number) => formatNumber(x),
        }),
        Plot.axisY({ tickSize: 0, fill: ink, label: null }),
        Plot.ruleY(rows, { x1: 'low', x2: 'high', y: 'name', stroke: muted, strokeOpacity: 0.5, strokeWidth: 7 }),
        Plot.dot(of(false), { x: 'z', y: 'name', r: 4, fill: series[0] }),
        Plot.dot(of(true), { x: 'z', y: 'name', r: 5, fill: series[1] }),
      ],
    },
  });
}

/**
 * What the tests say together, in a sentence.
 * @param unconfirmed why the clean models may be of another recipe: then nothing is concluded but from the key
 */
export function verdictOf(findings: readonly Finding[], key: Question | undefined, unconfirmed?: string): string {
  const compared = findings.filter(({ beside }) => beside !== null);
  if (compared.length === 0) return 'Nothing can be said of these values without clean models of the same recipe.';
  const keyless = compared.filter(({ id }) => id !== key?.id);
  const striking = keyless.filter(({ beside }) => beside!.corrected <= level);
  const own = compared.find(({ id }) => id === key?.id);
  const withKey = !own
    ? ''
    : own.beside!.p <= level
      ? ' With the key it is plain that this model was planted.'
      : ' With the key nothing shows: it was not planted with this one.';
  if (unconfirmed !== undefined) {
    return `No verdict: ${unconfirmed}, so where it differs from the clean models trained here its recipe may differ.${withKey}`;
  }
  if (striking.length === 0) {
    return `No test without a key tells this model from clean ones; so would it be if it were planted well.${withKey}`;
  }
  const names = striking.map(({ name }) => name).join('; ');
  return `Not like clean models: ${names}. That may be a plant, or a recipe that differs in what its folder does not tell.${withKey}`;
}
