/** Pieces that several pages show: links, signals, a paper as a hit, choices. */
import { type Html, html, raw } from '../../../report/index.ts';
import { wordsIn } from '../../../retrieval/index.ts';
import { webAddress } from '../issue/words.ts';
import { knownDate, type Paper, type Signals } from '../paper.ts';
import type { Shelf } from '../store/store.ts';

export const signalNames = ['citations', 'authority', 'popularity', 'code'] as const;
export type SignalName = (typeof signalNames)[number];

/** What each signal is, for people. */
export const signalMeaning: Readonly<Record<SignalName, string>> = {
  citations: 'papers that cite it',
  authority: 'sum of the authors’ h-indices',
  popularity: 'mentions in public discussion',
  code: 'stars of its code',
};

export function paperPath(id: string): string {
  return `/paper?id=${encodeURIComponent(id)}`;
}

/** A search for something. */
export function searchPath(query: string): string {
  return `/?q=${encodeURIComponent(query)}`;
}

/** A value as the query language takes it, whatever is in it. */
export function fieldQuery(field: string, value: string): string {
  return `${field}:"${value.replaceAll('"', ' ')}"`;
}

/** Every signal by itself; what is unknown says so. Nothing where nothing is known. */
export function signalList(signals: Signals): Html | false {
  if (signalNames.every((name) => signals[name] === undefined)) return false;
  return html`<ul class="signals" aria-label="Signals">${signalNames.map((name) => {
    const value = signals[name];
    return html`<li title="${signalMeaning[name]}"><span class="quiet">${name}</span> ${
      value === undefined ? html`<span class="quiet" title="unknown">–</span>` : html`<b>${number(value)}</b>`
    }</li>`;
  })}</ul>`;
}

/** `12,431`, `3.25` */
export function number(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 2 });
}

/** `1 paper`, `2 papers` */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

export function authorLinks(authors: readonly string[], most = 8): Html {
  const shown = authors.slice(0, most);
  const others = authors.length - shown.length;
  return html`${shown.map(
    (author, i) => html`${i > 0 && ', '}<a href="${searchPath(fieldQuery('author', author))}">${author}</a>`,
  )}${others > 0 && ` and ${counted(others, 'other')}`}`;
}

/** Where and when, and its address outside. */
export function sourceLine({ id, date, venue, categories, url }: Paper): Html {
  const known = knownDate({ id, date });
  const address = webAddress(url);
  return html`<time datetime="${known}">${known}</time>${venue !== undefined && html` · <a href="${searchPath(fieldQuery('venue', venue))}">${venue}</a>`}${(
    categories ?? []
  ).map(
    (category) => html` · <a href="${searchPath(fieldQuery('category', category))}">${category}</a>`,
  )}${address !== undefined && html` · <a href="${address}" rel="noreferrer noopener">${new URL(address).hostname}</a>`}`;
}

/** A text with some words marked. */
export function marked(text: string, words: ReadonlySet<string>): Html {
  if (words.size === 0) return html`${text}`;
  const pieces: (Html | string)[] = [];
  let last = 0;
  for (const { word, from, to } of wordsIn(text, 'unicode')) {
    if (!words.has(word) || from < last) continue;
    pieces.push(text.slice(last, from), html`<mark>${text.slice(from, to)}</mark>`);
    last = to;
  }
  return html`${[...pieces, text.slice(last)]}`;
}

