import {
  add,
  array,
  compile,
  constant,
  crossEntropy,
  exp,
  full,
  iota,
  matmul,
  mean,
  mul,
  type NDArray,
  neg,
  printProgram,
  relu,
  reshape,
  scan,
  sum,
  type Tensor,
  take,
  toFloats,
  toNested,
  transpose,
  valueAndGrad,
  zerosArray,
} from 'tenfold/tensor';
import { describe, expect, expectTypeOf, it } from 'vitest';

/** A program's text from what it does on, without the line that lists its inputs. */
const bodyOf = (text: string) => text.slice(text.indexOf('\n') + 1);

describe('printed programs', () => {
  it('show an MLP with its gradient', () => {
    const layer = (inputs: number, outputs: number) => ({
      weight: zerosArray([outputs, inputs]),
      bias: zerosArray([outputs]),
    });
    interface Layer {
      weight: Tensor;
      bias: Tensor;
    }
    const linear = (p: Layer, x: Tensor) => add(matmul(x, p.weight, { transposeB: true }), p.bias);
    const loss = (params: { hidden: Layer; out: Layer }, x: Tensor, y: Tensor) =>
      mean(crossEntropy(linear(params.out, relu(linear(params.hidden, x))), y));
    const step = compile((params: Parameters<typeof loss>[0], x: Tensor, y: Tensor) =>
      valueAndGrad(loss)(params, x, y),
    );
    const params = { hidden: layer(3, 4), out: layer(4, 2) };
    const text = printProgram(step.program(params, zerosArray([5, 3]), zerosArray([5], 'int32')));
    expect(text.slice(0, text.indexOf('\n'))).toBe(
      '(%params.hidden.weight: float32[4,3], %params.hidden.bias: float32[4], %params.out.weight: float32[2,4], ' +
        '%params.out.bias: float32[2], %x: float32[5,3], %y: int32[5]) {',
    );
    expect(bodyOf(text)).toMatchInlineSnapshot(`
      "  %0 = constant {value=float32[](0.2)} : float32[]
        %1 = constant {value=int32[](0)} : int32[]
        %2 = clipBelow %y %1 : int32[5]
        %3 = constant {value=int32[](1)} : int32[]
        %4 = clipAbove %2 %3 : int32[5]
        %5 = equal %4 %y : bool[5]
        %6 = constant {value=float32[](NaN)} : float32[]
        %7 = reshape %4 {shape=[5,1]} : int32[5,1]
        %8 = matmul %x %params.hidden.weight {transposeA=false, transposeB=true} : float32[5,4]
        %9 = add %8 %params.hidden.bias : float32[5,4]
        %10 = relu %9 : float32[5,4]
        %11 = matmul %10 %params.out.weight {transposeA=false, transposeB=true} : float32[5,2]
        %12 = add %11 %params.out.bias : float32[5,2]
        %13.0, %13.1 = crossEntropy %12 %y : float32[5], float32[5,2]
        %14 = sum %13.0 {axes=[0], keepDims=false} : float32[]
        %15 = mul %14 %0 : float32[]
        %16 = constant {value=float32[1](0.2)} : float32[1]
        %17 = broadcastTo %16 {shape=[5]} : float32[5]
        %18 = where %5 %17 %6 : float32[5]
        %19 = reshape %18 {shape=[5,1]} : float32[5,1]
        %20 = mul %13.1 %19 : float32[5,2]
        %21 = neg %19 : float32[5,1]
        %22 = scatterAdd %20 %7 %21 {axis=1} : float32[5,2]
        %23 = sum %22 {axes=[0], keepDims=false} : float32[2]
        %24 = matmul %22 %params.out.weight {transposeA=false, transposeB=false} : float32[5,4]
        %25 = matmul %22 %10 {transposeA=true, transposeB=false} : float32[2,4]
        %26 = step %10 : float32[5,4]
        %27 = mul %24 %26 : float32[5,4]
        %28 = sum %27 {axes=[0], keepDims=false} : float32[4]
        %29 = matmul %27 %x {transposeA=true, transposeB=false} : float32[4,3]
        return 0: %15, 1.hidden.weight: %29, 1.hidden.bias: %28, 1.out.weight: %25, 1.out.bias: %23
      }"
    `);
  });

  it('are the same for the same function, whatever was traced before', () => {
    const f = compile((x: Tensor) => sum(exp(mul(x, 2))));
    const first = printProgram(f.program(zerosArray([2])));
    compile((x: Tensor) => exp(neg(x))).program(zerosArray([3]));
    expect(printProgram(f.program(zerosArray([2])))).toBe(first);
  });

  it('show constants by their type and first values, and large ones shortened', () => {
    const f = compile((x: Tensor) => add(add(x, constant(array([1, 2, 3, 4, 5, 6, 7, 8]))), 0.1));
    expect(bodyOf(printProgram(f.program(zerosArray([8]))))).toMatchInlineSnapshot(`
      "  %0 = constant {value=float32[8](1, 2, 3, 4, 5, 6, …)} : float32[8]
        %1 = add %x %0 : float32[8]
        %2 = constant {value=float32[](0.1)} : float32[]
        %3 = add %1 %2 : float32[8]
        return %3
      }"
    `);
  });

  it('show a loop with its body inside', () => {
    const f = compile((h: Tensor, xs: Tensor, w: Tensor) =>
      scan((carry: Tensor, x: Tensor) => [add(mul(carry, exp(w)), x), carry] as const, h, xs),
    );
    expect(printProgram(f.program(zerosArray([2]), zerosArray([3, 2]), zerosArray([2])))).toMatchInlineSnapshot(`
      "(%h: float32[2], %xs: float32[3,2], %w: float32[2]) {
        %0 = exp %w : float32[2]
        %1.0, %1.1, %1.2 = scan %0 %h %xs {body=(%1/captured0: float32[2], %1/carry: float32[2], %1/x: float32[2]) {
          %1/0 = mul %1/carry %1/captured0 : float32[2]
          %1/1 = add %1/0 %1/x : float32[2]
          return %1/1, %1/carry
        }, captured=1, carried=1, length=3, reverse=false} : float32[2], float32[3,2], float32[3,2]
        return 0: %1.0, 1: %1.1
      }"
    `);
  });

  it('hold equal nodes once, and nothing that no output needs', () => {
    const f = compile((x: Tensor) => {
      exp(neg(x));
      return [
        add(exp(x), exp(x)),
        mul(exp(x), 1),
        transpose(transpose(x)),
        add(x, 0),
        reshape(reshape(x, [6]), [3, 2]),
      ];
    });
    expect(printProgram(f.program(zerosArray([2, 3])))).toMatchInlineSnapshot(`
      "(%x: float32[2,3]) {
        %0 = exp %x : float32[2,3]
        %1 = add %0 %0 : float32[2,3]
        %2 = reshape %x {shape=[3,2]} : float32[3,2]
        return 0: %1, 1: %0, 2: %x, 3: %x, 4: %2
      }"
    `);
  });
});

