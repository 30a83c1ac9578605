/** Passes keep the meaning of programs: what the interpreter computes before and after is the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { array } from '../array.ts';
import { constant } from '../constant.ts';
import { gradients } from '../gradient.ts';
import { interpret } from '../interpret.ts';
import { relu, silu } from '../ops/activations.ts';
import { abs, add, div, maximum, mul, neg, pow, rsqrt, square, sub } from '../ops/arithmetic.ts';
import { expandDims, reshape, squeeze, swapAxes, transpose } from '../ops/axes.ts';
import { broadcastTo, sum } from '../ops/broadcast.ts';
import { full } from '../ops/constants.ts';
import { conv } from '../ops/conv.ts';
import { matmul } from '../ops/linear.ts';
import { greater } from '../ops/logic.ts';
import { avgPool, maxPool, resize } from '../ops/pool.ts';
import { logSoftmax, max, mean, softmax, variance } from '../ops/reduce.ts';
import { cast, identity, where } from '../ops/select.ts';
import { concat, flip, pad, slice, split } from '../ops/slicing.ts';
import { tanh } from '../ops/trigonometric.ts';
import { input, type Program, printProgram, reachable, type Tensor, type Value } from '../program.ts';
import { broadcastShapes, elements } from '../shape.ts';
import { pushTransposition } from './layout.ts';
import { simplify } from './simplify.ts';
import { spatial } from './spatial.ts';

// ---------------------------------------------------------------- random programs

/** One instruction: which op, on which of the tensors so far, and a number that its arguments are made of. */
interface Step {
  readonly op: number;
  readonly a: number;
  readonly b: number;
  readonly n: number;
}

const pick = <T>(list: readonly T[], n: number): T => list[n % list.length]!;

/** The n-th permutation of as many axes. */
function permutationOf(rank: number, n: number): number[] {
  const left = Array.from({ length: rank }, (_, i) => i);
  return Array.from({ length: rank }, (_, i) => left.splice(Math.floor(n / (i + 1)) % left.length, 1)[0]!);
}

const broadcasts = (a: Tensor, b: Tensor) => {
  try {
    return elements(broadcastShapes('', a.shape, b.shape)) <= 400;
  } catch {
    return false;
  }
};

/** The ops that random programs are made of: on one tensor, a second, and a number; undefined where they do not fit. */
const steps: readonly ((a: Tensor, b: Tensor, n: number) => Tensor | undefined)[] = [
  (a, b) => (broadcasts(a, b) ? add(a, b) : undefined),
  (a, b) => (broadcasts(a, b) ? sub(a, b) : undefined),
  (a, b) => (broadcasts(a, b) ? mul(a, b) : undefined),
  (a, b) => (broadcasts(a, b) ? maximum(a, b) : undefined),
  (a, _, n) => add(a, pick([0, 1], n)),
  (a, _, n) => sub(a, pick([0, 1], n)),
  (a, _, n) => mul(a, pick([0, 1, 2], n)),
  (a, _, n) => div(a, pick([1, 2], n)),
  (a, _, n) => pow(add(abs(a), 1), pick([1, 2, 0.5], n)),
  (a) => tanh(a),
  (a) => identity(a),
  (a, b, n) => (broadcasts(a, b) ? where(greater(a, n % 3), a, b) : undefined),
  (a) => cast(cast(a, 'float32'), 'float32'),
  (a, _, n) => reshape(a, pick([[-1], [1, ...a.shape], [...a.shape].reverse(), [a.size, 1]], n)),
  (a, _, n) => transpose(a, permutationOf(a.rank, n)),
  (a, _, n) => transpose(transpose(a, permutationOf(a.rank, n)), permutationOf(a.rank, n >> 2)),
  // of something computed, which layout.ts pushes below what comes next
  (a, _, n) => transpose(tanh(a), permutationOf(a.rank, n)),
  (a, _, n) => transpose(neg(a), permutationOf(a.rank, n)),
  (a, _, n) => sum(transpose(neg(a), permutationOf(a.rank, n >> 2)), a.rank > 0 ? n % a.rank : []),
  (a, _, n) => (a.rank > 0 ? expandDims(a, n % a.rank) : reshape(a, [1, 1])),
  (a, _, n) =>
    squeeze(
      a,
      a.shape.flatMap((size, i) => (size === 1 && (n >> i) % 2 ? [i] : [])),
    ),
  (a, _, n) => (a.size < 50 ? broadcastTo(a, [1 + (n % 3), ...a.shape]) : undefined),
  (a, _, n) =>
    broadcastTo(
      a,
      a.shape.map((size) => (size === 1 ? 1 + (n % 3) : size)),
    ),
  (a, _, n) =>
    sum(
      a,
      a.shape.flatMap((_, i) => ((n >> i) % 2 ? [i] : [])),
      { keepDims: n % 3 === 0 },
    ),
  (a, _, n) =>
    max(
      a,
      a.shape.flatMap((_, i) => ((n >> i) % 2 ? [i] : [])),
      { keepDims: n % 3 === 0 },
    ),
  (a, _, n) =>
    slice(
      a,
      a.shape.map((size, i) => ((n >> i) % 2 ? [i % size, undefined, 1 + (n % 2)] : undefined)),
    ),
  (a, _, n) =>
    a.size < 100
      ? pad(
          a,
          a.shape.map((_, i) => [(n >> i) % 2, n % 2]),
          n % 3,
        )
      : undefined,
  (a, _, n) =>
    flip(
      a,
      a.shape.flatMap((_, i) => ((n >> i) % 2 ? [i] : [])),
    ),
  (a, b, n) => (a.rank > 0 && `${a.shape}` === `${b.shape}` ? concat([a, b], n % a.rank) : undefined),
  (a, _, n) => (a.rank > 0 ? concat(split(a, [1, a.shape[0]! - 1], 0).slice(n % 2), 0) : undefined),
  (a, _, n) => (a.rank > 0 ? softmax(a, n % a.rank) : undefined),
  (a, _, n) => (a.rank > 0 ? logSoftmax(a, n % a.rank) : undefined),
  (a, b) => product(a, b),
  (a, b) => (b.rank >= 2 ? product(a, swapAxes(b, -1, -2)) : undefined),
  (a, b) => (a.rank >= 2 ? product(swapAxes(a, -1, -2), b) : undefined),
  (_, __, n) => constant(array([[n % 5, 1, 0]])),
  (_, __, n) => full([2, 3], n % 2),
];

