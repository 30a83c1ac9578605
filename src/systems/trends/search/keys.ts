/**
 * What papers are filtered by, as words of an index of their own: authors, venues, categories, words of titles.
 *
 * A key is spelt in hexadecimal behind its field's letter, so that the analyser takes it as one word, whatever is in it.
 */
import { wordsOf } from '../../../retrieval/index.ts';
import type { Paper } from '../paper.ts';

export type KeyField = 'author' | 'category' | 'title' | 'venue';

function keyOf(field: KeyField, value: string): string {
  return `${field[0]}${Buffer.from(value).toString('hex')}`;
}

/**
 * The keys of a paper: authors by whole name and by each part of it, venues by their words, categories whole and by what
 * stands before the point (`cs.CL` is also `cs`), titles by their words.
 */
export function keysOf(paper: Paper): string {
  const keys = new Set<string>();
  const add = (field: KeyField, ...values: readonly string[]) => {
    for (const value of values) keys.add(keyOf(field, value));
  };
  for (const author of paper.authors) {
    const parts = nameParts(author);
    add('author', parts.join(' '), ...parts);
  }
  for (const category of paper.categories ?? []) {
    const lower = category.toLowerCase();
    add('category', lower, lower.split('.')[0]!);
  }
  add('venue', ...folded(paper.venue ?? ''));
  add('title', ...wordsOf(paper.title, 'unicode'));
  return [...keys].join(' ');
}

/** The keys that a paper must have, all of them, to be what a filter means. */
export function wantedKeys(field: KeyField, value: string): string[] {
  if (field === 'category') return [keyOf(field, value.toLowerCase())];
  if (field === 'author') {
    const parts = nameParts(value);
    return (parts.length > 1 ? [parts.join(' ')] : parts).map((part) => keyOf(field, part));
  }
  const words = field === 'title' ? wordsOf(value, 'unicode') : folded(value);
  return words.map((word) => keyOf(field, word));
}

/** A name's parts in the order that it is spoken in, without case and accents. */
function nameParts(name: string): string[] {
  const [last = '', first] = name.split(',', 2);
  return folded(first === undefined ? name : `${first} ${last}`);
}

function folded(text: string): string[] {
  return wordsOf(text.normalize('NFKD').replace(/\p{M}/gu, ''), 'unicode');
}
