/**
 * The same start for two sides: parameters and batch in a file, as Node's own serializer writes trees of typed arrays,
 * and the losses of the first steps, by which the bench sees that both sides train the same thing.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';

export interface Values {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** Trees with {@link Values} at the leaves. */
export interface Start {
  readonly params: unknown;
  readonly batch: unknown;
}

export const comparedLosses = 3;

export function writeStart(file: string, start: Start): void {
  writeFileSync(file, serialize(start));
}

export function readStart(file: string): Start {
  return deserialize(readFileSync(file)) as Start;
}
