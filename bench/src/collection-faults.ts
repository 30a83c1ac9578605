/**
 * A collection whose writer is killed at random moments, while it indexes, adds, deletes and merges, and while documents
 * come and go beside merges: the folder must open, hold all that was acknowledged, each document once, be found by words
 * and by n-grams, and hold nothing that was deleted. And one that ten processes read while one writes: each must see whole
 * states, one after the other.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Collection, CollectionWriter } from 'tenfold/search';
import type { BenchOptions } from './benches.ts';
import type { Looked, ReaderRequest } from './collection-reader.ts';
import type { WriterRequest } from './collection-writer.ts';
import { type BenchReport, type Row, row } from './report.ts';

export const options = {
  /** Writers to kill. Default 100. */
  runs: { type: 'string' },
} as const;

const phases = ['index', 'add', 'merge', 'beside'] as const;
/** Milliseconds after the writer has opened the folder, or begun to merge beside other changes. */
const LATEST = 900;
const READERS = 10;
/** Milliseconds that each reads. */
const READING = 15_000;

/** A document that no other shares its words with. */
export function document(id: string): { id: string; text: string } {
  return { id, text: `${id.replace('-', 'x')} ${`words of document ${id} `.repeat(20)}` };
}

/** What is known of the folder. */
interface Known {
  /** Acknowledged, and not being deleted since. */
  readonly held: Set<string>;
  /** Asked to be deleted, not acknowledged: there or not. */
  readonly doubtful: Set<string>;
  /** Acknowledged as deleted. */
  readonly gone: Set<string>;
}

export async function run(given: BenchOptions): Promise<BenchReport> {
  const runs = typeof given.runs === 'string' ? Number(given.runs) : 100;
  if (!Number.isInteger(runs) || runs < 1) {
    throw new RangeError(`collection-faults: expected a number of runs, got ${given.runs}`);
  }
  const scratch = mkdtempSync(join(tmpdir(), 'tenfold-collection-faults-'));
  const counts = { writing: 0, merging: 0, closed: 0, lost: 0, risen: 0, unfound: 0, left: 0 };
  let looked: Looked;
  try {
    looked = await readWhileWritten(join(scratch, 'read'));
    for (let i = 0; i < runs; i++) {
      const folder = join(scratch, `run${i}`);
      const phase = phases[i % phases.length]!;
      const known: Known = { held: new Set(), doubtful: new Set(), gone: new Set() };
      // twice in a row, so that a writer also takes up what a killed one left
      for (const name of ['first', 'second']) {
        if ((await killed({ folder, phase, name }, known)) === 'merging') counts.merging++;
      }
      await judge(folder, known, counts);
      rmSync(folder, { recursive: true });
      process.stderr.write(`\rcollection-faults: ${i + 1} of ${runs} folders, two writers killed in each`);
    }
  } finally {
    rmSync(scratch, { recursive: true });
    process.stderr.write('\n');
  }
  const failure = (name: string, ours: number) =>
    counted(`collection-faults/${name}`, ours, runs, `limit 0 of ${runs}`, 0);
  return {
    rows: [
      counted('collection-faults/killed-while-writing', counts.writing, runs, `of ${runs} folders`, null),
      counted('collection-faults/killed-beside-a-merge', counts.merging, 2 * runs, `of ${2 * runs} writers`, null),
      failure('does-not-open', counts.closed),
      failure('acknowledged-is-lost', counts.lost),
      failure('deleted-is-back', counts.risen),
      failure('not-found', counts.unfound),
      failure('files-left-over', counts.left),
      row({
        case: 'collection-faults/seen-broken-by-readers',
        unit: 'looks',
        ours: looked.wrong,
        peer: null,
        peerName: `limit 0 of ${looked.times} by ${READERS} processes, which saw ${looked.states} states of the folder`,
        ratio: looked.wrong / looked.times,
        goal: 0,
      }),
    ],
    skipped: [],
  };
}

