/**
 * The objects in a JSON file's list, one at a time: of the list that the file is, or that one of its fields is. Only one
 * object is held, so that DPR's training files of many gigabytes can be read.
 */
import { isUtf8 } from 'node:buffer';
import { basename } from 'node:path';
import { filePieces } from '../../../data/index.ts';
import { type Placed, problem } from './item.ts';
import { parsed } from './lines.ts';

/** Bytes of an object at most. */
const LARGEST = 2 ** 28;
const [QUOTE, BACKSLASH, NEWLINE, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST] = Array.from('"\\\n{}[]', (c) => c.charCodeAt(0));

/** @throws SyntaxError for a file without such a list, one that ends within it, and an object that is too large */
export async function* readElements(path: string): AsyncGenerator<Placed | ReturnType<typeof problem>> {
  const name = basename(path);
  let depth = 0;
  /** The depth of the list's objects, once it has begun. */
  let wanted: number | undefined;
  let found = false;
  let done = false;
  let quoted = false;
  let escaped = false;
  let line = 1;
  let begun = 0;
  let parts: Buffer[] | undefined;
  let length = 0;
  for await (const piece of filePieces(path)) {
    let from = 0;
    for (let i = 0; i < piece.length; i++) {
      const byte = piece[i]!;
      if (byte === NEWLINE) line++;
      if (quoted) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) quoted = false;
      } else if (byte === QUOTE) quoted = true;
      else if (byte === OPEN || byte === OPEN_LIST) {
        if (byte === OPEN && depth === wanted && !done) {
          parts = [];
          found = true;
          length = 0;
          from = i;
          begun = line;
        }
        depth++;
        if (byte === OPEN_LIST && wanted === undefined && depth <= 2) wanted = depth;
      } else if (byte === CLOSE || byte === CLOSE_LIST) {
        depth--;
        if (parts !== undefined && depth === wanted) {
          const bytes = Buffer.concat([...parts, piece.subarray(from, i + 1)]);
          parts = undefined;
          const where = `${name}: line ${begun}`;
          if (isUtf8(bytes)) yield parsed(where, bytes.toString('utf8'));
          else yield problem(where, 'expected text in UTF-8, got other bytes');
        }
        if (wanted !== undefined && depth < wanted) {
          if (found) done = true;
          else wanted = undefined;
        }
      }
    }
    if (parts === undefined) continue;
    parts.push(piece.subarray(from));
    length += piece.length - from;
    if (length > LARGEST) {
      throw new SyntaxError(`${name}: line ${begun}: expected an object of at most ${LARGEST} bytes, got a larger one`);
    }
  }
  if (!found) throw new SyntaxError(`${name}: expected JSON with a list of objects, got none`);
  if (depth !== 0 || quoted) throw new SyntaxError(`${name}: expected whole JSON, got a file that ends within a value`);
}
