/** Whether training keeps what it should give back: resident memory over 10,000 steps. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { WorkerRequest } from './fit-worker.ts';
import { type BenchReport, row } from './report.ts';

const limit = 16;

export async function run(): Promise<BenchReport> {
  const folder = mkdtempSync(join(tmpdir(), 'tenfold-memory-'));
  try {
    const request: WorkerRequest = { folder, steps: 10_000, every: 500, checkpointSeconds: 1, width: 256 };
    const worker = fileURLToPath(new URL('fit-worker.js', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [worker, JSON.stringify(request)]);
    const sizes = stdout
      .trimEnd()
      .split('\n')
      .map((bytes) => Number(bytes) / 2 ** 20);
    // the first thousand steps warm up; of the rest the means of the first and last fifths, for the collector's swing
    const settled = sizes.slice(2);
    const fifth = Math.floor(settled.length / 5);
    const mean = (part: readonly number[]) => part.reduce((total, size) => total + size, 0) / part.length;
    const growth = mean(settled.slice(-fifth)) - mean(settled.slice(0, fifth));
    const peerName = `limit ${limit} MiB; at the end ${Math.round(sizes.at(-1)!)} MiB`;
    const ours = Math.max(growth, 0);
    return {
      rows: [
        row({
          case: 'memory/10000-steps',
          unit: 'MiB',
          ours,
          peer: null,
          peerName,
          ratio: ours / limit,
          goal: 1,
        }),
      ],
      skipped: [],
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
