/** A text cut where its marks begin and end, for whoever shows it. Loads in browsers as it is. */

/** A part of a field that a hit was found by. Marks of a field do not overlap, and rise. */
export interface Mark {
  readonly field: 'title' | 'text';
  /** First UTF-16 unit, and the one after the last. */
  readonly start: number;
  readonly end: number;
  /** Its number among the hit's reasons. */
  readonly reason: number;
}

/** A part of a text, and the reason that it is marked for. */
export interface Piece {
  readonly text: string;
  readonly reason?: number;
}

/** The part of a field from `start` to `end`, in pieces. @param marks of any field */
export function piecesOf(
  field: Mark['field'],
  text: string,
  marks: readonly Mark[],
  start = 0,
  end = text.length,
): Piece[] {
  const pieces: Piece[] = [];
  let at = start;
  for (const mark of marks) {
    if (mark.field !== field || mark.end <= start || mark.start >= end) continue;
    const [from, to] = [Math.max(mark.start, start), Math.min(mark.end, end)];
    if (from > at) pieces.push({ text: text.slice(at, from) });
    pieces.push({ text: text.slice(from, to), reason: mark.reason });
    at = to;
  }
  if (at < end) pieces.push({ text: text.slice(at, end) });
  return pieces;
}

/** What a word was found for, where that is another one, and the word: `cacner → cancer` */
export function wordText(word: string, asked: string | undefined): string {
  return asked === undefined ? word : `${asked} → ${word}`;
}

/**
 * What a reason is a share of: where both n-grams and words have a score, two shares are not of one. `76 % of words`
 * @param both whether both have one
 */
export function shareText(kind: 'n-gram' | 'word', share: number, both: boolean): string {
  return `${Math.round(100 * share)} %${both ? ` of ${kind}s` : ''}`;
}
