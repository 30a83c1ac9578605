/** TREC's run files: what a system found for each query, a line a document: `query Q0 document rank score tag`. */
import type { Scored } from './measures.ts';

/**
 * The lines of one query's result, ranks from 1. Scores are written so that trec_eval, which sorts by them in single
 * precision and ties by falling id, takes the documents in the order given: one that would not stay below the one before
 * it is lowered to the next number that does.
 * @param result best first
 * @param tag names the run
 * @throws RangeError for an id or a tag that is empty or has white space, which a line cannot hold
 */
export function* runLines(query: string, result: readonly Scored[], tag: string): Generator<string> {
  for (const name of [query, tag, ...result.map(({ id }) => id)]) {
    if (!/^\S+$/.test(name)) throw new RangeError(`run: expected ids without white space, got ${JSON.stringify(name)}`);
  }
  let above = Number.POSITIVE_INFINITY;
  for (const [i, { id, score }] of result.entries()) {
    above = Math.fround(score) < above ? Math.fround(score) : below(above);
    yield `${query} Q0 ${id} ${i + 1} ${Number(above.toPrecision(9))} ${tag}\n`;
  }
}

/** The next lower number of single precision. */
function below(value: number): number {
  const bits = new Int32Array(new Float32Array([value === 0 ? -0 : value]).buffer);
  bits[0]! += value > 0 ? -1 : 1;
  return new Float32Array(bits.buffer)[0]!;
}

/**
 * The results in a run file, by query, in the order of its lines. Lines that begin with `#` are comments.
 * @throws SyntaxError with file and line for one that is no run's, or that names a document of its query again
 */
export async function readRun(path: string): Promise<Map<string, Scored[]>> {
  const { readFile } = await import('node:fs/promises');
  const results = new Map<string, Scored[]>();
  const seen = new Set<string>();
  for (const [i, line] of (await readFile(path, 'utf8')).split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const fail = (expected: string): never => {
      throw new SyntaxError(`${path}: line ${i + 1}: expected ${expected}, got '${line.trim().slice(0, 200)}'`);
    };
    const [query, , id, , written] = line.trim().split(/\s+/);
    const score = Number(written);
    if (id === undefined || written === undefined || !Number.isFinite(score)) {
      return fail('query, Q0, document, rank, score and tag');
    }
    const key = `${query} ${id}`;
    if (seen.has(key)) fail('every document once a query');
    seen.add(key);
    const result = results.get(query!) ?? [];
    result.push({ id, score });
    results.set(query!, result);
  }
  return results;
}
