/** What the collection holds and where from, and all of it to take along. */
import type { Hono } from 'hono';
import { stream } from 'hono/streaming';
import { html } from '../../../report/index.ts';
import { type ExportFormat, exportFormats, exportStore } from '../store/export.ts';
import type { Desk } from './desk.ts';
import { page } from './frame.ts';
import { counted, fieldQuery, number, searchPath } from './parts.ts';

const kinds: Readonly<Record<ExportFormat, { readonly type: string; readonly name: string; readonly holds: string }>> =
  {
    jsonl: {
      type: 'application/x-ndjson',
      name: 'collection.jsonl',
      holds: 'everything, which tenfold trends restore takes back',
    },
    bibtex: { type: 'application/x-bibtex', name: 'collection.bib', holds: 'the papers, for reference managers' },
    csv: { type: 'text/csv', name: 'collection.csv', holds: 'the papers with their signals, for spreadsheets' },
  };

export function aboutPages(app: Hono, desk: Desk, hasPassword: boolean): void {
  const { store, search } = desk;
  app.get('/about', async (c) => {
    const [size, sources] = await Promise.all([store.size(), store.sources()]);
    const { papers, vectors, indexBytes, vectorBytes } = search.about;
    const main = html`<h1>About this collection</h1>
<dl class="facts"><dt>Papers</dt><dd>${number(size)}</dd><dt>Kept in</dt><dd><code>${store.where}</code></dd>
<dt>In the index</dt><dd>${number(papers)}, ${megabytes(indexBytes)} of memory</dd><dt>Vectors</dt><dd>${number(vectors)}, ${megabytes(vectorBytes)} of memory</dd></dl>
<h2>Sources</h2>
${sources.length === 0 ? html`<p class="quiet">None yet.</p>` : html`<ul>${sources.map(({ source, papers }) => html`<li><a href="${searchPath(fieldQuery('source', source))}">${source}</a> <span class="quiet small">${counted(papers, 'paper')}</span></li>`)}</ul>`}
<h2>Take it along</h2>
<ul>${exportFormats.map((format) => html`<li><a href="/export/${kinds[format].name}">${kinds[format].name}</a> <span class="quiet small">${kinds[format].holds}</span></li>`)}</ul>
${hasPassword && html`<form method="post" action="/logout"><button>Sign out</button></form>`}`;
    return c.html(page(desk, { title: 'About', at: 'about', main }));
  });
  for (const format of exportFormats) {
    const { type, name } = kinds[format];
    app.get(`/export/${name}`, (c) => {
      c.header('content-type', `${type}; charset=utf-8`);
      c.header('content-disposition', `attachment; filename="${name}"`);
      return stream(c, async (out) => {
        for await (const piece of exportStore(store, format)) {
          if (out.aborted) return;
          await out.write(piece);
        }
      });
    });
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
