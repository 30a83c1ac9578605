import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { comparedRow, formatTable, memoryRow, type Row, row, writeJson } from './report.ts';

const rows = [
  comparedRow(
    {
      peerName: 'PyTorch 1.13.0',
      ours: { median: 0.0014321, min: 0.001 },
      peer: { median: 0.0036, min: 0.003 },
      ratio: 0.3928,
      spread: [0.38, 0.41234],
    },
    { case: 'train/mlp', unit: 'ms', scale: 1000, goal: 0.5 },
  ),
  row({ case: 'compile/mlp', unit: 'ms', ours: 4500, peer: null, peerName: 'limit 3000 ms', ratio: 1.5, goal: 1 }),
  row({ case: 'steps', unit: 'steps', ours: 140, peer: 249, peerName: 'PyTorch 1.13.0', ratio: 0.562, goal: null }),
  memoryRow('memory/mlp', 300 * 2 ** 20, 200 * 2 ** 20, 'PyTorch 1.13.0', 1.25),
];
const report = { rows, skipped: [{ case: 'train/gpt', reason: 'no Python that imports torch' }] };

test('the table aligns, marks what missed its goal, and names what was skipped', () => {
  expect(`\n${formatTable(report)}\n`).toBe(`
case         ours  peer  unit   ratio   quartiles  goal          against
train/mlp    1.43   3.6  ms     0.393  0.38…0.412   0.5  met     PyTorch 1.13.0
compile/mlp  4500     -  ms       1.5           -     1  MISSED  limit 3000 ms
steps         140   249  steps  0.562           -     -          PyTorch 1.13.0
memory/mlp    300   200  MiB      1.5           -  1.25  MISSED  PyTorch 1.13.0
train/gpt: skipped (no Python that imports torch)
`);
});

test('the file holds the rows and leaves nothing else behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tenfold-bench-'));
  try {
    await writeJson(join(folder, 'out.json'), 'train', report);
    expect(await readdir(folder)).toEqual(['out.json']);
    const written = JSON.parse(await readFile(join(folder, 'out.json'), 'utf8'));
    expect(written).toEqual({ bench: 'train', machine: expect.stringContaining('Node'), ...report });
    expect(written.rows[1].met).toBe(false);
    expect(written.rows.map(({ spread }: Row) => spread)).toEqual([[0.38, 0.41234], null, null, null]);
    await expect(writeJson(join(folder, 'none', 'out.json'), 'train', report)).rejects.toThrow('ENOENT');
  } finally {
    await rm(folder, { recursive: true });
  }
});
