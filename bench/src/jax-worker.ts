/**
 * jax-js's side of the training benchmark: the whole step with AdamW under its `jit`, on WebAssembly. The same requests
 * as train-worker.ts, from the start that our side wrote.
 */
import './web-workers.ts';
import {
  blockUntilReady,
  defaultDevice,
  init,
  type JsTree,
  jit,
  numpy as np,
  type Array as Tensor,
  tree,
  valueAndGrad,
} from '@jax-js/jax';
import { losses } from './jax-models.ts';
import { serve, timed } from './serve.ts';
import { comparedLosses, readStart } from './train-start.ts';

type Tree = JsTree<Tensor>;

const [rate, beta1, beta2, epsilon, decay] = [1e-3, 0.9, 0.999, 1e-8, 0.01];

/** Our leaves as its arrays. */
function arrays(of: unknown): unknown {
  if (Array.isArray(of)) return of.map(arrays);
  const { shape, data } = of as { shape?: readonly number[]; data?: Float32Array<ArrayBuffer> };
  if (shape && data) return np.array(data).reshape([...shape]);
  return Object.fromEntries(Object.entries(of as object).map(([key, part]) => [key, arrays(part)]));
}

let current: { step(): Promise<number> };

async function load(model: string, file: string): Promise<void> {
  await init('wasm');
  defaultDevice('wasm');
  const loss = losses[model]!;
  const { params, batch } = readStart(file);
  const step = jit((p: Tree, m: Tree, v: Tree, c1: Tensor, c2: Tensor, batch: Tree) => {
    const [value, gradient] = valueAndGrad(loss as never)(...([tree.ref(p), batch] as never)) as [Tensor, Tree];
    const first = tree.map((m: Tensor, g: Tensor) => m.mul(beta1).add(g.mul(1 - beta1)), m, tree.ref(gradient));
    const second = tree.map((v: Tensor, g: Tensor) => v.mul(beta2).add(np.square(g).mul(1 - beta2)), v, gradient);
    const moved = tree.map(
      (p: Tensor, m: Tensor, v: Tensor) =>
        p.mul(1 - rate * decay).sub(
          m
            .div(c1.ref)
            .mul(rate)
            .div(np.sqrt(v.div(c2.ref)).add(epsilon)),
        ),
      p,
      tree.ref(first),
      tree.ref(second),
    );
    c1.dispose();
    c2.dispose();
    return [value, moved, first, second] as never;
  });
  const data = arrays(batch) as Tree;
  const start = arrays(params) as Tree;
  const zeros = () => tree.map((p: Tensor) => np.zeros(p.shape), start) as Tree;
  let carry: readonly [Tree, Tree, Tree] = [start, zeros(), zeros()];
  let steps = 0;
  current = {
    step: async () => {
      steps++;
      const corrections = [np.array(1 - beta1 ** steps), np.array(1 - beta2 ** steps)] as const;
      const [value, ...next] = step(...carry, ...corrections, tree.ref(data)) as unknown as [Tensor, Tree, Tree, Tree];
      carry = next;
      await blockUntilReady(carry as never);
      return (await value.data())[0]!;
    },
  };
}

await serve({
  load: ({ model, start }) => load(model!, start!),
  losses: async () => {
    const first: number[] = [];
    while (first.length < comparedLosses) first.push(await current.step());
    return first;
  },
  train: ({ steps = 1 }) =>
    timed(steps, async () => {
      for (let i = 0; i < steps; i++) await current.step();
    }),
});
process.exit();
