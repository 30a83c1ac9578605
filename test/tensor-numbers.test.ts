/** What ops do at the edges of numbers: infinities, NaN, ties, signs, overflow, nothing. Runtime and reference agree. */
import * as t from 'tenfold/tensor';
import {
  array,
  compile,
  type DType,
  interpret,
  type NDArray,
  type Nested,
  openDevice,
  type Tensor,
  toNested,
  toValue,
} from 'tenfold/tensor';
import { describe, expect, it } from 'vitest';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** What a program gives on the runtime; the reference interpreter has to give the same. */
async function run(fn: (...xs: Tensor[]) => Tensor, ...inputs: NDArray[]): Promise<Nested> {
  const compiled = compile(fn);
  const got = await compiled(...inputs);
  const [want] = interpret(compiled.program(...inputs), inputs.map(toValue));
  expect(rounded(toNested(t.fromValue(want!)))).toEqual(rounded(toNested(got)));
  await compiled.release();
  return rounded(toNested(got));
}

/** Numbers to six digits, and −0 as 0: the runtime's functions are not the host's. */
function rounded(x: Nested): Nested {
  if (typeof x !== 'number') return x.map(rounded);
  return Number.isInteger(x) ? x + 0 : Number(x.toPrecision(6));
}

const of = (dtype: DType, ...values: number[]) => array(values, { dtype });

describe('infinities and NaN', () => {
  const odd = array([-inf, -1, 0, inf, nan]);
  it.each<[string, (x: Tensor) => Tensor, number[]]>([
    ['exp', t.exp, [0, 0.367879, 1, inf, nan]],
    ['expm1', t.expm1, [-1, -0.632121, 0, inf, nan]],
    ['log', t.log, [nan, nan, -inf, inf, nan]],
    ['log1p', t.log1p, [nan, -inf, 0, inf, nan]],
    ['sqrt', t.sqrt, [nan, nan, 0, inf, nan]],
    ['reciprocal', t.reciprocal, [0, -1, inf, 0, nan]],
    ['sigmoid', t.sigmoid, [0, 0.268941, 0.5, 1, nan]],
    ['tanh', t.tanh, [-1, -0.761594, 0, 1, nan]],
    ['softplus', t.softplus, [0, 0.313262, rounded(Math.LN2) as number, inf, nan]],
    ['erf', t.erf, [-1, -0.842701, 0, 1, nan]],
    ['relu', t.relu, [0, 0, 0, inf, nan]],
    ['abs', t.abs, [inf, 1, 0, inf, nan]],
    ['floor', t.floor, [-inf, -1, 0, inf, nan]],
    ['clip', (x) => t.clip(x, -0.5, 0.5), [-0.5, -0.5, 0, 0.5, nan]],
    ['maximum', (x) => t.maximum(x, 0), [0, 0, 0, inf, nan]],
    ['minimum', (x) => t.minimum(0, x), [-inf, -1, 0, 0, nan]],
    ['isNaN', t.isNaN, [0, 0, 0, 0, 1]],
    ['isFinite', t.isFinite, [0, 1, 1, 0, 0]],
    ['equal to itself', (x) => t.equal(x, x), [1, 1, 1, 1, 0]],
    ['not equal to itself', (x) => t.notEqual(x, x), [0, 0, 0, 0, 1]],
    ['greater', (x) => t.greater(x, -1), [0, 0, 1, 1, 0]],
    ['lessEqual', (x) => t.lessEqual(x, 0), [1, 1, 1, 0, 0]],
    ['cast to bool', (x) => t.cast(x, 'bool'), [1, 1, 0, 1, 1]],
    ['where it is finite', (x) => t.where(t.isFinite(x), x, 7), [7, -1, 0, 7, 7]],
  ])('%s', async (_, fn, want) => {
    expect(await run(fn, odd)).toEqual(want);
  });

  it('divisions by zero are infinite, and 0 / 0 is NaN', async () => {
    expect(await run(t.div, array([1, -1, 0]), array([0, 0, 0]))).toEqual([inf, -inf, nan]);
  });

  it('go through sums, means and products', async () => {
    expect(
      await run(
        (x) => t.sum(x, 1),
        array([
          [1, inf],
          [-inf, inf],
          [nan, 1],
        ]),
      ),
    ).toEqual([inf, nan, nan]);
    expect(await run((x) => t.cumsum(x), array([1, inf, -inf]))).toEqual([1, inf, nan]);
    expect(await run((x) => t.cumsum(x, 0, { exclusive: true }), array([1, inf, 2]))).toEqual([0, 1, inf]);
  });

  it('masked with −∞ an entry has no share, and a line of nothing else has none to give', async () => {
    const masked = array([
      [-inf, 0, 0],
      [-inf, -inf, -inf],
    ]);
    expect(await run((x) => t.softmax(x), masked)).toEqual([
      [0, 0.5, 0.5],
      [nan, nan, nan],
    ]);
    expect(await run((x) => t.logSoftmax(x), array([-inf, 0]))).toEqual([-inf, 0]);
    for (const dtype of ['float32', 'float16'] as const)
      expect(await run((x) => t.logSumExp(t.cast(x, dtype), 1), masked)).toEqual([
        dtype === 'float32' ? rounded(Math.LN2) : 0.693359,
        -inf,
      ]);
    expect(await run((x) => t.logSumExp(x), array([inf, 1, -inf]))).toBe(inf);
  });

  it('large values do not overflow on the way', async () => {
    expect(await run((x) => t.logSumExp(x), array([1e4, 1e4]))).toBe(10000.7);
    expect(await run((x) => t.softmax(x), array([1e4, 0]))).toEqual([1, 0]);
    expect(await run((x) => t.softplus(x), array([1e4, -1e4]))).toEqual([1e4, 0]);
    expect(await run((x) => t.sigmoid(x), array([1e4, -1e4]))).toEqual([1, 0]);
    expect(await run(t.crossEntropy, array([[1e4, 0]]), array([1], { dtype: 'int32' }))).toEqual([1e4]);
  });

  it('small values keep their digits', async () => {
    expect(await run(t.log1p, array([1e-10, -1e-10]))).toEqual([1e-10, -1e-10]);
    expect(await run(t.expm1, array([1e-10, -1e-10]))).toEqual([1e-10, -1e-10]);
  });
});

