import { afterEach, expect, it, vi } from 'vitest';
import { Draws } from '../draws.ts';
import { type DotKernel, dotKernel } from './dot-kernel.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** A kernel's products of some query and vectors, after its memory has grown. */
function products({ memory, dots }: DotKernel, query: Int16Array, rows: Int8Array): Int32Array {
  memory.grow(1);
  const [stride, count] = [query.length, rows.length / query.length];
  const [productsAt, rowsAt] = [2 * stride, 2 * stride + 4 * count];
  new Int16Array(memory.buffer, 0, stride).set(query);
  new Int8Array(memory.buffer, rowsAt, rows.length).set(rows);
  dots(0, rowsAt, count, stride, productsAt);
  return new Int32Array(memory.buffer, productsAt, count);
}

it('vector instructions, and JavaScript where there are none, give the sums of the products', () => {
  const draws = new Draws(3);
  const whole = (least: number, most: number) => least + Math.floor(draws.unit() * (most - least + 1));
  for (const [stride, count] of [
    [16, 1],
    [32, 7],
    [256, 40],
    [1024, 16],
  ] as const) {
    // as large as they come, but so that no sum outgrows 32 bits
    const most = Math.min(2 ** 15 - 1, Math.floor((2 ** 31 - 1) / (127 * stride)));
    const query = Int16Array.from({ length: stride }, () => whole(-most, most));
    const rows = Int8Array.from({ length: count * stride }, () => whole(-127, 127));
    const expected = Array.from({ length: count }, (_, row) =>
      query.reduce((sum, x, i) => sum + x * rows[row * stride + i]!, 0),
    );
    expect(Array.from(products(dotKernel(1), query, rows))).toEqual(expected);
    const validate = vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
    const instances = vi.spyOn(WebAssembly, 'Instance');
    expect(Array.from(products(dotKernel(1), query, rows))).toEqual(expected);
    expect(instances).not.toHaveBeenCalled();
    validate.mockRestore();
    instances.mockRestore();
  }
});
