/** Readers for test collections: BEIR's files, SMART's, and TREC's judgements. */
import type { Qrels } from './measures.ts';

/**
 * Judgements: TREC's `query iteration document grade`, or BEIR's `query document grade` with or without a heading or a
 * split before them.
 * @param split where lines begin with one, which to read; all, unless given, where it is called train, dev, validation or test
 * @throws SyntaxError with file and line for a line that is none of these
 */
export async function readQrels(path: string, { split }: { readonly split?: string } = {}): Promise<Qrels> {
  const qrels = new Map<string, Map<string, number>>();
  const lines = (await readText(path, 'utf8')).split('\n');
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '' || (i === 0 && /\bscore\s*$/.test(line))) continue;
    const cells = line.trim().split(/\s+/);
    const grade = Number(cells.at(-1));
    if (cells.length < 3 || cells.length > 4 || !Number.isInteger(grade)) {
      throw new SyntaxError(`${path}: line ${i + 1}: expected query, document and grade, got '${line.trim()}'`);
    }
    const first = cells[0]!;
    if (split !== undefined && first !== split) continue;
    const query = split !== undefined || (cells.length === 4 && splits.test(first)) ? cells[1]! : first;
    const judged = qrels.get(query) ?? new Map<string, number>();
    qrels.set(query, judged.set(cells.at(-2)!, grade));
  }
  return qrels;
}

/** What splits are called, which would pass for queries in TREC's four columns. */
const splits = /^(train|dev|val|valid|validation|test)$/;

/** A document of a SMART collection: what follows each letter, `T` the title, `W` the text. */
export interface SmartDocument {
  readonly id: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Documents or queries in SMART's format: `.I 1`, then `.T`, `.A`, `.B`, `.W`, each before lines of text. */
export async function readSmart(path: string): Promise<SmartDocument[]> {
  const text = await readText(path, 'latin1');
  const parts = text.split(/^\.I\s+/m).slice(1);
  if (parts.length === 0) throw new SyntaxError(`${path}: expected SMART's .I lines, got none`);
  return parts.map((part) => {
    const [id = '', ...fields] = part.split(/^\.([A-Z])[ \t]*\r?$/m);
    const named: Record<string, string> = {};
    for (let i = 0; i + 1 < fields.length; i += 2) named[fields[i]!] = fields[i + 1]!.trim();
    return { id: id.trim(), fields: named };
  });
}

/**
 * SMART's judgements, `query document grade` with grades from 1, the best, to 4, and −1 for what is not relevant: here
 * 1 for the relevant ones, 0 for others. Queries are numbered by their position, from 1.
 */
export async function readSmartQrels(path: string): Promise<Qrels> {
  const graded = await readQrels(path);
  return new Map(
    [...graded].map(([query, judged]) => [
      query,
      new Map([...judged].map(([document, grade]) => [document, grade >= 1 ? 1 : 0])),
    ]),
  );
}

/** Node's modules are imported when needed, so that the room also loads in a browser. */
async function readText(path: string, encoding: 'utf8' | 'latin1'): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  return readFile(path, encoding);
}