function counted(name: string, ours: number, of: number, peerName: string, goal: number | null): Row {
  return row({ case: name, unit: 'folders', ours, peer: null, peerName, ratio: ours / of, goal });
}

/** Lets a writer work for a while, and notes what it said. @returns what it said last of its merges, if anything */
async function killed(
  request: WriterRequest,
  { held, doubtful, gone }: Known,
  milliseconds = Math.random() * LATEST,
): Promise<string | undefined> {
  const worker = fileURLToPath(new URL('collection-writer.js', import.meta.url));
  const child = spawn(process.execPath, [worker, JSON.stringify(request)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const from = request.phase === 'beside' ? 'merging' : 'open';
  let doomed = false;
  let merges: string | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    const [what, ...ids] = line.split(' ');
    if (what === 'merging' || what === 'resting') merges = what;
    if (what === from && !doomed) {
      doomed = true;
      setTimeout(() => child.kill('SIGKILL'), milliseconds);
    }
    for (const id of ids) {
      if (what === 'added') held.add(id);
      else held.delete(id);
      if (what === 'deleting') doubtful.add(id);
      if (what === 'deleted') gone.add(id);
    }
  }
  await ended;
  return merges;
}

/** Ten processes that read a folder while one adds and merges. */
async function readWhileWritten(folder: string): Promise<Looked> {
  {
    await using writer = await CollectionWriter.open(folder);
    await writer.add([document('known-0')]);
  }
  const known: Known = { held: new Set(), doubtful: new Set(), gone: new Set() };
  const reader = fileURLToPath(new URL('collection-reader.js', import.meta.url));
  const told: ReaderRequest = { folder, milliseconds: READING };
  const readers = Array.from({ length: READERS }, async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [reader, JSON.stringify(told)]);
    return JSON.parse(stdout) as Looked;
  });
  await killed({ folder, phase: 'grow', name: 'written' }, known, 2 * READING);
  const all = await Promise.all(readers);
  const sum = (what: keyof Looked) => all.reduce((total, one) => total + one[what], 0);
  return { times: sum('times'), wrong: sum('wrong'), states: Math.max(...all.map(({ states }) => states)) };
}

async function judge(folder: string, { held, doubtful, gone }: Known, counts: Record<string, number>): Promise<void> {
  let collection: Collection;
  try {
    collection = await Collection.open(folder);
  } catch (error) {
    counts.closed!++;
    process.stderr.write(`\ncollection-faults: ${(error as Error).message}\n`);
    return;
  }
  const named = new Set(collection.segments.map(({ entry }) => entry.name));
  const isLeft = (name: string) => /^\.?segment-/.test(name) && ![...named].some((own) => name.includes(own));
  if (readdirSync(folder).some((name) => isLeft(name) || name.endsWith('.tmp'))) counts.writing!++;
  const found = new Map([...collection.documents()].map((one) => [one.id, one.text]));
  if ([...held].some((id) => found.get(id) !== document(id).text)) counts.lost!++;
  if ([...gone].some((id) => found.has(id)) || found.size < collection.size) counts.risen!++;
  // some of what is there: by its own word, and by its bytes
  const some = [...found.keys()].filter((id) => !doubtful.has(id)).filter((_, i) => i % 97 === 0);
  const isFound = (id: string) => {
    const [hit] = collection.search(id.replace('-', 'x'), { limit: 1 });
    const bytes = Buffer.from(`words of document ${id} `);
    return hit?.document.id === id && collection.segments.some(({ ngrams }) => ngrams.count(bytes) >= 20);
  };
  if (!some.every(isFound)) counts.unfound!++;
  // the next writer takes away what was left, and nothing else
  await (await CollectionWriter.open(folder)).close();
  const after = await Collection.open(folder);
  const names = readdirSync(folder).filter((name) => name !== 'manifest');
  const wanted = after.segments.reduce((sum, { entry }) => sum + 3 + (entry.deleted === null ? 0 : 1), 0);
  if (names.length !== wanted || after.size !== found.size) counts.left!++;
}
