/** What every page of the platform has: the living issue's frame, the way to the other pages, and the keys. */
import { type Figure, type Html, html, raw, renderFrame } from '../../../report/index.ts';
import type { Desk } from './desk.ts';

export const places = {
  search: { name: 'Search', path: '/', key: 's' },
  trends: { name: 'Trends', path: '/trends', key: 't' },
  map: { name: 'Map', path: '/map', key: 'm' },
  shelf: { name: 'My papers', path: '/shelf', key: 'p' },
  issues: { name: 'Issues', path: '/issues', key: 'i' },
  about: { name: 'About', path: '/about', key: 'a' },
} as const;
export type Place = keyof typeof places;

export interface PageOptions {
  readonly title: string;
  readonly at?: Place;
  readonly main: Html;
  /** Modules besides that of the keys: `map`. */
  readonly scripts?: readonly string[];
  /** Without the way to the other pages: who has not signed in has none. */
  readonly bare?: boolean;
  /** More than a column's width. */
  readonly wide?: boolean;
}

const keys: readonly (readonly [keys: string, does: string])[] = [
  ['/', 'to the search field'],
  ['j, k', 'to the next and the former paper or row'],
  ['o, Enter', 'open it'],
  ['x', 'choose it, for what is done with several'],
  ['r', 'mark as read, or not'],
  ['b', 'copy the BibTeX entry'],
  ...Object.values(places).map(({ name, key }) => [`g ${key}`, `go to ${name}`] as const),
  ['?', 'this list'],
];

export function page({ name, notice }: Pick<Desk, 'name' | 'notice'>, options: PageOptions): string {
  const { title, at, main, scripts = [], bare = false, wide = false } = options;
  const body = html`<link rel="stylesheet" href="/assets/page.css">
<div class="app${wide ? ' wide-page' : ''}">
<a class="skip" href="#main">To the content</a>
<header class="bar">
<p class="name">${name}</p>
${
  !bare &&
  html`<nav aria-label="Pages"><ul>${Object.entries(places).map(
    ([place, { name: label, path, key }]) =>
      html`<li><a href="${path}" data-go="${key}"${place === at && raw(' aria-current="page"')}>${label}</a></li>`,
  )}</ul></nav>`
}
</header>
${notice !== undefined && html`<p class="notice small" role="note">${notice}</p>`}
<main id="main" tabindex="-1">
${main}
</main>
${
  !bare &&
  html`<dialog id="keys" aria-labelledby="keys-title"><h2 id="keys-title">Keys</h2>
<dl>${keys.map(([key, does]) => html`<dt><kbd>${key}</kbd></dt><dd>${does}</dd>`)}</dl>
<form method="dialog"><button>Close</button></form></dialog>
<footer class="foot small quiet">Press <kbd>?</kbd> for the keys.</footer>`
}
<p id="said" role="status" class="unseen"></p>
</div>
<script type="module" src="/assets/client/keys.js"></script>${scripts.map((script) => html`<script type="module" src="/assets/client/${script}.js"></script>`)}`;
  return renderFrame(`${title} – ${name}`, body);
}

/** A drawing in the page, whose own style is in the page's style sheet. */
export function drawing({ id, title, caption, svg }: Figure): Html {
  const bare = svg
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/(<svg[^>]*?) style="[^"]*"/, '$1')
    // the whole is one picture with a name and a description: its parts have none
    .replace(/(<g\b[^>]*?) aria-label="[^"]*"/g, '$1');
  return html`<figure id="${id}"><div class="scroll wide" tabindex="0" role="group" aria-label="${title}">${raw(bare)}</div>
<figcaption><b>${title}.</b> ${caption}</figcaption></figure>`;
}
