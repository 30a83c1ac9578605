/**
 * Our side of the generation benchmark, in a process of its own, as the peer's is: the same requests as
 * bench/peers/generate.py, and the making and reading of a checkpoint besides.
 */
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  architecture,
  configJson,
  openCheckpoint,
  optConfig,
  readParameters,
  saveOnnxModel,
  type WeightForm,
} from 'tenfold/opt';
import { flattenTree, NDArray, QuantizedArray, saveSafetensors } from 'tenfold/tensor';
import { type LocalLanguageModel, languageModel } from 'tenfold/text';
import { serve, timed } from './serve.ts';

const file = 'model.safetensors';

/** Writes a checkpoint of random weights with the shapes of one of the paper's models. */
async function make(size: string, folder: string): Promise<void> {
  const config = optConfig(size);
  const { hiddenSize: d, ffnDim, layers, vocabSize, maxPositions } = config;
  const noise = normals(1 << 22);
  let at = 0;
  const random = (shape: number[], std: number, mean = 0) => {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    for (let i = 0; i < data.length; i++) data[i] = mean + std * noise[at++ & (noise.length - 1)]!;
    // an odd step, so that no two weights are the same numbers
    at += 7919;
    return new NDArray('float32', shape, data);
  };
  const tensors: Record<string, NDArray> = {};
  const put = (name: string, weight: NDArray, width: number) => {
    tensors[`model.decoder.${name}.weight`] = weight;
    tensors[`model.decoder.${name}.bias`] = random([width], 0.02);
  };
  const linear = (name: string, out: number, inputs: number) => put(name, random([out, inputs], inputs ** -0.5), out);
  const norm = (name: string) => put(name, random([d], 0.1, 1), d);
  tensors['model.decoder.embed_tokens.weight'] = random([vocabSize, d], 0.02);
  tensors['model.decoder.embed_positions.weight'] = random([maxPositions + 2, d], 0.02);
  for (let i = 0; i < layers; i++) {
    for (const name of ['q_proj', 'k_proj', 'v_proj', 'out_proj']) linear(`layers.${i}.self_attn.${name}`, d, d);
    norm(`layers.${i}.self_attn_layer_norm`);
    linear(`layers.${i}.fc1`, ffnDim, d);
    linear(`layers.${i}.fc2`, d, ffnDim);
    norm(`layers.${i}.final_layer_norm`);
  }
  norm('final_layer_norm');
  await mkdir(folder, { recursive: true });
  await saveSafetensors(join(folder, file), tensors);
  await writeFile(join(folder, 'config.json'), JSON.stringify(configJson(config, 'float32')));
}

/** Numbers of a standard normal distribution, by Box and Muller. */
function normals(count: number): Float32Array {
  let state = 1;
  const uniform = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  return Float32Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
}

let model: LocalLanguageModel;

/** Opens a checkpoint up to its first token. Bytes: of all weights as they are kept, and of those that a token reads. */
async function load(folder: string, form: WeightForm): Promise<{ seconds: number; bytes: number; read: number }> {
  const from = performance.now();
  await using checkpoint = await openCheckpoint(folder);
  const { config } = checkpoint;
  const params = await readParameters(checkpoint, { weights: form });
  model = languageModel(architecture(config), params);
  const decoding = await model.begin([[config.bos]]);
  decoding.close();
  const seconds = (performance.now() - from) / 1000;
  const { leaves, paths } = flattenTree(params);
  const sizes = leaves.map((leaf) =>
    leaf instanceof QuantizedArray ? leaf.packed.size + 4 * leaf.scales.size : 4 * (leaf as NDArray).size,
  );
  const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
  return { seconds, bytes: sum(sizes), read: sum(sizes.filter((_, i) => !paths[i]!.includes('embed_positions'))) };
}

/** Seconds that reading a checkpoint's bytes into memory takes. */
async function read(folder: string): Promise<number> {
  await using handle = await open(join(folder, file));
  const { size } = await handle.stat();
  const kept: Uint8Array[] = [];
  // awaited: the file is closed when the function returns
  return await timed(1, async () => {
    for (let at = 0; at < size; ) {
      const bytes = new Uint8Array(Math.min(2 ** 28, size - at));
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, at);
      kept.push(bytes);
      at += bytesRead;
    }
  });
}

/** Writes onnx/model.onnx beside a checkpoint, as transformers.js opens it. */
async function exportModel(folder: string): Promise<void> {
  await using checkpoint = await openCheckpoint(folder);
  await saveOnnxModel(folder, checkpoint.config, await readParameters(checkpoint), 'float32');
}

const prompt = (tokens: number) => Array.from({ length: tokens }, (_, i) => (i * 7919 + 2) % model.vocabulary);

await serve({
  make: ({ model: size, folder }) => make(size!, folder!),
  load: ({ folder, weights }) => load(folder!, weights as WeightForm),
  read: ({ folder }) => read(folder!),
  logits: async ({ tokens }) => {
    const decoding = await model.begin([prompt(tokens!)]);
    const logits = Array.from(decoding.logits);
    decoding.close();
    return logits;
  },
  export: ({ folder }) => exportModel(folder!),
  tokens: async ({ tokens, steps = 1 }) => {
    const decoding = await model.begin([prompt(tokens!)]);
    const chosen = [largest(decoding.logits)];
    while (chosen.length < steps) {
      await decoding.advance([0], [chosen.at(-1)!]);
      chosen.push(largest(decoding.logits));
    }
    decoding.close();
    return chosen;
  },
  prefill: ({ tokens }) => timed(1, async () => (await model.begin([prompt(tokens!)])).close()),
  decode: async ({ tokens, steps = 1 }) => {
    const decoding = await model.begin([prompt(tokens!)]);
    const seconds = await timed(steps, async () => {
      for (let i = 0; i < steps; i++) await decoding.advance([0], [largest(decoding.logits)]);
    });
    decoding.close();
    return seconds;
  },
  peak: () => process.resourceUsage().maxRSS * 1024,
});

function largest(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
