/**
 * The living issue's page: one HTML file that needs no script, no network and no other file.
 *
 * It is a pure function of the issue. At its head stands what was run and what is missing, then the contents with every
 * system's verdicts, then a part a system: its claims beside what was measured, its figures, its tables, and the command
 * that measures them again. A run of today and a recorded one are shown side by side.
 */

import { formatDate, formatSeconds } from './format.ts';
import { type Html, html } from './html.ts';
import type { ContentsRow, Issue } from './issue.ts';
import { renderArticle } from './page-article.ts';
import { renderFrame } from './page-frame.ts';
import type { Section } from './section.ts';
import { countVerdicts, describeVerdicts, inNumber, renderVerdict } from './verdict.ts';

/** A system's place in the contents and its sections, quick before recorded. */
interface Entry {
  readonly row: ContentsRow;
  readonly sections: readonly Section[];
}

/** The page of an issue. The same issue gives the same page. */
export function renderPage(issue: Issue, contents: readonly ContentsRow[]): string {
  const entries = contents.map((row) => ({ row, sections: issue.systems.filter(({ id }) => id === row.id) }));
  const date = formatDate(issue.date);
  const body = html`<a class="skip" href="#contents">To the contents</a>
<header class="masthead">
<p class="name">Tenfold <span>${date}</span></p>
<h1>The living issue</h1>
<p class="deck">The research of May 2022, run again: what the papers claim beside what was measured on this machine.</p>
${renderFacts(issue)}
${renderMissing(entries)}
</header>
<nav class="contents" aria-labelledby="contents">
<h2 class="part" id="contents">Contents</h2>
<table><tbody>${entries.map(renderContentsRow)}</tbody></table>
</nav>
<main>${entries.filter(({ sections }) => sections.length > 0).map(({ sections }) => renderArticle(sections))}</main>
${HOW_TO_READ}`;
  return renderFrame(`The living issue · ${date}`, body);
}

function renderFacts({ machine, seconds, systems }: Issue): Html {
  const claims = systems.flatMap((section) => section.claims);
  return html`<dl class="facts">
<dt>Machine</dt><dd>${machine}</dd>
<dt>Took</dt><dd>${formatSeconds(seconds)}</dd>
<dt>Claims</dt><dd>${describeVerdicts(claims)}</dd>
</dl>`;
}

/** What is not here, in words: derived from what is registered and what has run. */
function renderMissing(entries: readonly Entry[]): Html {
  const unrun = (why: ContentsRow['unrun']) =>
    entries.filter(({ row, sections }) => sections.length === 0 && row.unrun === why);
  const failed = entries.filter(({ sections }) => sections.some((section) => section.error !== undefined));
  const sentences = [
    sentence(unrun('missing'), 'has no experiment yet', 'have no experiment yet'),
    sentence(unrun('left out'), 'was not asked for', 'were not asked for'),
    sentence(
      unrun('waiting'),
      'has not run: this page was written before it did',
      'have not run: this page was written before they did',
    ),
    sentence(failed, 'failed', 'failed'),
  ];
  const missing = sentences.filter((text) => text !== '');
  if (missing.length === 0) return html``;
  return html`<p class="notice small">Not here: of ${entries.length} systems, ${missing.join('; ')}.</p>`;
}

function sentence(entries: readonly Entry[], one: string, many: string): string {
  if (entries.length === 0) return '';
  if (entries.length === 1) return `${entries[0]!.row.title} ${one}`;
  return `${entries.length} ${many}`;
}

function renderContentsRow({ row, sections }: Entry): Html {
  if (sections.length === 0) {
    const why = { missing: 'no experiment yet', waiting: 'not run so far', 'left out': 'not run in this issue' }[
      row.unrun
    ];
    return html`<tr class="unrun"><td><div class="title">${row.title}</div></td><td class="quiet">${why}</td><td></td></tr>`;
  }
  const failed = sections.some((section) => section.error !== undefined);
  return html`<tr><td><div class="title"><a href="#${row.id}">${row.title}</a></div></td>
<td><div class="counts">${failed && html`<span class="verdict fails" data-sign="!">failed</span>`}${renderCounts(sections)}</div></td>
<td>${sections.map((section) => html`<div>${formatSeconds(section.seconds)}${section.recorded && html` <span class="quiet">recorded</span>`}</div>`)}</td></tr>`;
}

function renderCounts(sections: readonly Section[]): Html[] {
  return countVerdicts(sections.flatMap((section) => section.claims)).map(([verdict, count]) =>
    renderVerdict(verdict, inNumber(verdict, count).replace(' at this scale', '')),
  );
}

const HOW_TO_READ = html`<footer>
<dl>
<dt>${renderVerdict('holds')}</dt><dd>The measurement satisfies the rule printed under the claim: all of its interval does.</dd>
<dt>${renderVerdict('does not hold')}</dt><dd>None of its interval does.</dd>
<dt>${renderVerdict('not testable at this scale', 'not testable')}</dt><dd>The interval lies on both sides and is wider than the smallest effect that the run was built to
detect, or nothing could be measured at this size. A narrower one is decided by its value.</dd>
</dl>
<p>Rules, seeds and smallest detectable effects are fixed in the code before a run. “±” and brackets are intervals at 95%
unless a caption says otherwise. A <i>quick</i> run was made for this page; a <i>recorded</i> one took longer and is kept in the
repository with its date, commit and machine. Every command is typed in a terminal; in a clone of the repository, put
<code>npx</code> before it.</p>
</footer>`;
