/**
 * The FM-index against sdsl-lite with SEAL's parameters, on the same tokens, and in Chromium against Node.
 *
 * Both sides run in processes of their own, on one thread, and are timed in processor time; what they find is compared,
 * so that every run also checks a million counts against an independent index. Memory is measured in fresh processes:
 * the peak of resident memory while building, less what the idle process held, and the whole process beside it.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { alternate, quantile } from './alternate.ts';
import type { BenchOptions } from './benches.ts';
import { openInChromium } from './fm-browser.ts';
import { type Corpus, missingText, readCorpus } from './fm-corpus.ts';
import type { Measured } from './fm-queries.ts';
import { Peer } from './peer.ts';
import { type BenchReport, comparedRow, type Row, row, type Skipped } from './report.ts';

const PEER = 'sdsl-lite csa_wt_int<>, g++ -O3, processor time of 1 thread';
const ROUNDS = 5;
/** Megabytes of text, besides all papers (24 MB), at which growth is watched. */
const SIZES = [1, 10, 100];
const QUERIES = { count: 1_000_000, next: 10_000, locate: 10_000 };

export const options = {
  /** Megabytes of text at which growth is watched, separated by commas; `none` for the papers alone. */
  sizes: { type: 'string' },
} as const;

const execute = promisify(execFile);

interface Built extends Measured {
  readonly bytes: number;
  readonly before: number;
  readonly peak: number;
}

export async function run({ sizes: given }: BenchOptions): Promise<BenchReport> {
  const sizes = readSizes(given);
  const reason = missingText();
  if (reason !== undefined) return { rows: [], skipped: [{ case: 'fm', reason }] };
  const folder = await mkdtemp(join(tmpdir(), 'tenfold-fm-'));
  try {
    const peer = await compilePeer(folder);
    process.stderr.write(`tokenizing up to ${Math.max(24, ...sizes)} MB\n`);
    const corpus = await readCorpus(Math.max(0, ...sizes));
    const rows: Row[] = [];
    const skipped: Skipped[] = [];
    if (typeof peer === 'object') skipped.push({ case: 'fm', reason: peer.missing });
    const measure = async (documents: number, suffix: string): Promise<void> => {
      await writeInputs(folder, corpus, documents);
      if (typeof peer === 'string') rows.push(...(await against(peer, folder, suffix, describe(corpus, documents))));
    };
    await measure(corpus.papers, '');
    const chromium = await inChromium(folder);
    rows.push(...chromium.rows);
    skipped.push(...chromium.skipped);
    for (const size of sizes) {
      const documents = corpus.bytes.findIndex((bytes) => bytes >= size * 1e6) + 1;
      if (documents > 0) await measure(documents, `/${size}MB`);
      else
        skipped.push({ case: `fm/*/${size}MB`, reason: `only ${Math.round(corpus.bytes.at(-1)! / 1e6)} MB of text` });
    }
    return { rows, skipped };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** @throws RangeError that names the option */
function readSizes(given: BenchOptions[string]): number[] {
  if (given === 'none') return [];
  const sizes = typeof given === 'string' ? given.split(',').map(Number) : SIZES;
  if (!sizes.every((size) => size > 0 && Number.isFinite(size))) {
    throw new RangeError(`fm-index: expected --sizes of megabytes, as in 1,10, got '${given}'`);
  }
  return sizes;
}

function describe({ bytes, lengths }: Corpus, documents: number): string {
  const tokens = lengths.slice(0, documents).reduce((sum, length) => sum + length, 0);
  return `${(bytes[documents - 1]! / 1e6).toFixed(1)} MB, ${(tokens / 1e6).toFixed(2)} million tokens`;
}

/** The compiled peer, or why there is none. */
async function compilePeer(folder: string): Promise<string | { missing: string }> {
  const source = fileURLToPath(new URL('../peers/fm_index.cpp', import.meta.url));
  const program = join(folder, 'peer');
  const flags = ['-O3', '-DNDEBUG', '-march=native', '-std=c++14', '-w'];
  try {
    await execute('g++', [...flags, source, '-o', program, '-lsdsl', '-ldivsufsort', '-ldivsufsort64']);
    return program;
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    if (code === 'ENOENT') return { missing: 'no g++' };
    if (/sdsl/.test(message)) return { missing: "no sdsl-lite (Debian's package libsdsl-dev)" };
    throw error;
  }
}

/** Writes the tokens for both sides, and what will be asked. */
async function writeInputs(folder: string, { tokens, lengths }: Corpus, documents: number): Promise<void> {
  const used = lengths.slice(0, documents);
  const symbols = used.reduce((sum, length) => sum + length, 0);
  const backward = new Int32Array(symbols + documents);
  let from = 0;
  let to = 0;
  for (const length of used) {
    for (let i = length - 1; i >= 0; i--) backward[to++] = tokens[from + i]! + 10;
    backward[to++] = 1;
    from += length;
  }
  const write = (name: string, words: Int32Array) => writeFile(join(folder, `${name}.bin`), words);
  await write('tokens', tokens.subarray(0, symbols));
  await write('lengths', Int32Array.from(used));
  await write('backward', backward);
  const random = generator(6);
  await write('count', ngrams(tokens, used, random, QUERIES.count, 10, true));
  await write('next', ngrams(tokens, used, random, QUERIES.next, 5, false));
  await write('locate', ngrams(tokens, used, random, QUERIES.locate, 10, false));
}

/**
 * N-grams of documents, of 1 to `longest` tokens; where asked, every other one with a token exchanged for another one of
 * the text, so that it may not occur.
 */
function ngrams(
  tokens: Int32Array,
  lengths: readonly number[],
  random: () => number,
  count: number,
  longest: number,
  changed: boolean,
): Int32Array {
  const ends: number[] = [];
  let end = 0;
  for (const length of lengths) {
    end += length;
    ends.push(end);
  }
  const words: number[] = [];
  for (let i = 0; i < count; i++) {
    const at = Math.floor(random() * end);
    const length = Math.min(1 + Math.floor(random() * longest), ends[firstAbove(ends, at)]! - at);
    words.push(length, ...tokens.subarray(at, at + length));
    if (changed && i % 2 === 1) {
      words[words.length - 1 - Math.floor(random() * length)] = tokens[Math.floor(random() * end)]!;
    }
  }
  return Int32Array.from(words);
}

function firstAbove(sorted: readonly number[], x: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! > x) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Numbers from 0 up to 1, the same at every run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let x = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
  };
}

