/**
 * Generation with OPT's shapes and random weights: prompts and single tokens against plain PyTorch with a cache and
 * against what memory allows, weights of eight and four bits against those of 32, memory, and opening a checkpoint.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { optConfig } from 'tenfold/opt';
import { alternate, type Runner } from './alternate.ts';
import type { BenchOptions } from './benches.ts';
import { namesIn, roundsIn } from './choices.ts';
import { findPython, Peer, pythonPeer } from './peer.ts';
import { type BenchReport, comparedRow, type Row, row, type Skipped } from './report.ts';

const threads = 2;
const sizes = ['125m', '1.3b'];
const promptTokens = 512;
/** Decoding begins after a shorter one, which is not measured. */
const context = 64;
const steps = 16;
const goals = { prefill: 1.1, decode: 1, bandwidth: 1.4, int8: 0.5, int4: 0.35, memory: 1.25, open: 3 } as const;
/** Of the largest logit: what rounding may make of the same model. */
const agreement = 1e-3;

export const options = {
  /** Only these models, separated by commas. */
  models: { type: 'string' },
  /** Measured rounds of each case. */
  rounds: { type: 'string' },
} as const;

interface Loaded {
  readonly seconds: number;
  readonly bytes: number;
  readonly read: number;
}

export async function run(given: BenchOptions): Promise<BenchReport> {
  const models = namesIn('generate', 'models', given.models, sizes);
  const rounds = roundsIn('generate', given.rounds, 7);
  const python = await findPython('torch');
  const rows: Row[] = [];
  const skipped: Skipped[] = [];
  for (const size of models) {
    const folder = await mkdtemp(join(tmpdir(), 'tenfold-generate-'));
    try {
      process.stderr.write(`${size}: writing a checkpoint\n`);
      await using maker = worker();
      await maker.ask({ do: 'make', model: size, folder });
      rows.push(await measureOpening(size, folder));
      rows.push(...(await measureForms(size, folder, rounds)));
      if ('path' in python) rows.push(...(await measureAgainst(python, size, folder, rounds)));
      else skipped.push({ case: `decode/${size}-fp32`, reason: python.missing });
      if (size === '125m') rows.push(await measureTransformers(size, folder, rounds));
    } finally {
      await rm(folder, { recursive: true });
    }
  }
  return { rows, skipped };
}

function worker(): Peer {
  return new Peer(process.execPath, [fileURLToPath(new URL('generate-worker.js', import.meta.url))]);
}

const prefill = (who: Peer, name: string): Runner => ({
  name,
  once: () => who.ask<number>({ do: 'prefill', tokens: promptTokens }),
});
const decode = (who: Peer, name: string): Runner => ({
  name,
  once: () => who.ask<number>({ do: 'decode', tokens: context, steps }),
});

/** From a folder to the first token, in a new process each time, against reading the file's bytes. */
async function measureOpening(size: string, folder: string): Promise<Row> {
  process.stderr.write(`${size}: opening\n`);
  const inNewProcess = (request: object, seconds: (answer: never) => number) => async () => {
    await using fresh = worker();
    return seconds((await fresh.ask(request)) as never);
  };
  const ours = {
    name: 'tenfold',
    once: inNewProcess({ do: 'load', folder, weights: 'float32' }, (loaded: Loaded) => loaded.seconds),
  };
  const peer = { name: 'reading the bytes', once: inNewProcess({ do: 'read', folder }, (seconds: number) => seconds) };
  const [result] = await alternate(ours, [peer], { rounds: 3, warmups: 1 });
  const peerName = 'reading the bytes, warm';
  return comparedRow(result!, { case: `open/${size}`, unit: 's', peerName, goal: goals.open });
}

/** Weights of fewer bits against float32, and the memory of each. */
async function measureForms(size: string, folder: string, rounds: number): Promise<Row[]> {
  const rows: Row[] = [];
  await using plain = worker();
  const loaded = await plain.ask<Loaded>({ do: 'load', folder, weights: 'float32' });
  for (const form of ['int8', 'int4'] as const) {
    process.stderr.write(`${size}: ${form}\n`);
    await using small = worker();
    const own = await small.ask<Loaded>({ do: 'load', folder, weights: form });
    for (const [what, runner] of [
      ['prefill', prefill],
      ['decode', decode],
    ] as const) {
      const [result] = await alternate(runner(small, form), [runner(plain, 'tenfold, float32')], { rounds });
      const goal = what === 'decode' ? goals[form] : null;
      rows.push(comparedRow(result!, { case: `${what}/${size}-${form}`, unit: 'ms', scale: 1000, goal }));
    }
    rows.push(await peakRow(size, form, small, own));
  }
  rows.push(await peakRow(size, 'fp32', plain, loaded));
  return rows;
}

