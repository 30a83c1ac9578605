/**
 * What an FM-index file holds, and in which order the documents stand in the text.
 *
 * Read forward, the text is `$ d₀ $ d₁ $ … $`, with a boundary $ at both ends of every document; it is indexed
 * backward, so that the backward search of an FM-index prolongs an n-gram to the right. A row stands for the text up to
 * some place, rows are sorted by what is read from that place to the left, and a place is the number of symbols before
 * it. Row 0 is the place before everything.
 */

export const kind = { name: 'fm-index', version: 1 } as const;

/** Every so many rows, in the order of rows, the place of a row is kept. */
export const PLACE_EVERY = 32;

/** Every so many places the row is kept. */
export const ROW_EVERY = 64;

export const sectionNames = [
  'about',
  'tokens',
  'counts',
  'leaves',
  'supers',
  'words',
  'starts',
  'places',
  'boundaries',
  'rows',
] as const;

export type SectionName = (typeof sectionNames)[number];

/** The words of section `about`. */
export const about = {
  documents: 0,
  /** Symbols of the text: all tokens and one boundary more than there are documents. */
  symbols: 1,
  /** The row of the place after everything, which no symbol follows. */
  lastRow: 2,
  /** The number that stands for a boundary in the code. */
  boundary: 3,
  /** Different tokens and the boundary. */
  distinct: 4,
} as const;

export const ABOUT_WORDS = 8;

/** Tokens are whole numbers from 0 to this one. */
export const MAX_TOKEN = 2 ** 24 - 1;

/** What is thrown for anything else. */
export function badToken(token: number, document: number): RangeError {
  return new RangeError(`FmIndex.build: expected tokens from 0 to ${MAX_TOKEN}, got ${token} in document ${document}`);
}
