/**
 * What is left when training is cut off: runs killed at random moments, a full disk, a folder that cannot be written.
 *
 * A killed run must leave a checkpoint that opens, and, taken up again, end with the bytes of a run that was never cut
 * off. A disk that is full, or has room for records but not for a checkpoint, must end the run with one line that names
 * the file, and leave the checkpoint of before.
 */
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCheckpoint } from 'tenfold/nn';
import type { BenchOptions } from './benches.ts';
import type { WorkerRequest } from './fit-worker.ts';
import { type BenchReport, type Row, row } from './report.ts';

export const options = {
  /** Runs to kill. Default 100. */
  runs: { type: 'string' },
} as const;

const request: Omit<WorkerRequest, 'folder'> = { steps: 400, every: 8, checkpointSeconds: 0, width: 256 };
const atOnce = 2;

export async function run(given: BenchOptions): Promise<BenchReport> {
  const runs = typeof given.runs === 'string' ? Number(given.runs) : 100;
  if (!Number.isInteger(runs) || runs < 1) throw new RangeError(`faults: expected a number of runs, got ${given.runs}`);
  const scratch = mkdtempSync(join(tmpdir(), 'tenfold-faults-'));
  try {
    const whole = join(scratch, 'whole');
    await trained(whole);
    const timed = Array.from({ length: atOnce }, (_, i) => trained(join(scratch, `timed${i}`)));
    const lasts = Math.max(...(await Promise.all(timed)));
    return {
      rows: [...(await killed(scratch, whole, runs, lasts)), ...(await withSmallDisk(scratch, whole))],
      skipped: [],
    };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

// ---------------------------------------------------------------- runs in processes

interface Ended {
  readonly status: number | null;
  readonly stderr: string;
  /** Milliseconds from its first evaluation, before which it has nothing to lose, to its end. */
  readonly lasted: number;
}

interface How {
  /** Kill the process so many milliseconds after its first evaluation, if it still runs then. */
  readonly killAfter?: number;
  /** The largest file that it can write, in the shell's blocks. */
  readonly fileBlocks?: number;
  readonly steps?: number;
}

/** Trains in a folder, in a process of its own. */
function train(folder: string, { killAfter, fileBlocks, steps = request.steps }: How = {}): Promise<Ended> {
  const worker = fileURLToPath(new URL('fit-worker.js', import.meta.url));
  const told: WorkerRequest = { ...request, folder, steps };
  const command = [process.execPath, worker, JSON.stringify(told)];
  // a process that ignores the signal gets an error instead
  const limited = ['sh', '-c', `trap '' XFSZ; ulimit -f ${fileBlocks}; exec "$@"`, 'sh', ...command];
  const [program, ...args] = (fileBlocks === undefined ? command : limited) as [string, ...string[]];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  let first: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdout.on('data', () => {
    if (first !== undefined) return;
    first = performance.now();
    if (killAfter !== undefined) timer = setTimeout(() => child.kill('SIGKILL'), killAfter);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      clearTimeout(timer);
      const now = performance.now();
      resolve({ status, stderr, lasted: now - (first ?? now) });
    });
  });
}

/** Trains to the end, and gives how long that lasted. */
async function trained(folder: string, how: How = {}): Promise<number> {
  const { status, stderr, lasted } = await train(folder, how);
  if (status !== 0) throw new Error(`faults: expected a run to end well, got status ${status}: ${stderr}`);
  return lasted;
}

const checkpointIn = (folder: string) => join(folder, 'checkpoint.safetensors');

/** Whether two run folders hold the same bytes. */
function same(a: string, b: string): boolean {
  return ['checkpoint.safetensors', 'metrics.jsonl'].every((file) =>
    readFileSync(join(a, file)).equals(readFileSync(join(b, file))),
  );
}

// ---------------------------------------------------------------- killed

