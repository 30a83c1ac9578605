/** PyTorch's answers, as test/fixtures/ops.py wrote them. */
import { readFileSync } from 'node:fs';
import { array, type DType, type NDArray, type Shape } from 'tenfold/tensor';
import type { Case } from './case.ts';
import { cases } from './cases/index.ts';

interface Written {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly data: readonly number[];
}

interface Entry {
  readonly op: string;
  readonly args?: unknown;
  readonly inputs: readonly Written[];
  readonly outputs: readonly Written[];
  readonly cotangents?: readonly (readonly number[])[];
  readonly gradients?: readonly Written[];
}

/** A call with PyTorch's outputs and gradients. */
export interface Fixture {
  readonly of: Case;
  readonly args: unknown;
  readonly inputs: readonly NDArray[];
  readonly outputs: readonly NDArray[];
  /** One for every float output; none where there is no gradient. */
  readonly cotangents: readonly NDArray[];
  /** By every float input. */
  readonly gradients: readonly NDArray[];
}

const read = ({ dtype, shape, data }: Written) => array([...data], { dtype, shape });

const entries: Entry[] = JSON.parse(readFileSync(new URL('../fixtures/ops.json', import.meta.url), 'utf8'));

export const fixtures: readonly Fixture[] = entries.map(({ op, args, inputs, outputs, cotangents, gradients }) => {
  const of = cases.find(({ name }) => name === op);
  if (!of) throw new ReferenceError(`fixtures: expected the name of an op with a case, got ${op}`);
  const float = outputs.filter(({ dtype }) => dtype === 'float32');
  return {
    of,
    args: withUndefined(args),
    inputs: inputs.map(read),
    outputs: outputs.map(read),
    cotangents: (cotangents ?? []).map((data, i) => read({ dtype: 'float32', shape: float[i]!.shape, data })),
    gradients: (gradients ?? []).map(read),
  };
});

/** JSON's null, which stands for what is left out. */
function withUndefined(args: unknown): unknown {
  if (Array.isArray(args)) return args.map(withUndefined);
  if (typeof args !== 'object' || args === null) return args ?? undefined;
  return Object.fromEntries(Object.entries(args).map(([key, value]) => [key, withUndefined(value)]));
}
