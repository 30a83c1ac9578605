/** Whether something can be written somewhere, asked before any work is done for it. */
import { access, constants } from 'node:fs/promises';
import { makeFolder } from '../../tensor/index.ts';

/**
 * Makes a folder, with those above it, unless it is there.
 * @throws RangeError naming it, where it cannot be made or nothing can be written in it
 */
export async function requireWritable(op: string, folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK);
  } catch (error) {
    const { message } = error as Error;
    throw new RangeError(`${op}: expected a folder that can be written in, got ${folder} (${message})`, {
      cause: error,
    });
  }
}
