/**
 * Runs that fail: the error names the op, the printed program's node and the user's line.
 */
import {
  add,
  array,
  compile,
  conv,
  indexAdd,
  mul,
  openDevice,
  printProgram,
  scan,
  type Tensor,
  take,
  takeAlongAxis,
  zeros,
  zerosArray,
} from 'tenfold/tensor';
import { expect, it } from 'vitest';

const indices = (values: number[]) => array(values, { dtype: 'int32' });
const bounds = 'indices element out of data bounds, idx=7 must be within the inclusive range \\[-3,2\\]';
const outside = (op: string, name: string, said = bounds) =>
  new RegExp(`^${op} ${name}: ${said} \\(made at [^\\n]*tensor-failures\\.test\\.ts:\\d+:\\d+\\)$`);

async function failure(run: Promise<unknown>): Promise<Error> {
  return run.then(
    () => expect.fail('expected a run that fails'),
    (error) => error,
  );
}

const x = array([1, 2, 3]);
const seven = indices([0, 7]);

it.each<[string, (x: Tensor, i: Tensor) => Tensor, string]>([
  ['take', (x, i) => take(mul(x, 2), i), bounds],
  ['takeAlongAxis', (x, i) => takeAlongAxis(mul(x, 2), i), 'GatherElements op: Out of range value in index tensor'],
  ['indexAdd', (x, i) => indexAdd(mul(x, 2), i, zeros([2])), bounds],
])('%s of an index that is not there', async (op, fn, said) => {
  const f = compile((x: Tensor, i: Tensor) => fn(x, i));
  const error = await failure(f(x, seven));
  expect(error).toBeInstanceOf(RangeError);
  expect(error.message).toMatch(outside(op, '%\\d+', said));
  expect((error.cause as Error).message).toContain('Non-zero status code');
  expect(printProgram(f.program(x, seven))).toContain(`${error.message.split(/[ :]/)[1]} = ${op} `);
});

it('inside a loop, and in a worker', async () => {
  const step = (sum: Tensor, i: Tensor, x: Tensor) => [add(sum, take(x, i)), sum] as const;
  const loop = (x: Tensor, is: Tensor) => scan((sum: Tensor, i: Tensor) => step(sum, i, x), zeros([]), is)[0];
  const f = compile(loop);
  const error = await failure(f(x, seven));
  expect(error.message).toMatch(outside('take', '%\\d+/\\d+'));
  expect(printProgram(f.program(x, seven))).toContain(`${error.message.split(/[ :]/)[1]} = take `);
  const device = await openDevice('cpu', { worker: true });
  try {
    expect((await failure(compile(loop, { device })(x, seven))).message).toBe(error.message);
  } finally {
    await device.close();
  }
});

it('under the name of the program as it prints, where the runtime is given another', async () => {
  // a depthwise convolution is written as other nodes
  const f = compile((image: Tensor, kernel: Tensor, x: Tensor, i: Tensor) => [
    conv(image, kernel, { groups: 4 }),
    take(mul(x, 2), i),
  ]);
  const given = [zerosArray([2, 4, 8, 8]), zerosArray([4, 1, 3, 3]), x, seven] as const;
  const error = await failure(f(...given));
  expect(error.message).toMatch(outside('take', '%\\d+'));
  expect(printProgram(f.program(...given))).toContain(`${error.message.split(/[ :]/)[1]} = take `);
});
