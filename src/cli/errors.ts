/** Whose mistake an error is, and how it is told. */
import { isSuppressed } from '../command/index.ts';

/** What the system answers to a path that a user got wrong, in words. */
const PATH_ERRORS: ReadonlyMap<string | undefined, string> = new Map([
  ['ENOENT', 'which is not there'],
  ['ENOTDIR', 'which leads through a file'],
  ['EISDIR', 'which is a folder'],
  ['EACCES', 'which this user may not use'],
  ['EPERM', 'which this user may not use'],
  ['EEXIST', 'which is there already'],
  ['ENOTEMPTY', 'which is not empty'],
  ['EROFS', 'which cannot be written to'],
  ['ENAMETOOLONG', 'which is too long a name'],
]);

/**
 * Whether the request was at fault. The house's form of such an error is TypeError, RangeError or SyntaxError with a
 * message that opens with an operation's name (`csv: expected …`); what JavaScript itself throws of these classes opens
 * otherwise, and `internal:` marks our own mistakes. Whatever failed after it, while things were closed, changes nothing.
 */
export function isBadRequest(error: unknown): boolean {
  if (isSuppressed(error)) return isBadRequest(error.suppressed);
  if (!(error instanceof Error)) return false;
  if (PATH_ERRORS.has((error as NodeJS.ErrnoException).code ?? '')) return true;
  const ofTheKind = error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
  return ofTheKind && /^[a-z][\w.'’ -]*: /.test(error.message) && !error.message.startsWith('internal:');
}

/** One line. What the system says of a path becomes one of the house's form. @param op the verb that was asked for */
export function describeError(error: unknown, op?: string): string {
  if (isSuppressed(error))
    return `${describeError(error.suppressed, op)}; and on closing: ${describeError(error.error)}`;
  const { code, path, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  const why = syscall === 'mkdir' && code === 'ENOENT' ? 'where no folder can be made' : PATH_ERRORS.get(code);
  if (why !== undefined && typeof path === 'string') {
    return `${op === undefined ? '' : `${op}: `}expected a path that can be used, got ${path}, ${why}`;
  }
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replace(/\s*\n\s*/g, ' ');
}

/** Its stack, and those of its causes. */
export function trace(error: unknown): string {
  if (isSuppressed(error)) return `${trace(error.suppressed)}\nand on closing ${trace(error.error)}`;
  if (!(error instanceof Error)) return String(error);
  const stacks = [error.stack ?? error.message];
  if (error.cause !== undefined) stacks.push(`caused by ${trace(error.cause)}`);
  if (error instanceof AggregateError) stacks.push(...error.errors.map(trace));
  return stacks.join('\n');
}
