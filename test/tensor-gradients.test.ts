import {
  add,
  argmax,
  array,
  cast,
  compile,
  constant,
  div,
  equal,
  exp,
  full,
  grad,
  gradients,
  greater,
  interpret,
  log,
  matmul,
  max,
  maximum,
  mean,
  mul,
  type NDArray,
  prod,
  relu,
  reshape,
  scan,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  type Tensor,
  take,
  tanh,
  toFloats,
  toNested,
  topK,
  toValue,
  valueAndGrad,
  where,
} from 'tenfold/tensor';
import { describe, expect, it } from 'vitest';

/** The gradient of fn at the arrays. */
async function gradientAt(fn: (x: Tensor) => Tensor, x: readonly number[]): Promise<unknown> {
  return toNested(await compile((t: Tensor) => grad(fn)(t))(array(x)));
}

describe('what a function is differentiated by', () => {
  it('is its first argument, a tree, whose structure the gradient has', async () => {
    const loss = (p: { w: Tensor; rest: readonly [Tensor, Tensor] }, x: Tensor) =>
      sum(add(mul(p.w, x), mul(p.rest[0], square(p.rest[1]))));
    const step = compile((p: Parameters<typeof loss>[0], x: Tensor) => valueAndGrad(loss)(p, x));
    const [value, g] = await step({ w: array([1, 2]), rest: [array([3, 4]), array([5, 6])] }, array([10, 20]));
    expect(value.item()).toBe(1 * 10 + 2 * 20 + 3 * 25 + 4 * 36);
    expect(toNested(g.w)).toEqual([10, 20]);
    expect(g.rest.map(toNested)).toEqual([
      [25, 36],
      [2 * 3 * 5, 2 * 4 * 6],
    ]);
  });

  it('is any argument, by wrapping', async () => {
    const f = (w: Tensor, x: Tensor) => sum(mul(square(w), x));
    const byX = compile((w: Tensor, x: Tensor) => grad((t: Tensor) => f(w, t))(x));
    expect(toNested(await byX(array([3]), array([5])))).toEqual([9]);
  });

  it('is not what it closes over, even where that was computed from the argument', async () => {
    const f = compile((x: Tensor) => {
      const doubled = mul(x, 2);
      return grad((t: Tensor) => sum(mul(t, doubled)))(x);
    });
    // d/dt Σ t · c at t = x is c = 2x, and not 4x
    expect(toNested(await f(array([1, 5])))).toEqual([2, 10]);
  });

  it('is the argument itself where the function closes over it', async () => {
    const f = compile((x: Tensor) => grad((t: Tensor) => sum(mul(t, x)))(x));
    expect(toNested(await f(array([3, 4])))).toEqual([3, 4]);
  });

  it('may be several tensors inside one computation, each independent of the others', async () => {
    const f = compile((x: Tensor) => {
      const h = mul(x, 2);
      return gradients(sum(mul(h, x)), [h, x]);
    });
    // h x by h is x, and by x is h: what h owes to x does not count
    expect((await f(array([1, 3]))).map(toNested)).toEqual([
      [1, 3],
      [2, 6],
    ]);
  });

  it('gives zeros for what the loss does not depend on', async () => {
    const loss = (p: { used: Tensor; unused: Tensor; stopped: Tensor; half: Tensor }) =>
      sum(add(mul(p.used, 3), stopGradient(p.stopped)));
    const g = await compile((p: Parameters<typeof loss>[0]) => grad(loss)(p))({
      used: array([1, 2]),
      unused: array([[1], [2]]),
      stopped: array([1, 2]),
      half: array([1], { dtype: 'float16' }),
    });
    expect(toNested(g.used)).toEqual([3, 3]);
    expect(toNested(g.unused)).toEqual([[0], [0]]);
    expect(toNested(g.stopped)).toEqual([0, 0]);
    expect([g.half.dtype, toNested(g.half)]).toEqual(['float16', [0]]);
  });

  it('hands out what else the function returns', async () => {
    const f = (x: Tensor, c: Tensor) => {
      const h = mul(x, c);
      return [sum(square(h)), { h, name: 'aux' }] as const;
    };
    const [[loss, aux], g] = await compile((x: Tensor, c: Tensor) => valueAndGrad(f)(x, c))(array([1, 2]), 3);
    expect(loss.item()).toBe(45);
    expect([toNested(aux.h), aux.name]).toEqual([[3, 6], 'aux']);
    expect(toNested(g)).toEqual([18, 36]);
  });

  it('is differentiated again like anything else', async () => {
    // of x⁴: 4x³, 12x², 24x
    const once = (x: Tensor) => sum(square(square(x)));
    const twice = (x: Tensor) => sum(grad(once)(x));
    const thrice = (x: Tensor) => sum(grad(twice)(x));
    const all = compile((x: Tensor) => [grad(once)(x), grad(twice)(x), grad(thrice)(x)]);
    expect((await all(array([3]))).map(toNested)).toEqual([[108], [108], [72]]);
  });

  it('is differentiated again through a loop: the gradient penalty of a recurrent network', async () => {
    const penalty = (w: Tensor, h: Tensor, xs: Tensor) => {
      const loss = (inputs: Tensor) => {
        const step = (h: Tensor, x: Tensor) => {
          const next = tanh(add(matmul(h, w), reshape(x, [1, 2])));
          return [next, next] as const;
        };
        const [last, all] = scan(step, h, inputs);
        return add(sum(square(last)), sum(all));
      };
      return sum(square(grad(loss)(xs)));
    };
    const given = [
      array([
        [0.5, -0.3],
        [0.8, 0.2],
      ]),
      array([[0.1, -0.2]]),
      array([
        [0.3, 0.1],
        [-0.4, 0.6],
        [0.2, 0.9],
      ]),
    ] as const;
    const value = compile(penalty).program(...given);
    const at = given.map(toValue);
    const slopes = at[0]!.data.map((_, k) => {
      const moved = (by: number) =>
        at.map((v, i) => (i ? v : { ...v, data: v.data.map((x, j) => x + (j === k ? by : 0)) }));
      return (interpret(value, moved(1e-5))[0]!.data[0]! - interpret(value, moved(-1e-5))[0]!.data[0]!) / 2e-5;
    });
    const found = toFloats(await compile(grad(penalty))(...given));
    for (const [k, slope] of slopes.entries()) expect(found[k]).toBeCloseTo(slope, 4);
    expect(Math.max(...slopes.map(Math.abs))).toBeGreaterThan(0.1);
  });

  it('adds up over the ways that a value is used', async () => {
    expect(await gradientAt((x) => sum(add(add(x, x), mul(x, 3))), [1, 2])).toEqual([5, 5]);
    expect(await gradientAt((x) => sum(take(x, constant(array([0, 0, -1], { dtype: 'int32' })))), [1, 2])).toEqual([
      2, 1,
    ]);
  });
});

