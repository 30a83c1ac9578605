import fc from 'fast-check';
import {
  add,
  array,
  cast,
  compile,
  concat,
  constant,
  exportOnnx,
  flattenTree,
  interpret,
  iota,
  layerNorm,
  lessEqual,
  matmul,
  mean,
  mul,
  NDArray,
  openOnnx,
  relu,
  reshape,
  scan,
  slice,
  softmax,
  split,
  sum,
  type Tensor,
  take,
  toFloats,
  toNested,
  toValue,
  transpose,
  where,
  zeros,
  zerosArray,
} from 'tenfold/tensor';
import { afterAll, describe, expect, it } from 'vitest';

let seed = 1;
const random = (shape: number[]) =>
  array(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
      seed = (Math.imul(seed, 48271) >>> 0) % 2147483647;
      return seed / 2147483647 - 0.5;
    }),
    { shape },
  );
const ints = (shape: number[], below: number) =>
  array(
    Int32Array.from(random(shape).data as Float32Array, (v) => Math.floor((v + 0.5) * below)),
    { shape, dtype: 'int32' },
  );

const [vocabulary, width, heads] = [19, 12, 3];
const weights = {
  table: random([vocabulary, width]),
  positions: random([64, width]),
  qkv: random([width, 3 * width]),
  out: random([width, width]),
  up: random([width, 4 * width]),
  down: random([4 * width, width]),
  gain: random([width]),
  bias: random([width]),
};

/** A layer of a causal decoder: new tokens [batch, tokens] after a cache of keys and values [batch, heads, past, d]. */
function decoder(tokens: Tensor, cache: { key: Tensor; value: Tensor }) {
  const w = constant(weights);
  const [batch, n] = tokens.shape as [number, number];
  const past = cache.key.shape[2]!;
  const place = add(iota(n), past);
  const x = add(take(w.table, tokens), take(w.positions, place));
  const apart = (t: Tensor) => transpose(reshape(t, [batch, n, heads, width / heads]), [0, 2, 1, 3]);
  const [q, key, value] = split(matmul(layerNorm(x, w.gain, w.bias), w.qkv), 3).map(apart) as [Tensor, Tensor, Tensor];
  const keys = concat([cache.key, key], 2);
  const values = concat([cache.value, value], 2);
  const visible = lessEqual(iota(past + n), reshape(place, [n, 1]));
  const scores = where(visible, matmul(q, keys, { transposeB: true }), -1e9);
  const mixed = matmul(softmax(mul(scores, (width / heads) ** -0.5)), values);
  const y = add(x, matmul(reshape(transpose(mixed, [0, 2, 1, 3]), [batch, n, width]), w.out));
  const z = add(y, matmul(relu(matmul(y, w.up)), w.down));
  const last = slice(z, [undefined, [n - 1, n]]);
  return { logits: matmul(last, w.table, { transposeB: true }), key, value, pooled: mean(z, 1) };
}

const axes = [
  ['batch', 'tokens'],
  ['batch', null, 'past', null],
] as const;
const decode = compile(decoder, { open: axes });
afterAll(() => decode.release());

const call = ([batch, tokens, past]: readonly [batch: number, tokens: number, past: number]) => {
  const cache = () => random([batch, heads, past, width / heads]);
  return [ints([batch, tokens], vocabulary), { key: cache(), value: cache() }] as const;
};

function expectClose(
  got: Record<string, NDArray>,
  wanted: readonly { shape: readonly number[]; data: ArrayLike<number> }[],
) {
  for (const [i, y] of Object.values(got).entries()) {
    expect(y.shape).toEqual(wanted[i]!.shape);
    const numbers = toFloats(y);
    for (let k = 0; k < numbers.length; k++)
      expect(Math.abs(numbers[k]! - wanted[i]!.data[k]!)).toBeLessThan(1e-5 * Math.max(1, Math.abs(numbers[k]!)));
  }
}

const meaning = (given: ReturnType<typeof call>) =>
  interpret(decode.program(...given), (flattenTree(given).leaves as NDArray[]).map(toValue));

const size = fc.integer({ min: 1, max: 6 });
const calls = fc.tuple(size, size, fc.integer({ min: 0, max: 9 }));

