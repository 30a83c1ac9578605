/** Whose mistake an error is, and how it is told. */

/** What the system answers to a path that a user got wrong. */
const PATH_ERRORS = new Set([
  'ENOENT',
  'ENOTDIR',
  'EISDIR',
  'EACCES',
  'EPERM',
  'EEXIST',
  'ENOTEMPTY',
  'EROFS',
  'ENAMETOOLONG',
]);

/**
 * Whether the request was at fault. The house's form of such an error is TypeError, RangeError or SyntaxError with a
 * message that opens with an operation's name (`csv: expected …`); what JavaScript itself throws of these classes opens
 * otherwise, and `internal:` marks our own mistakes.
 */
export function isBadRequest(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (PATH_ERRORS.has((error as NodeJS.ErrnoException).code ?? '')) return true;
  const ofTheKind = error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
  return ofTheKind && /^[a-z][\w.'’ -]*: /.test(error.message) && !error.message.startsWith('internal:');
}

/** One line. */
export function describeError(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replace(/\s*\n\s*/g, ' ');
}

/** Its stack, and those of its causes. */
export function trace(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const stacks = [error.stack ?? error.message];
  if (error.cause !== undefined) stacks.push(`caused by ${trace(error.cause)}`);
  if (error instanceof AggregateError) stacks.push(...error.errors.map(trace));
  return stacks.join('\n');
}
