/**
 * JSON Lines: one JSON value a line, in UTF-8.
 */
import { isUtf8 } from 'node:buffer';
import { type ReadOptions, readSource, type Source } from './source.ts';

/**
 * Reads all values of a JSON Lines file, plain or gzipped; empty lines are skipped.
 * @throws SyntaxError with file and line for text that is not JSON or not UTF-8; RangeError for a file over `maxBytes`
 * @example
 * const papers = await readJsonLines('papers.jsonl.gz');
 */
export async function readJsonLines(source: Source, options: ReadOptions = {}): Promise<unknown[]> {
  const { name, bytes } = await readSource(source, options);
  const values: unknown[] = [];
  const decoder = new TextDecoder('utf-8');
  for (let start = 0, line = 1; start < bytes.length; line++) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    const part = bytes.subarray(start, end);
    start = end + 1;
    if (!isUtf8(part)) throw new SyntaxError(`${name}: line ${line}: expected UTF-8 text, got other bytes`);
    const text = decoder.decode(part); // also drops a byte order mark
    if (text.trim() === '') continue;
    try {
      values.push(JSON.parse(text));
    } catch (error) {
      const problem = (error as Error).message.replace(/\p{Cc}+/gu, ' ');
      throw new SyntaxError(`${name}: line ${line}: expected JSON: ${problem}`);
    }
  }
  return values;
}
