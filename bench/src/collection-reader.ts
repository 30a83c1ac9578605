/**
 * A process that reads a collection while another writes it: opens it anew or follows it, and looks whether what it has
 * open is whole. Says at its end how often it looked, and how often something was wrong.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { Collection } from 'tenfold/search';
import { document } from './collection-faults.ts';

export interface ReaderRequest {
  readonly folder: string;
  readonly milliseconds: number;
}

export interface Looked {
  readonly times: number;
  readonly wrong: number;
  /** Different states of the folder that were seen. */
  readonly states: number;
}

async function read({ folder, milliseconds }: ReaderRequest): Promise<Looked> {
  let [times, wrong, last] = [0, 0, 0];
  const generations = new Set<number>();
  let collection = await Collection.open(folder);
  for (const end = performance.now() + milliseconds; performance.now() < end; times++) {
    collection = times % 2 === 0 ? await collection.reopen() : await Collection.open(folder);
    generations.add(collection.generation);
    // documents are only added: whoever looks again sees no fewer, every one whole, and every one is found
    const ids = Array.from(collection.documents(), ({ id, text }) => (text === document(id).text ? id : undefined));
    const some = ids[Math.floor(Math.random() * ids.length)];
    const found = some === undefined ? [] : collection.search(some.replace('-', 'x'), { limit: 1 });
    if (ids.length < last || ids.includes(undefined) || found[0]?.document.id !== some) wrong++;
    last = ids.length;
    await wait(1);
  }
  return { times, wrong, states: generations.size };
}

process.stdout.write(JSON.stringify(await read(JSON.parse(process.argv[2]!) as ReaderRequest)));