describe('at a kink', () => {
  it('a maximum shares its slope between equals', async () => {
    const f = compile((a: Tensor, b: Tensor) => [
      grad((x: Tensor) => sum(maximum(x, b)))(a),
      grad((x: Tensor) => sum(maximum(a, x)))(b),
    ]);
    expect((await f(array([1, 2, 3]), array([2, 2, 2]))).map(toNested)).toEqual([
      [0, 0.5, 1],
      [1, 0.5, 0],
    ]);
    expect(await gradientAt((x) => max(x), [1, 3, 3])).toEqual([0, 0.5, 0.5]);
  });

  it('relu has slope 0 and abs slope 0 at 0', async () => {
    expect(await gradientAt((x) => sum(relu(x)), [-1, 0, 1])).toEqual([0, 0, 1]);
  });

  it('a product is right with one zero and with two', async () => {
    expect(await gradientAt((x) => prod(x), [2, 0, 3])).toEqual([0, 6, 0]);
    expect(await gradientAt((x) => prod(x), [0, 0, 3])).toEqual([0, 0, 0]);
  });

  it('where sends its gradient to what it chose alone', async () => {
    // the branch not taken has slope ∞ at 0: mask its input, as everywhere
    const safe = (x: Tensor) => sum(where(greater(x, 0), sqrt(where(greater(x, 0), x, 1)), 0));
    expect(await gradientAt(safe, [0, 4])).toEqual([0, 0.25]);
  });

  it('sorted and picked values send their gradient where they came from', async () => {
    expect(await gradientAt((x) => sum(mul(topK(x, 2).values, constant(array([1, 10])))), [5, 9, 7])).toEqual([
      0, 1, 10,
    ]);
  });
});

