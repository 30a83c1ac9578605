/** The thread that builds an index: see build-thread.ts. */
import { buildFile } from './build.ts';
import { type FlatDocuments, unflatten } from './flat.ts';
import { answer } from './thread.ts';

void answer(
  (flat: FlatDocuments) => buildFile(unflatten(flat)),
  (file) => [file.buffer],
);
