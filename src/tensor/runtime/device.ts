/**
 * Devices: where compiled programs run and where their arrays live.
 */
import { NDArray } from '../array.ts';
import type { Lowered } from '../lower.ts';
import { flattenTree } from '../tree.ts';
import { discard } from './host-memory.ts';

/** A program loaded on a device. */
export interface Executable {
  /** Runs it: the arrays of the model's inputs in, those of its outputs out, in the order that {@link Lowered} gives. */
  run(inputs: readonly NDArray[]): Promise<NDArray[]>;
  /** Gives back what it holds. */
  release(): Promise<void>;
}

/** A place where programs run. */
export interface Device {
  /** ONNX Runtime's name of its execution provider: `cpu`, `webgpu`, `cuda`, … */
  readonly provider: string;
  /** Loads a lowered program. */
  load(model: Lowered): Promise<Executable>;
  /** Brings an array of this device to the host. */
  toHost(source: NDArray): Promise<NDArray>;
  /** Gives back the memory of an array of this device. */
  dispose(source: NDArray): void;
  /** Gives back everything that the device holds; it cannot be used afterwards. */
  close(): Promise<void>;
}

/** How a device is opened. */
export interface DeviceOptions {
  /** Threads of one operator on the CPU. Default: the machine's cores. */
  threads?: number;
  /** In a worker thread, so that a run leaves the caller's event loop free. Default: in the calling thread. */
  worker?: boolean;
  /** Ends a worker, and whatever runs in it, when aborted. */
  signal?: AbortSignal;
}

/** What an array that is not on the host refers to. */
export interface Remote {
  readonly device: Device;
}

/**
 * A tree of arrays with every array on the host, those of other devices fetched.
 * @throws ReferenceError when an array was given back before
 */
export async function toHost<T>(tree: T): Promise<T> {
  const flat = flattenTree(tree);
  const leaves = await Promise.all(
    flat.leaves.map((leaf) => (isRemote(leaf) ? leaf.remote.device.toHost(leaf) : leaf)),
  );
  return flat.build(leaves) as T;
}

/**
 * Gives back the memory of every array of a tree that lies on another device. Arrays on the host are the collector's,
 * which lets large ones wait; with `host`, those that a program made are given back at once, too: nobody may use them,
 * or the `data` that they had, after that.
 *
 * @example
 * const [next] = await step(state, batch);
 * dispose(state, { host: true }); // two states are in memory at most
 */
export function dispose(tree: unknown, { host = false }: { readonly host?: boolean } = {}): void {
  for (const leaf of flattenTree(tree).leaves) {
    if (isRemote(leaf)) leaf.remote.device.dispose(leaf);
    else if (host && leaf instanceof NDArray) discard(leaf);
  }
}

/** Whether a leaf is an array that lies on a device. */
export function isRemote(leaf: unknown): leaf is NDArray & { remote: Remote } {
  return typeof leaf === 'object' && leaf !== null && 'remote' in leaf && leaf.remote !== undefined;
}
