/** The search: the query language, filters, one order at a time, and beside every hit what it was found by. */
import type { Hono } from 'hono';
import { type Html, html } from '../../../report/index.ts';
import { type Method, methods, type SearchFilter, type SearchHit, type SearchOptions } from '../search/search.ts';
import type { SortKey } from '../store/store.ts';
import type { Desk } from './desk.ts';
import { here, listed, listedName, typed, whole } from './forms.ts';
import { page } from './frame.ts';
import { checkbox, counted, datalist, field, number, paperItem, select, severalBar } from './parts.ts';

const sorts = ['relevance', 'date', 'citations', 'authority', 'popularity', 'code'] as const;
const perPage = 20;
const lastPage = 500;
/** Words of a hit that are told. */
const toldWords = 6;

export function searchPages(app: Hono, desk: Desk): void {
  app.get('/', async (c) => {
    const asked = new URL(c.req.url).searchParams;
    return c.html(await searchPage(desk, asked, here(c)));
  });
  app.get('/similar', async (c) => {
    const asked = new URL(c.req.url).searchParams;
    return c.html(await similarPage(desk, asked, here(c)));
  });
}

async function searchPage(desk: Desk, asked: URLSearchParams, path: string): Promise<string> {
  const { search, store } = desk;
  const query = asked.get('q') ?? '';
  const at = whole(asked, 'page', 1, [1, lastPage]);
  const options = optionsOf(asked);
  const started = performance.now();
  // what cannot be understood is told beside the field that it was typed into
  const found = await search
    .search(query, { ...options, limit: perPage, offset: (at - 1) * perPage })
    .catch((error: unknown) => {
      if (error instanceof SyntaxError || error instanceof RangeError) return error;
      throw error;
    });
  const milliseconds = performance.now() - started;
  const [collections, tags, sources] = await Promise.all([store.collections(), store.tags(), store.sources()]);
  const names = collections.map(({ name }) => name);
  const tagNames = tags.map(({ tag }) => tag);
  const form = searchForm(
    asked,
    options,
    names,
    tagNames,
    sources.map(({ source }) => source),
  );
  if (found instanceof Error) {
    return page(desk, {
      title: 'Search',
      at: 'search',
      main: html`<h1 class="unseen">Search</h1>${form}<p class="error" role="alert">${found.message}</p>`,
    });
  }
  const shelves = await store.shelves(found.hits.map(({ paper }) => paper.id));
  const pages = Math.min(lastPage, Math.ceil(found.total / perPage));
  const main = html`<h1 class="unseen">Search</h1>
${form}
<p class="small quiet" role="status">${counted(found.total, 'paper')}${query === '' ? '' : ` for ${query}`}, by ${
    found.method === 'mixed' ? 'words and meaning' : found.method === 'keyword' ? 'words' : 'meaning'
  }, in ${Math.max(1, Math.round(milliseconds))} ms.${
    search.about.vectors === 0 && asked.get('method') !== 'keyword'
      ? ' There are no vectors to compare by, so that meaning does not count.'
      : ''
  }</p>
${
  found.hits.length === 0
    ? html`<p>Nothing is found. <a href="/">All papers</a></p>`
    : html`<form method="post" class="list"><ol class="hits" start="${(at - 1) * perPage + 1}">${found.hits.map(
        (hit, i) =>
          paperItem({
            paper: hit.paper,
            signals: hit.signals,
            shelf: shelves[i]!,
            words: new Set(hit.words.map(({ word }) => word)),
            ...(hit.sentence && { sentence: hit.sentence.text }),
            reason: reasonOf(hit),
          }),
      )}</ol>${severalBar(names, tagNames, path)}</form>${pager(asked, at, pages)}`
}`;
  return page(desk, { title: query === '' ? 'Search' : query, at: 'search', main });
}

