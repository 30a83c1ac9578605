/**
 * Fetching a model from a hub: only the files that running it needs, each checked against its hash.
 *
 * A file comes into `NAME.HASH.part` and takes its name when it is whole and right. So a fetch that was stopped, killed
 * or cut off goes on where it was, a file that changed at the hub begins anew, and whatever has its own name is good. While
 * one fetch is in a folder, another is refused: both would write the same parts.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from '../../command/index.ts';
import { ifThere, lockFolder, makeFolder } from '../../tensor/index.ts';
import { etagOf, fileUrl, type HubFile, type HubModel, listFiles, reasonOf, refusal, requestFile } from './hub.ts';

/** Where to, and who watches. */
export interface PullOptions {
  readonly folder: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Milliseconds without a byte after which an answer counts as cut off. Default 60,000. */
  readonly patience?: number;
}

/** What was fetched. */
export interface Pulled {
  readonly folder: string;
  readonly files: readonly { readonly name: string; readonly size: number; readonly hash: string }[];
  /** Bytes that came over the network now; the rest was there. */
  readonly fetched: number;
}

/** Failures in a row, without a byte between them, after which it is given up. */
const tries = 5;

const small =
  /^(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|vocab)\.json$|^merges\.txt$|^(README|LICENSE)(\.md|\.txt)?$/;
/** Weights, the first kind that is there: whole or in shards, with the index. */
const weights = [
  /^model(-\d{5}-of-\d{5})?\.safetensors(\.index\.json)?$/,
  /^pytorch_model(-\d{5}-of-\d{5})?\.bin(\.index\.json)?$/,
];

/** Of a model's files those that running it needs. @throws RangeError when there are no weights or no configuration */
export function neededFiles(files: readonly HubFile[], id: string): HubFile[] {
  const kind = weights.find((pattern) => files.some(({ name }) => pattern.test(name)));
  if (kind === undefined) {
    const some = files.slice(0, 5).map(({ name }) => JSON.stringify(name));
    throw new RangeError(
      `pull: expected ${id} to have safetensors or PyTorch weights, got ${some.join(', ') || 'nothing'}`,
    );
  }
  if (!files.some(({ name }) => name === 'config.json'))
    throw new RangeError(`pull: expected ${id} to have a config.json`);
  const wanted = files.filter(({ name }) => small.test(name) || kind.test(name));
  // small files first: what is wrong with a model shows before its weights are fetched
  return wanted.sort((a, b) => a.size - b.size);
}

/**
 * Fetches a model into a folder, or what is missing of it there.
 * @throws RangeError for a model that is not there, a file whose hash is wrong (the others are kept), a file in the folder
 * that is not the hub's, or another fetch in it; Error when the hub cannot be reached; the signal's reason
 */
export async function pull(model: HubModel, options: PullOptions): Promise<Pulled> {
  const { folder, signal } = options;
  const files = neededFiles(await listFiles(model, signal), model.id);
  await makeFolder(folder);
  const unlock = await lockFolder(folder, 'pull');
  try {
    return await fetchMissing(model, files, options);
  } finally {
    await unlock();
  }
}

async function fetchMissing(model: HubModel, files: readonly HubFile[], options: PullOptions): Promise<Pulled> {
  const { folder, progress, signal } = options;
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const done: Pulled['files'][number][] = [];
  let fetched = 0;
  let before = 0;
  for (const listed of files) {
    const hash = listed.hash.hex === '' ? await etagOf(model, listed.name, signal) : listed.hash;
    const file = { ...listed, hash };
    const watch = (have: number) => {
      const label = `${file.name}, ${inBytes(have)} of ${inBytes(file.size)}`;
      progress.update(label, total === 0 ? 1 : (before + have) / total);
    };
    if (!(await isThere(file, folder, signal))) {
      fetched += await download(model, file, options, watch);
      await accept(file, folder, done, signal);
    }
    if (file.name.endsWith('.index.json')) await checkIndex(join(folder, file.name), files);
    done.push({ name: file.name, size: file.size, hash: hash.hex });
    before += file.size;
  }
  return { folder, files: done, fetched };
}