async function killed(scratch: string, whole: string, runs: number, lasts: number): Promise<Row[]> {
  const counts = { saved: 0, writing: 0, broken: 0, different: 0 };
  let next = 0;
  let done = 0;
  const worker = async () => {
    for (let i = next++; i < runs; i = next++) {
      const folder = join(scratch, `run${i}`);
      // a run that was done before its moment came is made again
      while ((await train(folder, { killAfter: Math.random() * lasts })).status !== null)
        rmSync(folder, { recursive: true });
      if (existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.tmp'))) counts.writing++;
      if (existsSync(checkpointIn(folder))) {
        counts.saved++;
        await readCheckpoint(checkpointIn(folder)).catch(() => counts.broken++);
      }
      const { status, stderr } = await train(folder);
      if (status !== 0 || !same(folder, whole)) {
        counts.different++;
        process.stderr.write(`\nfaults: taken up again, status ${status} ${stderr}\n`);
      }
      rmSync(folder, { recursive: true, force: true });
      process.stderr.write(`\rfaults: ${++done} of ${runs} runs killed and taken up again`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  process.stderr.write('\n');
  return [
    count('faults/killed-with-checkpoint', counts.saved, runs, `of ${runs} killed runs`),
    count('faults/killed-while-saving', counts.writing, runs, `of ${runs} killed runs`),
    failures('faults/checkpoint-does-not-open', counts.broken, runs),
    failures('faults/final-bytes-differ', counts.different, runs),
  ];
}

/** A row that tells how often something happened, of `of` times. */
function count(name: string, ours: number, of: number, peerName: string): Row {
  return row({ case: name, unit: 'runs', ours, peer: null, peerName, ratio: ours / of, goal: null });
}

/** A row for what must never happen. */
function failures(name: string, ours: number, of: number): Row {
  const peerName = `limit 0 of ${of}`;
  return row({ case: name, unit: 'runs', ours, peer: null, peerName, ratio: ours / of, goal: 0 });
}

// ---------------------------------------------------------------- no room, no right

/** What is left on the disk for records, but is too little for a checkpoint, in bytes. */
const roomForRecords = 64 * 1024;

/** Runs on a disk that fills up under them, and one in a folder that cannot be written to. */
async function withSmallDisk(scratch: string, whole: string): Promise<Row[]> {
  const disk = join(scratch, 'disk');
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk], { stdio: 'ignore' });
  } catch {
    // only root mounts; for others a limit on the size of a file stands in, which a checkpoint is above
    const limited = (folder: string) => train(folder, { fileBlocks: roomForRecords / 512 });
    return [await starved('faults/no-room-for-checkpoint', disk, whole, limited), await readOnly(scratch)];
  }
  try {
    const filler = join(disk, 'filler');
    const filled = (room: number) => async (folder: string) => {
      fill(filler);
      truncateSync(filler, statSync(filler).size - room);
      const ended = await train(folder);
      rmSync(filler);
      return ended;
    };
    const rows = [
      await starved('faults/full-disk', disk, whole, filled(0)),
      await starved('faults/no-room-for-checkpoint', disk, whole, filled(roomForRecords)),
    ];
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    return [...rows, refused(await train(disk))];
  } finally {
    execFileSync('umount', [disk]);
  }
}

/** A run that is half done, goes on without room, and then with room again. */
async function starved(
  name: string,
  disk: string,
  whole: string,
  goOn: (folder: string) => Promise<Ended>,
): Promise<Row> {
  const folder = join(disk, 'run');
  rmSync(folder, { recursive: true, force: true });
  await trained(folder, { steps: 200 });
  const before = readFileSync(checkpointIn(folder));
  const { status, stderr } = await goOn(folder);
  // with no room at all it depends on the disk's blocks whether a record or a checkpoint fails first
  const file = name === 'faults/full-disk' ? /metrics\.jsonl|checkpoint\.safetensors/ : /checkpoint\.safetensors/;
  const clear = status === 1 && /^(fit:|write) .*(ENOSPC|EFBIG).*\n$/.test(stderr) && file.test(stderr);
  if (!clear) process.stderr.write(`faults: status ${status}, ${stderr}`);
  const stays = readFileSync(checkpointIn(folder)).equals(before);
  await trained(folder);
  return failures(name, clear && stays && same(folder, whole) ? 0 : 1, 1);
}

/** Writes a file until the disk is full. */
function fill(path: string): void {
  for (let size = 2 ** 20; size >= 1; size = Math.floor(size / 2)) {
    try {
      for (;;) writeFileSync(path, new Uint8Array(size), { flag: 'a' });
    } catch {
      // this much does not fit any more: fill what is left with less
    }
  }
}

async function readOnly(scratch: string): Promise<Row> {
  const folder = join(scratch, 'read-only');
  mkdirSync(folder);
  chmodSync(folder, 0o555);
  return refused(await train(folder));
}

function refused({ status, stderr }: Ended): Row {
  const wanted = /^fit: expected a folder that can be written to, got .*(EACCES|EROFS).*\n$/;
  const clear = status === 1 && wanted.test(stderr);
  if (!clear) process.stderr.write(`faults: status ${status}, ${stderr}`);
  return failures('faults/unwritable-folder', clear ? 0 : 1, 1);
}
