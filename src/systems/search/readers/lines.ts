/** Lines of UTF-8, one at a time, so that a file of any size is read in the memory of its longest line. */
import { isUtf8 } from 'node:buffer';
import { basename } from 'node:path';
import { readBytes } from './bytes.ts';
import { type Placed, problem } from './item.ts';

/** Bytes of a line at most. */
const LONGEST = 2 ** 26;
const NEWLINE = 0x0a;

export interface Line {
  /** `papers.tsv: line 12` */
  readonly where: string;
  /** From 1. */
  readonly number: number;
  /** Without its line break. */
  readonly text: string;
}

/**
 * The lines of a file, plain or gzipped; empty ones are left out, those that are too long or not UTF-8 are problems.
 * @throws what `readBytes` throws
 */
export async function* readLines(path: string): AsyncGenerator<Line | ReturnType<typeof problem>> {
  const name = basename(path);
  let number = 0;
  let parts: Buffer[] = [];
  let length = 0;
  const ended = (): Line | ReturnType<typeof problem> | undefined => {
    number++;
    const bytes = Buffer.concat(parts);
    const tooLong = length > LONGEST;
    parts = [];
    length = 0;
    const where = `${name}: line ${number}`;
    if (tooLong) return problem(where, `expected at most ${LONGEST} bytes, got more`);
    if (!isUtf8(bytes)) return problem(where, 'expected text in UTF-8, got other bytes');
    const text = bytes
      .toString('utf8')
      .replace(/^\uFEFF/, '')
      .replace(/\r$/, '');
    return text.trim() === '' ? undefined : { where, number, text };
  };
  for await (const piece of readBytes(path)) {
    for (let from = 0; from < piece.length; ) {
      const at = piece.indexOf(NEWLINE, from);
      const to = at < 0 ? piece.length : at;
      length += to - from;
      // what is too long is not kept
      if (length <= LONGEST) parts.push(piece.subarray(from, to));
      else parts = [];
      from = to + 1;
      const line = at < 0 ? undefined : ended();
      if (line !== undefined) yield line;
    }
  }
  const last = length > 0 ? ended() : undefined;
  if (last !== undefined) yield last;
}

/** The values of a file of JSON lines, with where each stands. */
export async function* readJsonLines(path: string): AsyncGenerator<Placed | ReturnType<typeof problem>> {
  for await (const line of readLines(path)) {
    if ('problem' in line) yield line;
    else yield parsed(line.where, line.text);
  }
}

/** JSON, or why it is none. */
export function parsed(where: string, text: string): Placed | ReturnType<typeof problem> {
  try {
    return { where, value: JSON.parse(text) };
  } catch (error) {
    return problem(where, `expected JSON: ${(error as Error).message.replace(/\p{Cc}+/gu, ' ').slice(0, 200)}`);
  }
}
