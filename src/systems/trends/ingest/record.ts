/**
 * What sources call things, told apart: a row of any table or a JSON object with the fields that papers usually have becomes a
 * paper. Names of fields are compared without case, spaces and underscores (`Publication Year`, `publication_year`).
 */
import { arxivOf, doiOf } from '../store/identity.ts';
import type { PaperData, SourceRecord } from '../store/store.ts';
import { readableTex, texMark } from './tex.ts';

/** A row of something. */
export type Fields = Readonly<Record<string, unknown>>;

const names = {
  title: ['title', 'name', 'headline'],
  abstract: ['abstract', 'summary', 'abstractnote', 'description', 'tldr'],
  text: ['text', 'fulltext', 'body', 'content'],
  authors: ['authors', 'author', 'creators', 'creator'],
  date: ['date', 'published', 'publicationdate', 'publisheddate', 'day', 'created', 'updatedate', 'issued'],
  year: ['year', 'publicationyear', 'pubyear'],
  venue: ['venue', 'booktitle', 'journal', 'publicationtitle', 'containertitle', 'conference', 'proceedingstitle'],
  categories: ['categories', 'category', 'subjects', 'primaryclass', 'fieldsofstudy'],
  url: ['url', 'link', 'pdfurl'],
  doi: ['doi'],
  arxiv: ['arxiv', 'arxivid', 'eprint'],
  id: ['id', 'key', 'paperid', 'uid', 'corpusid'],
  citations: ['citations', 'citationcount', 'citedbycount', 'ncitations'],
} as const;

/** One of the fields by any of its names. */
type Lookup = (field: keyof typeof names) => unknown;

/**
 * A record of a row.
 * @param place where the row stands, which names it where it has no name of its own
 * @returns or, in a line, why there is none
 */
export function recordOf(source: string, place: string, row: Fields): SourceRecord | string {
  const plain = new Map(
    Object.entries(row).map(([name, value]) => [name.toLowerCase().replace(/[^a-z0-9]/g, ''), value]),
  );
  const field: Lookup = (wanted) => {
    for (const name of names[wanted]) {
      const value = plain.get(name);
      if (value !== undefined && value !== null && value !== '') return value;
    }
    return undefined;
  };
  const title = textOf(field('title'));
  if (title === undefined) return `${place}: expected a title, got none`;
  const date = dayOf(field('date')) ?? dayOf(field('year'));
  if (date === undefined) return `${place}: expected a date or a year, got none ('${title.slice(0, 60)}')`;
  const own = textOf(field('id'));
  const url = textOf(field('url'));
  const doi = firstOf([field('doi'), url, own], doiOf);
  const arxiv = firstOf([field('arxiv'), own, url], arxivOf);
  const venue = textOf(field('venue'));
  const text = textOf(field('text'));
  const categories = listOf(field('categories'), /[;,|]|\s+(?=[a-z-]+\.)/);
  const citations = Number(field('citations'));
  const abstract = textOf(field('abstract'));
  // texts of arXiv have TeX in them, and others' may
  const readable = (said: string) => (arxiv || texMark.test(said) ? readableTex(said) : said);
  const paper: PaperData = {
    title: readable(title),
    abstract: readable(abstract ?? text ?? ''),
    authors: authorsOf(field('authors')),
    date,
    ...(venue !== undefined && { venue }),
    ...(categories.length > 0 && { categories }),
    ...(url !== undefined && { url }),
    ...(doi !== undefined && { doi }),
    ...(arxiv && { arxiv }),
    ...(text !== undefined && abstract !== undefined && { text }),
  };
  const at = new Date().toISOString().slice(0, 10);
  return {
    source,
    record: own ?? doi ?? place,
    paper,
    ...(field('citations') !== undefined && citations >= 0 && { signals: { at, citations } }),
  };
}

/** A day: `2022-05-01`, with or without a time; a month's or year's first day; what else `Date` reads, as in RSS. */
export function dayOf(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isInteger(value) && value > 1000 && value < 3000) return `${value}-01-01`;
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  const parts = /^(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?(?:$|[T\s])/.exec(text);
  if (parts) {
    const [, year, month = '1', day = '1'] = parts;
    return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  }
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString().slice(0, 10);
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  return text === '' ? undefined : text;
}

function firstOf<T>(values: readonly unknown[], read: (text: string) => T | undefined): T | undefined {
  for (const value of values) {
    const text = textOf(value);
    const found = text === undefined ? undefined : read(text);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Names: a list of them or of objects that have them, or a text with semicolons, `and`, or commas between whole names. */
export function authorsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap((author) => nameOf(author) ?? []);
  const text = textOf(value);
  if (text === undefined) return [];
  if (text.includes(';')) return listOf(text, /;/);
  if (/\s+and\s+/i.test(text)) return listOf(text.replace(/,?\s+and\s+/gi, ' and '), / and |,\s+(?=\S+\s+\S)/);
  const parts = listOf(text, /,/);
  // `Lovelace, Ada` is one name, `Ada Lovelace, Grace Hopper` are two
  return parts.every((part) => part.includes(' ')) ? parts : [text];
}

function nameOf(author: unknown): string | undefined {
  if (typeof author !== 'object' || author === null) return textOf(author);
  const { name, display_name, firstName, lastName, given, family } = author as Record<string, unknown>;
  return (
    textOf(name) ??
    textOf(display_name) ??
    textOf(`${textOf(firstName ?? given) ?? ''} ${textOf(lastName ?? family) ?? ''}`)
  );
}

function listOf(value: unknown, between: RegExp): string[] {
  const list = Array.isArray(value) ? value : (textOf(value)?.split(between) ?? []);
  return list.flatMap((item) => textOf(item) ?? []);
}
