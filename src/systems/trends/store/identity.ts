/**
 * When two records are of one paper.
 *
 * 1. The same arXiv identifier, whatever the version.
 * 2. The same DOI, unless the titles have hardly a word in common: then the DOI is that of the proceedings, or wrong.
 * 3. The same title without case, accents and punctuation, of at least three words and 16 letters, and an author's surname
 *    in common (or no authors on one side), unless identifiers of one kind differ: two arXiv ids, or two DOIs of publishers,
 *    are two papers.
 */
import { createHash } from 'node:crypto';
import type { PaperData } from './store.ts';

/** A DOI in its plain form, in lower case, which it is compared in; undefined for what is none. */
export function doiOf(text: string): string | undefined {
  const found = /^(?:https?:\/\/(?:dx\.)?doi\.org\/|doi:\s*)?(10\.\d{4,9}\/\S+)$/i.exec(text.trim());
  return found ? found[1]!.toLowerCase() : undefined;
}

/** An arXiv identifier and its version, 1 unless told; undefined for what is none. */
export function arxivOf(text: string): { id: string; version: number } | undefined {
  const found =
    /^(?:https?:\/\/(?:\w+\.)?arxiv\.org\/(?:abs|pdf|html)\/|arxiv:\s*|oai:arXiv\.org:)?(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?\/\d{7})(?:v(\d{1,3}))?(?:\.pdf)?$/i.exec(
      text.trim(),
    );
  return found ? { id: found[1]!.toLowerCase(), version: Number(found[2] ?? 1) } : undefined;
}

/** arXiv gives every paper a DOI of its own besides. */
export function isArxivDoi(doi: string): boolean {
  return doi.startsWith('10.48550/');
}

/** A title as titles are compared: letters and digits only, words one space apart. */
export function titleKey(title: string): string {
  return (
    title
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  ).join(' ');
}

/** Whether a title tells a paper from others. */
export function isTelling(key: string): boolean {
  return key.length >= 18 && key.split(' ').length >= 3;
}

/** Names that a paper answers to, besides its id. */
export function namesOf({ doi, arxiv }: Pick<PaperData, 'doi' | 'arxiv'>): string[] {
  const names: string[] = [];
  if (arxiv) names.push(`arxiv:${arxiv.id}`);
  if (doi !== undefined) names.push(`doi:${doi}`);
  return names;
}

/** The id of a new paper: its best name, or a hash of what it is. */
export function idOf(paper: PaperData, taken: (id: string) => boolean, record: string): string {
  const hash = (text: string) => `hash:${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
  const ids = [...namesOf(paper), hash(`${titleKey(paper.title)}\n${surname(paper.authors[0] ?? '')}`), hash(record)];
  return ids.find((id) => !taken(id)) ?? hash(`${record}\n${paper.date}\n${paper.abstract}`);
}

/** Rule 3, for papers whose titles are the same already. */
export function isSameWork(a: PaperData, b: PaperData): boolean {
  if (a.arxiv && b.arxiv && a.arxiv.id !== b.arxiv.id) return false;
  if (a.doi !== undefined && b.doi !== undefined && a.doi !== b.doi && !isArxivDoi(a.doi) && !isArxivDoi(b.doi))
    return false;
  if (a.authors.length === 0 || b.authors.length === 0) return true;
  const names = new Set(a.authors.map(surname));
  return b.authors.some((author) => names.has(surname(author)));
}

/** Rule 2's reserve: whether two titles share a fifth of their words, or one has none to compare. */
export function areAkin(a: string, b: string): boolean {
  const [one, other] = [new Set(titleKey(a).split(' ')), new Set(titleKey(b).split(' '))];
  const shared = [...one].filter((word) => other.has(word)).length;
  return shared >= (one.size + other.size - shared) / 5;
}

/** `Lovelace, Ada` and `Ada Lovelace` are both `lovelace`. */
export function surname(name: string): string {
  const [before = '', after] = name.split(',', 2);
  const last = after === undefined ? (before.trim().split(/\s+/).at(-1) ?? '') : before;
  return titleKey(last).replaceAll(' ', '');
}