describe('rounding', () => {
  it('ties go to the even neighbour', async () => {
    expect(await run(t.round, array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5]))).toEqual([-2, -2, 0, 0, 2, 2]);
  });

  it('a cast to integers truncates toward zero', async () => {
    const x = array([-2.75, -0.5, 0.5, 2.75]);
    expect(await run((v) => t.cast(v, 'int32'), x)).toEqual([-2, 0, 0, 2]);
    expect(await run((v) => t.cast(v, 'int64'), x)).toEqual([-2, 0, 0, 2]);
    expect(await run((v) => t.cast(v, 'bool'), x)).toEqual([1, 1, 1, 1]);
  });

  it('a cast to float16 rounds to the nearest, ties to even, and overflows to ∞', async () => {
    const half = (...x: number[]) => run((v) => t.cast(v, 'float16'), array(x));
    expect(await half(2048, 2049, 2051, 2 ** -24, 2 ** -25, 65504, 65519, 65520)).toEqual([
      2048,
      2048,
      2052,
      Number((2 ** -24).toPrecision(6)),
      0,
      65504,
      65504,
      inf,
    ]);
  });

  it('float16 overflows where its range ends', async () => {
    expect(await run((x) => t.mul(x, x), of('float16', 200, 300))).toEqual([40000, inf]);
  });

  it('powers of zero and of negative numbers', async () => {
    expect(await run(t.pow, array([0, 0, -2, -8, 4]), array([0, 2, 3, 0.5, -0.5]))).toEqual([1, 0, -8, nan, 0.5]);
  });
});