describe('a gradient that cannot be', () => {
  const trace = (fn: (x: Tensor) => unknown, x: NDArray = array([1, 2])) => compile(fn).program(x);

  it('of something that is no scalar is refused', () => {
    expect(() => trace((x) => grad((t: Tensor) => exp(t))(x))).toThrow(
      new TypeError('grad: expected the function to return a float scalar, got float32[2] (sum or mean it)'),
    );
    expect(() => trace((x) => grad((t: Tensor) => argmax(t))(x))).toThrow(
      new TypeError('grad: expected a float tensor, got int32[]'),
    );
    // @ts-expect-error nothing returned
    expect(() => trace((x) => grad(() => undefined)(x))).toThrow(
      new TypeError('grad: expected the function to return a float scalar, got undefined (sum or mean it)'),
    );
  });

  it('by integers, or by what is no tensor, is refused by its path', () => {
    const ints = array([1, 2], { dtype: 'int32' });
    expect(() => trace((x) => grad((t: Tensor) => sum(cast(t, 'float32')))(x), ints)).toThrow(
      new TypeError('grad: argument: expected a float tensor, got int32[2]'),
    );
    expect(() => trace((x) => grad((p: { w: Tensor; rate: number }) => sum(p.w))({ w: x, rate: 3 }))).toThrow(
      new TypeError('grad: expected tensors to differentiate by, got number at rate'),
    );
    expect(() =>
      trace((x) => grad((p: { a: { n: Tensor } }) => sum(cast(p.a.n, 'float32')))({ a: { n: cast(x, 'int32') } })),
    ).toThrow(new TypeError('grad: a.n: expected a float tensor, got int32[2]'));
  });

  it('does not flow through integers', async () => {
    expect(await gradientAt((x) => sum(mul(x, cast(cast(x, 'int32'), 'float32'))), [1.5, 2.5])).toEqual([1, 2]);
    expect(await gradientAt((x) => sum(where(equal(argmax(x), 1), x, mul(x, 0))), [1, 2])).toEqual([1, 1]);
  });
});

describe('a gradient program', () => {
  it('computes once what the loss and its gradient share', () => {
    const loss = (x: Tensor) => mean(log(add(exp(x), 1)));
    const program = compile((x: Tensor) => valueAndGrad(loss)(x)).program(array([1, 2]));
    const names = new Set<string>();
    let exps = 0;
    const visit = (t: Tensor): void => {
      const name = `${t.node.id}`;
      if (names.has(name)) return;
      names.add(name);
      if (t.node.op.name === 'exp') exps++;
      for (const x of t.node.inputs) visit(x);
    };
    for (const t of program.outputs) visit(t);
    expect(exps).toBe(1);
  });

  it('holds in float16 what the function computes in float16', async () => {
    const f = compile((x: Tensor) => grad((t: Tensor) => sum(div(square(sub(t, full([], 1, 'float16'))), 2)))(x));
    const g = await f(array([3, 0.5], { dtype: 'float16' }));
    expect([g.dtype, toNested(g)]).toEqual(['float16', [2, -0.5]]);
  });
});
