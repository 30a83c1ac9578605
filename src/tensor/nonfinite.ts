/**
 * Where a NaN or an infinity came from.
 *
 * A loss that is NaN says nothing of its cause. The program is run again with two flags more for every float that it
 * computes – are all elements finite? is any a NaN? – and only the flags leave the device. The first NaN appears where
 * a node's result has one and its operands had none; if an operand had an infinity, that one's origin is the cause. An
 * infinity that was given, as masks give it, is nobody's mistake. When the node is a loop, its first bad step is run
 * alone and searched in the same way.
 */
import { NDArray, toFloats } from './array.ts';
import { isFloat } from './dtype.ts';
import { load } from './load.ts';
import { isFinite, isNaN } from './ops/logic.ts';
import { all, any } from './ops/reduce.ts';
import { stack } from './ops/slicing.ts';
import {
  constantOp,
  formatSite,
  inputOp,
  type Node,
  nodeName,
  type Program,
  reachable,
  type Tensor,
  tensorNames,
} from './program.ts';
import { type Device, dispose, toHost } from './runtime/device.ts';
import { isLoop, type Loop, parts } from './scan.ts';
import { elements } from './shape.ts';

/** The origin of the values that are not finite. */
export interface NonFinite {
  /** The op, or `input` when a NaN was given. */
  readonly op: string;
  /** Its name in the printed program: `%12`, `%3/0` inside a loop, or an argument's path. */
  readonly name: string;
  /** `file:line:column` of the user's code that made it, where known. */
  readonly site: string | undefined;
  /** The step of the (outermost) loop around it, an index along what is scanned over; absent outside loops. */
  readonly step?: number;
  /** One line that says all of it. */
  readonly message: string;
}

/**
 * Runs `program` on `arrays` and finds where the first value that is not finite came from; undefined if there is none.
 * `loop` names the loop's node when the program is a loop's body.
 */
export async function firstNonFinite(
  program: Program,
  arrays: readonly NDArray[],
  device: Device,
  loop?: string,
): Promise<NonFinite | undefined> {
  const nodes = reachable(program.outputs);
  const watched = nodes.flatMap((node) => node.outputs.filter((t) => isFloat(t.dtype) && t.size > 0));
  if (watched.length === 0) return undefined;
  const [finite, nan] = await flags(program, watched, arrays, device);
  // a constant NaN stands for what must not be chosen: the op that chooses it has made it
  const nans = new Set(watched.filter((t, i) => nan[i] !== 0 && t.node.op !== (constantOp as unknown)));
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
  const names = tensorNames(program, loop);
  const nameOf = (node: Node) => names.get(node.outputs.find((t) => nans.has(t) || infinite.has(t))!)!;
  const inside = isLoop(origin)
    ? await insideLoop(origin, nodeName(names, origin), program, arrays, device, (t) => infinite.has(t))
    : undefined;
  const describe = (node: Node) => {
    const site = isGiven(node) ? undefined : formatSite(node.site);
    const what = node.op === (inputOp as unknown) ? 'the argument' : node.op.name;
    return `${what} ${nameOf(node)}${site ? ` (made at ${site})` : ''}`;
  };
  const first = makesInfinity ? `an infinity first comes from ${describe(makesInfinity)}` : '';
  const then = makesNaN ? `a NaN first comes from ${describe(makesNaN)}` : '';
  const message = [first, then].filter(Boolean).join('; of it ');
  if (inside) return { ...inside, message: `${inside.message}, in step ${inside.step} of a loop: ${message}` };
  return {
    op: origin.op.name,
    name: nameOf(origin),
    site: isGiven(origin) ? undefined : formatSite(origin.site),
    message,
  };
}

/** The origin inside a loop: its first bad step, in the order of the steps, run alone. */
async function insideLoop(
  node: Node<Loop>,
  name: string,
  program: Program,
  arrays: readonly NDArray[],
  device: Device,
  isInfinite: (tensor: Tensor) => boolean,
): Promise<NonFinite | undefined> {
  const { body, carried, length, reverse } = node.attrs;
  const wanted = [...node.inputs, ...node.outputs];
  const loaded = await load({ ...program, outputs: wanted, outputNames: wanted.map(() => '') }, device);
  let values: NDArray[];
  try {
    const remote = await loaded.run(arrays);
    values = await toHost(remote);
    dispose(remote);
  } finally {
    await loaded.release();
  }
  const given = parts(node.attrs, values.slice(0, node.inputs.length));
  const outputs = values.slice(node.inputs.length);
  const results = outputs.slice(carried, body.outputs.length);
  const before = outputs.slice(body.outputs.length);
  // an infinity that the loop was given travels through good steps
  const bad = node.inputs.some(isInfinite) ? Number.isNaN : (v: number) => !Number.isFinite(v);
  const isBad = (array: NDArray) => isFloat(array.dtype) && Array.from(toFloats(array), Number).some(bad);
  for (let k = 0; k < length; k++) {
    const step = reverse ? length - 1 - k : k;
    const next = reverse ? step - 1 : step + 1;
    const after = k === length - 1 ? outputs.slice(0, carried) : before.map((all) => entryOf(all, next));
    if (![...after, ...results.map((all) => entryOf(all, step))].some(isBad)) continue;
    const own = [before, given.xs].flat().map((all) => entryOf(all, step));
    const found = await firstNonFinite(body, [...given.captured, ...own], device, name);
    return found && { ...found, step };
  }
  return undefined;
}

/** One entry along an array's first axis. */
function entryOf({ dtype, shape, data }: NDArray, i: number): NDArray {
  const size = elements(shape.slice(1));
  return new NDArray(dtype, shape.slice(1), data.slice(i * size, (i + 1) * size));
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
