/**
 * Where a NaN or an infinity came from.
 *
 * A loss that is NaN says nothing of its cause. The program is run again with two flags more for every float that it
 * computes – are all elements finite? is any a NaN? – and only the flags leave the device. The first NaN appears where
 * a node's result has one and its operands had none; if an operand had an infinity, that one's origin is the cause. An
 * infinity that was given, as masks give it, is nobody's mistake.
 */
import type { NDArray } from './array.ts';
import { isFloat } from './dtype.ts';
import { load } from './load.ts';
import { isFinite, isNaN } from './ops/elementwise.ts';
import { stack } from './ops/movement.ts';
import { all, any } from './ops/reduce.ts';
import {
  constantOp,
  formatSite,
  inputOp,
  type Node,
  type Program,
  reachable,
  type Tensor,
  tensorNames,
} from './program.ts';
import { type Device, dispose, toHost } from './runtime/device.ts';

/** The origin of the values that are not finite. */
export interface NonFinite {
  /** The op, or `input` or `constant` when a NaN was given. */
  readonly op: string;
  /** Its name in the printed program: `%12`, or an argument's path. */
  readonly name: string;
  /** `file:line:column` of the user's code that made it, where known. */
  readonly site: string | undefined;
  /** One line that says all of it. */
  readonly message: string;
}

/** Runs `program` on `arrays` and finds where the first value that is not finite came from; undefined if there is none. */
export async function firstNonFinite(
  program: Program,
  arrays: readonly NDArray[],
  device: Device,
): Promise<NonFinite | undefined> {
  const nodes = reachable(program.outputs);
  const watched = nodes.flatMap((node) => node.outputs.filter((t) => isFloat(t.dtype) && t.size > 0));
  if (watched.length === 0) return undefined;
  const [finite, nan] = await flags(program, watched, arrays, device);
  const nans = new Set(watched.filter((_, i) => nan[i] !== 0));
  const infinite = new Set(watched.filter((t, i) => finite[i] === 0 && !nans.has(t)));

  const makesNaN = nodes.find((node) => node.outputs.some((t) => nans.has(t)) && !node.inputs.some((t) => nans.has(t)));
  const makesInfinity = reachable(makesNaN?.inputs ?? program.outputs).find(
    (node) =>
      !isGiven(node) &&
      node.outputs.some((t) => infinite.has(t)) &&
      !node.inputs.some((t) => infinite.has(t) || nans.has(t)),
  );
  const origin = makesInfinity ?? makesNaN;
  if (origin === undefined) return undefined;
  const names = tensorNames(program);
  const describe = (node: Node) => {
    const site = isGiven(node) ? undefined : formatSite(node.site);
    const what = node.op === (inputOp as unknown) ? 'the argument' : node.op.name;
    return `${what} ${nameOf(node)}${site ? ` (made at ${site})` : ''}`;
  };
  const nameOf = (node: Node) => names.get(node.outputs.find((t) => nans.has(t) || infinite.has(t))!)!;
  const first = makesInfinity ? `an infinity first comes from ${describe(makesInfinity)}` : '';
  const then = makesNaN ? `a NaN first comes from ${describe(makesNaN)}` : '';
  return {
    op: origin.op.name,
    name: nameOf(origin),
    site: isGiven(origin) ? undefined : formatSite(origin.site),
    message: [first, then].filter(Boolean).join('; of it '),
  };
}

/** For each of `watched`, whether all its elements are finite and whether any is a NaN. */
async function flags(
  program: Program,
  watched: readonly Tensor[],
  arrays: readonly NDArray[],
  device: Device,
): Promise<[ArrayLike<unknown>, ArrayLike<unknown>]> {
  const outputs = [stack(watched.map((t) => all(isFinite(t)))), stack(watched.map((t) => any(isNaN(t))))];
  const loaded = await load({ inputs: program.inputs, outputs, outputNames: ['finite', 'nan'] }, device);
  try {
    const results = await loaded.run(arrays);
    const [finite, nan] = await toHost(results);
    dispose(results);
    return [finite!.data, nan!.data];
  } finally {
    await loaded.release();
  }
}

function isGiven(node: Node): boolean {
  return node.op === (inputOp as unknown) || node.op === (constantOp as unknown);
}
