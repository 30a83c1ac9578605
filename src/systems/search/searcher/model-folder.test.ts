import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { compile, type NDArray, openSafetensors, random, saveSafetensors, type Tensor } from '../../../tensor/index.ts';
import { initTransformer, languageModel, type Transformer } from '../../../text/index.ts';
import { bartConfig } from './bart.ts';
import { COPY } from './copying.ts';
import { createIndex, trainCoder } from './index-folder.ts';
import { openSearchModel, readSettings, readWeights, saveCoder, saveWeights } from './model-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenfold-model-'));
});
afterEach(() => rm(folder, { recursive: true }));

const sizes = { vocabulary: 300, width: 16, layers: 2, encoderLayers: 1, heads: 2, hidden: 24, context: 32, start: 2 };
const config = bartConfig(sizes);

async function made(): Promise<Transformer<NDArray>> {
  const init = compile((key: Tensor) => initTransformer(key, config, { std: 0.3 }));
  const params = (await init(random.key(1) as never)) as unknown as Transformer<NDArray>;
  await init.release();
  return params;
}

const pairs = [
  { prompt: [5, 6, 7], continuation: [8, 9, 10] },
  { prompt: [11], continuation: [12] },
];

it('opens what it saved, in the hub’s layout, with the names of a whole model and of a bare one', async () => {
  const params = await made();
  const model = languageModel(config, params);
  const wanted = await model.score(pairs);
  await model.release();
  const coder = await trainCoder({ texts: ['a text, a text'], vocabulary: 280 });
  await saveCoder(folder, coder);
  expect((await openSearchModel(folder)).model).toBeUndefined();
  await saveWeights(folder, { config, params }, { pad: 1 });
  const fields = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'));
  expect(fields).toMatchObject({ model_type: 'bart', d_model: 16, encoder_layers: 1, decoder_start_token_id: 2 });

  const path = join(folder, 'model.safetensors');
  for (const prefix of ['model.', '']) {
    const { coder: again, model: opened } = await openSearchModel(folder);
    expect(again.name).toBe(coder.name);
    expect(await opened!.score(pairs)).toEqual(wanted);
    await opened!.release();
    await using file = await openSafetensors(path);
    const tensors = Object.entries(await file.readAll());
    if (prefix !== '') {
      expect(tensors.map(([name]) => name)).toContain('model.decoder.layers.1.encoder_attn.q_proj.weight');
      await saveSafetensors(path, Object.fromEntries(tensors.map(([name, x]) => [name.slice(prefix.length), x])));
    }
  }
});

it('lets a checkpoint without settings of ours neither fold letters nor copy, also in an index', async () => {
  const coder = await trainCoder({ texts: ['a text, a text'], vocabulary: 280 });
  await saveCoder(join(folder, 'hub'), coder);
  expect(await readSettings(join(folder, 'hub'))).toEqual({ lowercase: true, copy: COPY });
  await rm(join(folder, 'hub/search.json'));
  await createIndex(join(folder, 'index'), { model: join(folder, 'hub') });
  expect(await readSettings(join(folder, 'index/model'))).toEqual({ lowercase: false, copy: 0 });
});

it('keeps weights in sixteen bits where asked', async () => {
  const params = await made();
  await saveWeights(folder, { config, params }, { pad: 1, float: 'float16' });
  const { params: again } = (await readWeights(folder))!;
  const [one, other] = [params.embed_tokens.weight.data, again.embed_tokens.weight.data] as Float32Array[];
  for (let i = 0; i < 50; i++) expect(other![i]).toBeCloseTo(one![i]!, 2);
});

it('says what is wrong with a checkpoint', async () => {
  await saveWeights(folder, { config, params: await made() }, { pad: 1 });
  const path = join(folder, 'config.json');
  const text = await readFile(path, 'utf8');
  const fields = JSON.parse(text) as Record<string, unknown>;
  const wrong: [Record<string, unknown>, RegExp][] = [
    [{ model_type: 't5' }, /expected model_type to be 'bart', got "t5"/],
    [{ d_model: 0 }, /expected d_model to be a whole number/],
    [{ activation_function: 'relu' }, /expected activation_function to be 'gelu'/],
    [{ encoder_ffn_dim: 23 }, /expected encoder_ffn_dim to be the decoder's 24/],
    [{ vocab_size: 301 }, /expected model\.shared\.weight of shape \[301, ?16\], got \[300, ?16\]/],
    [{ encoder_layers: 2 }, /expected model\.encoder\.layers\.1\.self_attn\.q_proj\.weight of shape .*, got nothing/],
  ];
  for (const [change, message] of wrong) {
    await writeFile(path, JSON.stringify({ ...fields, ...change }));
    await expect(readWeights(folder)).rejects.toThrow(message);
  }
  await writeFile(path, text.slice(0, 40));
  await expect(readWeights(folder)).rejects.toThrow(/expected JSON/);
  await writeFile(path, text);
  await rm(join(folder, 'model.safetensors'));
  await expect(readWeights(folder)).rejects.toThrow(/got no model\.safetensors/);
});
