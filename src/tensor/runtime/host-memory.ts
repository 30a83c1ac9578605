/**
 * Memory of the host that is given back at once.
 *
 * The collector frees a buffer when it comes by, and it comes by its own count: a training whose state is a hundred
 * megabytes has two or three dead states in memory at any time. Moved into a message that nobody can receive, a buffer
 * is freed where the message is dropped, which is at once.
 */
import type { NDArray } from '../array.ts';

/** Arrays whose memory nothing else uses. */
const own = new WeakSet<NDArray>();

/** An array in memory that was made for it, so that {@link discard} may give it back. */
export function owning(array: NDArray): NDArray {
  own.add(array);
  return array;
}

let nowhere: MessagePort | undefined;

/** Gives back the memory of an array that a program made; any other array is left to the collector. */
export function discard(array: NDArray): void {
  if (!own.delete(array)) return;
  if (nowhere === undefined) {
    nowhere = new MessageChannel().port1;
    nowhere.close();
  }
  nowhere.postMessage(undefined, [array.data.buffer]);
}
