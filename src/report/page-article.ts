/** A system's part of the page: its runs, its claims beside what each run measured, its figures and its tables. */

import { type Claim, issueCommand } from './claim.ts';
import type { Figure } from './figure.ts';
import { formatDate, formatExact, formatMeasured, formatNumber, formatSeconds } from './format.ts';
import { type Html, html, raw } from './html.ts';
import type { RuleInWords, Section } from './section.ts';
import { formatColumn, type Table } from './table.ts';
import { renderVerdict } from './verdict.ts';

/** One system's sections, quick before recorded; at least one. */
export function renderArticle(sections: readonly Section[]): Html {
  const { id, title, citation } = sections[0]!;
  const summary = sections.find((section) => section.summary !== '')?.summary;
  const several = sections.length > 1;
  const countBefore = (i: number, kind: 'figures' | 'tables') =>
    sections.slice(0, i).reduce((sum, section) => sum + section[kind].length, 0);
  return html`
<article id="${id}">
<h2>${title}</h2>
<p class="citation">${linkArxiv(citation)}</p>
${summary && html`<p>${summary}</p>`}
${sections.map(renderRun)}
${renderClaims(sections)}
${sections.map((section, i) => [
  several && section.figures.length + section.tables.length > 0 && html`<h3>The ${section.tier} run</h3>`,
  section.figures.map((figure, n) => renderFigure(prefix(section), figure, countBefore(i, 'figures') + n + 1)),
  section.tables.map((table, n) => renderTable(prefix(section), table, countBefore(i, 'tables') + n + 1)),
])}
</article>`;
}

function renderRun({ id, tier, seconds, error, recorded }: Section): Html {
  const command = html`<code class="command">${recorded?.command ?? issueCommand(id, tier)}</code>`;
  if (error !== undefined) {
    return html`<p class="run error"><strong>Failed</strong> after ${formatSeconds(seconds)}: ${error}<br>${command}</p>`;
  }
  const where =
    recorded &&
    html` on ${formatDate(recorded.date)}, commit <code>${shortCommit(recorded.commit)}</code>, ${recorded.machine}`;
  return html`<p class="run"><span class="tag">${tier}</span> ${formatSeconds(seconds)}${where} · ${command}</p>`;
}

/** A claim's result in one run: its rule there, and the claim, unless the run failed. */
interface Result {
  readonly section: Section;
  readonly rule: RuleInWords;
  readonly claim: Claim | undefined;
}

function renderClaims(sections: readonly Section[]): Html | false {
  const results = new Map<string, Result[]>();
  for (const section of sections) {
    for (const rule of section.rules) {
      const claim = section.claims.find(({ id }) => id === rule.id);
      results.set(rule.id, [...(results.get(rule.id) ?? []), { section, rule, claim }]);
    }
  }
  if (results.size === 0) return false;
  return html`<h3>Claims</h3>
<table class="claims">
<thead><tr><th>Claim, and its rule, fixed before the run</th><th>Paper</th><th>Measured</th><th>Verdict</th></tr></thead>
${[...results.values()].map((runs) => renderClaim(runs, sections.length > 1))}
</table>`;
}

/** The statement, and under it a row for each run that measured it. */
function renderClaim(runs: readonly Result[], several: boolean): Html {
  const { section, rule } = runs[0]!;
  return html`<tbody id="${section.id}-${rule.id}">
<tr><th colspan="4" scope="rowgroup" class="statement">${rule.statement}</th></tr>
${runs.map(
  (
    run,
  ) => html`<tr><td class="rule">${several && html`<span class="tag">${run.section.tier}</span> `}${describeRule(run.rule)}</td>
<td><span class="label">Paper: </span>${given(run.rule.paper, run.rule.unit)}</td>
<td><span class="label">Measured: </span>${measured(run)}</td>
<td>${run.claim ? renderVerdict(run.claim.verdict) : html`<span class="quiet">not measured</span>`}</td></tr>
`,
)}</tbody>`;
}

