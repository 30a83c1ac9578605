/**
 * Our side of the training benchmark, in a process of its own, as the peer's is: the same requests as
 * bench/peers/train.py, with the times that tracing and loading took besides.
 */
import { createInterface } from 'node:readline';
import { adamW, type OptimizerState } from 'tenfold/nn';
import {
  compile,
  constant,
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

let current: { train(steps: number): Promise<void>; forward(): Promise<void> } | undefined;

const seconds = (since: number) => (performance.now() - since) / 1000;

async function load(name: string): Promise<{ parameters: number; steps: number; trainSeconds: number }> {
  const model = models[name];
  if (!model) throw new RangeError(`expected one of ${Object.keys(models).join(', ')}, got ${name}`);
  const { step, many } = trainer(model);
  const start = compile((key: Tensor) => {
    const params = model.init(key);
    return { carry: { params, optimizer: optimizer.init(params), state: model.state() }, batch: model.batch(key) };
  });
  let { carry, batch } = (await start(random.key(1))) as unknown as { carry: Arrays; batch: Arrays };
  await start.release();
  const parameters = [...leavesByPath<NDArray>((carry as { params: unknown }).params).values()].reduce(
    (n, leaf) => n + leaf.size,
    0,
  );
  const steps = parameters < fewParameters ? stepsPerRun : 1;
  const stacked = compile((one: unknown) => mapTree(one, (t: Tensor) => stack(new Array<Tensor>(steps).fill(t))));
  const batches = steps === 1 ? batch : ((await stacked(batch as never)) as Arrays);
  const frozen = carry as { params: unknown; state: unknown };

  const train = compile((steps === 1 ? step : many) as (carry: unknown, batch: unknown) => readonly [unknown, Tensor]);
  // loaded when it is first asked for, so that the memory of training is measured without it
  const forward = compile((x: unknown) => model.forward(constant(frozen.params), x, constant(frozen.state)));
  const once = async () => {
    const [next, loss] = (await train(carry as never, batches as never)) as unknown as [Arrays, NDArray<'float32'>];
    if (!loss.data.every(Number.isFinite)) throw new RangeError(`the loss became ${loss.data.at(-1)}`);
    carry = next;
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
  };
  return { parameters, steps, trainSeconds };
}

async function timed(steps: number, work: () => Promise<void>): Promise<number> {
  const from = performance.now();
  await work();
  return seconds(from) / steps;
}

async function answer(request: { do: string; model?: string; steps?: number }): Promise<unknown> {
  const { steps = 1 } = request;
  switch (request.do) {
    case 'load':
      return load(request.model!);
    case 'train':
      return timed(steps, () => current!.train(steps));
    case 'forward':
      return timed(steps, async () => {
        for (let i = 0; i < steps; i++) await current!.forward();
      });
    case 'peak':
      return process.resourceUsage().maxRSS * 1024;
    default:
      throw new RangeError(`unknown request ${request.do}`);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  let reply: object;
  try {
    reply = { ok: await answer(JSON.parse(line)) };
  } catch (error) {
    reply = { error: (error as Error).stack };
  }
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
