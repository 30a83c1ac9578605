/**
 * A bad request by the name of the verb that it was made of.
 *
 * What the rooms throw names the file or the operation inside; a person who typed a command wants its name first. Only
 * errors of the house's form are renamed: what JavaScript itself throws is a mistake of ours and stays one.
 */
import { isSuppressed } from './suppressed.ts';

/** Does the work; its bad requests begin with `verb: `. */
export async function blamed<T>(verb: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw named(verb, error);
  }
}

function named(verb: string, error: unknown): unknown {
  if (isSuppressed(error)) error.suppressed = named(verb, error.suppressed);
  for (const Kind of [RangeError, SyntaxError, TypeError]) {
    if (!(error instanceof Kind) || !/: .*expected /s.test(error.message)) continue;
    return error.message.startsWith(`${verb}: `) ? error : new Kind(`${verb}: ${error.message}`, { cause: error });
  }
  return error;
}