/** How a hit came to its place: its scores, and what each word adds. */
function reasonOf({ score, parts, words }: SearchHit): Html | false {
  if (score === 0 && words.length === 0) return false;
  const by = [
    ...(parts.keyword === undefined ? [] : [`BM25 ${parts.keyword.toFixed(2)}`]),
    ...(parts.semantic === undefined ? [] : [`cosine ${parts.semantic.toFixed(2)}`]),
  ];
  const found = words.filter(({ occurrences }) => occurrences > 0).slice(0, toldWords);
  return html`${score > 0 && `score ${score.toFixed(2)}`}${by.length > 0 && ` from ${by.join(' and ')}`}${
    found.length > 0 && html`; ${found.map(({ word, score }, i) => `${i > 0 ? ', ' : ''}${word} ${score.toFixed(2)}`)}`
  }`;
}

async function similarPage(desk: Desk, asked: URLSearchParams, path: string): Promise<string> {
  const { search, store } = desk;
  const ids = asked.getAll('id');
  const main = async () => {
    if (ids.length === 0)
      return html`<h1>Similar papers</h1><p>Choose papers in a list first. <a href="/">Search</a></p>`;
    const at = whole(asked, 'page', 1, [1, lastPage]);
    const method = methodOf(asked);
    const found = await search.similar(ids, {
      limit: perPage,
      offset: (at - 1) * perPage,
      ...(method && { method }),
      filter: filterOf(asked),
    });
    const seeds = (await store.get(ids)).flatMap((paper) => paper ?? []);
    const shelves = await store.shelves(found.hits.map(({ paper }) => paper.id));
    const [collections, tags] = await Promise.all([store.collections(), store.tags()]);
    return html`<h1>Similar papers</h1>
<p>To ${seeds.map(({ id, title }, i) => html`${i > 0 && '; '}<a href="/paper?id=${encodeURIComponent(id)}">${title}</a>`)}.</p>
<form method="get" class="fields small">${ids.map((id) => html`<input type="hidden" name="id" value="${id}">`)}
${select('method', 'By', methods, found.method, methodWords)}
${field('from', 'From', asked.get('from') ?? '', { type: 'date' })}${field('to', 'To', asked.get('to') ?? '', { type: 'date' })}
${field('without', 'Without', asked.get('without') ?? '')}
<button>Show</button></form>
<form method="post" class="list"><ol class="hits" start="${(at - 1) * perPage + 1}">${found.hits.map((hit, i) =>
      paperItem({ paper: hit.paper, signals: hit.signals, shelf: shelves[i]!, reason: reasonOf(hit) }),
    )}</ol>${severalBar(
      collections.map(({ name }) => name),
      tags.map(({ tag }) => tag),
      path,
    )}</form>${pager(asked, at, Math.min(lastPage, Math.ceil(found.total / perPage)))}`;
  };
  return page(desk, { title: 'Similar papers', at: 'search', main: await main() });
}

export const methodWords = { mixed: 'words and meaning', keyword: 'words', semantic: 'meaning' };
const orders = { desc: 'most first', asc: 'least first' };
const units = { document: 'papers', sentence: 'sentences' };

