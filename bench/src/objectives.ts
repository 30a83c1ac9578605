/**
 * Training steps of the grid's six cells against PyTorch in eager mode: the same model, weights, rows, loss and optimizer,
 * each side in a process of its own, in turns. Both sides' first losses are compared before anything is timed.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cellId, cells } from 'tenfold/objectives';
import { alternate } from './alternate.ts';
import type { BenchOptions } from './benches.ts';
import { namesIn, roundsIn } from './choices.ts';
import { findPython, Peer, pythonPeer } from './peer.ts';
import { type BenchReport, comparedRow, memoryRow, type Row, type Skipped } from './report.ts';
import { comparedLosses } from './train-start.ts';

const threads = 2;
const goal = 1;
const memoryGoal = 1.25;
/** How far the losses of the first steps may be apart, as a share: float32 in another order. */
const tolerance = 1e-3;

export const options = {
  /** Only these cells, separated by commas. */
  cells: { type: 'string' },
  /** Measured rounds of each case. */
  rounds: { type: 'string' },
} as const;

export async function run(given: BenchOptions): Promise<BenchReport> {
  const names = namesIn('objectives', 'cells', given.cells, cells.map(cellId));
  const rounds = roundsIn('objectives', given.rounds, 15);
  const python = await findPython('torch');
  const rows: Row[] = [];
  const skipped: Skipped[] = [];
  for (const name of names) {
    if ('missing' in python) skipped.push({ case: `train/${name}`, reason: python.missing });
    else
      rows.push(...(await measure(name, rounds, python.path, `PyTorch ${python.version} eager, ${threads} threads`)));
  }
  return { rows, skipped };
}

async function measure(name: string, rounds: number, python: string, peerName: string): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tenfold-bench-'));
  try {
    process.stderr.write(`${name}: loading\n`);
    await using ours = new Peer(process.execPath, [fileURLToPath(new URL('objectives-worker.js', import.meta.url))]);
    await using peer = pythonPeer(python, 'objectives.py', threads);
    const { parameters } = await ours.ask<{ parameters: number }>({ do: 'load', model: name, folder });
    const theirs = await peer.ask<number>({ do: 'load', folder });
    if (parameters !== theirs)
      throw new RangeError(`${name}: expected ${theirs} parameters as the peer has, got ${parameters}`);
    const losses = await ours.ask<readonly number[]>({ do: 'losses' });
    const same = await peer.ask<readonly number[]>({ do: 'losses', count: comparedLosses });
    if (losses.some((loss, i) => !(Math.abs(loss - same[i]!) <= tolerance * Math.abs(same[i]!))))
      throw new RangeError(`${name}: expected the peer's losses ${same.join(', ')}, got ${losses.join(', ')}`);
    process.stderr.write(`${name}: training\n`);
    const side = (who: Peer, whose: string) => ({
      name: whose,
      once: () => who.ask<number>({ do: 'train', steps: 1 }),
    });
    const [result] = await alternate(side(ours, 'tenfold'), [side(peer, peerName)], { rounds });
    const [memory, peak] = [await ours.ask<number>({ do: 'peak' }), await peer.ask<number>({ do: 'peak' })];
    return [
      comparedRow(result!, { case: `train/${name}`, unit: 'ms', scale: 1000, goal }),
      memoryRow(`memory/${name}`, memory, peak, peerName, memoryGoal),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
