/** Reading what test/fixtures/nn/make.py wrote, and holding results against it. */
import { readFileSync } from 'node:fs';
import { type NDArray, readSafetensors, toFloats } from 'tenfold/tensor';
import { expect } from 'vitest';

export type Named = Readonly<Record<string, NDArray>>;

/** The tensors of a fixture file, in groups: what comes before the slash of their names. */
export function fixture(name: string): Readonly<Record<string, Named>> {
  const url = new URL(`fixtures/nn/${name}.safetensors`, import.meta.url);
  const groups: Record<string, Record<string, NDArray>> = {};
  for (const [path, tensor] of Object.entries(readSafetensors(readFileSync(url)).tensors)) {
    const [, group, rest] = /^(?:(.*)\/)?(.*)$/.exec(path)!;
    groups[group ?? ''] ??= {};
    groups[group ?? '']![rest!] = tensor;
  }
  return groups;
}

/** The tensors whose names begin with `prefix`, without it. */
export function under(prefix: string, tensors: Named): Named {
  const own = Object.entries(tensors).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}

/** Tensors named by paths as the tree that has these paths; digits are places in arrays. */
export function nested(tensors: Named): unknown {
  if ('' in tensors) return tensors[''];
  const keys = [...new Set(Object.keys(tensors).map((path) => path.split('.')[0]!))];
  const entries = keys.map((key) => {
    const whole = key in tensors ? { '': tensors[key]! } : under(`${key}.`, tensors);
    return [key, nested(whole)] as const;
  });
  return keys.length > 0 && keys.every((key) => /^\d+$/.test(key))
    ? entries.toSorted(([a], [b]) => Number(a) - Number(b)).map(([, value]) => value)
    : Object.fromEntries(entries);
}

/** Expects shapes to agree and every element to lie within `tolerance` times the largest expected magnitude (or 1). */
export function expectClose(got: NDArray, wanted: NDArray, what: string, tolerance = 2e-6): void {
  expect(got.shape, what).toEqual(wanted.shape);
  const [a, b] = [toFloats(got), toFloats(wanted)];
  const scale = Math.max(1, ...Array.from(b, Math.abs));
  const worst = Math.max(0, ...Array.from(a, (v, i) => Math.abs(v - b[i]!) / scale));
  expect(worst, `${what}: relative error`).toBeLessThanOrEqual(tolerance);
}
