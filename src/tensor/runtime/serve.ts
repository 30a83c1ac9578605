/**
 * The worker's side: a device of its own, whose programs and arrays are known outside by numbers.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { NDArray } from '../array.ts';
import { type Device, type Executable, isRemote } from './device.ts';
import { discard } from './host-memory.ts';
import { openDevice } from './open.ts';
import { type Answer, type Asked, busy, type Held, idle, type Request, type Sent } from './thread.ts';

const state = workerData as Int32Array;

let device: Device;
const programs = new Map<number, Executable>();
const arrays = new Map<number, NDArray>();
let next = 0;
let pending = 0;

function arrayOf(sent: Sent): NDArray {
  if (typeof sent !== 'number') return new NDArray(sent.dtype, sent.shape, sent.data);
  const array = arrays.get(sent);
  if (!array) throw new ReferenceError('run: expected an array, got one given back by dispose()');
  return array;
}

function hold(array: NDArray): Held {
  arrays.set(next, array);
  return { number: next++, dtype: array.dtype, shape: array.shape };
}

function dispose(number: number): void {
  const array = arrays.get(number);
  arrays.delete(number);
  if (isRemote(array)) array.remote.device.dispose(array);
  // a run that was asked for may not have read it yet
  else if (array && pending === 0) discard(array);
}

async function answer(request: Request): Promise<unknown> {
  switch (request.what) {
    case 'open':
      device = await openDevice(request.provider, request.options);
      return undefined;
    case 'load':
      programs.set(next, await device.load(request.model));
      return next++;
    case 'run': {
      const program = programs.get(request.program);
      if (!program) throw new ReferenceError('run: expected a loaded program, got one given back');
      return (await program.run(request.inputs.map(arrayOf))).map(hold);
    }
    case 'release':
      await programs.get(request.program)?.release();
      programs.delete(request.program);
      return undefined;
    case 'fetch': {
      const array = arrayOf(request.number);
      return (isRemote(array) ? await device.toHost(array) : array).data;
    }
    case 'close':
      return device.close();
  }
}

parentPort!.on('message', async (asked: Asked) => {
  if ('dispose' in asked) {
    asked.dispose.forEach(dispose);
    return;
  }
  const { id } = asked;
  let reply: Answer;
  pending++;
  Atomics.store(state, 0, busy);
  try {
    if (Atomics.load(state, 1) !== 0) throw new Error('worker: stopped');
    reply = { id, value: await answer(asked.request) };
  } catch (error) {
    const { name, message } = error as Error;
    reply = { id, error: { name, message } };
  }
  if (--pending === 0) {
    Atomics.store(state, 0, idle);
    Atomics.notify(state, 0);
  }
  parentPort!.postMessage(reply);
});
