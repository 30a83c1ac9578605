/**
 * Our side of the training benchmark, in a process of its own, as the peer's is: the same requests as
 * bench/peers/train.py, with the times that tracing and loading took besides.
 */
import { adamW, type OptimizerState } from 'tenfold/nn';
import {
  compile,
  constant,
  dispose,
  leavesByPath,
  mapTree,
  type NDArray,
  random,
  scan,
  stack,
  type Tensor,
  valueAndGrad,
} from 'tenfold/tensor';
import { models } from './models/index.ts';
import type { Model } from './models/model.ts';
import { serve, timed } from './serve.ts';
import { comparedLosses, writeStart } from './train-start.ts';

type Arrays = ReturnType<typeof random.key> | object;

/** A model of few parameters is trained this many steps a run: the run's own cost is then shared. */
const stepsPerRun = 50;
const fewParameters = 1 << 20;

interface Carry {
  params: unknown;
  optimizer: OptimizerState<unknown>;
  state: unknown;
}

const optimizer = adamW({ rate: 1e-3 });

function trainer(model: Model) {
  const step = ({ params, optimizer: moments, state }: Carry, batch: unknown): readonly [Carry, Tensor] => {
    const differentiate = valueAndGrad((p: unknown) => model.loss(p, batch, state));
    const [[loss, next], gradients] = differentiate(params);
    const [moved, after] = optimizer.update(gradients as unknown, moments, params);
    return [{ params: moved, optimizer: after, state: next }, loss];
  };
  return { step, many: (carry: Carry, batches: unknown) => scan(step, carry, batches) };
}

let current: {
  train(steps: number): Promise<void>;
  forward(): Promise<void>;
  losses(): Promise<readonly number[]>;
};

const seconds = (since: number) => (performance.now() - since) / 1000;

/** @param start a file to write parameters and batch to, for a peer that begins where we do */
async function load(
  name: string,
  start: string | undefined,
): Promise<{ parameters: number; steps: number; trainSeconds: number }> {
  const model = models[name];
  if (!model) throw new RangeError(`expected one of ${Object.keys(models).join(', ')}, got ${name}`);
  const { step, many } = trainer(model);
  const begin = compile((key: Tensor) => {
    const params = model.init(key);
    return { carry: { params, optimizer: optimizer.init(params), state: model.state() }, batch: model.batch(key) };
  });
  let { carry, batch } = (await begin(random.key(1))) as unknown as { carry: Arrays; batch: Arrays };
  await begin.release();
  if (start !== undefined) {
    const values = (tree: unknown) => mapTree(tree, ({ shape, data }: NDArray) => ({ shape, data }));
    writeStart(start, { params: values((carry as { params: unknown }).params), batch: values(batch) });
  }
  const parameters = [...leavesByPath<NDArray>((carry as { params: unknown }).params).values()].reduce(
    (n, leaf) => n + leaf.size,
    0,
  );
  const steps = parameters < fewParameters ? stepsPerRun : 1;
  const stacked = compile((one: unknown) => mapTree(one, (t: Tensor) => stack(new Array<Tensor>(steps).fill(t))));
  const batches = steps === 1 ? batch : ((await stacked(batch as never)) as Arrays);

  const train = compile((steps === 1 ? step : many) as (carry: unknown, batch: unknown) => readonly [unknown, Tensor]);
  // loaded when it is first asked for, so that the memory of training is measured without it
  const forward = compile((x: unknown) => {
    const { params, state } = carry as { params: unknown; state: unknown };
    return model.forward(constant(params), x, constant(state));
  });
  const first: number[] = [];
  const once = async () => {
    const [next, loss] = (await train(carry as never, batches as never)) as unknown as [Arrays, NDArray<'float32'>];
    if (!loss.data.every(Number.isFinite)) throw new RangeError(`the loss became ${loss.data.at(-1)}`);
    dispose(carry, { host: true });
    carry = next;
    if (first.length < comparedLosses) first.push(...loss.data);
  };
  const from = performance.now();
  await once();
  const trainSeconds = seconds(from);
  current = {
    train: async (count) => {
      for (let done = 0; done < count; done += steps) await once();
    },
    forward: async () => {
      await forward(batch as never);
    },
    losses: async () => {
      while (first.length < comparedLosses) await once();
      return first.slice(0, comparedLosses);
    },
  };
  return { parameters, steps, trainSeconds };
}

await serve({
  load: ({ model, start }) => load(model!, start),
  losses: () => current.losses(),
  train: ({ steps = 1 }) => timed(steps, () => current.train(steps)),
  forward: ({ steps = 1 }) =>
    timed(steps, async () => {
      for (let i = 0; i < steps; i++) await current.forward();
    }),
  peak: () => process.resourceUsage().maxRSS * 1024,
});