describe('open axes', () => {
  it('run one program at every size, equal to the interpreter', async () => {
    for (const sizes of [
      [1, 1, 0],
      [1, 1, 1],
      [1, 1, 20],
      [4, 1, 7],
      [1, 30, 0],
      [3, 12, 19],
    ] as const) {
      const given = call(sizes);
      expectClose(await decode(...given), meaning(given));
    }
    await fc.assert(
      fc.asyncProperty(calls, async (sizes) => {
        const given = call(sizes);
        expectClose(await decode(...given), meaning(given));
      }),
      { numRuns: 15 },
    );
    expect(decode.signatures).toBe(1);
  });

  it('have names in an exported model, which another opens and runs at every size', async () => {
    const model = await openOnnx(exportOnnx(decode.program(...call([1, 1, 0]))));
    expect(model.inputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['tokens', ['batch', 'tokens']],
      ['cache.key', ['batch', 3, 'past', 4]],
      ['cache.value', ['batch', 3, 'past', 4]],
    ]);
    expect(model.outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['logits', ['batch', 1, 19]],
      ['key', ['batch', 3, 'tokens', 4]],
      ['value', ['batch', 3, 'tokens', 4]],
      ['pooled', ['batch', 12]],
    ]);
    for (const sizes of [
      [1, 1, 0],
      [2, 5, 3],
      [5, 1, 11],
    ] as const) {
      const given = call(sizes);
      const [tokens, { key, value }] = given;
      expectClose(await model({ tokens, 'cache.key': key, 'cache.value': value }), meaning(given));
    }
    await model.release();
  });

  it('must agree where they have one name', async () => {
    const [tokens] = call([2, 3, 4]);
    const [, cache] = call([3, 3, 4]);
    await expect(decode(tokens, cache)).rejects.toThrow(
      new RangeError('compile: expected one size of batch, got 2 at 0 and 3 at 1.key'),
    );
    await expect(decode(tokens, { key: tokens, value: tokens })).rejects.toThrow(
      new RangeError('compile: expected 4 axes (batch, , past, ) at 1.key, got shape [2,3]'),
    );
  });

  it('give sums over them, tables of positions, and sizes of outputs that are computed', async () => {
    const f = compile(
      (x: Tensor, y: Tensor) => ({
        total: sum(x, 0),
        mean: mean(x),
        count: mul(cast(sum(iota(x.shape[0]!)), 'float32'), sum(y)),
        outer: reshape(mul(reshape(x, [-1, 1, 3]), reshape(y, [1, -1, 1])), [-1, 3]),
        both: concat([x, x, reshape(concat([y, y, y]), [-1, 3]), constant(zerosArray([1, 3]))]),
      }),
      { open: [['rows', null], ['others']] },
    );
    for (const [rows, others] of [
      [1, 1],
      [7, 2],
      [40, 3],
    ] as const) {
      const given = [random([rows, 3]), random([others])] as const;
      expectClose(await f(...given), interpret(f.program(...given), given.map(toValue)));
    }
    const model = await openOnnx(exportOnnx(f.program(random([2, 3]), random([2]))));
    expect(model.outputs.map(({ shape }) => shape)).toEqual([
      [3],
      [],
      [],
      ['rows*others', 3],
      ['2*rows + others + 1', 3],
    ]);
    await model.release();
    await f.release();
  });

  it('may be read of an input whose values nothing reads, and views are fed where they lie', async () => {
    const f = compile((like: Tensor, x: Tensor) => add(zeros([like.shape[0]!, 3]), x), { open: [['rows'], null] });
    const whole = array(Float32Array.from({ length: 8 }, (_, i) => i)).data;
    const view = new NDArray('float32', [3], whole.subarray(2, 5));
    expect(toNested(await f(zerosArray([2]), view))).toEqual([
      [2, 3, 4],
      [2, 3, 4],
    ]);
    whole[2] = 7;
    expect(toNested(await f(zerosArray([1]), view))).toEqual([[7, 3, 4]]);
    expect((await f(zerosArray([0]), view)).shape).toEqual([0, 3]);
    await f.release();
  });

  it('reach into loops', async () => {
    const f = compile(
      (x: Tensor) =>
        scan(
          (c: Tensor, row: Tensor) => [add(c, reshape(row, [x.shape[1]!])), c] as const,
          x.shape[1] === 0 ? sum(x, 0) : mul(sum(x, 0), 0),
          x,
        ),
      { open: [['steps', 'width']] },
    );
    for (const shape of [
      [3, 2],
      [10, 7],
    ]) {
      const x = random(shape);
      const [last, all] = await f(x);
      expectClose({ last, all }, interpret(f.program(x), [toValue(x)]));
    }
    expect(f.signatures).toBe(1);
    await f.release();
  });

  it('are refused where more than sizes depends on them, with the line', async () => {
    const at = (fn: (x: Tensor) => unknown) => compile(fn, { open: [['n', 'm']] })(random([4, 4]));
    const here = /tensor-open\.test\.ts:\d+:\d+\)/.source;
    await expect(at((x) => mul(x, Math.sqrt(x.shape[0]!)))).rejects.toThrow(
      new RegExp(
        `^\\w+: expected, at all sizes of n, m, numbers that are sums and products of them, got \\d\\.\\d+ at n=\\d+, m=\\d+, .*${here}`,
      ),
    );
    await expect(at((x) => (x.shape[0]! > 10 ? relu(x) : add(x, 1)))).rejects.toThrow(
      new RegExp(
        `^compile: expected the same ops at all sizes of n, m, got (?:add|relu) .*${here} at n=\\d+, m=\\d+, (?:add|relu) .*${here} at n=\\d+, m=\\d+$`,
      ),
    );
    await expect(at((x) => (x.shape[0]! > 500 ? relu(x) : add(x, 1)))).rejects.toThrow(/relu .* at n=\d{4}, m=\d{4}$/);
    await expect(at((x) => slice(x, [[0, Math.floor(x.shape[0]! / 2)]]))).rejects.toThrow(
      /^slice: expected, at all sizes/,
    );
    await expect(at((x) => add(x, constant(zerosArray([...x.shape]))))).rejects.toThrow(/depends on them/);
    await expect(at((x) => ({ x, n: x.shape[0] }))).rejects.toThrow(
      /^compile: expected values beside tensors that do not depend on n, m, got \[\d+\] and \[\d+\]$/,
    );
    expect(() => compile((x: Tensor) => x, { open: [['a b']] })).toThrow(TypeError);
  });
});