describe('integers', () => {
  it('divide toward zero, and their remainder has the sign of the divisor', async () => {
    const [a, b] = [of('int32', 7, -7, 7, -7), of('int32', 2, 2, -2, -2)];
    expect(await run(t.div, a, b)).toEqual([3, -3, -3, 3]);
    expect(await run(t.mod, a, of('int32', 3, 3, -3, -3))).toEqual([1, 2, -2, -1]);
    expect(await run(t.mod, array([7.5, -7.5, 7.5]), array([2, 2, -2]))).toEqual([1.5, 0.5, -0.5]);
    for (const dtype of ['int64', 'uint8', 'uint32'] as const)
      expect(await run(t.div, of(dtype, 7), of(dtype, 2))).toEqual([3]);
  });

  it('wrap', async () => {
    const [least, most] = [-(2 ** 31), 2 ** 31 - 1];
    expect(await run((x) => t.add(x, 1), of('int32', most))).toEqual([least]);
    expect(await run(t.neg, of('int32', least, 5))).toEqual([least, -5]);
    expect(await run((x) => t.mul(x, x), of('int32', 2 ** 16 + 1))).toEqual([2 ** 17 + 1]);
    expect(await run((x) => t.sub(x, 1), of('uint32', 0))).toEqual([2 ** 32 - 1]);
    expect(await run((x) => t.sub(x, 1), of('uint8', 0))).toEqual([255]);
    expect(await run((x, k, u) => t.scatterAdd(x, k, u), of('int32', most), of('int32', 0), of('int32', 1))).toEqual([
      least,
    ]);
    expect(await run((x) => t.cumsum(x), of('int32', most, 1))).toEqual([most, least]);
    expect(await run((x) => t.cast(x, 'uint8'), of('int32', -1, 256, 511))).toEqual([255, 0, 255]);
    expect(await run((x) => t.cast(x, 'int32'), of('uint32', 2 ** 32 - 1))).toEqual([-1]);
    expect(await run((x) => t.shiftLeft(x, 1), of('uint8', 129))).toEqual([2]);
  });

  it('sum up exactly beyond what float32 holds', async () => {
    expect(await run((x) => t.sum(x), of('int32', 2 ** 24 + 1, 1, 2 ** 24 + 1))).toBe(2 ** 25 + 3);
    expect(await run((x) => t.sum(x), of('int64', 2 ** 52, 1))).toBe(2 ** 52 + 1);
    expect(await run((x) => t.sum(x), of('uint32', 2 ** 31, 2 ** 31 - 1))).toBe(2 ** 32 - 1);
  });

  it('of 64 bits keep them', async () => {
    const x = of('int64', 2 ** 40 + 1, -(2 ** 40));
    expect(await run((v) => t.add(v, 1), x)).toEqual([2 ** 40 + 2, 1 - 2 ** 40]);
    const [got] = (await compile((v: Tensor) => [t.add(v, v)])(of('int64', 2 ** 52, -3))) as [NDArray<'int64'>];
    expect([...got.data]).toEqual([2n ** 53n, -6n]);
  });

  it('divided by zero are an error of the run', async () => {
    const f = compile(t.div as (a: Tensor, b: Tensor) => Tensor);
    await expect(f(of('int32', 1), of('int32', 0))).rejects.toThrow(/division by zero/);
  });
});

describe('indices', () => {
  const x = array([10, 20, 30]);
  it('may be negative and repeated', async () => {
    for (const dtype of ['int32', 'int64'] as const) {
      expect(await run((v, k) => t.take(v, k), x, of(dtype, -1, 0, -3, 2, 2))).toEqual([30, 10, 10, 30, 30]);
      expect(await run((v, k) => t.takeAlongAxis(v, k), x, of(dtype, -1, -1))).toEqual([30, 30]);
      expect(await run((v, k, u) => t.scatterAdd(v, k, u), x, of(dtype, -1, 2, 0), array([1, 2, 3]))).toEqual([
        13, 20, 33,
      ]);
      expect(await run((v, k, u) => t.indexAdd(v, k, u), x, of(dtype, -1, 2, 0), array([1, 2, 3]))).toEqual([
        13, 20, 33,
      ]);
    }
  });

  it('outside the axis are an error of the run, there and in the reference', async () => {
    const calls: ((v: Tensor, k: Tensor) => Tensor)[] = [
      (v, k) => t.take(v, k),
      (v, k) => t.takeAlongAxis(v, k),
      (v, k) => t.scatterAdd(v, k, t.cast(k, 'float32')),
      (v, k) => t.indexAdd(v, k, t.cast(k, 'float32')),
    ];
    for (const call of calls) {
      const f = compile(call);
      for (const bad of [3, -4]) {
        const k = of('int32', bad);
        await expect(f(x, k)).rejects.toThrow(/out of (data bounds|range)/i);
        expect(() => interpret(f.program(x, k), [x, k].map(toValue))).toThrow(
          `expected an index in [-3, 2], got ${bad}`,
        );
      }
      // the program is not the worse for it
      await expect(f(x, of('int32', 2))).resolves.toBeDefined();
    }
  });

  it('outside the classes give a line of zeros, and a start outside is moved inside', async () => {
    expect(await run((k) => t.oneHot(k, 2), of('int32', 1, 2, -1))).toEqual([
      [0, 1],
      [0, 0],
      [0, 0],
    ]);
    expect(await run((v, s) => t.dynamicSlice(v, t.at(s, 0), 2), x, of('int32', 5))).toEqual([20, 30]);
    expect(await run((v, s) => t.dynamicUpdateSlice(v, t.full([1], 0), t.at(s, 0)), x, of('int32', -7))).toEqual([
      0, 20, 30,
    ]);
  });

  it('of equal values are the first', async () => {
    const ties = array([[2, 3, 3, 2]]);
    expect(await run((v) => t.argmax(v), ties)).toEqual([1]);
    expect(await run((v) => t.argmin(v), ties)).toEqual([0]);
    expect(await run((v) => t.topK(v, 3).indices, ties)).toEqual([[1, 2, 0]]);
    expect(await run((v) => t.sort(v).indices, ties)).toEqual([[0, 3, 1, 2]]);
    expect(await run((v) => t.sort(v, -1, { descending: true }).indices, ties)).toEqual([[1, 2, 0, 3]]);
  });

  it('repeated in an addition give the exact sum, a thousand times on two threads', async () => {
    // small whole numbers, whose sums floats hold exactly whatever their order; rows long enough to be divided
    const [rows, width, count] = [16, 256, 512];
    let state = 7;
    const next = (n: number) => {
      state = (state * 48271) % 2147483647;
      return state % n;
    };
    const indices = Int32Array.from({ length: count }, () => next(rows));
    const updates = Float32Array.from({ length: count * width }, () => next(64));
    const want = new Float32Array(rows * width);
    for (const [k, row] of indices.entries())
      for (let c = 0; c < width; c++) want[row * width + c]! += updates[k * width + c]!;

    const device = await openDevice('cpu', { threads: 2 });
    const f = compile(
      (k: Tensor, u: Tensor) => {
        const base = t.zeros([rows, width]);
        const wide = t.broadcastTo(t.expandDims(k, 1), [count, width]);
        const gathered = t.grad((table: Tensor) => t.sum(t.mul(t.take(table, k), u)))(base);
        const wrong = (got: Tensor) =>
          t.sum(t.cast(t.notEqual(got, t.constant(array(want, { shape: [rows, width] }))), 'int32'));
        return t.stack([t.indexAdd(base, k, u), t.scatterAdd(base, wide, u, 0), gathered].map(wrong));
      },
      { device },
    );
    const [k, u] = [array(indices, { dtype: 'int32' }), array(updates, { shape: [count, width] })];
    for (let i = 0; i < 1000; i++) expect(toNested(await f(k, u))).toEqual([0, 0, 0]);
    await device.close();
  });
});

