/** A page of findings that are no part of the issue, such as those of a run on a user's own data. */

import type { Figure } from './figure.ts';
import { html } from './html.ts';
import { renderFigure, renderTable } from './page-article.ts';
import { renderFrame } from './page-frame.ts';
import type { Table } from './table.ts';

export interface FindingsPage {
  readonly title: string;
  /** One sentence under the title: what was found. */
  readonly deck: string;
  /** What was done to find it: names and values. */
  readonly facts: Readonly<Record<string, string>>;
  /** What a reader should know before anything else, a sentence each. */
  readonly notes: readonly string[];
  readonly tables: readonly Table[];
  readonly figures: readonly Figure[];
}

/** The page as one HTML file. All text is escaped. */
export function renderFindings({ title, deck, facts, notes, tables, figures }: FindingsPage): string {
  const body = html`<header class="masthead">
<h1>${title}</h1>
<p class="deck">${deck}</p>
<dl class="facts">${Object.entries(facts).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
${notes.length > 0 && html`<p class="notice small">${notes.join(' ')}</p>`}
</header>
<main>
${tables.map((table, n) => renderTable('', table, n + 1))}
${figures.map((figure, n) => renderFigure('', figure, n + 1))}
</main>`;
  return renderFrame(title, body);
}
