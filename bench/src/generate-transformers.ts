/** transformers.js's side of the generation benchmark, in a process of its own: `generate` on an exported model. */
import { basename, dirname } from 'node:path';
import { AutoModelForCausalLM, AutoTokenizer, env, type PreTrainedModel, Tensor } from '@huggingface/transformers';
import { serve, timed } from './serve.ts';

let model: PreTrainedModel;
let vocabulary: number;

async function load(folder: string): Promise<void> {
  env.allowRemoteModels = false;
  env.localModelPath = dirname(folder);
  model = await AutoModelForCausalLM.from_pretrained(basename(folder), {
    dtype: 'fp32',
    device: 'cpu',
    session_options: { intraOpNumThreads: 2 },
  });
  vocabulary = (model.config as unknown as { vocab_size: number }).vocab_size;
}

/** The prompt and `count` greedy tokens. */
async function generate(tokens: number, count: number): Promise<bigint[]> {
  const ids = Array.from({ length: tokens }, (_, i) => BigInt((i * 7919 + 2) % vocabulary));
  const out = await model.generate({
    inputs: new Tensor('int64', ids, [1, tokens]),
    attention_mask: new Tensor(
      'int64',
      ids.map(() => 1n),
      [1, tokens],
    ),
    min_new_tokens: count,
    max_new_tokens: count,
    do_sample: false,
  } as never);
  return Array.from((out as Tensor).data as BigInt64Array);
}

/** Each prompt continued by at most `count` greedy tokens, as text. */
async function texts(folder: string, prompts: readonly string[], count: number) {
  const tokenizer = await AutoTokenizer.from_pretrained(basename(folder));
  const continued: { text: string; tokens: number }[] = [];
  for (const prompt of prompts) {
    const inputs = tokenizer(prompt) as { input_ids: Tensor };
    const out = await model.generate({ ...inputs, max_new_tokens: count, do_sample: false } as never);
    const written = Array.from((out as Tensor).data as BigInt64Array, Number).slice(inputs.input_ids.dims[1]);
    continued.push({ text: tokenizer.decode(written, { skip_special_tokens: true }), tokens: written.length });
  }
  return continued;
}

await serve({
  load: ({ folder }) => load(folder!),
  tokens: async ({ tokens, steps }) => (await generate(tokens!, steps!)).slice(tokens).map(Number),
  texts: ({ folder, prompts, steps }) => texts(folder!, prompts!, steps!),
  // the first token comes with the prompt
  decode: async ({ tokens, steps = 1 }) => {
    const once = (count: number) => timed(1, async () => void (await generate(tokens!, count)));
    const first = await once(1);
    return ((await once(steps + 1)) - first) / steps;
  },
});
