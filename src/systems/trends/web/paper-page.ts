/** A paper: what is said and counted of it, what a reader made of it, and what is like it. */
import type { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { type Html, html } from '../../../report/index.ts';
import { webAddress } from '../issue/words.ts';
import { knownDate, type Paper } from '../paper.ts';
import { bibtexEntry } from '../store/export.ts';
import type { Shelf } from '../store/store.ts';
import type { Desk } from './desk.ts';
import { backTo, formOf, here, typed } from './forms.ts';
import { page } from './frame.ts';
import {
  authorLinks,
  collectionPath,
  counted,
  datalist,
  fieldQuery,
  number,
  paperPath,
  searchPath,
  signalMeaning,
  signalNames,
  sourceLine,
  withLinks,
} from './parts.ts';

const similarShown = 8;
const listedShown = 30;
const readingsShown = 12;

export function paperPages(app: Hono, desk: Desk): void {
  const { store } = desk;
  app.get('/paper', async (c) => {
    const paper = await existing(desk, c.req.query('id'));
    // the id of a paper that was merged leads to the one that answers to it
    if (paper.id !== c.req.query('id')) return c.redirect(paperPath(paper.id), 303);
    return c.html(await paperPage(desk, paper, here(c)));
  });
  app.get('/paper.bib', async (c) => {
    const paper = await existing(desk, c.req.query('id'));
    c.header('content-type', 'application/x-bibtex; charset=utf-8');
    c.header('content-disposition', 'attachment; filename="paper.bib"');
    return c.body(await bibtexOf(desk, paper));
  });
  app.post('/paper/note', async (c) => {
    const form = await formOf(c);
    const { id } = await existing(desk, form.get('id'));
    await store.setNote(id, form.get('note') ?? '');
    return c.redirect(backTo(form, paperPath(id)), 303);
  });
  app.post('/paper/untag', async (c) => {
    const form = await formOf(c);
    await store.untag([form.get('id') ?? ''], form.get('tag') ?? '');
    return c.redirect(backTo(form, '/'), 303);
  });
  app.post('/paper/uncollect', async (c) => {
    const form = await formOf(c);
    await store.uncollect(form.get('collection') ?? '', [form.get('id') ?? '']);
    return c.redirect(backTo(form, '/'), 303);
  });
  // what is done with one paper or with several
  app.post('/papers/tag', async (c) => {
    const form = await formOf(c);
    const tag = typed(form, 'tag');
    if (tag === undefined) throw new RangeError('tag: expected a tag, got nothing');
    await store.tag(chosenIds(form), tag);
    return c.redirect(backTo(form, '/'), 303);
  });
  app.post('/papers/collect', async (c) => {
    const form = await formOf(c);
    const name = typed(form, 'collection');
    if (name === undefined) throw new RangeError('collection: expected the name of a collection, got nothing');
    const ids = chosenIds(form);
    if (!(await store.collections()).some((one) => one.name === name)) await store.makeCollection(name);
    await store.collect(name, ids);
    return c.redirect(backTo(form, '/'), 303);
  });
  app.post('/papers/read', async (c) => {
    const form = await formOf(c);
    await store.markRead(chosenIds(form), form.get('read') !== 'no');
    return c.redirect(backTo(form, '/'), 303);
  });
}

function chosenIds(form: URLSearchParams): string[] {
  const ids = form.getAll('id');
  if (ids.length === 0) throw new RangeError('papers: expected some to be chosen, got none');
  return ids;
}

async function existing({ store }: Desk, id: string | null | undefined): Promise<Paper> {
  const [paper] = await store.get([id ?? '']);
  if (!paper) throw new HTTPException(404, { message: `expected a paper of the collection, got '${id ?? ''}'` });
  return paper;
}

async function bibtexOf({ store }: Desk, paper: Paper): Promise<string> {
  const [shelf] = await store.shelves([paper.id]);
  return bibtexEntry(paper, shelf!, new Set());
}

async function paperPage(desk: Desk, paper: Paper, back: string): Promise<string> {
  const { store, search } = desk;
  const { id, title, abstract, text, doi, arxiv } = paper;
  const [[shelf], [signals], [readings], provenance, tags, collections, bibtex] = await Promise.all([
    store.shelves([id]),
    store.signals([id]),
    store.readings([id]),
    store.provenance(id),
    store.tags(),
    store.collections(),
    bibtexOf(desk, paper),
  ]);
  const similar = await search.similar([id], { limit: similarShown });
  const cited = await linked(desk, signals!.references ?? []);
  const citing = (await store.at(Array.from((await store.select({ cites: [id] })).slice(0, listedShown)))).flatMap(
    ({ paper: other }) => other ?? [],
  );
  const address = webAddress(paper.url);
  const body = abstract === '' ? (text ?? '') : abstract;
  const main = html`<article class="paper hit" data-id="${id}">
<h1>${title}</h1>
<p class="small">${authorLinks(paper.authors, 60)}</p>
<p class="small quiet">${sourceLine(paper)}${doi !== undefined && html` · <a href="https://doi.org/${encodeURI(doi)}" rel="noreferrer noopener">doi:${doi}</a>`}${arxiv && html` · <a href="https://arxiv.org/abs/${encodeURI(arxiv.id)}" rel="noreferrer noopener">arXiv:${arxiv.id}v${arxiv.version}</a>`}</p>
<div class="columns"><div>
${body === '' ? html`<p class="quiet">No abstract is known.</p>` : html`<p class="abstract">${withLinks(body)}</p>`}
${address !== undefined && html`<p><a class="button" href="${address}" rel="noreferrer noopener">Read it</a></p>`}
<h2>Signals</h2>
<dl class="facts">${signalNames.map((name) => {
    const value = signals![name];
    return html`<dt>${name}</dt><dd>${value === undefined ? html`<span class="quiet">unknown</span>` : html`<b>${number(value)}</b>`} <span class="quiet">– ${signalMeaning[name]}</span></dd>`;
  })}</dl>
${
  readings!.length > 1 &&
  html`<details class="small"><summary>${counted(readings!.length, 'reading')}</summary><div class="scroll" tabindex="0" role="group" aria-label="Readings"><table class="data">
<thead><tr><th scope="col">Day</th><th scope="col">Source</th>${signalNames.map((name) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead>
<tbody>${readings!.slice(-readingsShown).map((reading) => html`<tr><td>${reading.at}</td><td>${reading.source ?? ''}</td>${signalNames.map((name) => html`<td class="number">${reading[name] === undefined ? '–' : number(reading[name])}</td>`)}</tr>`)}</tbody></table></div></details>`
}
${cited.length > 0 && html`<h2>It cites, of this collection</h2>${plainList(cited)}`}
${citing.length > 0 && html`<h2>Cited here by</h2>${plainList(citing)}`}
<p class="small quiet">Told by ${provenance.map(({ source, record, first }, i) => html`${i > 0 && ', '}${source} (${record}, since ${first.slice(0, 10)})`)}. Id <code>${id}</code>.</p>
</div>
<aside aria-label="Yours">
${shelfForms(
  id,
  shelf!,
  tags.map(({ tag }) => tag),
  collections.map(({ name }) => name),
  back,
)}
<h2>BibTeX</h2>
<pre class="bibtex" id="bibtex" tabindex="0">${bibtex.trim()}</pre>
<p class="small"><button type="button" data-copy="bibtex">Copy</button> <a href="/paper.bib?id=${encodeURIComponent(id)}">Download</a></p>
</aside></div>
<h2>Similar papers</h2>
${
  similar.hits.length === 0
    ? html`<p class="quiet">None is like it.</p>`
    : html`<ol class="hits plain">${similar.hits.map(
        ({ paper: other, score }) =>
          html`<li class="hit" data-id="${other.id}" tabindex="-1"><a href="${paperPath(other.id)}">${other.title}</a> <span class="small quiet">${knownDate(other).slice(0, 7)}, likeness ${score.toFixed(2)}</span></li>`,
      )}</ol><p class="small"><a href="/similar?id=${encodeURIComponent(id)}">More</a></p>`
}
</article>`;
  return page(desk, { title, at: 'search', main, wide: true });
}

/** What is cited, where it is in the collection. */
async function linked({ store }: Desk, references: readonly string[]): Promise<Paper[]> {
  return (await store.get(references.slice(0, 500))).flatMap((paper) => paper ?? []).slice(0, listedShown);
}

function plainList(papers: readonly Paper[]): Html {
  return html`<ul>${papers.map(({ id, title, date }) => html`<li><a href="${paperPath(id)}">${title}</a> <span class="small quiet">${date.slice(0, 4)}</span></li>`)}</ul>`;
}

function shelfForms(
  id: string,
  { tags, collections, read, note }: Shelf,
  allTags: readonly string[],
  allCollections: readonly string[],
  back: string,
): Html {
  const hidden = html`<input type="hidden" name="id" value="${id}"><input type="hidden" name="back" value="${back}">`;
  return html`<h2>Yours</h2>
<form method="post" action="/papers/read" class="read-form">${hidden}<input type="hidden" name="read" value="${read === undefined ? 'yes' : 'no'}"><button>${read === undefined ? 'Mark as read' : `Read on ${read.slice(0, 10)} – mark as unread`}</button></form>
<h3>Tags</h3>
<ul class="chips">${tags.map((tag) => html`<li><a class="chip" href="${searchPath(fieldQuery('tag', tag))}">${tag}</a><form method="post" action="/paper/untag">${hidden}<input type="hidden" name="tag" value="${tag}"><button class="remove" aria-label="Take the tag ${tag} away">×</button></form></li>`)}</ul>
<form method="post" action="/papers/tag" class="pair">${hidden}<label class="unseen" for="tag">Tag</label><input id="tag" name="tag" list="all-tags" maxlength="200" required autocomplete="off" placeholder="tag"><button>Tag</button></form>
<h3>Collections</h3>
<ul class="chips">${collections.map((name) => html`<li><a class="chip" href="${collectionPath(name)}">${name}</a><form method="post" action="/paper/uncollect">${hidden}<input type="hidden" name="collection" value="${name}"><button class="remove" aria-label="Take it out of ${name}">×</button></form></li>`)}</ul>
<form method="post" action="/papers/collect" class="pair">${hidden}<label class="unseen" for="collection">Collection</label><input id="collection" name="collection" list="all-collections" maxlength="200" required autocomplete="off" placeholder="collection"><button>Put into</button></form>
<h3><label for="note">Note</label></h3>
<form method="post" action="/paper/note">${hidden}<textarea id="note" name="note" rows="5" maxlength="20000">${note ?? ''}</textarea><button>Keep the note</button></form>
${datalist('all-tags', allTags)}${datalist('all-collections', allCollections)}`;
}
