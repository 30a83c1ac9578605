/**
 * The reference interpreter held against PyTorch in float64, what ops refuse, and that no op goes without a case.
 */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { compile, type DType, interpret, random, type Tensor, toFloats, toValue } from 'tenfold/tensor';
import { describe, expect, it } from 'vitest';
import { cotangentsOf, drawn, hasGradient, inputsOf, outputsOf, withGradients } from './call.ts';
import { type Case, everything } from './case.ts';
import { cases } from './cases/index.ts';
import { fixtures } from './fixtures.ts';

const source = new URL('../../src/tensor/', import.meta.url);

// constants of gradient rules are float32: 2/√π, ln 2 and their like carry its rounding
const float64Tolerance = 2e-7;

describe('the meaning of an op is what PyTorch computes in float64', () => {
  for (const [i, { of, args, inputs, outputs, cotangents, gradients }] of fixtures.entries()) {
    it(`${of.name} ${JSON.stringify(args) ?? ''} (fixture ${i})`, () => {
      const call = (xs: Tensor[], gs: Tensor[]) => withGradients(of, xs, gs, args);
      const program = compile(call).program([...inputs], [...cotangents]);
      const got = interpret(program, [...inputs, ...cotangents].map(toValue));
      const wanted = [...outputs, ...gradients];
      expect(got.length).toBe(wanted.length);
      for (const [k, want] of wanted.entries()) {
        const numbers = toFloats(want);
        expect([got[k]!.dtype, got[k]!.shape]).toEqual([want.dtype, want.shape]);
        for (let j = 0; j < numbers.length; j++) {
          const allowed = float64Tolerance * Math.max(1, Math.abs(numbers[j]!));
          if (!Object.is(got[k]!.data[j], numbers[j]) && !(Math.abs(got[k]!.data[j]! - numbers[j]!) <= allowed))
            expect.fail(`result ${k} at ${j}: expected ${numbers[j]}, got ${got[k]!.data[j]}`);
        }
      }
    });
  }
});

describe('an op refuses other element types when it is traced', () => {
  for (const of of cases) {
    const refused = everything.filter((dtype) => !cases.some((c) => c.name === of.name && c.dtypes.includes(dtype)));
    if (refused.length === 0) continue;
    it(`${of.name}: ${refused.join(', ')}`, () => {
      for (const dtype of refused) refuses(of, dtype);
    });
  }
});

function refuses(of: Case, dtype: DType): void {
  const [call] = fc.sample(drawn(of, dtype), { numRuns: 1, seed: 3 });
  const trace = () => compile((...xs: Tensor[]) => outputsOf(of, xs, call!.args)).program(...inputsOf(call!));
  expect(trace).toThrow(TypeError);
  expect(trace).toThrow(/^[\w.]+: expected .*, got .*\b(float32|float16|int32|int64|uint8|uint32|bool)\b/);
}

describe('no op goes without a case', () => {
  it('every public function that makes tensors has one', () => {
    const index = readFileSync(new URL('index.ts', source), 'utf8');
    const exported = [...index.matchAll(/export \{([^}]*)\} from '\.\/(?:ops\/\w+|scan)\.ts'/g)].flatMap((match) =>
      match[1]!.split(',').map((name) => name.trim()),
    );
    const functions = exported.filter((name) => name && !name.startsWith('type '));
    // a key is an array, not a tensor
    const drawing = Object.keys(random).filter((name) => name !== 'key');
    const names = [...functions, ...drawing.map((name) => `random.${name}`)];
    const covered = new Set(cases.map(({ name }) => name));
    expect(names.length).toBeGreaterThan(100);
    expect(names.filter((name) => !covered.has(name))).toEqual([]);
  });

  it('every function that PyTorch has too has a fixture', () => {
    const without = [...new Set(cases.map(({ name }) => name))].filter(
      (name) => !name.startsWith('random.') && !fixtures.some(({ of }) => of.name === name),
    );
    expect(without).toEqual([]);
  });

  it('every op in the source is traced by one', () => {
    // what a differentiated function is given is an op of its own
    const traced = new Set(['identity']);
    for (const of of cases) {
      for (const dtype of of.dtypes) {
        for (const call of fc.sample(drawn(of, dtype), { numRuns: 8, seed: 5 })) trace(of, dtype, call, traced);
      }
    }
    const all = opsInSource();
    expect(all.length).toBeGreaterThan(90);
    expect(all.filter((name) => !traced.has(name))).toEqual([]);
  });
});

/** Adds the names of the ops that a call and its gradient are made of. */
function trace(of: Case, dtype: DType, call: Parameters<typeof inputsOf>[0], names: Set<string>): void {
  const inputs = inputsOf(call);
  const forward = compile((...xs: Tensor[]) => outputsOf(of, xs, call.args)).program(...inputs);
  const cotangents = hasGradient(of, dtype) ? cotangentsOf(forward.outputs, call.seed) : [];
  const seen = new Set<unknown>();
  const visit = (t: Tensor): void => {
    if (seen.has(t.node)) return;
    seen.add(t.node);
    names.add(t.node.op.name);
    for (const x of t.node.inputs) visit(x);
  };
  compile((xs: Tensor[], gs: Tensor[]) => {
    const { outputs, gradients } = withGradients(of, xs, gs, call.args);
    // before simplification, which would hide some
    for (const t of [...outputs, ...gradients]) visit(t);
    return outputs;
  }).program(inputs, cotangents);
}

/**
 * Names of the ops that a program can be written with: `name: '…'` of records, and the first argument of families. What
 * passes/ puts in their place is reached by their cases.
 */
function opsInSource(): string[] {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /^(ops\/\w+|random|scan)\.ts$/.test(file),
  );
  return files.flatMap((file) => {
    const text = readFileSync(new URL(file, source), 'utf8');
    const records = [...text.matchAll(/: Op<[^=]*> = \{\s*name: '(\w+)'/g)];
    const families = [...text.matchAll(/= (?:unary|binary|bound|bitwise|extreme|argExtreme)\(\s*'([a-z]\w*)'/g)];
    return [...records, ...families].map((match) => match[1]!);
  });
}