/** The peak of a process that has read the longest prompt, against its weights and that prompt's cache. */
async function peakRow(size: string, form: string, who: Peer, { bytes }: Loaded): Promise<Row> {
  const { layers, hiddenSize } = optConfig(size);
  const least = bytes + 2 * layers * hiddenSize * promptTokens * 4;
  const peak = await who.ask<number>({ do: 'peak' });
  return row({
    case: `memory/${size}-${form}`,
    unit: 'MiB',
    ours: peak / 2 ** 20,
    peer: null,
    peerName: `weights and cache, ${Math.round(least / 2 ** 20)} MiB`,
    ratio: peak / least,
    goal: goals.memory,
  });
}

async function measureAgainst(
  python: { readonly path: string; readonly version: string },
  size: string,
  folder: string,
  rounds: number,
): Promise<Row[]> {
  const peerName = `PyTorch ${python.version} with a cache, ${threads} threads`;
  process.stderr.write(`${size}: ${peerName}\n`);
  await using ours = worker();
  await using peer = pythonPeer(python.path, 'generate.py', threads);
  const { read } = await ours.ask<Loaded>({ do: 'load', folder, weights: 'float32' });
  await peer.ask({ do: 'load', folder });
  await requireSame(ours, peer);
  const rows: Row[] = [];
  for (const [what, runner] of [
    ['prefill', prefill],
    ['decode', decode],
  ] as const) {
    const [result] = await alternate(runner(ours, 'tenfold'), [runner(peer, peerName)], { rounds });
    rows.push(comparedRow(result!, { case: `${what}/${size}-fp32`, unit: 'ms', scale: 1000, goal: goals[what] }));
  }
  // in turns, so that both see the same neighbours
  const reading = { name: 'reading the weights', once: async () => read / (await peer.ask<number>({ do: 'rate' })) };
  const [result] = await alternate(decode(ours, 'tenfold'), [reading], { rounds, warmups: 1 });
  const about = { case: `bandwidth/${size}-fp32`, unit: 'ms', scale: 1000, goal: goals.bandwidth };
  rows.push(comparedRow(result!, { ...about, peerName: `reading the weights once, ${threads} threads` }));
  return rows;
}

/** What a token costs in transformers.js's `generate` on the same model, exported. */
async function measureTransformers(size: string, folder: string, rounds: number): Promise<Row> {
  process.stderr.write(`${size}: transformers.js\n`);
  {
    await using maker = worker();
    await maker.ask({ do: 'export', folder });
  }
  await using ours = worker();
  await using peer = new Peer(process.execPath, [fileURLToPath(new URL('generate-transformers.js', import.meta.url))]);
  await ours.ask({ do: 'load', folder, weights: 'float32' });
  await peer.ask({ do: 'load', folder });
  const [a, b] = await Promise.all(
    [ours, peer].map((who) => who.ask<number[]>({ do: 'tokens', tokens: context, steps })),
  );
  if (`${a}` !== `${b}`) throw new RangeError(`generate: expected the tokens of transformers.js, ${b}, got ${a}`);
  const [result] = await alternate(decode(ours, 'tenfold'), [decode(peer, 'transformers.js')], { rounds, warmups: 1 });
  const peerName = `transformers.js, generate on the exported model, ${threads} threads`;
  const about = { case: `decode/${size}-fp32 vs transformers.js`, unit: 'ms', scale: 1000, goal: null };
  return comparedRow(result!, { ...about, peerName });
}

/** @throws RangeError unless both compute the same model */
async function requireSame(ours: Peer, peer: Peer): Promise<void> {
  const [a, b] = await Promise.all([ours, peer].map((who) => who.ask<number[]>({ do: 'logits', tokens: 9 })));
  const largest = Math.max(...b!.map(Math.abs));
  const off = Math.max(...a!.map((v, i) => Math.abs(v - b![i]!))) / largest;
  if (!(a!.length === b!.length && off <= agreement))
    throw new RangeError(`generate: expected the peer's logits to ${agreement} of the largest, got ${off}`);
}