function describeRule({ predicate, seeds, detects }: RuleInWords): string {
  const drawn = seeds.length === 1 ? `seed ${seeds[0]}` : `seeds ${ranges(seeds)}`;
  return [`holds if ${predicate}`, drawn, ...(detects === null ? [] : [`could detect ${detects}`])].join(' · ');
}

/** `1–5, 8` */
function ranges(seeds: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const seed of seeds) {
    const last = runs.at(-1);
    if (last && seed === last[1] + 1) last[1] = seed;
    else runs.push([seed, seed]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(', ');
}

/** A value that the paper gives, as it gives it. */
function given(paper: number | string | null, unit: string): string {
  if (paper === null) return '–';
  return typeof paper === 'string' ? paper : formatExact(paper, unit);
}

function measured({ claim, rule: { unit } }: Result): string {
  const value = claim?.measured ?? '–';
  if (typeof value === 'string') return value;
  return claim?.interval ? formatMeasured(value, claim.interval, { unit }) : formatNumber(value, { unit });
}

/** Two systems, or two runs of one, may name a figure alike: its ids get the section's name before them. */
function prefix({ id, tier }: Section): string {
  return `${id}-${tier}-`;
}

/** A figure, numbered, with `prefix` before its ids. */
export function renderFigure(prefix: string, { id, title, caption, svg }: Figure, number: number): Html {
  // A narrow screen shrinks a wide drawing only so far, and scrolls it.
  const wide = Number(/ width="(\d+)"/.exec(svg)?.[1]) > 512 && ' wide';
  return html`
<figure id="${prefix}${id}">
<div class="scroll${wide}" tabindex="0" role="group" aria-label="${title}">${raw(prefixIds(svg, id, prefix))}</div>
<figcaption><b>Figure ${number}. ${title}.</b> ${caption}</figcaption>
</figure>`;
}

function prefixIds(svg: string, id: string, prefix: string): string {
  const own = new RegExp(`(id="|url\\(#|href="#|labelledby="|(?<=labelledby="[^"]*) )(?=${id}-)`, 'g');
  return svg.replace(/<[^>]+>/g, (tag) => tag.replace(own, `$1${prefix}`));
}

/** A table, numbered, with `prefix` before its id. */
export function renderTable(prefix: string, { id, title, caption, columns, rows }: Table, number: number): Html {
  const shown = Object.entries(columns).map(([key, column]) => {
    return {
      column,
      cells: formatColumn(
        column,
        rows.map((row) => row[key]),
      ),
    };
  });
  const heading = ({ column: { name, unit, type } }: (typeof shown)[number]) =>
    html`<th scope="col" class="${type}">${name}${unit && html` <span class="quiet">(${unit})</span>`}</th>`;
  return html`
<figure class="table" id="${prefix}${id}">
<figcaption><b>Table ${number}. ${title}.</b> ${caption}</figcaption>
<div class="scroll" tabindex="0" role="group" aria-label="${title}"><table class="data">
<thead><tr>${shown.map(heading)}</tr></thead>
<tbody>${rows.map((_, i) => html`<tr>${shown.map(({ column: { type }, cells }) => renderCell(type, cells[i]!))}</tr>\n`)}</tbody>
</table></div>
</figure>`;
}

function renderCell(type: string, text: string): Html {
  return html`<td class="${type}">${type === 'code' ? html`<code class="command">${text}</code>` : text}</td>`;
}

/** `1583a24b7c9d+changes` of the full id. */
function shortCommit(commit: string): string {
  return commit.replace(/^([0-9a-f]{12})[0-9a-f]*/, '$1');
}

function linkArxiv(citation: string): Html {
  const [, before, number, after] = /^(.*)arXiv:(\d{4}\.\d{4,5})(.*)$/s.exec(citation) ?? [];
  if (number === undefined) return html`${citation}`;
  return html`${before}<a href="https://arxiv.org/abs/${number}">arXiv:${number}</a>${after}`;
}
