/**
 * Our side of the objectives benchmark, in a process of its own, as the peer's is: a training step of a cell, on rows that
 * the study's own streams make of random tokens.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { adamW, type OptimizerState } from 'tenfold/nn';
import {
  architectureOf,
  cellId,
  cells,
  initialWeights,
  pretrainingBatches,
  sizeOf,
  type TrainingBatch,
  trainingLoss,
} from 'tenfold/objectives';
import { compile, leavesByPath, type NDArray, random, type Tensor, toHost, valueAndGrad } from 'tenfold/tensor';
import type { Transformer } from 'tenfold/text';
import { serve, timed } from './serve.ts';
import { comparedLosses } from './train-start.ts';

/** Blocks of width 256, a vocabulary of 4,096, and 2,048 tokens a step in rows of 256. */
const size = sizeOf(256, 4, 4096);
const step = { row: 256, rows: 8 };
const optimizer = adamW({ rate: 1e-3 });

interface Carry<T> {
  readonly params: T;
  readonly optimizer: OptimizerState<T>;
}

let current: { once(): Promise<void>; losses(): Promise<readonly number[]> };

/** @param folder where to write weights and batch for a peer that begins where we do */
async function load(name: string, folder: string): Promise<{ parameters: number; compileSeconds: number }> {
  const cell = cells.find((one) => cellId(one) === name);
  if (!cell) throw new RangeError(`expected one of ${cells.map(cellId).join(', ')}, got ${name}`);
  const config = architectureOf(cell.architecture, size);
  const params = await initialWeights(cell.architecture, size, 1);
  const tokens = Int32Array.from({ length: 40_000 }, (_, i) => 100 + ((i * 2_654_435_761) % 3_900));
  const drawn = pretrainingBatches(tokens, cell, { size: step, seed: 1 }).next() as IteratorYieldResult<
    TrainingBatch<NDArray>
  >;
  const batch = drawn.value;
  writeArrays(folder, { params, batch });

  const loss = trainingLoss(config, 0);
  const train = compile((carry: Carry<Transformer>, given: TrainingBatch, key: Tensor, count: Tensor) => {
    const differentiate = valueAndGrad((p: Transformer) => {
      const result = loss(p, given, { key, step: count, state: {} });
      return 'loss' in result ? result.loss : result;
    });
    const [value, gradients] = differentiate(carry.params);
    const [moved, after] = optimizer.update(gradients as Transformer, carry.optimizer, carry.params);
    return [{ params: moved, optimizer: after }, value] as const;
  });
  const begin = compile(optimizer.init);
  let carry = { params, optimizer: await begin(params as never) } as unknown as Carry<Transformer<NDArray>>;
  await begin.release();
  const first: number[] = [];
  const key = random.key(0);
  const once = async () => {
    const [next, value] = (await train(carry as never, batch as never, key, 0 as never)) as unknown as [
      Carry<Transformer<NDArray>>,
      NDArray,
    ];
    const number = Number((await toHost(value)).data[0]);
    if (!Number.isFinite(number)) throw new RangeError(`the loss became ${number}`);
    carry = next;
    if (first.length < comparedLosses) first.push(number);
  };
  const from = performance.now();
  await once();
  const compileSeconds = (performance.now() - from) / 1000;
  current = {
    once,
    losses: async () => {
      while (first.length < comparedLosses) await once();
      return first;
    },
  };
  const parameters = [...leavesByPath<NDArray>(params).values()].reduce((sum, leaf) => sum + leaf.size, 0);
  return { parameters, compileSeconds };
}

/** Raw arrays, and a manifest that names them. */
function writeArrays(folder: string, tree: { readonly params: unknown; readonly batch: unknown }): void {
  mkdirSync(folder, { recursive: true });
  const manifest = Object.entries(tree).map(([kind, own]) => {
    const entries = [...leavesByPath<NDArray>(own)].map(([path, { shape, dtype, data }], i) => {
      const file = `${kind}-${i}.bin`;
      writeFileSync(join(folder, file), data as Uint8Array);
      return [path, { shape, dtype, file }] as const;
    });
    return [kind, Object.fromEntries(entries)] as const;
  });
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(Object.fromEntries(manifest)));
}

await serve({
  load: ({ model, folder }) => load(model!, folder!),
  losses: () => current.losses(),
  train: ({ steps = 1 }) =>
    timed(steps, async () => {
      for (let i = 0; i < steps; i++) await current.once();
    }),
  peak: () => process.resourceUsage().maxRSS * 1024,
});
