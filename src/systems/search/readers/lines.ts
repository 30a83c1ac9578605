/** Lines of UTF-8, one at a time, so that a file of any size is read in the memory of its longest line. */
import { isUtf8 } from 'node:buffer';
import { basename } from 'node:path';
import { fileLines } from '../../../data/index.ts';
import { type Placed, problem } from './item.ts';

/** Bytes of a line at most. */
const LONGEST = 2 ** 26;

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
 * @throws what `fileLines` throws
 */
export async function* readLines(path: string): AsyncGenerator<Line | ReturnType<typeof problem>> {
  const name = basename(path);
  for await (const { number, bytes } of fileLines(path, { longest: LONGEST })) {
    const where = `${name}: line ${number}`;
    if (bytes === undefined) yield problem(where, `expected at most ${LONGEST} bytes, got more`);
    else if (!isUtf8(bytes)) yield problem(where, 'expected text in UTF-8, got other bytes');
    else {
      const text = bytes
        .toString('utf8')
        .replace(/^\uFEFF/, '')
        .replace(/\r$/, '');
      if (text.trim() !== '') yield { where, number, text };
    }
  }
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
