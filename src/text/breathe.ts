/**
 * Lets timers and signals have their turn. Programs on the CPU run in the calling thread, and a promise that is already
 * settled does not leave it: a loop that awaits nothing else could never be stopped.
 */
export function breathe(): Promise<void> {
  return new Promise((resolve) => (typeof setImmediate === 'function' ? setImmediate(resolve) : setTimeout(resolve)));
}
