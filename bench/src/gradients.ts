/**
 * Gradients of a first training step against PyTorch's in float64, with PyTorch's float32 beside them.
 *
 * The error of a parameter is ‖g − g₆₄‖ / ‖g₆₄‖. Where a network has kinks (ReLU), an activation that rounding carries
 * across zero changes the gradient by a step, in either framework; the median over parameters is what is compared.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, grad, leavesByPath, type NDArray, random, type Tensor } from 'tenfold/tensor';
import { quantile } from './alternate.ts';
import type { BenchOptions } from './benches.ts';
import { models, smooth } from './models/index.ts';
import { findPython, pythonPeer } from './peer.ts';
import { type BenchReport, type Row, row } from './report.ts';

/** With ReLU the errors are PyTorch's own; with a smooth activation they are those of the arithmetic. */
const names = ['resnet18-silu', 'separable-silu', 'unet3d', 'resnet18', 'separable'];
const seeds = [1, 2, 3];
const limit = 1e-5;

interface Errors {
  readonly ours: readonly number[];
  readonly peer: readonly number[];
}

export async function run(_: BenchOptions): Promise<BenchReport> {
  const python = await findPython('torch');
  if ('missing' in python)
    return { rows: [], skipped: names.map((name) => ({ case: `gradients/${name}`, reason: python.missing })) };
  const rows: Row[] = [];
  for (const name of names) {
    const medians: { ours: number; peer: number }[] = [];
    for (const seed of seeds) {
      process.stderr.write(`${name}: seed ${seed}\n`);
      const errors = await compare(name, seed, python.path);
      medians.push({ ours: quantile(errors.ours, 0.5), peer: quantile(errors.peer, 0.5) });
      process.stderr.write(
        `  ${JSON.stringify({ ...medians.at(-1), most: Math.max(...errors.ours), peerMost: Math.max(...errors.peer) })}\n`,
      );
    }
    const ours = quantile(
      medians.map((m) => m.ours),
      0.5,
    );
    const peer = quantile(
      medians.map((m) => m.peer),
      0.5,
    );
    const kinks = models[name] !== undefined && name !== 'unet3d';
    rows.push(
      row({
        case: `gradients/${name}`,
        unit: 'relative error',
        ours,
        peer,
        peerName: `PyTorch ${python.version} float32${kinks ? '' : `; limit ${limit} for ours`}`,
        // where rounding decides kinks, no float32 is near float64: then the peer's error is the measure
        ratio: kinks ? ours / peer : ours / limit,
        goal: kinks ? 2 : 1,
      }),
    );
  }
  return { rows, skipped: [] };
}

async function compare(name: string, seed: number, python: string): Promise<Errors> {
  const model = { ...models, ...smooth }[name]!;
  const start = compile((key: Tensor) => ({ params: model.init(key), batch: model.batch(key), state: model.state() }));
  const { params, batch, state } = (await start(random.key(seed))) as unknown as Record<
    'params' | 'batch' | 'state',
    object
  >;
  const differentiate = compile((p: unknown, b: unknown, s: unknown) =>
    grad((q: unknown) => model.loss(q, b, s)[0])(p),
  );
  const gradients = await differentiate(params as never, batch as never, state as never);
  await Promise.all([start.release(), differentiate.release()]);
  const folder = await mkdtemp(join(tmpdir(), 'tenfold-gradients-'));
  try {
    const manifest: Record<string, Record<string, object>> = {};
    for (const [kind, tree] of Object.entries({ params, batch, gradients })) {
      manifest[kind] = {};
      for (const [path, { dtype, shape, data }] of leavesByPath<NDArray>(tree)) {
        const file = `${kind}.${path}.bin`;
        await writeFile(join(folder, file), new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
        manifest[kind]![path] = { file, dtype, shape };
      }
    }
    await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
    await using peer = pythonPeer(python, 'train.py', 2);
    return await peer.ask<Errors>({ do: 'gradients', model: name, folder });
  } finally {
    await rm(folder, { recursive: true });
  }
}
