/** The editor of an issue: every sentence beside what it stands on, the papers with every part of their score, and out. */
import { type Html, html, raw } from '../../../report/index.ts';
import { type Draft, draftId, problemsOf, readPublished } from '../desk/drafts.ts';
import { formNames } from '../desk/forms.ts';
import type { Issue, IssuePick, Statement } from '../issue/issue.ts';
import { creditWords, growthWords, originWords, scoreWords, windowWords } from '../issue/words.ts';
import { partMeaning, partNames } from '../pick/evidence.ts';
import { defaultWeights } from '../pick/pick.ts';
import type { Desk } from './desk.ts';
import { page } from './frame.ts';
import { paperPath } from './parts.ts';

export async function editor(desk: Desk, { request, issue, changed }: Draft): Promise<string> {
  const { store } = desk;
  const id = draftId(request);
  const [problems, published] = await Promise.all([problemsOf(store, issue), readPublished(store, id)]);
  const banned = (await store.get(request.bans)).flatMap((paper) => paper ?? []);
  const version = html`<input type="hidden" name="changed" value="${changed}">`;
  const files = (of: string) =>
    html`<ul class="chips">${formNames.map((name) => html`<li><a class="chip" href="/${of}/${id}/${name}">${name}</a></li>`)}</ul>`;
  const main = html`<h1>${issue.title}</h1>
<p class="small quiet">${windowWords(issue)}; last changed ${changed.slice(0, 16).replace('T', ' ')} UTC. <a href="/issues/${id}/issue.html">See it</a></p>
${
  problems.length > 0 &&
  html`<div class="error" role="alert"><p>Not sound yet:</p><ul>${problems.map((problem) => html`<li>${problem}</li>`)}</ul></div>`
}
${issue.notes.length > 0 && html`<ul class="small quiet">${issue.notes.map((note) => html`<li>${note}</li>`)}</ul>`}
<form method="post" action="/issues/${id}/text" class="editor">${version}
<label class="wide"><span>Title</span> <input name="title" value="${issue.title}" maxlength="300" required autocomplete="off"></label>
<section><h2>What is hot</h2>${block('summary', 'the summary', issue.summary)}
${issue.rising.length > 0 && html`<p class="small quiet">Rising: ${issue.rising.slice(0, 10).map((row, i) => html`${i > 0 && '; '}<b>${row.phrase}</b> ${growthWords(row)}`)}.</p>`}</section>
${
  issue.news.length > 0 &&
  html`<section><h2>News in brief</h2>${issue.news.map(
    ({ paper, statements }, i) =>
      html`<h3><a href="${paperPath(paper.id)}">${paper.title}</a></h3>${block(`news.${i}`, `the news of ${paper.title}`, statements)}`,
  )}</section>`
}
<section><h2>Papers</h2>${issue.picks.map((pick, i) => pickPart(pick, i, issue.picks.length))}</section>
${
  issue.resources.length > 0 &&
  html`<section><h2>Data sets and benchmarks</h2>${issue.resources.map(
    ({ paper, statement }, i) =>
      html`<h3><a href="${paperPath(paper.id)}">${paper.title}</a></h3>${sentence(`resources.${i}.0`, `Sentence on the resource of ${paper.title}`, statement)}`,
  )}</section>`
}
<p class="sticky"><button class="main">Keep the text</button></p>
</form>
<section><h2>Pick anew</h2>
<p class="small quiet">What was edited stays with its paper. Pinned papers are taken whatever their score, banned ones never.</p>
<form method="post" action="/issues/${id}/picks" class="picking">${version}
<div class="scroll" tabindex="0" role="group" aria-label="Picked papers"><table class="data"><thead><tr><th scope="col">Paper</th><th scope="col">Pin</th><th scope="col">Ban</th></tr></thead><tbody>${issue.picks.map(
    ({ paper, pinned }) =>
      html`<tr><td class="text">${paper.title}</td><td><input type="checkbox" name="pin" value="${paper.id}" aria-label="Pin ${paper.title}"${pinned && raw(' checked')}></td><td><input type="checkbox" name="ban" value="${paper.id}" aria-label="Ban ${paper.title}"></td></tr>`,
  )}${banned.map(
    ({ id: paper, title }) =>
      html`<tr class="quiet"><td class="text">${title}</td><td></td><td><input type="checkbox" name="ban" value="${paper}" aria-label="Ban ${title}" checked></td></tr>`,
  )}</tbody></table></div>
<div class="fields small">
<label class="wide"><span>Pin others, by their ids</span> <input name="more-pins" maxlength="1000" autocomplete="off" placeholder="arxiv:2204.10628"></label>
<label><span>Papers</span> <input name="count" type="number" min="1" max="50" value="${request.count}"></label>
</div>
<fieldset class="fields small"><legend>How much each part counts</legend>${partNames.map(
    (name) =>
      html`<label title="${partMeaning[name]}"><span>${name}</span> <input name="weight-${name}" type="number" min="0" max="100" step="any" value="${request.weights[name] ?? defaultWeights[name]}"></label>`,
  )}</fieldset>
<ul class="small quiet">${partNames.map((name) => html`<li>${name}: ${partMeaning[name]}</li>`)}</ul>
<button class="main">Pick anew</button></form></section>
<section id="out"><h2>Out</h2>
<p>As it is now:</p>${files('issues')}
${
  published
    ? html`<p>Published on ${published.at.slice(0, 16).replace('T', ' ')} UTC, and in the <a href="/feed.xml">feed</a>${isSame(published.issue, issue) ? '' : html` – <b>changed since</b>`}:</p>${files('published')}`
    : html`<p class="quiet">Not published yet.</p>`
}
<div class="line"><form method="post" action="/issues/${id}/publish">${version}<button class="main"${problems.length > 0 && raw(' disabled')}>${published ? 'Publish again' : 'Publish'}</button></form>
${published && html`<form method="post" action="/issues/${id}/unpublish"><button>Take back</button></form>`}
<form method="post" action="/issues/${id}/remove"><button class="danger">Throw the draft away</button></form></div></section>`;
  return page(desk, { title: issue.title, at: 'issues', main });
}

