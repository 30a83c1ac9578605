/**
 * Training steps and forward passes against PyTorch in eager mode, and training steps against jax-js; each side in a
 * process of its own, in turns.
 */
import { fileURLToPath } from 'node:url';
import { alternate, type Runner } from './alternate.ts';
import type { BenchOptions } from './benches.ts';
import { namesIn, roundsIn } from './choices.ts';
import { models } from './models/index.ts';
import { findPython, Peer, pythonPeer } from './peer.ts';
import { type BenchReport, comparedRow, memoryRow, type Row, row, type Skipped } from './report.ts';
import { measureJax } from './train-jax.ts';

const threads = 2;
const goals: Readonly<Record<string, number>> = { mlp: 0.5, gpt: 0.6, resnet18: 1.2, unet3d: 1.2, separable: 1.2 };
const forwardGoal = 1;
const memoryGoal = 1.25;
const compileLimit = 3;

export const options = {
  /** Only these models, separated by commas. */
  models: { type: 'string' },
  /** Measured rounds of each case. */
  rounds: { type: 'string' },
} as const;

interface Loaded {
  readonly parameters: number;
  /** Steps that one run of ours makes. */
  readonly steps: number;
  readonly trainSeconds: number;
}

export async function run(given: BenchOptions): Promise<BenchReport> {
  const names = namesIn('train', 'models', given.models, Object.keys(models));
  const rounds = roundsIn('train', given.rounds, 15);
  const python = await findPython('torch');
  const rows: Row[] = [];
  const skipped: Skipped[] = [];
  for (const name of names) {
    if ('missing' in python) skipped.push({ case: `train/${name}`, reason: python.missing });
    else
      rows.push(...(await measure(name, rounds, python.path, `PyTorch ${python.version} eager, ${threads} threads`)));
    const jax = await measureJax(name, rounds, threads);
    rows.push(...jax.rows);
    skipped.push(...jax.skipped);
  }
  return { rows, skipped };
}

async function measure(name: string, rounds: number, python: string, peerName: string): Promise<Row[]> {
  const worker = fileURLToPath(new URL('train-worker.js', import.meta.url));
  process.stderr.write(`${name}: loading\n`);
  await using ours = new Peer(process.execPath, [worker]);
  await using peer = pythonPeer(python, 'train.py', threads);
  const loaded = await ours.ask<Loaded>({ do: 'load', model: name });
  const theirs = await peer.ask<number>({ do: 'load', model: name });
  if (loaded.parameters !== theirs)
    throw new RangeError(`${name}: expected ${theirs} parameters as the peer has, got ${loaded.parameters}`);

  const rows: Row[] = [];
  for (const what of ['train', 'forward'] as const) {
    process.stderr.write(`${name}: ${what}\n`);
    const steps = what === 'train' ? loaded.steps : loaded.steps > 1 ? 20 : 1;
    const side = (who: Peer, whose: string): Runner => ({
      name: whose,
      once: () => who.ask<number>({ do: what, steps }),
    });
    const [result] = await alternate(side(ours, 'tenfold'), [side(peer, peerName)], { rounds });
    const goal = what === 'train' ? goals[name]! : forwardGoal;
    rows.push(comparedRow(result!, { case: `${what}/${name}`, unit: 'ms', scale: 1000, goal }));
    if (what === 'forward') continue;
    const [memory, peak] = [await ours.ask<number>({ do: 'peak' }), await peer.ask<number>({ do: 'peak' })];
    rows.push(memoryRow(`memory/${name}`, memory, peak, peerName, memoryGoal));
  }
  // the first call of a signature: tracing, simplifying, lowering, loading and one run
  rows.push(
    row({
      case: `compile/${name}`,
      unit: 's',
      ours: loaded.trainSeconds,
      peer: null,
      peerName: `limit ${compileLimit} s`,
      ratio: loaded.trainSeconds / compileLimit,
      goal: 1,
    }),
  );
  return rows;
}