function product(a: Tensor, b: Tensor): Tensor | undefined {
  if (a.rank < 2 || b.rank < 2 || a.shape.at(-1) !== b.shape.at(-2)) return undefined;
  const batch = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  if (batch.every((shape) => shape.length > 0) && `${batch[0]}` !== `${batch[1]}`) return undefined;
  return matmul(a, b);
}

const shape = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 });
const step: fc.Arbitrary<Step> = fc.record({
  op: fc.nat({ max: steps.length - 1 }),
  a: fc.nat(),
  b: fc.nat(),
  n: fc.nat({ max: 63 }),
});

/** Programs of up to 25 random ops, whose outputs are the last few tensors and sometimes the gradient of their sum. */
const programs = fc
  .tuple(fc.array(shape, { minLength: 1, maxLength: 3 }), fc.array(step, { maxLength: 25, size: 'max' }), fc.boolean())
  .map(([shapes, list, differentiate]): Program => {
    const inputs = shapes.map((own, i) => input(`x${i}`, { dtype: 'float32', shape: own }));
    const made: Tensor[] = [...inputs];
    for (const { op, a, b, n } of list) {
      // mostly the latest tensors, so that chains grow
      const recent = made.slice(-4);
      const next = steps[op]!(pick(recent, a), pick(made, b), n);
      if (next && next.size > 0 && next.size <= 400) made.push(next);
    }
    const outputs = made.slice(-3);
    if (differentiate) {
      const total = outputs.map((t) => sum(tanh(t))).reduce((x, y) => add(x, y));
      outputs.push(...gradients(total, inputs));
    }
    return { inputs, outputs, outputNames: outputs.map((_, i) => `y${i}`) };
  });

/** Values in [−2, 2) for a program's inputs. */
function valuesFor(program: Program): Value[] {
  let state = 1;
  return program.inputs.map(({ dtype, shape: own }) => ({
    dtype,
    shape: own,
    data: Float64Array.from({ length: elements(own) }, () => {
      state = (state * 48271) % 2147483647;
      return (state / 2147483647) * 4 - 2;
    }),
  }));
}

/** Fails unless both programs compute the same from the same values. */
function expectSameMeaning(before: Program, after: Program, tolerance: number): void {
  const values = valuesFor(before);
  const [want, got] = [interpret(before, values), interpret(after, values)];
  for (const [i, w] of want.entries()) {
    expect([got[i]!.dtype, got[i]!.shape]).toEqual([w.dtype, w.shape]);
    const scale = w.data.reduce((a, v) => Math.max(a, Math.abs(v)), 1);
    for (const [k, v] of w.data.entries()) {
      const g = got[i]!.data[k]!;
      if (!Object.is(v, g) && !(Math.abs(v - g) <= tolerance * scale))
        expect.fail(
          `output ${i} at ${k}: expected ${v}, got ${g}, from\n${printProgram(before)}\n${printProgram(after)}`,
        );
    }
  }
}

