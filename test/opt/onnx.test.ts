/** The exported program with its cache: held against plain PyTorch, and run by transformers.js where that is installed. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { loadOpt, openCheckpoint, readParameters, saveOnnxModel, shippedModel } from 'tenfold/opt';
import { NDArray, type OnnxModel, openOnnx, zerosArray } from 'tenfold/tensor';
import { sample } from 'tenfold/text';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const at = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const answers = JSON.parse(await readFile(at('logits.json'), 'utf8')) as { rows: number[][] } & Record<
  'pre' | 'post',
  number[][][]
>;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'opt-onnx-'));
});
afterAll(() => rm(folder, { recursive: true }));

const ints = (values: readonly number[]) =>
  new NDArray('int64', [1, values.length], BigInt64Array.from(values, BigInt));
type Cache = Record<string, NDArray>;

function emptyCache({ inputs }: OnnxModel): Cache {
  const past = inputs.filter(({ name }) => name.startsWith('past_key_values.'));
  return Object.fromEntries(
    past.map(({ name, shape }) => [name, zerosArray([1, shape![1] as number, 0, shape![3] as number])]),
  );
}

/** Largest difference of the last token's logits. */
function furthest({ data, shape }: NDArray, expected: readonly number[]): number {
  const last = (data as Float32Array).subarray((shape[1]! - 1) * shape[2]!);
  return Math.max(...expected.map((value, i) => Math.abs(value - last[i]!)));
}

describe.each(['pre', 'post'] as const)('the %s-norm model', (name) => {
  test('a prompt padded on the left, and then token by token', async () => {
    await using checkpoint = await openCheckpoint(at(name));
    const { config } = checkpoint;
    const path = await saveOnnxModel(join(folder, name), config, await readParameters(checkpoint), 'float32');
    const model = await openOnnx(path);
    const names = model.inputs.map(({ name }) => name);
    expect(names.slice(0, 4)).toEqual([
      'input_ids',
      'attention_mask',
      'past_key_values.0.key',
      'past_key_values.0.value',
    ]);
    const [row] = answers.rows as [number[]];
    const expected = answers[name][0]!;
    let cache = emptyCache(model);
    const step = async (ids: readonly number[], mask: readonly number[]) => {
      const out = await model({ input_ids: ints(ids), attention_mask: ints(mask), ...cache });
      cache = Object.fromEntries(
        Object.keys(cache).map((key) => [key, out[key.replace('past_key_values', 'present')]!]),
      );
      return out.logits!;
    };
    expect(furthest(await step([1, 1, ...row.slice(0, 5)], [0, 0, 1, 1, 1, 1, 1]), expected[4]!)).toBeLessThan(1e-4);
    for (let t = 5; t < row.length; t++) {
      const mask = [0, 0, ...row.slice(0, t + 1).map(() => 1)];
      expect(furthest(await step([row[t]!], mask), expected[t]!), `token ${t}`).toBeLessThan(1e-4);
    }
    await model.release();
  });
});

const transformersJs = (() => {
  try {
    return createRequire(new URL('../../bench/package.json', import.meta.url)).resolve('@huggingface/transformers');
  } catch {
    return undefined;
  }
})();

test.skipIf(transformersJs === undefined)(
  'transformers.js writes the same text (skipped where it is not installed)',
  async () => {
    const by = await loadOpt(shippedModel);
    await using checkpoint = await openCheckpoint(shippedModel);
    const own = join(folder, 'shipped');
    await saveOnnxModel(own, by.config, await readParameters(checkpoint), 'float32');
    for (const file of ['config.json', 'tokenizer.json', 'tokenizer_config.json']) {
      await writeFile(join(own, file), await readFile(join(shippedModel, file)));
    }
    const prompts = ['Fellow citizens of the Senate', 'The whale', 'Our relations with Spain'];
    const script = `
      import { AutoModelForCausalLM, AutoTokenizer, env } from ${JSON.stringify(pathToFileURL(transformersJs!).href)};
      Object.assign(env, { allowRemoteModels: false, localModelPath: ${JSON.stringify(`${folder}/`)} });
      const tokenizer = await AutoTokenizer.from_pretrained('shipped');
      const model = await AutoModelForCausalLM.from_pretrained('shipped', { dtype: 'fp32', device: 'cpu' });
      const rows = [];
      for (const prompt of ${JSON.stringify(prompts)}) {
        const out = await model.generate({ ...tokenizer(prompt), max_new_tokens: 40, do_sample: false });
        rows.push(out.tolist()[0].map(Number));
      }
      process.stdout.write(JSON.stringify(rows));`;
    const theirs = JSON.parse(
      execFileSync(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'ignore'],
      }).toString(),
    ) as number[][];
    for (const [i, prompt] of prompts.entries()) {
      const ids = by.tokenizer.encode(prompt);
      const [[found] = []] = await sample(by.model, [ids], { maxTokens: 40, temperature: 0, end: 2 });
      expect([...ids, ...found!.tokens]).toEqual(theirs[i]);
    }
    await by.model.release();
  },
);
