/** Files that verbs write. */
import { isThere } from '../../../tensor/index.ts';

/** Nothing is written over without being asked. @throws RangeError for a path that is taken */
export async function refuseExisting(verb: string, path: string, overwrite: boolean): Promise<void> {
  if (!overwrite && (await isThere(path)))
    throw new RangeError(
      `${verb}: expected a path that is free, got ${path}, which is there; --overwrite takes its place`,
    );
}
