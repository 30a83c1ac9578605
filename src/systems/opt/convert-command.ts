/** `tenfold opt convert`: a checkpoint in another layout. */
import { blamed, verb } from '../../command/index.ts';
import { openCheckpoint } from './checkpoint.ts';
import { claimFolder, copyTokenizer, type Layout, layouts, saveConfig, saveModel } from './convert.ts';
import { readParameters } from './model.ts';
import { saveOnnxModel } from './onnx.ts';
import { weightForms } from './quantized.ts';

export const convertVerb = verb({
  name: 'convert',
  summary: 'write a checkpoint in another layout or element type',
  about: `Reads any checkpoint of OPT's: the hub's folders (safetensors or PyTorch, whole or in shards) and metaseq's .pt files,
whole or in tensor-parallel parts (all parts of one model in one folder). Pickles are read as data: nothing in them is
executed, and one that names anything but tensors and settings is refused.

--to safetensors and --to bin write the hub's folders, --to metaseq one restored.pt with fused projections and metaseq's
names. --to onnx writes the folder that transformers.js opens, onnx/model.onnx with a cache, in float32 or with --weights
int8 or int4. The tokenizer's files come along.`,
  args: {
    from: { help: 'the checkpoint: a folder, or the file in it that counts' },
    to: { help: 'a folder without a model, made if it is not there' },
  },
  options: {
    to: { kind: 'choice', choices: [...layouts, 'onnx'], help: 'the layout to write', default: 'safetensors' },
    type: {
      kind: 'choice',
      choices: ['same', 'float32', 'float16'],
      help: 'element type of the weights; bfloat16 becomes float32',
      default: 'same',
    },
    weights: {
      kind: 'choice',
      choices: weightForms,
      help: 'with --to onnx: how the model keeps its weights',
      default: 'float32',
    },
    shard: { kind: 'number', value: 'GB', help: 'largest size of a safetensors file', min: 0.001, default: 5 },
  },
  examples: [
    { line: 'tenfold opt convert opt-1.3b-metaseq models/opt-1.3b', does: 'metaseq’s parts as the hub has them' },
    { line: 'tenfold opt convert models/opt-125m opt-125m-metaseq --to metaseq --type float32', does: 'and back' },
  ],
  run: ({ args: { from, to }, options, signal, progress }) =>
    blamed('convert', async () => {
      await using checkpoint = await openCheckpoint(from);
      const { length } = checkpoint.tensors.names;
      const done = { folder: to, from: checkpoint.layout, tensors: length };
      if (options.to === 'onnx') {
        await claimFolder(to);
        const params = await readParameters(checkpoint, { progress, signal });
        progress.update('writing the program');
        await saveOnnxModel(to, checkpoint.config, params, options.weights);
        await saveConfig(to, checkpoint.config, 'float32');
        const tokenizer = await copyTokenizer(from, to, 'safetensors');
        return { ...done, layout: 'onnx', type: options.weights, tokenizer };
      }
      if (options.weights !== 'float32') throw new RangeError('convert: expected --weights with --to onnx only');
      const first = checkpoint.tensors.info('model.decoder.embed_tokens.weight').dtype as 'float32' | 'float16';
      const type = options.type === 'same' ? first : options.type;
      const layout: Layout = options.to;
      await saveModel(checkpoint, to, { layout, type, maxShardBytes: options.shard * 1e9, signal, progress });
      const tokenizer = await copyTokenizer(from, to, layout);
      return { ...done, layout, type, tokenizer };
    }),
  text: ({ folder, from, layout, type, tensors, tokenizer }) =>
    `${folder}: ${tensors} tensors, ${from} to ${layout}, ${type}${tokenizer.length > 0 ? `, with ${tokenizer.join(', ')}` : ', no tokenizer was there'}`,
});
