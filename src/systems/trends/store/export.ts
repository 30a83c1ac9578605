/**
 * A collection in the formats that others read. JSON lines hold everything and can be restored; BibTeX and CSV hold the papers,
 * with their tags and signals, for reference managers and spreadsheets.
 */
import { knownDate, type Paper, type Signals } from '../paper.ts';
import { surname, titleKey } from './identity.ts';
import type { Shelf, Store } from './store.ts';

export const exportFormats = ['jsonl', 'bibtex', 'csv'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** Papers of one page. */
const page = 500;

/**
 * The collection as text, piece by piece.
 * @param ids only these papers; not for JSON lines, which hold everything
 */
export async function* exportStore(
  store: Store,
  format: ExportFormat,
  { ids }: { readonly ids?: readonly string[] } = {},
): AsyncGenerator<string> {
  if (format === 'jsonl') {
    for await (const row of store.everything()) yield `${JSON.stringify(row)}\n`;
    return;
  }
  const keys = new Set<string>();
  if (format === 'csv') yield `${csvColumns.join(',')}\n`;
  for await (const papers of pagesOf(store, ids)) {
    const named = papers.map(({ id }) => id);
    const shelves = await store.shelves(named);
    const signals = format === 'csv' ? await store.signals(named) : [];
    for (const [i, paper] of papers.entries())
      yield format === 'csv' ? csvLine(paper, signals[i]!, shelves[i]!) : bibtexEntry(paper, shelves[i]!, keys);
  }
}

async function* pagesOf(store: Store, ids: readonly string[] | undefined): AsyncGenerator<Paper[]> {
  if (ids) {
    for (let start = 0; start < ids.length; start += page)
      yield (await store.get(ids.slice(start, start + page))).filter((paper) => paper !== undefined);
    return;
  }
  let held: Paper[] = [];
  for await (const paper of store.papers()) {
    held.push(paper);
    if (held.length < page) continue;
    yield held;
    held = [];
  }
  yield held;
}

// ---------------------------------------------------------------- CSV

const csvColumns = [
  'id',
  'title',
  'authors',
  'date',
  'venue',
  'categories',
  'doi',
  'arxiv',
  'url',
  'citations',
  'authority',
  'popularity',
  'code',
  'tags',
  'read',
  'note',
  'abstract',
] as const;

function csvLine(paper: Paper, signals: Signals, { tags, read, note }: Shelf): string {
  const cells: Record<(typeof csvColumns)[number], string | number | undefined> = {
    id: paper.id,
    title: paper.title,
    authors: paper.authors.join('; '),
    date: paper.date,
    venue: paper.venue,
    categories: paper.categories?.join('; '),
    doi: paper.doi,
    arxiv: paper.arxiv && `${paper.arxiv.id}v${paper.arxiv.version}`,
    url: paper.url,
    citations: signals.citations,
    authority: signals.authority,
    popularity: signals.popularity,
    code: signals.code,
    tags: tags.join('; '),
    read,
    note,
    abstract: paper.abstract,
  };
  return `${csvColumns.map((column) => csvCell(cells[column])).join(',')}\n`;
}

/** A spreadsheet would run what begins like a formula: an apostrophe before it makes it text. */
function csvCell(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// ---------------------------------------------------------------- BibTeX

/** One entry of a BibTeX file. @param keys keys that are taken; its own is added */
export function bibtexEntry(paper: Paper, shelf: Pick<Shelf, 'tags'>, keys: Set<string>): string {
  const fields: Record<string, string | undefined> = {
    title: `{${tex(paper.title)}}`,
    author: paper.authors.map(tex).join(' and ') || undefined,
    year: paper.date.slice(0, 4),
    ...(knownDate(paper) === paper.date && { month: String(Number(paper.date.slice(5, 7))), date: paper.date }),
    booktitle: paper.venue && tex(paper.venue),
    doi: paper.doi,
    eprint: paper.arxiv?.id,
    archiveprefix: paper.arxiv && 'arXiv',
    primaryclass: paper.arxiv && paper.categories?.[0],
    url: paper.url,
    keywords: [...(paper.categories ?? []), ...shelf.tags].map(tex).join(', ') || undefined,
    abstract: tex(paper.abstract) || undefined,
  };
  const lines = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`  ${name} = {${value}},\n`],
  );
  return `@${paper.venue === undefined ? 'misc' : 'inproceedings'}{${keyOf(paper, keys)},\n${lines.join('')}}\n\n`;
}

/** `vaswani2017attention`, with a letter behind it where that is taken. */
function keyOf(paper: Paper, keys: Set<string>): string {
  const words = titleKey(paper.title).split(' ');
  const telling = words.find((word) => word.length > 3) ?? words[0] ?? '';
  const ascii = (text: string) => text.replace(/[^a-z0-9]/g, '');
  const name = ascii(surname(paper.authors[0] ?? '')) || 'anon';
  const stem = `${name}${paper.date.slice(0, 4)}${ascii(telling)}`;
  let key = stem;
  for (let i = 1; keys.has(key); i++) key = `${stem}-${i}`;
  keys.add(key);
  return key;
}

const texNames: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
};

/** Text as TeX takes it: what would be a command stands for itself. */
function tex(text: string): string {
  return text.replace(/[\\~^{}&%$#_]/g, (c) => texNames[c] ?? `\\${c}`);
}