function isSame(a: Issue, b: Issue): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function pickPart(pick: IssuePick, i: number, of: number): Html {
  const { paper, topic, why, insights, rising } = pick;
  return html`<article class="pick hit" id="pick-${i + 1}" tabindex="-1">
<h3>${i + 1}. <a href="${paperPath(paper.id)}">${paper.title}</a></h3>
<p class="small quiet">${creditWords(paper)}${topic !== null && html` · ${topic}`}${rising.length > 0 && html` · rising: ${rising.slice(0, 5).join(', ')}`}</p>
<p class="small quiet">${scoreWords(pick)}</p>
<h4>Why</h4>${block(`why.${i}`, `why, of ${paper.title}`, why)}
<h4>Key insights</h4>${block(`insights.${i}`, `the insights of ${paper.title}`, insights)}
<p class="small line">${i > 0 && html`<button name="move" value="up ${paper.id}" aria-label="Move ${paper.title} up">↑ up</button>`} ${i < of - 1 && html`<button name="move" value="down ${paper.id}" aria-label="Move ${paper.title} down">↓ down</button>`}</p>
</article>`;
}

function block(name: string, words: string, statements: readonly Statement[]): Html {
  return html`${statements.map((statement, i) => sentence(`${name}.${i}`, `Sentence ${i + 1} of ${words}`, statement))}<details class="small"><summary>Add a sentence</summary><textarea name="${name}.new" rows="2" maxlength="4000" aria-label="New sentence of ${words}"></textarea></details>`;
}

/** A sentence to edit, what it is called, and what it stands on. */
function sentence(name: string, label: string, statement: Statement): Html {
  const { lead, text, sources, supported } = statement;
  const origin = originWords(statement);
  return html`<div class="sentence${supported === false ? ' unsupported' : ''}">${lead !== undefined && html`<p class="small"><b>${lead}</b></p>`}<textarea name="${name}" rows="3" maxlength="4000" aria-label="${label}">${text}</textarea>
<p class="small quiet">${origin === '' ? 'quoted' : html`<b>${origin}</b>`}${sources.map(
    ({ paper, sentence: number }) => html` · <a href="${paperPath(paper)}">${paper} §${number + 1}</a>`,
  )}${sources.length === 0 && ' · no source'}</p></div>`;
}