/** @throws RangeError when the index of the shards names others than the hub lists: their weights would be missing */
async function checkIndex(path: string, files: readonly HubFile[]): Promise<void> {
  let map: unknown;
  try {
    map = (JSON.parse(await readFile(path, 'utf8')) as { weight_map?: unknown } | null)?.weight_map;
  } catch (cause) {
    throw new SyntaxError(`pull: expected ${path} to be JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof map !== 'object' || map === null) throw new RangeError(`pull: expected ${path} to have a weight_map`);
  const listed = new Set(files.map(({ name }) => name));
  const missing = [...new Set<unknown>(Object.values(map))].filter((name) => !listed.has(name as string));
  if (missing.length === 0) return;
  const some = missing.slice(0, 5).map((name) => JSON.stringify(name));
  throw new RangeError(
    `pull: expected the hub to list every shard that ${path} names, got ${missing.length} missing: ${some.join(', ')}`,
  );
}

/** Whether the folder has the file. @throws RangeError for another file of its name */
async function isThere(file: HubFile, folder: string, signal: AbortSignal): Promise<boolean> {
  const path = join(folder, file.name);
  const size = await sizeOf(path);
  if (size === undefined) return false;
  if (size === file.size && (await digest(path, file, signal)) === file.hash.hex) return true;
  throw new RangeError(
    `pull: expected ${path} to be the hub's, got another file of that name; move it away, or choose another --out`,
  );
}

/** Brings the file's part to its size. @returns bytes that came now */
async function download(
  model: HubModel,
  file: HubFile,
  { folder, signal, patience = 60_000 }: PullOptions,
  watch: (have: number) => void,
): Promise<number> {
  const part = await open(partOf(file, folder), 'a');
  let fetched = 0;
  try {
    let { size: have } = await part.stat();
    if (have > file.size) have = await emptied(part);
    for (let failures = 0; have < file.size; ) {
      signal.throwIfAborted();
      const attempt = new AbortController();
      const either = AbortSignal.any([signal, attempt.signal]);
      const start = have;
      let timer = setTimeout(() => attempt.abort(), patience);
      try {
        const response = await requestFile(model, file.name, have, either);
        if (response.status === 416 || (response.status === 200 && have > 0)) have = await emptied(part);
        if (response.status === 416) throw new Error('the range was refused');
        if (!response.ok) throw refused(response.status, model, file);
        if (response.status === 206 && !response.headers.get('content-range')?.startsWith(`bytes ${have}-`)) {
          have = await emptied(part);
          throw new Error('another range was sent than asked for');
        }
        for await (const chunk of response.body ?? []) {
          clearTimeout(timer);
          timer = setTimeout(() => attempt.abort(), patience);
          if (have + chunk.length > file.size) {
            await emptied(part);
            throw new RangeError(`pull: expected ${file.size} bytes of ${file.name}, got more; it was thrown away`);
          }
          await part.appendFile(chunk);
          have += chunk.length;
          fetched += chunk.length;
          watch(have);
        }
        if (have < file.size) throw new Error('the answer ended early');
      } catch (error) {
        if (signal.aborted || error instanceof RangeError || isDiskError(error)) throw error;
        failures = have > start ? 1 : failures + 1;
        if (failures > tries) {
          throw new Error(
            `pull: ${file.name}: ${reasonOf(error as Error)}, ${tries} times; what came is kept, and the same command goes on`,
            { cause: error },
          );
        }
        await sleep(Math.min(8000, 250 * 2 ** failures), undefined, { signal });
      } finally {
        clearTimeout(timer);
      }
    }
    await part.sync();
    return fetched;
  } finally {
    await part.close();
  }
}

/** Gives a whole part its name. @throws RangeError for a wrong hash; the part is then thrown away */
async function accept(
  file: HubFile,
  folder: string,
  done: readonly { readonly name: string }[],
  signal: AbortSignal,
): Promise<void> {
  const part = partOf(file, folder);
  const got = await digest(part, file, signal);
  if (got === file.hash.hex) return rename(part, join(folder, file.name));
  await rm(part);
  const kept = done.length === 0 ? '' : `; ${done.length} whole ${done.length === 1 ? 'file is' : 'files are'} kept`;
  throw new RangeError(
    `pull: ${file.name}: expected ${file.hash.kind === 'git' ? 'git hash' : 'sha256'} ${file.hash.hex}, got ${got}: it was thrown away${kept}, and the same command fetches it again`,
  );
}

function partOf({ name, hash }: HubFile, folder: string): string {
  return join(folder, `${name}.${hash.hex.slice(0, 12)}.part`);
}

async function digest(path: string, { hash, size }: HubFile, signal: AbortSignal): Promise<string> {
  const hasher = createHash(hash.kind === 'git' ? 'sha1' : 'sha256');
  if (hash.kind === 'git') hasher.update(`blob ${size}\0`);
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20, signal })) hasher.update(chunk as Buffer);
  return hasher.digest('hex');
}

async function emptied(part: FileHandle): Promise<0> {
  await part.truncate(0);
  return 0;
}

/** Busy servers are asked again, others are believed. */
function refused(status: number, model: HubModel, { name }: HubFile): Error {
  const busy = status === 429 || status >= 500;
  return busy ? new Error(`status ${status}`) : refusal(status, name, fileUrl(model, name));
}

function isDiskError(error: unknown): boolean {
  return ['ENOSPC', 'EACCES', 'EROFS', 'EDQUOT', 'EIO'].includes((error as NodeJS.ErrnoException).code ?? '');
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await ifThere(stat(path)))?.size;
}

/** `2.6 GB` */
export function inBytes(count: number): string {
  const [unit, size] = count >= 1e9 ? ['GB', 1e9] : count >= 1e6 ? ['MB', 1e6] : ['kB', 1e3];
  return `${(count / size).toFixed(count >= 1e9 ? 2 : 1)} ${unit}`;
}
