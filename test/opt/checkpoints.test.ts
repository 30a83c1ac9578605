/** One model in every layout that people have it in. Fixtures: test/opt/fixtures/make.py. */
import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCheckpoint, optConfig, optSizes, parseConfig } from 'tenfold/opt';
import { array, saveSafetensors } from 'tenfold/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { numbersOf } from './numbers.ts';

const fixtures = fileURLToPath(new URL('fixtures', import.meta.url));
const at = (...path: string[]) => join(fixtures, ...path);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'opt-checkpoints-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A copy of a fixture that a test may spoil. */
async function copyOf(name: string): Promise<string> {
  const path = await mkdtemp(join(folder, 'copy-'));
  await cp(at(name), path, { recursive: true });
  return path;
}

describe('layouts', () => {
  test.each([
    ['metaseq-parts', 'two tensor-parallel parts, fused k, v, q'],
    ['metaseq-flat', 'flattened by FSDP'],
    ['legacy', "torch's old layout, float16, names without model."],
  ])('%s (%s) holds the same numbers as the state dict', async (name) => {
    expect(await numbersOf(at(name))).toEqual(await numbersOf(at('pre')));
  });

  test('the post-norm variant: shards of .bin, and metaseq', async () => {
    const shards = await numbersOf(at('post'));
    expect(await numbersOf(at('metaseq-post'))).toEqual(shards);
    expect([...shards.keys()]).toContain('model.decoder.project_in.weight');
    expect([...shards.keys()]).not.toContain('model.decoder.final_layer_norm.weight');
  });

  test('a part stands for all parts', async () => {
    const one = await numbersOf(at('metaseq-parts', 'reshard-model_part-1.pt'));
    expect(one).toEqual(await numbersOf(at('pre')));
  });

  test('the configuration of metaseq files follows from tensors and settings', async () => {
    await using told = await openCheckpoint(at('pre'));
    await using followed = await openCheckpoint(at('metaseq-parts'));
    expect(followed.config).toEqual(told.config);
  });

  test('safetensors, whole and in shards', async () => {
    await using checkpoint = await openCheckpoint(at('pre'));
    const tensors = Object.fromEntries(
      await Promise.all(
        checkpoint.tensors.names.map(async (name) => [name, await checkpoint.tensors.read(name)] as const),
      ),
    );
    for (const maxShardBytes of [1e9, 10_000]) {
      const path = await mkdtemp(join(folder, 'safe-'));
      await cp(at('pre', 'config.json'), join(path, 'config.json'));
      await saveSafetensors(join(path, 'model.safetensors'), tensors, { maxShardBytes });
      expect(await numbersOf(path)).toEqual(await numbersOf(at('pre')));
    }
  });
});

describe('what is wrong is said in one line', () => {
  test('missing, unexpected and misshapen tensors, all at once', async () => {
    const path = await mkdtemp(join(folder, 'wrong-'));
    await cp(at('pre', 'config.json'), join(path, 'config.json'));
    await using checkpoint = await openCheckpoint(at('pre'));
    const tensors: Record<string, Awaited<ReturnType<typeof checkpoint.tensors.read>>> = {};
    for (const name of checkpoint.tensors.names) {
      if (name.endsWith('fc1.bias') || name.includes('final_layer_norm.weight')) continue;
      tensors[name] = await checkpoint.tensors.read(name);
    }
    tensors['model.decoder.embed_positions.weight'] = array([[1, 2]]);
    tensors['model.decoder.layers.7.extra'] = array([1]);
    await saveSafetensors(join(path, 'model.safetensors'), tensors);
    await expect(openCheckpoint(path)).rejects.toThrow(
      "expected its configuration's tensors, got missing layers.0-1.fc1.bias, layers.0-1.final_layer_norm.weight, final_layer_norm.weight; unexpected layers.7.extra; of another shape embed_positions.weight [1,2] for [42,16]",
    );
  });

  test('a truncated shard', async () => {
    const path = await copyOf('post');
    await truncate(join(path, 'pytorch_model-00002-of-00002.bin'), 9_000);
    await expect(openCheckpoint(path)).rejects.toThrow(/^torch: .*00002-of-00002.bin: .*truncated/);
  });

  test('a missing part', async () => {
    const path = await copyOf('metaseq-parts');
    await rm(join(path, 'reshard-model_part-0.pt'));
    await expect(openCheckpoint(path)).rejects.toThrow(/expected parts 0 to 0, got none with number 0/);
  });

  test('no config.json, an empty folder, another file', async () => {
    const path = await copyOf('pre');
    await rm(join(path, 'config.json'));
    await expect(openCheckpoint(path)).rejects.toThrow(/expected a config.json beside pytorch_model.bin/);
    await expect(openCheckpoint(await mkdtemp(join(folder, 'empty-')))).rejects.toThrow(/an empty folder/);
    await expect(openCheckpoint(at('make.py'))).rejects.toThrow(/expected a folder, or a .safetensors/);
  });

  test('an index that leads out of its folder', async () => {
    const path = await copyOf('post');
    const index = join(path, 'pytorch_model.bin.index.json');
    await writeFile(index, JSON.stringify({ weight_map: { x: '../../secret.bin' } }));
    await expect(openCheckpoint(path)).rejects.toThrow(/expected names of .bin files beside it/);
  });
});

describe('config.json', () => {
  const base = JSON.parse('{}') as Record<string, unknown>;
  beforeAll(async () => {
    Object.assign(base, JSON.parse(await readFile(at('pre', 'config.json'), 'utf8')));
  });
  test.each([
    ['model_type', 'gpt2', /expected model_type to be "opt"/],
    ['activation_function', 'gelu', /expected activation_function to be "relu", which is what OPT has, got "gelu"/],
    ['hidden_size', '768', /expected hidden_size to be a whole number from 1/],
    ['num_attention_heads', 3, /expected hidden_size to be a multiple of the 3 heads, got 16/],
    ['do_layer_norm_before', 1, /expected do_layer_norm_before to be true or false, got 1/],
    ['vocab_size', undefined, /expected vocab_size to be a whole number .* got nothing/],
    ['bos_token_id', 64, /expected bos_token_id to be a whole number from 0 to 63/],
    ['enable_bias', false, /enable_bias/],
  ])('%s: %s', (field, value, message) => {
    expect(() => parseConfig({ ...base, [field]: value }, 'x/config.json')).toThrow(message);
  });

  test("the paper's sizes have its numbers of parameters", () => {
    const count = (size: string) => {
      const { vocabSize, embedDim, hiddenSize: d, layers, ffnDim, maxPositions } = optConfig(size);
      return vocabSize * embedDim + (maxPositions + 2) * d + layers * (4 * d * d + 2 * d * ffnDim);
    };
    for (const size of optSizes) {
      const named = Number.parseFloat(size) * (size.endsWith('m') ? 1e6 : 1e9);
      expect(count(size) / named, size).toBeGreaterThan(0.94);
      expect(count(size) / named, size).toBeLessThan(1.06);
    }
  });
});