describe('nothing', () => {
  it('sums to 0, multiplies to 1, has no mean, and all of it is anything', async () => {
    const none = array([], { shape: [2, 0] });
    expect(await run((x) => t.sum(x, 1), none)).toEqual([0, 0]);
    expect(await run((x) => t.prod(x, 1), none)).toEqual([1, 1]);
    expect(await run((x) => t.mean(x, 1), none)).toEqual([nan, nan]);
    expect(await run((x) => t.all(x, 1), none)).toEqual([1, 1]);
    expect(await run((x) => t.any(x, 1), none)).toEqual([0, 0]);
    expect(await run((a, b) => t.matmul(a!, b!), none, array([], { shape: [0, 3] }))).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect(await run((x) => t.sum(t.relu(t.add(x, 1))), none)).toBe(0);
    expect(await run((a, b) => t.concat([a!, b!], 1), none, array([[1], [2]]))).toEqual([[1], [2]]);
    expect(
      await run(
        (x) =>
          t.pad(
            x,
            [
              [0, 0],
              [1, 0],
            ],
            5,
          ),
        none,
      ),
    ).toEqual([[5], [5]]);
  });

  it('is any float that is not 0', async () => {
    expect(await run((x) => t.any(x), array([0, 0.5]))).toBe(1);
    expect(await run((x) => t.all(x), array([-0.5, 1e-30]))).toBe(1);
    expect(await run((x) => t.any(x), array([0, -0]))).toBe(0);
  });
});

describe('the gradient of crossEntropy', () => {
  const slope = (z: Tensor, y: Tensor) => t.grad((z: Tensor) => t.sum(t.crossEntropy(z, y)))(z);

  it('has no subnormal numbers for classes that are ruled out', async () => {
    const z = array([[0, -30, -50, -90, -103]]);
    expect(await run(slope, z, of('int32', 1))).toEqual([[1, -1, 0, 0, 0]]);
    expect(await run(slope, z, of('int32', 4))).toEqual([[1, rounded(Math.exp(-30) - 2 ** -58), 0, 0, -1]]);
  });

  it('is NaN where a logit is', async () => {
    expect(await run(slope, array([[nan, 1, 2, 3, 4, 5, 6, 7, 8]]), of('int32', 1))).toEqual([Array(9).fill(nan)]);
    expect(await run(slope, array([[1, 2, nan]]), of('int32', 1))).toEqual([[nan, nan, nan]]);
  });
});
