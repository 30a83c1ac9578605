/**
 * The gradient rules against finite differences, in the float64 of the reference interpreter: nothing runs here, so that
 * what fails is a rule and not a lowering. A gradient is a program like any other, so its own gradient is checked too.
 */
import fc from 'fast-check';
import { compile, gradients, interpret, isFloat, mul, type Tensor, toValue } from 'tenfold/tensor';
import { describe, expect, it } from 'vitest';
import { cotangentsOf, type Drawn, drawn, inputsOf, outputsOf, project } from './call.ts';
import type { Case } from './case.ts';
import { cases } from './cases/index.ts';

type Values = ReturnType<typeof toValue>[];
type Outputs = (xs: readonly Tensor[]) => readonly Tensor[];

const float = (list: readonly Tensor[]) => list.filter(({ dtype }) => isFloat(dtype));

/** The values with one element of one of them moved. */
function moved(xs: Values, input: number, element: number, by: number): Values {
  return xs.map((x, i) => (i === input ? { ...x, data: x.data.map((v, k) => (k === element ? v + by : v)) } : x));
}

/** Half the distance over which a difference is taken: its error is about its square. */
const h = 1e-5;

/** Compares the gradient of Σ cotangent · output with differences of it, at every element of every float input. */
function matchesDifferences(name: string, call: Drawn, outputs: Outputs): void {
  const inputs = inputsOf(call);
  const cotangents = cotangentsOf(compile((...xs: Tensor[]) => outputs(xs)).program(...inputs).outputs, call.seed);
  if (cotangents.length === 0) return;
  const loss = compile((xs: Tensor[], gs: Tensor[]) => project(outputs(xs), gs)).program(inputs, cotangents);
  const gradient = compile((xs: Tensor[], gs: Tensor[]) => gradients(project(outputs(xs), gs), float(xs)));
  const gs = cotangents.map(toValue);
  const at = inputs.map(toValue);
  const found = interpret(gradient.program(inputs, cotangents), [...at, ...gs]);
  const valueAt = (xs: Values) => interpret(loss, [...xs, ...gs])[0]!.data[0]!;
  const by = at.flatMap((x, i) => (isFloat(x.dtype) ? [i] : []));
  for (const [k, i] of by.entries()) {
    for (let element = 0; element < at[i]!.data.length; element++) {
      const [above, below] = [valueAt(moved(at, i, element, h)), valueAt(moved(at, i, element, -h))];
      const slope = (above - below) / (2 * h);
      // what the sums behind the two values were rounded by, divided by their distance
      const noise = (1e-15 * Math.max(Math.abs(above), Math.abs(below))) / h;
      const got = found[k]!.data[element]!;
      if (!(Math.abs(got - slope) <= 1e-5 * Math.max(1, Math.abs(slope)) + noise))
        expect.fail(`${name}: by input ${i} at ${element}: expected ${slope}, got ${got}`);
    }
  }
}

/** Σ y³ over the float outputs. */
function cubes(outputs: readonly Tensor[]): Tensor {
  return project(
    outputs,
    float(outputs).map((y) => mul(y, y)),
  );
}

const differentiable = cases.filter((of) => of.differentiable);
/** Calls of few elements, because each one costs two evaluations. */
const small = (of: Case) =>
  drawn(of, 'float32').filter(({ inputs }) => inputs.every(({ shape }) => shape.reduce((a, b) => a * b, 1) <= 64));

const runs = { seed: 2022, includeErrorInReport: true };

describe('every gradient rule gives what finite differences give', () => {
  for (const of of differentiable) {
    it(of.name, () => {
      const property = fc.property(small(of), (call) =>
        matchesDifferences(of.name, call, (xs) => outputsOf(of, xs, call.args)),
      );
      fc.assert(property, { ...runs, numRuns: 25 });
    });
  }
});

describe('and so does the gradient of every gradient', () => {
  for (const of of differentiable) {
    it(of.name, () => {
      const property = fc.property(small(of), (call) => {
        // cubed, so that there is a second derivative where the op is linear
        matchesDifferences(of.name, call, (xs) => gradients(cubes(outputsOf(of, xs, call.args)), float(xs)));
      });
      fc.assert(property, { ...runs, numRuns: 6 });
    });
  }
});