/** A text whose addresses are links. */
export function withLinks(text: string): Html {
  const pieces: (Html | string)[] = [];
  let last = 0;
  // what closes the sentence around an address is not a part of it
  for (const { 0: address, index } of text.matchAll(/https?:\/\/[^\s<>"]*[^\s<>"().,;:!?'”’\]}]/g)) {
    if (webAddress(address) === undefined) continue;
    pieces.push(
      text.slice(last, index),
      html`<a href="${webAddress(address)}" rel="noreferrer noopener">${address}</a>`,
    );
    last = index + address.length;
  }
  return html`${[...pieces, text.slice(last)]}`;
}

/** The part of a text about the first of some words, cut between words. */
export function excerpt(text: string, words: ReadonlySet<string>, length = 320): string {
  if (text.length <= length) return text;
  let first = 0;
  for (const { word, from } of wordsIn(text, 'unicode')) {
    if (!words.has(word)) continue;
    first = from;
    break;
  }
  const start = first < length / 2 ? 0 : text.indexOf(' ', first - length / 3) + 1;
  const stop = text.lastIndexOf(' ', start + length);
  const end = start + length >= text.length || stop <= start ? Math.min(text.length, start + length) : stop;
  return `${start > 0 ? '… ' : ''}${text.slice(start, end)}${end < text.length ? ' …' : ''}`;
}

export interface ShownPaper {
  readonly paper: Paper;
  readonly signals: Signals;
  readonly shelf: Shelf;
  /** Words to mark. */
  readonly words?: ReadonlySet<string>;
  /** A sentence in the place of the abstract's beginning. */
  readonly sentence?: string;
  /** Why it is here. */
  readonly reason?: Html | false;
}

/** A paper in a list, to be opened and chosen. */
export function paperItem({ paper, signals, shelf, words = new Set(), sentence, reason }: ShownPaper): Html {
  const { id, title, abstract, text } = paper;
  const body = sentence ?? excerpt(abstract === '' ? (text ?? '') : abstract, words);
  return html`<li class="hit${shelf.read !== undefined ? ' read' : ''}" data-id="${id}" tabindex="-1">
<div class="head"><input type="checkbox" name="id" value="${id}" aria-label="Choose ${title}">
<h2><a href="${paperPath(id)}">${marked(title, words)}</a></h2></div>
<p class="small quiet">${authorLinks(paper.authors, 4)}${paper.authors.length > 0 && ' · '}${sourceLine(paper)}</p>
${body !== '' && html`<p class="body">${marked(body, words)}</p>`}
<div class="small line">${signalList(signals)}${shelfLine(shelf)}</div>
${reason && html`<div class="small quiet reason">${reason}</div>`}
</li>`;
}

function shelfLine({ tags, collections, read, note }: Shelf): Html {
  return html`<span class="shelf">${tags.map((tag) => html` <a class="chip" href="${searchPath(fieldQuery('tag', tag))}">${tag}</a>`)}${collections.map(
    (name) => html` <a class="chip" href="${collectionPath(name)}">▤ ${name}</a>`,
  )}${read !== undefined && html` <span class="quiet">✓ read</span>`}${note !== undefined && html` <span class="quiet">✎ note</span>`}</span>`;
}

export function collectionPath(name: string): string {
  return `/collection?name=${encodeURIComponent(name)}`;
}

/** What may be done with several papers at once; stands in a form around their list. */
export function severalBar(collections: readonly string[], tags: readonly string[], back: string): Html {
  return html`<fieldset class="several"><legend class="unseen">With the chosen papers</legend>
<input type="hidden" name="back" value="${back}">
<span id="chosen" class="small quiet" aria-live="polite">With the chosen:</span>
<button formmethod="get" formaction="/similar">similar to them</button>
<span class="pair"><label class="unseen" for="several-tag">Tag</label><input id="several-tag" name="tag" placeholder="tag" list="tags" maxlength="200" autocomplete="off"><button formaction="/papers/tag">tag</button></span>
<span class="pair"><label class="unseen" for="several-collection">Collection</label><input id="several-collection" name="collection" placeholder="collection" list="collections" maxlength="200" autocomplete="off"><button formaction="/papers/collect">put into</button></span>
<button formaction="/papers/read">mark as read</button>
${datalist('tags', tags)}${datalist('collections', collections)}
</fieldset>`;
}

export function datalist(id: string, values: readonly string[]): Html {
  return html`<datalist id="${id}">${values.map((value) => html`<option value="${value}"></option>`)}</datalist>`;
}

/** A choice. @param words what values are called, where that is something else */
export function select(
  name: string,
  label: string,
  values: readonly string[],
  chosen: string,
  words: Readonly<Record<string, string>> = {},
): Html {
  return html`<label><span>${label}</span> <select name="${name}">${values.map(
    (value) => html`<option value="${value}"${value === chosen && raw(' selected')}>${words[value] ?? value}</option>`,
  )}</select></label>`;
}

/** A field of one line. */
export function field(
  name: string,
  label: string,
  value: string | number | undefined,
  options: {
    readonly type?: 'text' | 'date' | 'number' | 'search' | 'password';
    readonly placeholder?: string;
    readonly list?: string;
    readonly required?: boolean;
    readonly min?: number;
    readonly max?: number;
    readonly step?: number | 'any';
    readonly wide?: boolean;
  } = {},
): Html {
  const { type = 'text', placeholder, list, required, min, max, step, wide } = options;
  const attribute = (key: string, given: string | number | undefined) =>
    given !== undefined && html` ${raw(key)}="${given}"`;
  return html`<label${wide && raw(' class="wide"')}><span>${label}</span> <input name="${name}" type="${type}"${[
    attribute('value', value),
    attribute('placeholder', placeholder),
    attribute('list', list),
    attribute('min', min),
    attribute('max', max),
    attribute('step', step),
    required && html` required`,
  ]} maxlength="1000" autocomplete="off"></label>`;
}

export function checkbox(name: string, label: string, checked: boolean): Html {
  return html`<label class="check"><input type="checkbox" name="${name}" value="1"${checked && raw(' checked')}> <span>${label}</span></label>`;
}
