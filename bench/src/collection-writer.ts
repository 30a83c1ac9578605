/** The process that collection-faults.ts kills: changes a collection, and says what has been done as soon as it has. */
import { writeSync } from 'node:fs';
import { CollectionWriter } from 'tenfold/search';
import { document } from './collection-faults.ts';

export interface WriterRequest {
  readonly folder: string;
  /** One large addition, many small ones with deletions between, merging, or many small ones alone. */
  readonly phase: 'index' | 'add' | 'merge' | 'grow';
  /** What the ids of its documents begin with. */
  readonly name: string;
}

async function write({ folder, phase, name }: WriterRequest): Promise<void> {
  // not through a stream: what is said must not lie in memory when the process is killed
  const say = (line: string) => writeSync(1, `${line}\n`);
  await using writer = await CollectionWriter.open(folder);
  say('open');
  let number = 0;
  const add = async (count: number) => {
    const documents = Array.from({ length: count }, () => document(`${name}-${number++}`));
    await writer.add(documents);
    say(`added ${documents.map(({ id }) => id).join(' ')}`);
  };
  if (phase === 'index') await add(4000);
  for (let round = 0; ; round++) {
    await add(phase === 'merge' ? 300 : 1 + (round % 5));
    if (phase === 'add' && round % 4 === 3) {
      const id = `${name}-${number - 1}`;
      say(`deleting ${id}`);
      await writer.delete([id]);
      say(`deleted ${id}`);
    }
    if (phase === 'merge') await writer.merged();
  }
}

await write(JSON.parse(process.argv[2]!) as WriterRequest);
