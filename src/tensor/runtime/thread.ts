/**
 * What is said between a device in a worker and the thread that uses it.
 */
import type { DType, Storage } from '../dtype.ts';
import type { Lowered } from '../lower.ts';
import type { DeviceOptions } from './device.ts';

/** What a thread says of itself in the first word of the state that it shares; the second is set to stop it. */
export const [idle, busy] = [0, 1];

/** A thread, as the one that started it sees it. */
export interface Thread {
  post(message: Asked, transfer: ArrayBuffer[]): void;
  listen(onMessage: (message: Answer) => void, onEnd: (error: Error) => void): void;
  /** Whether it keeps the process alive. */
  hold(held: boolean): void;
  /** Ends it after what it is computing now; what was asked after that is not begun. */
  stop(): Promise<void>;
}

/** An array that is sent whole, or the number of one that is there already. */
export type Sent = { dtype: DType; shape: readonly number[]; data: Storage } | number;

/** An array that stayed in the worker. */
export interface Held {
  readonly number: number;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export type Request =
  | { readonly what: 'open'; readonly provider: string; readonly options: DeviceOptions }
  | { readonly what: 'load'; readonly model: Lowered }
  | { readonly what: 'run'; readonly program: number; readonly inputs: readonly Sent[] }
  | { readonly what: 'release'; readonly program: number }
  | { readonly what: 'fetch'; readonly number: number }
  | { readonly what: 'close' };

/** A request with the number that its answer bears; or arrays to give back, which nobody waits for. */
export type Asked = { readonly id: number; readonly request: Request } | { readonly dispose: readonly number[] };

export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly name: string; readonly message: string };
}
