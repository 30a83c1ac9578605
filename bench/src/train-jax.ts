/** Training steps against jax-js on WebAssembly, from the same start: the rows `train/… vs jax-js`. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alternate } from './alternate.ts';
import { Peer } from './peer.ts';
import { type BenchReport, comparedRow } from './report.ts';

const goal = 0.2;
/** A loss may differ by this share: sums in another order, which Adam's first steps, of one size each, make larger. */
const agreement = 1e-3;

/** Rounds at most: a step of jax-js is about 10 ms, 5 s and 20 to 30 s. */
const mostRounds: Readonly<Record<string, number>> = { mlp: 15, gpt: 3, separable: 1 };
/** Why the other models are not run; times are of one processor, measured on a batch of 1 or 2 and scaled. */
const tooSlow: Readonly<Record<string, string>> = {
  resnet18: 'jax-js 0.1.25: one of its 3×3 convolutions with gradients takes 20 s of a processor, a step 6 minutes',
  unet3d: 'jax-js 0.1.25: one 1×3×3 convolution with gradients at full size takes 20 s of a processor, a step minutes',
};

export async function measureJax(name: string, rounds: number, threads: number): Promise<BenchReport> {
  const id = `train/${name} vs jax-js`;
  const most = mostRounds[name];
  if (most === undefined)
    return { rows: [], skipped: [{ case: id, reason: tooSlow[name] ?? 'not written in jax-js' }] };
  process.stderr.write(`${name}: train vs jax-js\n`);
  const folder = mkdtempSync(join(tmpdir(), 'tenfold-train-'));
  try {
    const start = join(folder, 'start');
    const child = (file: string) => fileURLToPath(new URL(file, import.meta.url));
    await using ours = new Peer(process.execPath, [child('train-worker.js')]);
    const { steps } = await ours.ask<{ steps: number }>({ do: 'load', model: name, start });
    const expected = await ours.ask<number[]>({ do: 'losses' });
    await using peer = new Peer(process.execPath, [child('jax-worker.js')], { THREADS: String(threads) });
    let got: number[];
    try {
      await peer.ask({ do: 'load', model: name, start });
      got = await peer.ask<number[]>({ do: 'losses' });
    } catch (error) {
      return { rows: [], skipped: [{ case: id, reason: (error as Error).message.split('\n')[0]! }] };
    }
    if (!got.every((loss, i) => Math.abs(loss - expected[i]!) <= agreement * Math.abs(expected[i]!)))
      throw new RangeError(`${id}: expected the losses ${expected.join(', ')}, got ${got.join(', ')}`);

    const side = (who: Peer, whose: string) => ({ name: whose, once: () => who.ask<number>({ do: 'train', steps }) });
    const peerName = `jax-js ${version()} on WebAssembly, ${threads} threads`;
    const [result] = await alternate(side(ours, 'tenfold'), [side(peer, peerName)], {
      rounds: Math.min(rounds, most),
      // the losses were a slow peer's warm-up
      warmups: most > 3 ? 3 : 0,
    });
    return { rows: [comparedRow(result!, { case: id, unit: 'ms', scale: 1000, goal })], skipped: [] };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function version(): string {
  const entry = createRequire(import.meta.url).resolve('@jax-js/jax');
  return (JSON.parse(readFileSync(join(entry, '../../package.json'), 'utf8')) as { version: string }).version;
}
