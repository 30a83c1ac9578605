/**
 * The contract of a device: every op, lowered and run there, gives what its plain meaning gives – values and gradients,
 * on random calls of every element type – and what PyTorch gave.
 *
 * A device's test file calls `contract({ device })`. What a device cannot do is skipped by name, with the reason.
 */
import fc from 'fast-check';
import {
  compile,
  type Device,
  type DType,
  interpret,
  type NDArray,
  type Tensor,
  toFloats,
  toHost,
  toValue,
} from 'tenfold/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  cotangentsOf,
  type Drawn,
  drawn,
  hasGradient,
  inputsOf,
  leaves,
  mismatch,
  outputsOf,
  toleranceOf,
  withGradients,
} from './call.ts';
import type { Case } from './case.ts';
import { cases } from './cases/index.ts';
import { type Fixture, fixtures } from './fixtures.ts';

export interface Contract {
  /** The device, or how to get it before the first test. It is left open. */
  readonly device: Device | (() => Device | Promise<Device>);
  /** Why an op (`topK`), an element type (`float16`), an op on one (`topK float16`) or `special values` are not run. */
  readonly skip?: Readonly<Record<string, string>>;
}

/** Declares the suite. */
export function contract({ device, skip = {} }: Contract): void {
  let on: Device;
  beforeAll(async () => {
    on = typeof device === 'function' ? await device() : device;
  });
  const declare = (name: string, dtype: DType, test: () => Promise<void>, values?: Case['on']) => {
    const reason = skip[name] ?? skip[dtype] ?? skip[`${name} ${dtype}`] ?? (values && skip[values]);
    const title = `${name} ${dtype}${values ? `, ${values}` : ''}`;
    if (reason) it.skip(`${title}: ${reason}`, () => {});
    else it(title, test);
  };

  describe('every op gives what its meaning gives', () => {
    for (const of of cases) {
      for (const dtype of of.dtypes) {
        const property = fc.asyncProperty(batch(of, dtype), (calls) => agreesWithMeaning(of, dtype, calls, on));
        declare(of.name, dtype, () => fc.assert(property, runs), of.on);
      }
    }
  });

  describe('every op gives what PyTorch gives', () => {
    for (const name of new Set(fixtures.map(({ of }) => of.name))) {
      const own = fixtures.filter(({ of }) => of.name === name);
      declare(name, own[0]!.inputs[0]?.dtype ?? 'float32', () => agreesWithTorch(own, on));
    }
  });
}

// the same calls every time, so that a run tells of a change in the engine and of nothing else
const runs = { numRuns: 3, seed: 2022, includeErrorInReport: true };

/** Calls that go into one program, because a program costs more than a call. */
const batch = (of: Case, dtype: DType) => fc.array(drawn(of, dtype), { minLength: 1, maxLength: 8, size: 'max' });

interface Concrete {
  readonly of: Case;
  readonly args: unknown;
  readonly inputs: readonly NDArray[];
  /** None: no gradient is asked for. */
  readonly cotangents: readonly NDArray[];
}

/** Calls and their gradients as one program: outputs, then gradients, call after call. */
function together(calls: readonly Concrete[], device: Device) {
  const fn = (xs: Tensor[][], gs: Tensor[][]) =>
    calls.map(({ of, args }, i) => {
      const { outputs, gradients } = withGradients(of, xs[i]!, gs[i]!, args);
      return [...outputs, ...gradients];
    });
  const compiled = compile(fn, { device });
  const inputs = calls.map((call) => [...call.inputs]);
  const cotangents = calls.map((call) => [...call.cotangents]);
  return {
    reference: () =>
      interpret(compiled.program(inputs, cotangents), leaves<NDArray>([inputs, cotangents]).map(toValue)),
    run: async () => {
      try {
        return await toHost(await compiled(inputs, cotangents));
      } finally {
        await compiled.release();
      }
    },
  };
}

/** Runs calls on the device and compares every output and gradient with the interpreter's. */
async function agreesWithMeaning(of: Case, dtype: DType, calls: readonly Drawn[], device: Device): Promise<void> {
  const concrete = calls.map((call) => {
    const inputs = inputsOf(call);
    const forward = compile((...xs: Tensor[]) => outputsOf(of, xs, call.args)).program(...inputs);
    const cotangents = hasGradient(of, dtype) ? cotangentsOf(forward.outputs, call.seed) : [];
    return { of, args: call.args, inputs, cotangents };
  });
  const program = together(concrete, device);
  const wanted = program.reference();
  let next = 0;
  for (const [i, results] of (await program.run()).entries()) {
    for (const [k, got] of results.entries()) {
      const wrong = mismatch(got, wanted[next++]!, toleranceOf(of, got.dtype));
      if (wrong) expect.fail(`${of.name}: call ${i}, result ${k}: ${wrong}`);
    }
  }
}

/** Runs an op's fixtures on the device and compares every output and gradient with PyTorch's. */
async function agreesWithTorch(own: readonly Fixture[], device: Device): Promise<void> {
  for (const [i, results] of (await together(own, device).run()).entries()) {
    const { of, outputs, gradients, args } = own[i]!;
    const wanted = [...outputs, ...gradients];
    expect(results.length).toBe(wanted.length);
    for (const [k, got] of results.entries()) {
      const { dtype, shape } = wanted[k]!;
      const wrong = mismatch(got, { dtype, shape, data: toFloats(wanted[k]!) }, toleranceOf(of, got.dtype));
      if (wrong) expect.fail(`${of.name} ${JSON.stringify(args)}: fixture ${i}, result ${k}: ${wrong}`);
    }
  }
}
