/** Every op, exported as a file of the ONNX standard and opened again, gives what its meaning gives. */
import fc from 'fast-check';
import { compile, exportOnnx, interpret, openOnnx, type Tensor, toValue } from 'tenfold/tensor';
import { expect, it } from 'vitest';
import { drawn, inputsOf, mismatch, outputsOf, toleranceOf } from './call.ts';
import { cases } from './cases/index.ts';

for (const of of cases) {
  const dtype = of.dtypes[0]!;
  it(`${of.name} ${dtype}`, async () => {
    const [calls] = fc.sample(fc.array(drawn(of, dtype), { minLength: 4, maxLength: 4 }), { numRuns: 1, seed: 2022 });
    const inputs = calls!.map(inputsOf);
    const program = compile((xs: Tensor[][]) => calls!.map(({ args }, i) => outputsOf(of, xs[i]!, args))).program(
      inputs,
    );
    const arrays = inputs.flat();
    const bytes = exportOnnx(program);
    expect(Buffer.from(bytes).includes('com.microsoft')).toBe(false);
    const model = await openOnnx(bytes);
    const named = Object.fromEntries(
      program.inputs.map((t, i) => [(t.node.attrs as { name: string }).name, arrays[i]!]),
    );
    const given = Object.fromEntries(model.inputs.map(({ name }) => [name, named[name]!]));
    const got = Object.values(await model(given));
    const wanted = interpret(program, arrays.map(toValue));
    expect(got.length).toBe(wanted.length);
    for (const [i, array] of got.entries()) {
      const wrong = mismatch(array, wanted[i]!, toleranceOf(of, array.dtype));
      if (wrong) expect.fail(`${of.name}: ${program.outputNames[i]} ${wrong}`);
    }
    await model.release();
  });
}
