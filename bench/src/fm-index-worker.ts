/** Our side of the FM-index benchmark, in a process of its own: the same requests as bench/peers/fm_index.cpp. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { FmIndex, type Rows } from 'tenfold/search';
import { located, type Measured, measureCount, measureLocate, measureNext, readQueries } from './fm-queries.ts';

const folder = process.argv[2]!;
let index: FmIndex;

/** Documents on disk, read a piece at a time whenever they are gone through: what a caller short of memory does. */
const documents: Iterable<Int32Array> = {
  *[Symbol.iterator]() {
    const lengths = words(readFileSync(`${folder}/lengths.bin`));
    const file = openSync(`${folder}/tokens.bin`, 'r');
    try {
      let piece = new Int32Array(1 << 16);
      let [at, end] = [0, 0];
      for (const length of lengths) {
        if (end - at < length) {
          const rest = piece.subarray(at, end);
          if (length > piece.length) piece = new Int32Array(length);
          piece.set(rest);
          [at, end] = [0, rest.length];
          end += readSync(file, piece, 4 * end, 4 * (piece.length - end), null) / 4;
        }
        yield piece.subarray(at, at + length);
        at += length;
      }
    } finally {
      closeSync(file);
    }
  },
};

const words = (file: Buffer): Int32Array => new Int32Array(new Uint8Array(file).buffer);
const queries = (name: string): Int32Array[] => readQueries(words(readFileSync(`${folder}/${name}.bin`)));

/** The most memory that was resident; what `getrusage` says begins with the parent's. */
function peak(): number {
  return 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'latin1'))![1]);
}

/** Runs `work` and adds what it cost. */
function timed(work: () => Omit<Measured, 'cpu' | 'wall'>): Measured {
  const from = performance.now();
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  return { ...result, cpu: (user + system) / 1e6, wall: (performance.now() - from) / 1000 };
}

let asked: { count: Int32Array[]; next: Rows[]; locate: Rows[] };

const answers: Record<string, () => unknown> = {
  build() {
    // the engine, loaded and warm, is no part of what a larger text needs
    FmIndex.build(
      Array.from({ length: 100 }, (_, d) => Int32Array.from({ length: 1000 }, (_, i) => (i * i + d) % 997)),
    );
    const before = process.memoryUsage.rss();
    const cost = timed(() => {
      index = FmIndex.build(documents);
      return { units: 1, check: index.tokens };
    });
    return { ...cost, bytes: index.file.length, before, peak: peak() };
  },
  async save() {
    await index.save(`${folder}/ours.fm`);
    return null;
  },
  load() {
    const next = queries('next').map((ngram) => index.find(ngram));
    asked = { count: queries('count'), next, locate: located(index, queries('locate')) };
    return null;
  },
  count: () => timed(() => measureCount(index, asked.count)),
  next: () => timed(() => measureNext(index, asked.next)),
  locate: () => timed(() => measureLocate(index, asked.locate)),
};

for await (const line of createInterface({ input: process.stdin })) {
  let reply: object;
  try {
    reply = { ok: await answers[JSON.parse(line).do]!() };
  } catch (error) {
    reply = { error: (error as Error).stack };
  }
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