describe('a compiled function', () => {
  it('traces once a signature: structure, types and static values', async () => {
    let traced = 0;
    const f = compile((x: Tensor, options: { power: string; on?: boolean | null }, scale?: Tensor) => {
      traced++;
      const y = options.power === 'two' ? mul(x, x) : x;
      return scale ? mul(y, scale) : y;
    });
    const three = array([3]);
    expect(toNested(await f(three, { power: 'one' }))).toEqual([3]);
    expect(toNested(await f(array([4]), { power: 'one' }))).toEqual([4]);
    expect([traced, f.signatures]).toEqual([1, 1]);
    expect(toNested(await f(three, { power: 'two' }))).toEqual([9]);
    expect(toNested(await f(array([[3]]), { power: 'two' }))).toEqual([[9]]);
    expect(toNested(await f(array([3], { dtype: 'int32' }), { power: 'two' }))).toEqual([9]);
    expect(f.signatures).toBe(4);
    // numbers are values, not part of the signature
    for (const [scale, want] of [[2, 6] as const, [0.5, 1.5] as const, [array(7), 21] as const])
      expect(toNested(await f(three, { power: 'one' }, scale))).toEqual([want]);
    expect(f.signatures).toBe(5);
    await f(three, { power: 'one', on: true });
    await f(three, { power: 'one', on: null });
    await f(three, { on: null, power: 'one' });
    expect([traced, f.signatures]).toEqual([8, 8]);
    await f.release();
    expect(f.signatures).toBe(0);
    expect(toNested(await f(three, { power: 'one' }))).toEqual([3]);
    expect(traced).toBe(9);
    await f.release();
  });

  it('tells a string from a number, and one string from another', async () => {
    const f = compile((x: Tensor, key: string) => (key === '1' ? x : neg(x)));
    expect(toNested(await f(array([1]), '1'))).toEqual([1]);
    expect(toNested(await f(array([1]), 'float32'))).toEqual([-1]);
    expect(toNested(await f(array([1]), '1 *'))).toEqual([-1]);
    expect(f.signatures).toBe(3);
  });

  it('compiles once for calls that come together', async () => {
    let traced = 0;
    const f = compile((x: Tensor) => {
      traced++;
      return exp(x);
    });
    const results = await Promise.all([0, 1, 2].map((v) => f(array([v]))));
    expect(results.map((r) => Math.round(toFloats(r)[0]! * 100))).toEqual([100, 272, 739]);
    expect(traced).toBe(1);
  });

  it('forgets a signature whose trace failed', async () => {
    let fails = true;
    const f = compile((x: Tensor) => {
      if (fails) throw new RangeError('not yet');
      return x;
    });
    await expect(f(array([1]))).rejects.toThrow(new RangeError('not yet'));
    fails = false;
    expect(toNested(await f(array([1])))).toEqual([1]);
  });

  it('refuses to trace a function that has to be awaited', async () => {
    const f = compile(async (x: Tensor) => exp(x));
    await expect(f(array([1]))).rejects.toThrow(
      /^compile: expected a function that returns tensors, got one that returns a promise/,
    );
  });

  it('refuses tensors of another trace', async () => {
    let leaked: Tensor | undefined;
    await compile((x: Tensor) => {
      leaked = mul(x, 2);
      return x;
    })(array([1]));
    const f = compile((y: Tensor) => add(y, leaked!));
    await expect(f(array([1]))).rejects.toThrow(
      new ReferenceError('compile: expected tensors of this trace, got x of another (make it an argument)'),
    );
    const carried = compile((xs: Tensor) => {
      const step = (sum: Tensor, x: Tensor) => {
        leaked = x;
        return [add(sum, x), x] as const;
      };
      scan(step, full([], 0), xs);
      return leaked!;
    });
    await expect(carried(array([1, 2]))).rejects.toThrow(ReferenceError);
  });

  it('shows no value of a loop, which has many', async () => {
    const f = compile((h: Tensor, xs: Tensor) => scan((c: Tensor, x: Tensor) => [mul(c, x), c] as const, h, xs));
    const given = [array(1), array([2, 3])] as const;
    expect(toNested((await f.inspect(['%0.2'], ...given)).get('%0.2')!)).toEqual([1, 2]);
    await expect(f.inspect(['%0/0'], ...given)).rejects.toThrow(
      new ReferenceError(
        'inspect: expected a name of the printed program, got %0/0 inside a loop (return it among the results of the scan)',
      ),
    );
  });

  it('refuses arguments whose paths are alike', async () => {
    const f = compile((p: { 'a.b': Tensor; a: { b: Tensor } }) => add(p['a.b'], p.a.b));
    await expect(f({ 'a.b': array([1]), a: { b: array([2]) } })).rejects.toThrow(
      new TypeError('compile: expected arguments of different paths, got p.a.b twice'),
    );
  });

  it('makes no step of a loop without entries', async () => {
    const f = compile((h: Tensor, xs: Tensor) =>
      scan((c: Tensor, x: Tensor) => [add(c, sum(x)), { x: exp(x), kind: 'row' }] as const, h, xs),
    );
    const [last, all] = await f(array([7]), zerosArray([0, 2]));
    expect(toNested(last)).toEqual([7]);
    expect([all.x.shape, all.x.dtype, all.kind]).toEqual([[0, 2], 'float32', 'row']);
  });

  it('takes numbers as float32 scalars', async () => {
    const f = compile((x: Tensor, options: { rate: Tensor }) => [x, mul(x, options.rate)]);
    const [x, y] = await f(0.1, { rate: 3 });
    expect([x!.dtype, x!.shape, x!.item()]).toEqual(['float32', [], Math.fround(0.1)]);
    expect(y!.item()).toBe(Math.fround(Math.fround(0.1) * 3));
  });

  it('hands back its input, the same tensor twice, and what it was not given', async () => {
    const f = compile((x: Tensor, unused: { a: Tensor }) => ({
      x,
      again: [x, x],
      unused: unused.a,
      two: full([2], 2),
      tag: 'kept',
    }));
    const result = await f(array([1, 2]), { a: array([5], { dtype: 'int32' }) });
    expect(toNested(result.x)).toEqual([1, 2]);
    expect(result.again.map(toNested)).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect([toNested(result.unused), result.unused.dtype]).toEqual([[5], 'int32']);
    expect(toNested(result.two)).toEqual([2, 2]);
    expect(result.tag).toBe('kept');
    const twice = compile((x: Tensor) => [exp(x), exp(x)]);
    const [a, b] = await twice(array([0]));
    expect([toNested(a!), toNested(b!)]).toEqual([[1], [1]]);
  });

  it('runs with no arguments, with no results, and with arguments that nothing reads', async () => {
    expect(toNested(await compile(() => iota(3))())).toEqual([0, 1, 2]);
    expect(await compile((x: Tensor) => (x.rank > 5 ? x : { nothing: null }))(array([1]))).toEqual({ nothing: null });
    const f = compile((x: Tensor, _: Tensor, big: { w: Tensor }) => exp(add(x, mul(big.w, 0))));
    expect(toNested(await f(array([0]), array([[9]]), { w: array([4]) }))).toEqual([1]);
  });

  it('keeps names of arguments and results apart, however they are called', async () => {
    const f = compile((x: Tensor, y: Tensor) => ({ x: neg(y), y: neg(x), output0: x, '%0': exp(x), '.0': y }));
    const result = await f(array([1]), array([2]));
    expect(Object.values(result).map((r) => Math.round(r.item()))).toEqual([-2, -1, 1, 3, 2]);
    const g = compile(([a]: [Tensor], { b }: { b: Tensor }) => [add(a, b)]);
    expect((await g([array([1])], { b: array([2]) })).map(toNested)).toEqual([[3]]);
  });

  it('holds constants of any size and type exactly', async () => {
    // above a megabyte a constant lies outside the protobuf
    const size = 400_000;
    const large = array(Float32Array.from({ length: size }, (_, i) => i / 3));
    const [whole, picked, again] = await compile((i: Tensor) => {
      const c = constant(large);
      return [c, take(c, i), add(take(constant(large), i), 0)];
    })(array([0, 1, size - 1], { dtype: 'int32' }));
    expect(whole!.data).toEqual(large.data);
    expect(toFloats(picked!)).toEqual(Float32Array.of(0, 1 / 3, (size - 1) / 3));
    expect(toFloats(again!)).toEqual(Float32Array.of(0, 1 / 3, (size - 1) / 3));
    const words = [
      array([2 ** 40 + 1, -1], { dtype: 'int64' }),
      array([2 ** 32 - 1, 7], { dtype: 'uint32' }),
      array([255, 0], { dtype: 'uint8' }),
      array([1, 0], { dtype: 'bool' }),
      array([0.5, -65504], { dtype: 'float16' }),
    ];
    const back = await compile((x: Tensor) => [...words.map((w) => constant(w)), x])(array([0]));
    expect(back.slice(0, 5).map((b) => [b.dtype, [...(toFloats(b as NDArray) as number[])]])).toEqual(
      words.map((w) => [w.dtype, [...(toFloats(w) as number[])]]),
    );
  });

  it('tells constants apart by their bits', async () => {
    const [zero, negative] = await compile((x: Tensor) => [
      mul(x, constant(array([0]))),
      mul(x, constant(array([-0]))),
    ])(array([1]));
    expect([zero!.data[0], negative!.data[0]]).toEqual([0, -0]);
  });

  it('shows the values between', async () => {
    const f = compile((x: Tensor) => sum(exp(mul(x, 2))));
    const values = await f.inspect(['%x', '%1'], array([0, 1]));
    expect(toNested(values.get('%x')!)).toEqual([0, 1]);
    expect(bodyOf(printProgram(f.program(array([0, 1]))))).toContain('%1 = mul %x %0');
    expect(toNested(values.get('%1')!)).toEqual([0, 2]);
    await expect(f.inspect(['%9'], array([0, 1]))).rejects.toThrow(
      new ReferenceError('inspect: expected a name of the printed program, got %9'),
    );
  });
});

