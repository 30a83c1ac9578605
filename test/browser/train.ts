/** A small network trained with the room's public face, the same on Node and in a page. */
import { adam, initLinear, linear, mseLoss } from 'tenfold/nn';
import {
  array,
  compile,
  type Device,
  dispose,
  type NDArray,
  random,
  relu,
  type Tensor,
  toFloats,
  toHost,
  valueAndGrad,
} from 'tenfold/tensor';

export interface Trained {
  readonly losses: number[];
  readonly weights: number[];
  /** Where the state was between two steps. */
  readonly stayed: boolean;
}

const steps = 100;
const optimizer = adam({ rate: 0.02 });

function init(key: Tensor) {
  const [a, b] = random.split(key) as [Tensor, Tensor];
  const params = { hidden: initLinear(a, { in: 2, out: 16 }), out: initLinear(b, { in: 16, out: 1 }) };
  return { params, state: optimizer.init(params) };
}

type Model = ReturnType<typeof init>;

function step({ params, state }: Model, x: Tensor, y: Tensor) {
  const lossOf = (p: Model['params']) => mseLoss(linear(p.out, relu(linear(p.hidden, x))), y);
  const [loss, gradients] = valueAndGrad(lossOf)(params);
  const [newParams, newState] = optimizer.update(gradients, state, params);
  return { loss, model: { params: newParams, state: newState } };
}

/** Adam on a product of two numbers, from a key. */
export async function train(device: Device): Promise<Trained> {
  const at = (i: number) => [Math.sin(i), Math.cos(i * i)] as const;
  const points = Array.from({ length: 64 }, (_, i) => at(i + 1));
  const x = array(points);
  const y = array(points.map(([a, b]) => [a * b]));
  const run = compile(step, { device });
  let model = await compile(init, { device })(random.key(11));
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const next = await run(model as never, x, y);
    dispose(model);
    model = next.model as typeof model;
    losses.push((await toHost(next.loss)).item());
    dispose(next.loss);
  }
  const weight: NDArray = model.params.hidden.weight as never;
  const weights = Array.from(toFloats(await toHost(weight)));
  return { losses, weights, stayed: weight.remote !== undefined };
}