const worker = fileURLToPath(new URL('fm-index-worker.js', import.meta.url));
const goals: Readonly<Record<string, number>> = { count: 1, 'next-tokens': 1, locate: 1, bytes: 0.6, 'build-time': 1 };

async function against(program: string, folder: string, suffix: string, what: string): Promise<Row[]> {
  const watched = suffix !== '';
  const rows: Row[] = [];
  const add = (name: string, measured: Omit<Row, 'case' | 'peerName' | 'goal' | 'met'>, goal = goals[name]) =>
    rows.push(
      row({
        ...measured,
        case: `fm/${name}${suffix}`,
        peerName: `${PEER}; ${what}`,
        goal: watched ? null : (goal ?? null),
      }),
    );

  // Each building in a new process: a peak never sinks.
  const ours: Built[] = [];
  const theirs: Built[] = [];
  for (let round = 0; round < (watched ? 1 : ROUNDS); round++) {
    process.stderr.write(`${what}: building, round ${round + 1}\n`);
    for (const [results, command, args] of [
      [ours, process.execPath, [worker, folder]],
      [theirs, program, [folder]],
    ] as const) {
      await using side = new Peer(command, args);
      results.push(await side.ask<Built>({ do: 'build' }));
    }
  }
  const ratios = (cost: (built: Built) => number) => {
    const each = ours.map((built, i) => cost(built) / cost(theirs[i]!));
    return {
      ours: quantile(ours.map(cost), 0.5),
      peer: quantile(theirs.map(cost), 0.5),
      ratio: quantile(each, 0.5),
      spread: watched ? null : ([quantile(each, 0.25), quantile(each, 0.75)] as const),
    };
  };
  const mebibytes = (cost: (built: Built) => number) => ratios((built) => cost(built) / 2 ** 20);
  add('build-time', { unit: 's', ...ratios(({ cpu }) => cpu) });
  add('build-memory', { unit: 'MiB added', ...mebibytes(({ peak, before }) => peak - before) }, 1);
  add('build-memory-process', { unit: 'MiB', ...mebibytes(({ peak }) => peak) });
  add('bytes', { unit: 'MiB', ...mebibytes(({ bytes }) => bytes) });

  await using us = new Peer(process.execPath, [worker, folder]);
  await using them = new Peer(program, [folder]);
  for (const side of [us, them]) {
    await side.ask({ do: 'build' });
    await side.ask({ do: 'load' });
  }
  if (!watched) await us.ask({ do: 'save' });
  for (const [name, request, unit] of [
    ['count', 'count', 'µs a query'],
    ['next-tokens', 'next', 'µs a token'],
    ['locate', 'locate', 'µs an occurrence'],
  ] as const) {
    process.stderr.write(`${what}: ${name}\n`);
    const checks = new Set<number>();
    const runner = (side: Peer, whose: string) => ({
      name: whose,
      once: async () => {
        const { cpu, units, check } = await side.ask<Measured>({ do: request });
        checks.add(check).add(-units);
        return (cpu / units) * 1e6;
      },
    });
    const rounds = watched ? 3 : ROUNDS;
    const [result] = await alternate(runner(us, 'tenfold'), [runner(them, PEER)], { rounds, warmups: 1 });
    if (checks.size !== 2)
      throw new Error(`fm/${name}${suffix}: expected equal answers, got ${[...checks].join(', ')}`);
    const { ratio, spread } = result!;
    add(name, { unit, ours: result!.ours.median, peer: result!.peer.median, ratio, spread });
  }
  return rows;
}

/** The same queries in a page of Chromium, against Node, on the index that `against` saved. */
async function inChromium(folder: string): Promise<BenchReport> {
  const page = await openInChromium(folder);
  if ('missing' in page) return { rows: [], skipped: [{ case: 'fm/chromium', reason: page.missing }] };
  await using chromium = page;
  await using node = new Peer(process.execPath, [worker, folder]);
  await node.ask({ do: 'build' });
  await node.ask({ do: 'load' });
  const rows: Row[] = [];
  for (const [name, request] of [
    ['count', 'count'],
    ['next-tokens', 'next'],
    ['locate', 'locate'],
  ] as const) {
    process.stderr.write(`Chromium: ${name}\n`);
    const per = async (asked: Promise<Measured>) => {
      const { wall, units } = await asked;
      return (wall / units) * 1e6;
    };
    const [result] = await alternate(
      { name: 'Chromium', once: () => per(chromium.ask(request)) },
      [{ name: 'Node', once: () => per(node.ask<Measured>({ do: request })) }],
      { rounds: ROUNDS, warmups: 1 },
    );
    const peerName = `the same on Node ${process.versions.node}, wall time`;
    rows.push(comparedRow(result!, { case: `fm/chromium/${name}`, unit: 'µs', peerName, goal: 1.5 }));
  }
  return { rows, skipped: [] };
}
