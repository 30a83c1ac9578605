/** What a reader keeps: collections with what is recommended from them and why, tags, notes, and what is unread. */
import type { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { type Html, html } from '../../../report/index.ts';
import { bibtexEntry } from '../store/export.ts';
import type { Collection } from '../store/store.ts';
import type { Desk } from './desk.ts';
import { backTo, formOf, here, typed } from './forms.ts';
import { page } from './frame.ts';
import { collectionPath, counted, fieldQuery, paperItem, searchPath, severalBar } from './parts.ts';
import { recommendedPath } from './recommended.ts';

export function shelfPages(app: Hono, desk: Desk): void {
  const { store } = desk;
  app.get('/shelf', async (c) => c.html(await shelfPage(desk)));
  app.get('/collection', async (c) =>
    c.html(await collectionPageOf(desk, await existing(desk, c.req.query('name')), here(c))),
  );
  app.get('/collection.bib', async (c) => {
    const { papers } = await existing(desk, c.req.query('name'));
    const shelves = await store.shelves(papers);
    const keys = new Set<string>();
    const entries = (await store.get(papers)).map((paper, i) => (paper ? bibtexEntry(paper, shelves[i]!, keys) : ''));
    c.header('content-disposition', 'attachment; filename="collection.bib"');
    return c.body(entries.join(''), 200, { 'content-type': 'application/x-bibtex; charset=utf-8' });
  });
  app.post('/collections/make', async (c) => {
    const form = await formOf(c);
    const name = typed(form, 'name') ?? '';
    await store.makeCollection(name, form.get('about') ?? '');
    return c.redirect(collectionPath(name), 303);
  });
  app.post('/collections/rename', async (c) => {
    const form = await formOf(c);
    const { name } = await existing(desk, form.get('name'));
    const to = typed(form, 'to') ?? name;
    if (to !== name) await store.renameCollection(name, to);
    await store.makeCollection(to, form.get('about') ?? '');
    return c.redirect(collectionPath(to), 303);
  });
  app.post('/collections/remove', async (c) => {
    const form = await formOf(c);
    await store.removeCollection((await existing(desk, form.get('name'))).name);
    return c.redirect('/shelf', 303);
  });
  app.post('/collections/uncollect', async (c) => {
    const form = await formOf(c);
    const { name } = await existing(desk, form.get('name'));
    await store.uncollect(name, form.getAll('id'));
    return c.redirect(backTo(form, collectionPath(name)), 303);
  });
}

async function existing({ store }: Desk, name: string | null | undefined): Promise<Collection> {
  const found = (await store.collections()).find((one) => one.name === name);
  if (!found) throw new HTTPException(404, { message: `expected a collection, got '${name ?? ''}', which is none` });
  return found;
}

async function shelfPage(desk: Desk): Promise<string> {
  const { store } = desk;
  const [collections, tags, read, noted] = await Promise.all([
    store.collections(),
    store.tags(),
    store.select({ read: true }),
    store.select({ note: true }),
  ]);
  const main = html`<h1>My papers</h1>
<h2>Collections</h2>
${
  collections.length === 0
    ? html`<p class="quiet">None yet. A collection gathers papers; what is like them is recommended.</p>`
    : html`<ul class="plain">${collections.map(
        ({ name, about, papers }) =>
          html`<li class="hit" tabindex="-1"><a href="${collectionPath(name)}">${name}</a> <span class="small quiet">${counted(papers.length, 'paper')}${about !== '' && ` – ${about}`}</span></li>`,
      )}</ul>`
}
<form method="post" action="/collections/make" class="fields small"><label><span>Name</span> <input name="name" required maxlength="200" autocomplete="off"></label><label class="wide"><span>What it is for</span> <input name="about" maxlength="1000" autocomplete="off"></label><button>Make a collection</button></form>
<h2>Tags</h2>
${tags.length === 0 ? html`<p class="quiet">None yet.</p>` : html`<ul class="chips">${tags.map(({ tag, papers }) => html`<li><a class="chip" href="${searchPath(fieldQuery('tag', tag))}">${tag} <span class="quiet">${papers}</span></a></li>`)}</ul>`}
<h2>Marks</h2>
<ul class="plain"><li><a href="/?read=yes&amp;sort=date">${counted(read.length, 'paper')} read</a></li><li><a href="/?note=1&amp;sort=date">${counted(noted.length, 'paper')} with a note</a></li><li><a href="/?read=no&amp;sort=date">unread, the newest first</a></li></ul>
<h2>Recommended</h2>
${
  collections.some(({ papers }) => papers.length > 0) || tags.length + read.length > 0
    ? html`<p><a class="button" href="${recommendedPath()}">By all that you keep</a></p>
<ul class="chips">${collections.filter(({ papers }) => papers.length > 0).map(({ name }) => html`<li><a class="chip" href="${recommendedPath({ collection: name })}">by ▤ ${name}</a></li>`)}${tags.map(({ tag }) => html`<li><a class="chip" href="${recommendedPath({ tag })}">by ${tag}</a></li>`)}</ul>`
    : html`<p class="quiet">Papers that are tagged, collected or read are what others are recommended by: there are none yet.</p>`
}`;
  return page(desk, { title: 'My papers', at: 'shelf', main });
}

async function collectionPageOf(desk: Desk, { name, about, papers }: Collection, back: string): Promise<string> {
  const { store } = desk;
  const [found, signals, shelves, collections, tags] = await Promise.all([
    store.get(papers),
    store.signals(papers),
    store.shelves(papers),
    store.collections(),
    store.tags(),
  ]);
  const items = found.flatMap((paper, i): Html[] =>
    paper ? [paperItem({ paper, signals: signals[i]!, shelf: shelves[i]! })] : [],
  );
  const query = encodeURIComponent(name);
  const main = html`<h1>${name}</h1>
${about !== '' && html`<p class="deck">${about}</p>`}
<p class="small">${counted(papers.length, 'paper')} · <a href="${searchPath(fieldQuery('collection', name))}">search in it</a> · <a href="/collection.bib?name=${query}">BibTeX</a>${papers.length > 0 && html` · <a href="${recommendedPath({ collection: name })}">recommended by it</a>`}</p>
${
  items.length === 0
    ? html`<p class="quiet">It is empty: choose papers in a search, and put them into it.</p>`
    : html`<form method="post" class="list"><input type="hidden" name="name" value="${name}"><ol class="hits">${items}</ol>${severalBar(
        collections.map((one) => one.name),
        tags.map(({ tag }) => tag),
        back,
      )}<p><button formaction="/collections/uncollect">Take the chosen out of it</button></p></form>`
}
<h2>Change it</h2>
<form method="post" action="/collections/rename" class="fields small"><input type="hidden" name="name" value="${name}"><label><span>Name</span> <input name="to" value="${name}" required maxlength="200" autocomplete="off"></label><label class="wide"><span>What it is for</span> <input name="about" value="${about}" maxlength="1000" autocomplete="off"></label><button>Keep</button></form>
<form method="post" action="/collections/remove" class="small"><input type="hidden" name="name" value="${name}"><button class="danger">Take the collection away</button> <span class="quiet">Its papers stay.</span></form>`;
  return page(desk, { title: name, at: 'shelf', main });
}
