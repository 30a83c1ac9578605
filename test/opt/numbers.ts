/** What a checkpoint holds, as plain numbers, to be compared with another's. */
import { openCheckpoint } from 'tenfold/opt';
import { toFloats } from 'tenfold/tensor';

/** Every tensor by its name, in order of the names. */
export async function numbersOf(path: string): Promise<Map<string, number[]>> {
  await using checkpoint = await openCheckpoint(path);
  const made = new Map<string, number[]>();
  for (const name of [...checkpoint.tensors.names].sort()) {
    made.set(name, Array.from(toFloats(await checkpoint.tensors.read(name))));
  }
  return made;
}
