import {
  add,
  array,
  compile,
  constant,
  crossEntropy,
  div,
  exp,
  greater,
  log,
  matmul,
  mul,
  printProgram,
  scan,
  softmax,
  sub,
  sum,
  type Tensor,
  valueAndGrad,
  where,
  zeros,
} from 'tenfold/tensor';
import { describe, expect, it } from 'vitest';

/** The line of this file that holds `text`. */
async function lineOf(text: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  const source = await readFile(import.meta.filename, 'utf8');
  return `tensor-nonfinite.test.ts:${source.split('\n').findIndex((line) => line.includes(text)) + 1}:`;
}

describe('findNonFinite', () => {
  it('finds nothing where all is finite', async () => {
    expect(await compile((x: Tensor) => exp(x)).findNonFinite(array([1, 2]))).toBeUndefined();
    expect(await compile((x: Tensor) => x).findNonFinite(array([1], { dtype: 'int32' }))).toBeUndefined();
  });

  it("names the op that made the first NaN, and the user's line", async () => {
    const f = compile((x: Tensor, w: Tensor) => {
      const h = matmul(x, w);
      const l = log(h); // the culprit
      return sum(mul(add(l, 1), 2));
    });
    const found = await f.findNonFinite(array([[1, 2]]), array([[-1], [0]]));
    expect(found).toMatchObject({ op: 'log', name: expect.stringMatching(/^%\d+$/) });
    expect(found!.site).toContain(await lineOf('// the culprit'));
    expect(found!.message).toMatch(/^a NaN first comes from log %\d+ \(made at .*:\d+:\d+\)$/);
  });

  it('goes back to the infinity of which a NaN was made', async () => {
    const f = compile((x: Tensor) => {
      const e = exp(x); // overflows
      return sub(e, e); // ∞ − ∞
    });
    const found = await f.findNonFinite(array([1, 100]));
    expect(found!.op).toBe('exp');
    expect(found!.site).toContain(await lineOf('// overflows'));
    expect(found!.message).toMatch(/^an infinity first comes from exp .*; of it a NaN first comes from sub /);
  });

  it('does not blame an infinity that was given, only what makes a NaN of it', async () => {
    const f = compile((x: Tensor) => softmax(add(x, constant(array([Number.NEGATIVE_INFINITY, 0])))));
    expect(await f.findNonFinite(array([1, 2]))).toBeUndefined();
    const g = compile((x: Tensor) =>
      softmax(add(x, constant(array([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY])))),
    );
    expect((await g.findNonFinite(array([1, 2])))!.op).toBe('softmax');
  });

  it('blames a constant NaN only where it is chosen, and then the op that chooses it', async () => {
    const f = compile((x: Tensor) => where(greater(x, 0), x, Number.NaN));
    expect(await f.findNonFinite(array([1, 2]))).toBeUndefined();
    expect(await f.findNonFinite(array([1, -2]))).toMatchObject({ op: 'where' });
    // the gradient of a loss holds one, for labels outside the classes
    const g = compile(valueAndGrad((x: Tensor, y: Tensor) => sum(crossEntropy(x, y))));
    expect(await g.findNonFinite(array([[1, 2]]), array([1], { dtype: 'int32' }))).toBeUndefined();
    expect(await g.findNonFinite(array([[1, 2]]), array([2], { dtype: 'int32' }))).toMatchObject({
      op: expect.stringMatching(/^(crossEntropy|where)$/),
    });
  });

  it('says which argument brought a NaN', async () => {
    const f = compile((batch: { image: Tensor }) => exp(batch.image));
    const found = await f.findNonFinite({ image: array([1, Number.NaN]) });
    expect(found).toEqual({
      op: 'input',
      name: '%batch.image',
      site: undefined,
      message: 'a NaN first comes from the argument %batch.image',
    });
  });

  it('points at the line of the forward pass for a NaN of the backward pass', async () => {
    const f = compile(
      valueAndGrad((x: Tensor) => {
        const bounded = where(greater(x, 0), log(where(greater(x, 0), x, 1)), 0);
        const slope = div(x, x); // 0 / 0
        return sum(mul(bounded, slope));
      }),
    );
    const found = await f.findNonFinite(array([0, 1]));
    expect(found!.op).toBe('div');
    expect(found!.site).toContain(await lineOf('// 0 / 0'));
  });

  it('goes into a loop: to the step, the op inside and its line', async () => {
    const f = compile((w: Tensor, xs: Tensor, reverse: boolean) =>
      scan(
        (total: Tensor, x: Tensor) => {
          const l = log(sub(x, w)); // fails inside
          return [add(total, l), total] as const;
        },
        zeros([]),
        xs,
        { reverse },
      ),
    );
    const xs = array([5, 3, 4, 0.5, 6, 0, 7]);
    const found = await f.findNonFinite(array(1), xs, false);
    const name = expect.stringMatching(/^%\d+\/\d+$/);
    expect(found).toMatchObject({ op: 'log', step: 3, name });
    expect(found!.site).toContain(await lineOf('// fails inside'));
    expect(printProgram(f.program(array(1), xs, false))).toContain(`${found!.name} = log `);
    expect(found!.message).toMatch(
      /^a NaN first comes from log %\d+\/\d+ \(made at .*\), in step 3 of a loop: a NaN first comes from scan %\d+\.0 \(made at .*\)$/,
    );
    expect(await f.findNonFinite(array(1), xs, true)).toMatchObject({ op: 'log', step: 5, name });
    expect(await f.findNonFinite(array(-1), xs, false)).toBeUndefined();
  });

  it('goes into a loop inside a loop, past infinities that were given', async () => {
    const f = compile((xs: Tensor) =>
      scan(
        (outer: Tensor, row: Tensor) => {
          const step = (c: Tensor, x: Tensor) => [add(c, exp(x)), sub(x, x)] as const; // ∞ − ∞ inside
          const [last, all] = scan(step, outer, row);
          return [last, all] as const;
        },
        zeros([]),
        xs,
      ),
    );
    const rows = [
      [1, 2],
      [3, Number.POSITIVE_INFINITY],
    ];
    const found = await f.findNonFinite(array(rows));
    expect(found).toMatchObject({ op: 'sub', step: 1, name: expect.stringMatching(/^%\d+\/\d+\/\d+$/) });
    expect(found!.site).toContain(await lineOf('// ∞ − ∞ inside'));
    expect(found!.message).toContain('in step 1 of a loop');
    rows[1]![1] = 1000;
    expect(await f.findNonFinite(array(rows))).toMatchObject({ op: 'exp', step: 1 });
  });
});
