/**
 * A model as the folder that transformers.js and Optimum open: config.json, the tokenizer, and onnx/model.onnx, which reads
 * new tokens after a cache and gives that cache back longer.
 *
 * One program for every batch, length and cache. Rows of different lengths are padded on the left, where the mask is 0:
 * a token's place is the number of real tokens before it.
 *
 * Source: Optimum's `text-generation-with-past` export, whose names transformers.js asks for.
 */
import { join } from 'node:path';
import {
  cast,
  compile,
  concat,
  constant,
  cumsum,
  makeFolder,
  type NDArray,
  type Program,
  reshape,
  saveOnnx,
  slice,
  sub,
  type Tensor,
  zeros,
  zerosArray,
} from '../../tensor/index.ts';
import { decode, logitsOf, type Transformer } from '../../text/index.ts';
import { architecture } from './architecture.ts';
import type { OptConfig } from './config.ts';
import { inForm, type WeightForm } from './quantized.ts';

/** Ends of the file's name, by which transformers.js tells weight types. */
const suffixes: Readonly<Record<WeightForm, string>> = { float32: '', int8: '_int8', int4: '_q4' };

/** Keys and values of a layer: [batch, heads, tokens, headWidth] each. */
interface LayerCache {
  readonly key: Tensor;
  readonly value: Tensor;
}

/**
 * The program that transformers.js runs, with the weights in it.
 * @returns its inputs are input_ids and attention_mask, int64, and past_key_values.N.key and .value; its outputs logits
 * and present.N.key and .value
 */
export function cachedProgram(config: OptConfig, params: Transformer<NDArray>): Program {
  const net = architecture(config);
  const headWidth = config.hiddenSize / config.heads;
  const run = (input_ids: Tensor, attention_mask: Tensor, past_key_values: readonly LayerCache[]) => {
    const p = constant(params) as Transformer;
    const [batch, length] = input_ids.shape as [number, number];
    const past = past_key_values[0]!.key.shape[2]!;
    // the mask covers cache and new tokens; longer by zeros, it can be cut without knowing that
    const mask = concat([cast(attention_mask, 'int32'), zeros([batch, past + length], 'int32')], 1);
    const place = sub(cumsum(mask, 1), 1);
    const part = (x: Tensor, from: number, to: number) => slice(x, [undefined, [from, to]]);
    const before = { place: part(place, 0, past), segment: part(mask, 0, past) };
    const now = { place: part(place, past, past + length), segment: part(mask, past, past + length) };
    const seen = { keys: past_key_values.map(({ key, value }) => ({ k: key, v: value })), tokens: before };
    const { x, keys } = decode(net, p, { ids: cast(input_ids, 'int32'), ...now }, { past: seen }, (y) => y);
    return {
      logits: reshape(logitsOf(net, p, x), [batch, length, config.vocabSize]),
      present: keys.map(({ k, v }, i) => ({
        key: concat([past_key_values[i]!.key, k], 2),
        value: concat([past_key_values[i]!.value, v], 2),
      })),
    };
  };
  const cache = () => zerosArray([2, config.heads, 4, headWidth]);
  const caches = Array.from({ length: config.layers }, () => ({ key: cache(), value: cache() }));
  const open = [
    ['batch', 'sequence'],
    ['batch', 'total'],
    ['batch', null, 'past', null],
  ] as const;
  const compiled = compile(run, { open: open as never });
  return compiled.program(zerosArray([2, 3], 'int64') as never, zerosArray([2, 7], 'int64') as never, caches as never);
}

/**
 * Writes onnx/model.onnx (weights of eight bits: model_int8.onnx; of four: model_q4.onnx) into a model's folder. Above
 * 256 MB the weights lie beside it.
 * @throws Error naming the path, when it cannot be written
 */
export async function saveOnnxModel(
  folder: string,
  config: OptConfig,
  params: Transformer<NDArray>,
  form: WeightForm,
): Promise<string> {
  await makeFolder(join(folder, 'onnx'));
  const path = join(folder, 'onnx', `model${suffixes[form]}.onnx`);
  await saveOnnx(path, cachedProgram(config, inForm(params, config, form)));
  return path;
}
