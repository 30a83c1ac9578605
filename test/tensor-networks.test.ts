/** First steps of small convolutional networks: their gradients against PyTorch's in float64 (test/fixtures/networks.py). */
import { readFileSync } from 'node:fs';
import {
  add,
  array,
  compile,
  concat,
  conv,
  convTranspose,
  crossEntropy,
  gelu,
  iota,
  layerNorm,
  matmul,
  mean,
  mod,
  mul,
  type NDArray,
  pad,
  readSafetensors,
  relu,
  reshape,
  rsqrt,
  silu,
  square,
  sub,
  sum,
  type Tensor,
  toFloats,
  transpose,
  valueAndGrad,
} from 'tenfold/tensor';
import { describe, expect, it } from 'vitest';

const wanted = readSafetensors(readFileSync(new URL('fixtures/networks.safetensors', import.meta.url))).tensors;

type Params = Readonly<Record<string, Tensor>>;
type Loss = (p: Params, ...inputs: Tensor[]) => Tensor;

/** Uniform numbers in (−scale, scale) by a multiplicative congruence, as the script makes them. */
function numbers(): (shape: readonly number[], scale: number) => NDArray {
  let state = 1;
  return (shape, scale) => {
    const count = shape.reduce((a, b) => a * b, 1);
    const values = Float64Array.from({ length: count }, () => {
      state = (state * 48271) % 2147483647;
      return ((2 * state) / 2147483647 - 1) * scale;
    });
    return array(values, { shape });
  };
}

/** Relative errors of the gradients, one a parameter: the distance of two vectors over the length of the right one. */
async function errorsOf(name: string, inputs: readonly (readonly number[])[], loss: Loss) {
  const draw = numbers();
  const own = Object.entries(wanted).filter(([key]) => key.startsWith(`${name}/`));
  const shapes = own
    .filter(([key]) => key !== `${name}/loss`)
    .map(([key, g]) => [key.slice(name.length + 1), g] as const);
  const params = Object.fromEntries(
    shapes.map(([key, { shape }]) => {
      const fanIn = shape.slice(1).reduce((a, b) => a * b, 1);
      return [key, draw(shape, Math.sqrt(3 / fanIn))];
    }),
  );
  const data = inputs.map((shape) => draw(shape, 1));
  const [value, gradients] = await compile((p: Params, ...xs: Tensor[]) => valueAndGrad(loss)(p, ...xs))(
    params,
    ...data,
  );
  const errors = shapes.map(([key, want]) => {
    const [g, w] = [toFloats(gradients[key]!), toFloats(want)];
    let [distance, length] = [0, 0];
    for (let i = 0; i < w.length; i++) {
      distance += (g[i]! - w[i]!) ** 2;
      length += w[i]! ** 2;
    }
    return Math.sqrt(distance / length);
  });
  const lossError = Math.abs((value as NDArray).item() / wanted[`${name}/loss`]!.item() - 1);
  const sorted = errors.toSorted((a, b) => a - b);
  return { loss: lossError, median: sorted[Math.floor(sorted.length / 2)]!, worst: sorted.at(-1)! };
}

const perChannel = (t: Tensor) => reshape(t, [-1, 1, 1]);

function norm(x: Tensor, scale: Tensor, shift: Tensor): Tensor {
  const centred = sub(x, mean(x, [0, 2, 3], { keepDims: true }));
  const spread = rsqrt(add(mean(square(centred), [0, 2, 3], { keepDims: true }), 1e-5));
  return add(mul(mul(centred, spread), perChannel(scale)), perChannel(shift));
}

const residual: Loss = (p, x) => {
  const step = (h: Tensor, name: string, stride = 1) => {
    const w = p[`${name}.weight`]!;
    const padding = Math.floor(w.shape.at(-1)! / 2);
    return norm(conv(h, w, { stride, padding }), p[`${name}.scale`]!, p[`${name}.shift`]!);
  };
  let h = relu(step(x!, 'stem'));
  h = relu(add(step(relu(step(h, 'a1')), 'a2'), h));
  h = relu(add(step(relu(step(h, 'b1', 2)), 'b2'), step(h, 'skip', 2)));
  const logits = add(matmul(mean(h, [2, 3]), p['out.weight']!, { transposeB: true }), p['out.bias']!);
  return mean(crossEntropy(logits, mod(iota(4), 5)));
};

const separable: Loss = (p, x) => {
  let h = gelu(conv(x!, p['patch.weight']!, { stride: 3, bias: p['patch.bias']! }));
  for (const i of [0, 1]) {
    h = add(h, gelu(conv(h, p[`${i}.depth`]!, { padding: 1, groups: 16 })));
    const last = transpose(gelu(conv(h, p[`${i}.point`]!)), [0, 2, 3, 1]);
    h = transpose(layerNorm(last, p[`${i}.scale`]!, p[`${i}.shift`]!), [0, 3, 1, 2]);
  }
  return sum(square(mean(h, [2, 3])));
};

const video: Loss = (p, x, noise) => {
  const space = (h: Tensor, name: string, stride = 1) =>
    conv(h, p[name]!, { stride: [1, stride, stride], padding: [0, 1, 1] });
  const h = silu(space(add(x!, noise!), 'in'));
  const down = silu(space(h, 'down', 2));
  const low = add(
    down,
    conv(
      pad(down, [
        [0, 0],
        [0, 0],
        [2, 0],
        [0, 0],
        [0, 0],
      ]),
      p.time!,
    ),
  );
  const up = convTranspose(silu(low), p.up!, { stride: [1, 2, 2], padding: [0, 1, 1] });
  const guess = conv(concat([up, h], 1), p.out!, { padding: 1, bias: p.bias! });
  return mean(square(sub(guess, noise!)));
};

describe('the first step has the gradients that PyTorch has in float64', () => {
  it.each<[string, readonly (readonly number[])[], Loss]>([
    ['residual', [[4, 3, 8, 8]], residual],
    ['separable', [[2, 3, 15, 15]], separable],
    [
      'video',
      [
        [2, 3, 4, 6, 6],
        [2, 3, 4, 6, 6],
      ],
      video,
    ],
  ])('%s', async (name, inputs, loss) => {
    const errors = await errorsOf(name, inputs, loss);
    expect(errors.loss).toBeLessThan(1e-6);
    expect(errors.median).toBeLessThan(1e-5);
    expect(errors.worst).toBeLessThan(1e-4);
  });
});