function searchForm(
  asked: URLSearchParams,
  { unit = 'document', sort = 'relevance', ascending = false, method = 'mixed' }: SearchOptions,
  collections: readonly string[],
  tags: readonly string[],
  sources: readonly string[],
): Html {
  const value = (name: string) => asked.get(name) ?? '';
  const filtered = filterFields.some((name) => value(name) !== '');
  return html`<form method="get" action="/" role="search" class="search">
<div class="query"><label class="unseen" for="q">Search</label><input id="q" name="q" type="search" value="${value('q')}" maxlength="10000" autocomplete="off" autocapitalize="off" spellcheck="false" placeholder="diffusion -video author:song year:2021" enterkeyhint="search"><button class="main">Search</button></div>
<div class="fields small">
${select('method', 'By', methods, method, methodWords)}
${select('unit', 'Find', ['document', 'sentence'], unit, units)}
${select('sort', 'Order', sorts, sort)}
${select('order', 'with', ['desc', 'asc'], ascending ? 'asc' : 'desc', orders)}
</div>
<details class="small"${filtered && html` open`}><summary>Filters</summary>
<div class="fields">
${field('from', 'From', value('from'), { type: 'date' })}
${field('to', 'To', value('to'), { type: 'date' })}
${field('author', 'Author', value('author'), { placeholder: 'names, with commas' })}
${field('category', 'Category', value('category'), { placeholder: 'cs.CL, cs.LG' })}
${field('venue', 'Venue', value('venue'))}
${field('tag', 'Tag', value('tag'), { list: 'tag-names' })}
${field('collection', 'Collection', value('collection'), { list: 'collection-names' })}
${field('source', 'Source', value('source'), { list: 'source-names' })}
${field('without', 'Without the words', value('without'), { placeholder: 'survey, "position paper"' })}
${select('read', 'Read', ['', 'yes', 'no'], value('read'), { '': 'either' })}
${checkbox('code', 'with code', value('code') === '1')}
${checkbox('note', 'with a note', value('note') === '1')}
<button>Apply</button> <a href="/?q=${encodeURIComponent(value('q'))}">Clear</a>
</div></details>
<details class="small"><summary>How to ask</summary>
<p>Words side by side rank; all else is a condition: <code>"score matching"</code> for a phrase, <code>a AND b</code>, <code>a OR b</code>, <code>-word</code> or <code>NOT word</code>, brackets, <code>title:</code> <code>author:</code> <code>venue:</code> <code>category:</code> <code>tag:</code> <code>collection:</code> <code>source:</code>, <code>year:2020..2022</code>, <code>after:2021-06</code>, <code>before:2022</code>, <code>has:code</code>, <code>has:note</code>, <code>is:unread</code>, <code>cites:arxiv:1706.03762</code>.</p></details>
${datalist('tag-names', tags.map(listedName))}${datalist('collection-names', collections.map(listedName))}${datalist('source-names', sources.map(listedName))}
</form>`;
}

const filterFields = [
  'from',
  'to',
  'author',
  'category',
  'venue',
  'tag',
  'collection',
  'source',
  'without',
  'read',
  'code',
  'note',
];

/** What a search page's address asks for. @throws RangeError for a choice that there is not */
export function optionsOf(asked: URLSearchParams): SearchOptions {
  const method = methodOf(asked);
  return {
    ...(method && { method }),
    unit: chosen(asked, 'unit', ['document', 'sentence']),
    sort: chosen<'relevance' | SortKey>(asked, 'sort', sorts),
    ascending: asked.get('order') === 'asc',
    filter: filterOf(asked),
  };
}

function methodOf(asked: URLSearchParams): Method | undefined {
  return asked.has('method') ? chosen(asked, 'method', methods) : undefined;
}

function filterOf(asked: URLSearchParams): SearchFilter {
  const [from, to, read] = [typed(asked, 'from'), typed(asked, 'to'), asked.get('read')];
  const lists = {
    authors: listed(asked, 'author'),
    categories: listed(asked, 'category'),
    venues: listed(asked, 'venue'),
    tags: listed(asked, 'tag'),
    collections: listed(asked, 'collection'),
    sources: listed(asked, 'source'),
    without: listed(asked, 'without'),
  };
  return {
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...Object.fromEntries(Object.entries(lists).filter(([, values]) => values.length > 0)),
    ...(asked.get('code') === '1' && { code: true }),
    ...(asked.get('note') === '1' && { note: true }),
    ...((read === 'yes' || read === 'no') && { read: read === 'yes' }),
  };
}

/** One of a few words, the first where none is given. */
function chosen<T extends string>(asked: URLSearchParams, name: string, values: readonly T[]): T {
  const given = asked.get(name) || values[0]!;
  const found = values.find((value) => value === given);
  if (found === undefined)
    throw new RangeError(`${name}: expected one of ${values.join(', ')}, got '${given.slice(0, 40)}'`);
  return found;
}

/** The way to the other pages of a list. */
function pager(asked: URLSearchParams, at: number, pages: number): Html | false {
  if (pages <= 1) return false;
  const link = (to: number, label: string, rel: string) => {
    const query = new URLSearchParams(asked);
    query.set('page', String(to));
    return html`<a rel="${rel}" href="?${query.toString()}">${label}</a>`;
  };
  return html`<nav class="pager small" aria-label="Pages of the list">${at > 1 && link(at - 1, '← former', 'prev')} <span>page ${number(at)} of ${number(pages)}</span> ${at < pages && link(at + 1, 'next →', 'next')}</nav>`;
}
