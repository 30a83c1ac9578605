/**
 * Loading: a program is divided between the host and a device, lowered, and made ready to run there.
 */
import { contentKey, type NDArray } from './array.ts';
import { explained } from './failure.ts';
import { fromValue, interpret, toValue } from './interpret.ts';
import { type Lowered, lower } from './lower.ts';
import { type Placed, place, refusal } from './passes/place.ts';
import { applyAll, at, constantOp, input, inputOp, type Open, type Program, reachable } from './program.ts';
import { type Device, type Executable, toHost } from './runtime/device.ts';
import { type Support, supportOf, targetOf } from './support.ts';

/** A program on a device. */
export interface Loaded {
  /** Runs it: arrays of the program's inputs in, those of its outputs out. */
  run(arrays: readonly NDArray[]): Promise<NDArray[]>;
  /** Gives back what it holds. */
  release(): Promise<void>;
}

/**
 * Loads a program on a device.
 * @throws TypeError naming the op and the user's line, when the device's provider lacks one
 */
export async function load(program: Program, device: Device): Promise<Loaded> {
  const { provider } = device;
  const support = supportOf(provider);
  const placed = program.open
    ? placeOpen(program.open, provider, support)
    : place(support.prepare(program), provider, support);
  const [model, executable] = await loadModel(placed.device, device);
  const needed = new Set(reachable(placed.host.outputs));
  const onHost = async (arrays: readonly NDArray[]) => {
    if (placed.host.outputs.length === 0) return [];
    const values = await Promise.all(
      arrays.map(async (array, i) => {
        const { node, dtype, shape } = program.inputs[i]!;
        // what the host does not read is not fetched
        return needed.has(node) ? toValue(await toHost(array)) : { dtype, shape, data: new Float64Array(0) };
      }),
    );
    return interpret(placed.host, values).map(fromValue);
  };
  const onDevice = async (arrays: readonly NDArray[]) => {
    try {
      return await executable?.run(arrays);
    } catch (cause) {
      throw explained(cause, placed.device, program);
    }
  };
  return {
    run: async (arrays) => {
      const before = await onHost(arrays);
      const given = [...arrays, ...before.slice(placed.kept)];
      const after = (await onDevice(model.inputs.map(({ index }) => given[index]!))) ?? [];
      return placed.results.map(({ fromHost, at }) => (fromHost ? before : after)[at]!);
    },
    release: async () => executable?.release(),
  };
}

/**
 * Examples of open sizes divided alike, as the first one; the host has no part in what depends on sizes.
 * @throws TypeError naming the op and the user's line, when the host would compute; and on a provider that cannot
 * compute shapes where it computes the rest
 */
function placeOpen({ axes, examples }: Open, provider: string, support: Support): Placed {
  if (provider !== 'cpu' && provider !== 'wasm') {
    const names = Object.keys(examples[0]!.sizes).join(', ');
    throw new TypeError(
      `compile: expected fixed sizes on ${provider}, got ${names} (capacity() and padTo() round them up)`,
    );
  }
  const placed = examples.map((example) => place(support.prepare(example.program), provider, support));
  for (const [i, { node }] of placed[0]!.host.outputs.entries()) {
    const values = placed.map(({ host }) => host.outputs[i]!.node.attrs as { value?: NDArray });
    if (node.op !== (constantOp as unknown))
      throw refusal(provider, node, 'the host computes it, for which sizes have to be fixed');
    if (new Set(values.map(({ value }) => value && contentKey(value))).size > 1)
      throw refusal(
        provider,
        node,
        `it is a result that depends on ${Object.keys(examples[0]!.sizes).join(', ')} alone`,
      );
  }
  const at = examples.map(({ sizes }, i) => ({ sizes, program: placed[i]!.device }));
  return { ...placed[0]!, device: { ...placed[0]!.device, open: { axes, examples: at } } };
}

/** A program without outputs needs no executable. */
async function loadModel(program: Program, device: Device): Promise<[Lowered, Executable | undefined]> {
  const model = lower(program, targetOf(device.provider));
  if (program.outputs.length === 0) return [model, undefined];
  try {
    return [model, await device.load(model)];
  } catch (cause) {
    if (device.provider === 'cpu') throw cause;
    throw (await refused(program, device)) ?? cause;
  }
}

/** Which node a provider refuses, found by offering it each one alone. */
async function refused(program: Program, device: Device): Promise<TypeError | undefined> {
  for (const node of reachable(program.outputs)) {
    if (node.op === (inputOp as unknown) || node.op === (constantOp as unknown)) continue;
    const inputs = node.inputs.map((t, i) => (t.node.op === (constantOp as unknown) ? t : input(`x${i}`, t)));
    const outputs = at(node.site, () => applyAll(node.op, inputs, node.attrs));
    const alone = {
      inputs: inputs.filter((t) => t.node.op === (inputOp as unknown)),
      outputs,
      outputNames: outputs.map((_, i) => `y${i}`),
    };
    try {
      const executable = await device.load(lower(alone, targetOf(device.provider)));
      await executable.release();
    } catch (cause) {
      return refusal(device.provider, node, (cause as Error).message);
    }
  }
  return undefined;
}