describe('the types of a compiled function', () => {
  it('are those of the function, with arrays for tensors', async () => {
    interface Params {
      readonly weights: readonly Tensor[];
      readonly scale: Tensor;
    }
    const f = compile((params: Params, x: Tensor, mode: 'mean' | 'sum', pair: readonly [Tensor, number]) => ({
      loss: mul(x, params.scale),
      state: { params, pair },
      name: mode,
    }));
    expectTypeOf(f).parameter(0).toEqualTypeOf<{
      readonly weights: readonly (NDArray | number)[];
      readonly scale: NDArray | number;
    }>();
    expectTypeOf(f).parameter(1).toEqualTypeOf<NDArray | number>();
    expectTypeOf(f).parameter(2).toEqualTypeOf<'mean' | 'sum'>();
    const result = await f({ weights: [array([1]), 2], scale: 3 }, array([4]), 'mean', [1, 2]);
    expectTypeOf(result.loss).toEqualTypeOf<NDArray>();
    expectTypeOf(result.state.params.weights).toEqualTypeOf<readonly NDArray[]>();
    expectTypeOf(result.name).toEqualTypeOf<'mean' | 'sum'>();
    expect(toNested(result.loss)).toEqual([12]);
    expect(result.state.params.weights.map(toNested)).toEqual([[1], 2]);
    // @ts-expect-error a missing argument
    await expect(f({ weights: [], scale: 3 })).rejects.toThrow();
    // @ts-expect-error a string is no array
    await expect(f({ weights: [], scale: 'three' }, 1, 'mean', [1, 2])).rejects.toThrow(TypeError);
  });

  it('of a gradient are those of the first argument', () => {
    const loss = (params: { w: Tensor; layers: [Tensor, Tensor] }, x: Tensor) =>
      [sum(mul(params.w, x)), { extra: x }] as const;
    const step = valueAndGrad(loss);
    expectTypeOf(step).parameters.toEqualTypeOf<[x: { w: Tensor; layers: [Tensor, Tensor] }, x: Tensor]>();
    expectTypeOf<ReturnType<typeof step>[0]>().toEqualTypeOf<ReturnType<typeof loss>>();
    expectTypeOf<ReturnType<typeof step>[1]['w']>().toEqualTypeOf<Tensor>();
    expectTypeOf<ReturnType<typeof step>[1]['layers']>().toEqualTypeOf<[Tensor, Tensor]>();
    expect(step).toBeTypeOf('function');
  });
});