const runs = { seed: 2022, includeErrorInReport: true };

describe('simplify', () => {
  it('keeps the meaning of random programs', () => {
    const property = fc.property(programs, (program) => expectSameMeaning(program, simplify(program), 1e-9));
    fc.assert(property, { ...runs, numRuns: 600 });
  });

  it('keeps it when transpositions are pushed down', () => {
    const property = fc.property(programs, (program) =>
      expectSameMeaning(program, simplify(program, [pushTransposition]), 1e-9),
    );
    fc.assert(property, { ...runs, numRuns: 600 });
  });

  it('makes nothing longer, and has nothing left to do the second time', () => {
    const property = fc.property(programs, (program) => {
      const once = simplify(program);
      expect(reachable(once.outputs).length).toBeLessThanOrEqual(reachable(program.outputs).length);
      expect(printProgram(simplify(once))).toBe(printProgram(once));
    });
    fc.assert(property, { ...runs, numRuns: 300 });
  });
});

// ---------------------------------------------------------------- random convolutional networks

const layer = fc.record({
  kernel: fc.constantFrom(1, 3),
  stride: fc.constantFrom(1, 1, 2),
  channels: fc.constantFrom(1, 3, 9, 16),
  depthwise: fc.boolean(),
  after: fc.constantFrom('relu', 'norm', 'pool', 'resize', 'residual', 'average', 'concat'),
});

const networks = fc
  .tuple(fc.constantFrom(1, 2, 3), fc.constantFrom(1, 9, 16), fc.array(layer, { minLength: 1, maxLength: 3 }))
  .map(([space, channels, layers]): Program => {
    const x = input('x', {
      dtype: 'float32',
      shape: [2, channels, ...new Array<number>(space).fill(space > 2 ? 3 : 6)],
    });
    const weights: Tensor[] = [];
    let h = x;
    for (const { kernel, stride, channels: out, depthwise, after } of layers) {
      const c = h.shape[1]!;
      const size = new Array<number>(space).fill(kernel);
      const w = input(`w${weights.length}`, {
        dtype: 'float32',
        shape: depthwise ? [c, 1, ...size] : [out, c, ...size],
      });
      weights.push(w);
      const y = conv(h, w, { stride, padding: (kernel - 1) / 2, groups: depthwise ? c : 1 });
      h = mul(followed(after, y, h), 0.25);
    }
    const loss = sum(mul(h, h));
    const outputs = [h, ...gradients(loss, [x, ...weights])];
    return { inputs: [x, ...weights], outputs, outputNames: outputs.map((_, i) => `y${i}`) };
  });

function followed(after: string, y: Tensor, before: Tensor): Tensor {
  const last = y.shape.slice(2);
  switch (after) {
    case 'norm': {
      const axes = y.shape.flatMap((_, i) => (i === 1 ? [] : [i]));
      return mul(sub(y, mean(y, axes, { keepDims: true })), rsqrt(add(variance(y, axes, { keepDims: true }), 1)));
    }
    case 'pool':
      return last.every((n) => n >= 2) ? maxPool(y, 2) : y;
    case 'average':
      return avgPool(
        y,
        last.map(() => 1 + (last[0]! > 1 ? 1 : 0)),
        { stride: 1 },
      );
    case 'resize':
      return resize(
        y,
        last.map((n) => n * 2),
        'nearest',
      );
    case 'residual':
      return `${y.shape}` === `${before.shape}` ? add(y, before) : silu(y);
    case 'concat':
      return concat([y, relu(y)], 1);
    default:
      return relu(y);
  }
}

describe('spatial', () => {
  // the matrices of the bilinear algorithms are float32
  it('keeps the meaning of random convolutional networks and their gradients', () => {
    const property = fc.property(networks, (program) => expectSameMeaning(program, spatial(simplify(program)), 1e-5));
    fc.assert(property, { ...runs, numRuns: 40 });
  });
});

describe('spatial', () => {
  it('makes the transforms of large weights twice, for each pass, and those of small ones once', () => {
    const transforms = (channels: number) => {
      const x = input('x', { dtype: 'float32', shape: [2, channels, 8, 8] });
      const w = input('w', { dtype: 'float32', shape: [channels, channels, 3, 3] });
      const outputs = gradients(sum(square(conv(x, w, { padding: 1 }))), [x, w]);
      const program = spatial(simplify({ inputs: [x, w], outputs, outputNames: ['x', 'w'] }));
      return reachable(program.outputs).filter(
        ({ op, inputs: [by, of] }) =>
          op.name === 'matmul' && by!.node.op.name === 'constant' && of!.node.inputs[0]?.node === w.node,
      ).length;
    };
    expect(transforms(64)).toBe(1);
    expect(transforms(320)).toBe(2);
  });
});
