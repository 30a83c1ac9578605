/** Checkpoints written in other layouts: read back the same here, and by torch where it is installed. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inMemory, openCheckpoint, saveModel } from 'tenfold/opt';
import { array, type NDArray } from 'tenfold/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { numbersOf } from './numbers.ts';

const at = (...path: string[]) => join(fileURLToPath(new URL('fixtures', import.meta.url)), ...path);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'opt-convert-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function convert(
  from: string,
  layout: 'safetensors' | 'bin' | 'metaseq',
  type: 'float32' | 'float16',
  shard = 5e9,
) {
  const to = await mkdtemp(join(folder, `${layout}-`));
  await using checkpoint = await openCheckpoint(from);
  await saveModel(checkpoint, to, { layout, type, maxShardBytes: shard });
  return to;
}

describe.each(['pre', 'post'])('the %s-norm model', (name) => {
  test.each([
    ['safetensors', 'float32', 5e9],
    ['safetensors', 'float16', 6000],
    ['bin', 'float32', 5e9],
    ['bin', 'float16', 5e9],
    ['metaseq', 'float32', 5e9],
    ['metaseq', 'float16', 5e9],
  ] as const)('to %s %s (shards of %d bytes) and back', async (layout, type, shard) => {
    const to = await convert(at(name), layout, type, shard);
    // the fixtures' numbers are exact in float16
    expect(await numbersOf(to)).toEqual(await numbersOf(at(name)));
    await using read = await openCheckpoint(to);
    expect(read.layout).toBe(layout);
    expect(read.tensors.info('model.decoder.embed_tokens.weight').dtype).toBe(type);
    const shards = (await readdir(to)).filter((file) => /-of-/.test(file)).length;
    expect(shards > 1).toBe(shard < 1e6);
  });

  test('metaseq files open without config.json as well', async () => {
    const to = await convert(at(name), 'metaseq', 'float32');
    await using told = await openCheckpoint(to);
    await rm(join(to, 'config.json'));
    await using followed = await openCheckpoint(to);
    expect(followed.config).toEqual(told.config);
  });
});

const python = '/usr/bin/python3';
const hasTorch = (() => {
  try {
    execFileSync(python, ['-c', 'import torch'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

test.skipIf(!hasTorch)('torch loads what is written as it wrote it (skipped without PyTorch)', async () => {
  const bin = await convert(at('pre'), 'bin', 'float32');
  const metaseq = await convert(at('pre'), 'metaseq', 'float16');
  const script = `
import json, sys, torch
a = torch.load(sys.argv[1] + '/pytorch_model.bin')
b = torch.load(sys.argv[2] + '/pytorch_model.bin')
assert set(a) == set(b) - {'lm_head.weight'}, set(a) ^ set(b)
assert all(torch.equal(a[k], b[k]) for k in a)
m = torch.load(sys.argv[3] + '/restored.pt')
q = m['model']['decoder.layers.1.self_attn.qkv_proj.weight']
k, v, q = q.split(16)
assert q.dtype == torch.float16 and torch.equal(q.float(), b['model.decoder.layers.1.self_attn.q_proj.weight'])
assert torch.equal(k.float(), b['model.decoder.layers.1.self_attn.k_proj.weight'])
assert torch.equal(m['model']['decoder.layer_norm.bias'].float(), b['model.decoder.final_layer_norm.bias'])
assert m['cfg']['model']['decoder_attention_heads'] == 2
`;
  execFileSync(python, ['-c', script, bin, at('pre'), metaseq], { stdio: 'pipe' });
});

test('a weight that float16 cannot hold is refused by name', async () => {
  await using checkpoint = await openCheckpoint(at('pre'));
  const tensors: Record<string, NDArray> = {};
  for (const name of checkpoint.tensors.names) tensors[name] = await checkpoint.tensors.read(name);
  const name = 'model.decoder.layers.0.fc1.bias';
  tensors[name] = array(Float32Array.from({ length: 48 }, (_, i) => (i === 7 ? 70_000 : 0)));
  const model = { config: checkpoint.config, tensors: inMemory(tensors) };
  const to = await mkdtemp(join(folder, 'large-'));
  await expect(saveModel(model, to, { layout: 'safetensors', type: 'float16' })).rejects.toThrow(
    /expected numbers up to 65504 for float16, got 70000 in model.decoder.layers.0.fc1.bias/,
  );
});
