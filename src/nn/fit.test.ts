import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { array, compile, type NDArray, random, relu, type Tensor } from '../tensor/index.ts';
import { adamW } from './adam.ts';
import { fit } from './fit.ts';
import { initLinear, linear } from './linear.ts';
import { mseLoss } from './losses.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tenfold-fit-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const init = (key: Tensor) => {
  const [a, b] = random.split(key) as [Tensor, Tensor];
  return { hidden: initLinear(a, { in: 3, out: 8 }), out: initLinear(b, { in: 8, out: 1 }) };
};
type Net = ReturnType<typeof init>;
const loss = (p: Net, { x, y }: { x: Tensor; y: Tensor }) => mseLoss(linear(p.out, relu(linear(p.hidden, x))), y);

function batches(start = 0) {
  let at = start;
  return {
    get position() {
      return at;
    },
    next() {
      const v = Array.from({ length: 12 }, (_, i) => Math.sin(at * 12 + i));
      at++;
      return {
        done: false as const,
        value: { x: array(v, { shape: [4, 3] }), y: array([v[0]!, v[3]!, v[6]!, v[9]!], { shape: [4, 1] }) },
      };
    },
  };
}

test('fits', async () => {
  const params = await compile(init)(random.key(3));
  const optimizer = adamW({ rate: 0.01 });
  const straight = await fit({ loss, params, optimizer, batches, steps: 20, folder: join(folder, 'a') });
  await fit({ loss, params, optimizer, batches, steps: 7, folder: join(folder, 'b') });
  const resumed = await fit({ loss, params, optimizer, batches, steps: 20, folder: join(folder, 'b') });
  const bytes = (p: string) => readFileSync(join(folder, p));
  expect(bytes('a/checkpoint.safetensors').equals(bytes('b/checkpoint.safetensors'))).toBe(true);
  expect(bytes('a/metrics.jsonl').toString()).toBe(bytes('b/metrics.jsonl').toString());
  const w: NDArray = straight.params.hidden.weight;
  expect(w.data).toEqual(resumed.params.hidden.weight.data);
});
