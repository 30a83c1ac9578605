/** The process that collection-faults.ts kills: changes a collection, and says what has been done as soon as it has. */
import { writeSync } from 'node:fs';
import { CollectionWriter } from 'tenfold/search';
import { document } from './collection-faults.ts';

export interface WriterRequest {
  readonly folder: string;
  /**
   * One large addition; many small ones with deletions between; merging; documents that come, go and are replaced beside
   * merges; or many small additions alone.
   */
  readonly phase: 'index' | 'add' | 'merge' | 'beside' | 'grow';
  /** What the ids of its documents begin with. */
  readonly name: string;
}

async function write({ folder, phase, name }: WriterRequest): Promise<void> {
  // not through a stream: what is said must not lie in memory when the process is killed
  const say = (line: string) => writeSync(1, `${line}\n`);
  await using writer = await CollectionWriter.open(folder);
  say('open');
  let number = 0;
  const add = async (count: number, again: readonly string[] = []) => {
    const ids = [...Array.from({ length: count }, () => `${name}-${number++}`), ...again];
    await writer.add(ids.map(document));
    say(`added ${ids.join(' ')}`);
  };
  const remove = async (id: string) => {
    say(`deleting ${id}`);
    await writer.delete([id]);
    say(`deleted ${id}`);
  };
  if (phase === 'index') await add(4000);
  for (let round = 0; ; round++) {
    if (phase === 'merge') {
      await add(300);
      await writer.merged();
    } else if (phase === 'beside') {
      // replaced and deleted are some of rounds before, which a merge is likely to have in hand
      await add(40, round > 3 ? [`${name}-${number - 160}`] : []);
      if (round > 3) await remove(`${name}-${number - 199}`);
      say((await isMerging(writer)) ? 'merging' : 'resting');
    } else {
      await add(1 + (round % 5));
      if (phase === 'add' && round % 4 === 3) await remove(`${name}-${number - 1}`);
    }
  }
}

/** Whether merges are under way that nobody waits for. */
function isMerging(writer: CollectionWriter): Promise<boolean> {
  return Promise.race([
    writer.merged().then(() => false),
    new Promise<boolean>((resolve) => setImmediate(() => resolve(true))),
  ]);
}

await write(JSON.parse(process.argv[2]!) as WriterRequest);
