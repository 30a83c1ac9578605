/** An issue as a page of the living issue's design: one HTML file without scripts that needs nothing else. */
import { type Figure, type Html, html, raw, renderFigure, renderFrame } from '../../../report/index.ts';
import type { Issue, IssuePick, PaperEntry, Statement } from './issue.ts';
import {
  aboutWords,
  changeLines,
  creditWords,
  dayBefore,
  entriesOf,
  growthWords,
  originWords,
  partsLegend,
  scoreWords,
  webAddress,
  windowWords,
} from './words.ts';

/** What the frame's style sheet does not know. */
const style = `<style>
.newsletter section { margin-top: 2.6rem; }
.newsletter ol, .newsletter ul { padding-left: 1.3rem; }
.newsletter li { margin: 0 0 .45rem; }
.newsletter .pick { margin-top: 2.2rem; padding-top: .8rem; border-top: 1px solid var(--faint); }
.newsletter .pick h3 { margin-top: 0; font-size: 1.2rem; }
.newsletter .source { font-size: .72em; vertical-align: super; line-height: 0; color: var(--muted); margin-left: .15em; }
.newsletter .unsupported { border-bottom: 2px dotted var(--s2); }
.newsletter .origin { font-size: .72rem; font-weight: 600; color: var(--s2); }
.newsletter dt { font-weight: 600; } .newsletter dd { margin: 0 0 .6rem; }
.newsletter table.data td:first-child { white-space: normal; }
</style>`;

/** The page. All text is escaped; links lead to http and https only. */
export function issuePage(issue: Issue, { figures = [] }: { readonly figures?: readonly Figure[] } = {}): string {
  const entries = entriesOf(issue);
  const say = (statements: readonly Statement[]) => statements.map((statement) => sentence(statement, entries));
  const { summary, rising, news, picks, references, resources, notes } = issue;
  const body = html`${raw(style)}<div class="newsletter">
<header class="masthead">
<p class="name">Tenfold <span>${windowWords(issue)}</span></p>
<h1>${issue.title}</h1>
<p class="quiet small">${aboutWords(issue)}</p>
</header>
<main>
${
  summary.length > 0 &&
  html`<section aria-labelledby="hot"><h2 class="part" id="hot">What is hot</h2>
<p>${say(summary)}</p></section>`
}
${
  rising.length > 0 &&
  html`<section aria-labelledby="rising"><h2 class="part" id="rising">Rising phrases</h2>
<div class="scroll" tabindex="0" role="group" aria-label="Rising phrases"><table class="data">
<thead><tr><th scope="col">Phrase</th><th scope="col" class="number">Growth</th><th scope="col">Also</th></tr></thead>
<tbody>${rising.map((row) => html`<tr><td>${row.phrase}</td><td class="number">${growthWords(row)}</td><td class="text quiet">${row.also.slice(0, 4).join(', ')}</td></tr>\n`)}</tbody>
</table></div></section>`
}
${figures.map((figure, i) => renderFigure('', figure, i + 1))}
${
  news.length > 0 &&
  html`<section aria-labelledby="news"><h2 class="part" id="news">News in brief</h2>
<ul>${news.map(({ paper, statements }) => html`<li><b>${linked(paper)}</b> – ${say(statements)}</li>\n`)}</ul></section>`
}
<section aria-labelledby="papers"><h2 class="part" id="papers">Papers</h2>
${picks.map((pick, i) => renderPick(pick, i + 1, say))}
</section>
${
  references.length > 0 &&
  html`<section aria-labelledby="earlier"><h2 class="part" id="earlier">Nearest earlier papers</h2>
<ol>${references.map((paper, i) => html`<li id="reference-${i + 1}">${linked(paper)} <span class="quiet small">${creditWords(paper)}</span></li>\n`)}</ol></section>`
}
${
  resources.length > 0 &&
  html`<section aria-labelledby="resources"><h2 class="part" id="resources">Data sets and benchmarks</h2>
<ul>${resources.map(({ paper, statement }) => html`<li><b>${linked(paper)}</b> – ${say([statement])}</li>\n`)}</ul></section>`
}
${renderChanges(issue)}
</main>
<footer><h2 class="part">How to read this</h2>
<p>Every sentence is quoted word for word from the paper that the mark after it names, unless it is marked otherwise.</p>
<ul>${[...partsLegend(issue), ...notes].map((note) => html`<li>${note}</li>\n`)}</ul>
</footer>
</div>`;
  return renderFrame(issue.title, body);
}

function renderPick(pick: IssuePick, number: number, say: (statements: readonly Statement[]) => Html[]): Html {
  const { paper, topic, why, insights, related, rising } = pick;
  return html`<article class="pick" id="pick-${number}">
<h3>${number}. ${linked(paper)}</h3>
<p class="quiet small">${creditWords(paper)}${topic !== null && html` · ${topic}`}</p>
${why.length > 0 && html`<p><b>Why.</b> ${say(why)}</p>`}
${insights.length > 0 && html`<p><b>Key insights.</b> ${say(insights)}</p>`}
${rising.length > 0 && html`<p class="small">Rising in it: ${rising.join(', ')}.</p>`}
${related.length > 0 && html`<p class="small">Nearest earlier papers: ${related.map((n) => html`<a href="#reference-${n}">[${n}]</a> `)}</p>`}
<p class="quiet small">${scoreWords(pick)}</p>
</article>
`;
}

function renderChanges(issue: Issue): Html | false {
  const lines = changeLines(issue);
  if (lines.length === 0) return false;
  return html`<section aria-labelledby="changed"><h2 class="part" id="changed">What changed</h2>
<p class="quiet small">Against ${issue.changed.since} to ${dayBefore(issue.from)}.</p>
<ul>${lines.map((line) => html`<li>${line}</li>\n`)}</ul></section>`;
}

function sentence(statement: Statement, entries: ReadonlyMap<string, PaperEntry>): Html {
  const { lead, text, sources, supported } = statement;
  const origin = originWords(statement);
  return html`${lead !== undefined && html`<b>${lead}.</b> `}<span${supported === false && raw(' class="unsupported"')}>${text}</span>${sources.map((source) => renderSource(source, entries))}${origin !== '' && html` <span class="origin">[${origin}]</span>`} `;
}

function renderSource(
  { paper, sentence }: Statement['sources'][number],
  entries: ReadonlyMap<string, PaperEntry>,
): Html {
  const entry = entries.get(paper);
  const mark = html`§${sentence + 1}`;
  const about = `sentence ${sentence + 1} of ${entry?.title ?? paper}`;
  const url = webAddress(entry?.url);
  if (url === undefined)
    return html`<span class="source" title="${about}">${entry ? mark : html`${paper} ${mark}`}</span>`;
  return html`<a class="source" href="${url}" title="${about}" aria-label="${about}">${mark}</a>`;
}

function linked(paper: PaperEntry): Html {
  const url = webAddress(paper.url);
  return url === undefined ? html`${paper.title}` : html`<a href="${url}">${paper.title}</a>`;
}
