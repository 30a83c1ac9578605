/**
 * Two failures at once: a block fails, and then what it had declared with `await using` cannot be closed either. What is
 * thrown is a SuppressedError, whose message says nothing of the two: `suppressed` is what failed first, `error` the closing.
 */

/** Whether it stands for two. By its name: Node 20 has no such class, and what the compiler puts in its place is an Error. */
export function isSuppressed(error: unknown): error is SuppressedError {
  return error instanceof Error && error.name === 'SuppressedError' && 'suppressed' in error && 'error' in error;
}
