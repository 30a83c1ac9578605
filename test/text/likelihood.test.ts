import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { compile, type NDArray, random, type Tensor } from 'tenfold/tensor';
import {
  endpoint,
  initTransformer,
  type LanguageModel,
  type LocalLanguageModel,
  languageModel,
  localLikelihood,
  type OnnxFolder,
  openOnnxFolder,
  sample,
  styles,
  Tokenizer,
  type Transformer,
} from 'tenfold/text';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CompletionServer, serve } from './completion-server.ts';
import { likelihoodContract, type Subject } from './likelihood-contract.ts';
import { TableModel } from './table-model.ts';

const folder = fileURLToPath(new URL('fixtures/tiny-opt', import.meta.url));
const context = 40;
let tokenizer: Tokenizer;
let table: TableModel;
beforeAll(async () => {
  tokenizer = await Tokenizer.open(folder);
  table = new TableModel({ vocabulary: tokenizer.size, context, seed: 6 });
});

const tableNext = async (row: readonly number[]) => {
  const logits = Float64Array.from(table.logits(row));
  const norm = Math.log(logits.reduce((total, x) => total + Math.exp(x), 0));
  return logits.map((x) => x - norm);
};

/** One row alone, all of it at once. */
async function nextOf(model: LanguageModel, row: readonly number[]): Promise<Float64Array> {
  const decoding = await model.begin([row]);
  const logits = Float64Array.from(decoding.logits);
  decoding.close();
  const norm = Math.log(logits.reduce((total, x) => total + Math.exp(x), 0));
  return logits.map((x) => x - norm);
}

describe('a local model', () => {
  likelihoodContract(() => ({
    likelihood: localLikelihood({ model: table, tokenizer }, { rows: 4 }),
    next: tableNext,
    context,
    window: context + 1,
    plain: true,
  }));
});

describe('an ONNX folder', () => {
  let opened: OnnxFolder;
  let subject: Subject;
  beforeAll(async () => {
    opened = await openOnnxFolder(folder);
    const { model } = opened;
    subject = {
      likelihood: localLikelihood(opened),
      next: (row) => nextOf(model, row),
      context: model.context,
      window: model.context + 1,
      plain: true,
    };
  });
  afterAll(() => opened.release());
  likelihoodContract(() => subject);

  it("has PyTorch's likelihoods, whole and step by step, in batches of any lengths", async () => {
    const { model } = opened;
    expect([model.vocabulary, model.context]).toEqual([300, 48]);
    const expected = JSON.parse(await readFile(`${folder}/expected.json`, 'utf8')) as {
      row: number[];
      logProbs: number[];
      next: number;
      nextLogProb: number;
    }[];
    const scored = await model.score(
      expected.map(({ row, next }) => ({ prompt: row.slice(0, 1), continuation: [...row.slice(1), next] })),
    );
    for (const [i, { logProbs, nextLogProb }] of expected.entries()) {
      const want = [...logProbs, nextLogProb];
      expect(scored[i]!.logProbs.length).toBe(want.length);
      for (const [t, logProb] of scored[i]!.logProbs.entries()) expect(logProb).toBeCloseTo(want[t]!, 4);
      expect(scored[i]!.greedy.at(-1)).toBe(true);
    }
    const [{ row, next, nextLogProb }] = expected as [(typeof expected)[number]];
    const [told] = await model.score([{ prompt: row, continuation: [next] }], { alternatives: 2 });
    expect(told!.alternatives![0]!.ids[0]).toBe(next);
    expect(told!.alternatives![0]!.logProbs[0]).toBeCloseTo(nextLogProb, 4);
    expect(told!.alternatives![0]!.logProbs[1]).toBeLessThanOrEqual(told!.alternatives![0]!.logProbs[0]!);
    // Written token by token after prompts of different lengths, with rows reordered, doubled and left out.
    const rows = expected.slice(1).map(({ row }) => row);
    const decoding = await model.begin(rows.map((row, i) => row.slice(0, 2 + i)));
    const check = (owners: readonly number[], lengths: readonly number[]) => {
      for (const [r, owner] of owners.entries()) {
        const { row, logProbs } = expected[owner + 1]!;
        const logits = Float64Array.from(decoding.logits.subarray(r * 300, (r + 1) * 300));
        const norm = Math.log(logits.reduce((total, x) => total + Math.exp(x), 0));
        expect(logits[row[lengths[r]!]!]! - norm).toBeCloseTo(logProbs[lengths[r]! - 1]!, 4);
      }
      expect(decoding.room).toEqual(lengths.map((length) => 48 - length));
    };
    check([0, 1, 2], [2, 3, 4]);
    await decoding.advance([0, 1, 2], [rows[0]![2]!, rows[1]![3]!, rows[2]![4]!]);
    check([0, 1, 2], [3, 4, 5]);
    await decoding.advance([2, 1, 2, 1], [rows[2]![5]!, rows[1]![4]!, rows[2]![5]!, rows[1]![4]!]);
    check([2, 1, 2, 1], [6, 5, 6, 5]);
    await decoding.advance([3, 0], [rows[1]![5]!, rows[2]![6]!]);
    check([1, 2], [6, 7]);
    await expect(decoding.advance([2], [1])).rejects.toThrow('advance: expected parents of 0 to 1, got 2');
    decoding.close();
    await expect(model.begin([[300]])).rejects.toThrow('expected tokens of 0 to 299, got 300');
    await expect(model.begin([Array(49).fill(5)])).rejects.toThrow('expected rows of at most 48 tokens, got 49');
    const [[full]] = (await sample(model, [Array(44).fill(5)], { maxTokens: 100 })) as unknown as [
      [{ tokens: number[] }],
    ];
    expect(full.tokens.length).toBe(4);
  });

  it('may have a cache of halves, and want positions', async () => {
    const half = await openOnnxFolder(folder, { dtype: 'fp16' });
    const prompts = [[2, 5, 9, 11], [2], [2, 7, 7, 40, 41, 42]];
    const found = await Promise.all(
      [opened.model, half.model].map(async (model) => {
        const decoding = await model.begin(prompts);
        await decoding.advance([2, 0, 1, 0], [5, 6, 7, 8]);
        return decoding.logits;
      }),
    );
    const difference = found[0]!.map((x, i) => Math.abs(x - found[1]![i]!));
    expect(Math.max(...difference)).toBeLessThan(0.02);
    expect(Math.max(...found[0]!)).toBeGreaterThan(1);
    await half.release();
  });

  it('says which file is missing or wrong', async () => {
    await expect(openOnnxFolder(`${folder}/onnx`)).rejects.toThrow(
      'expected tokenizer.json, or vocab.json and merges.txt',
    );
    await expect(openOnnxFolder(folder, { dtype: 'q4' })).rejects.toThrow(/model_q4\.onnx or .*_q4\.onnx, got neither/);
    await expect(openOnnxFolder(folder, { dtype: 'fp8' as never })).rejects.toThrow('expected a dtype of fp32, fp16');
  });
});

for (const shape of ['vllm', 'metaseq', 'metaseq-stream'] as const) {
  describe(`a served model that answers as ${shape} does`, () => {
    let server: CompletionServer;
    beforeAll(async () => {
      server = await serve({ model: table, tokenizer }, shape);
    });
    afterAll(() => server.close());
    likelihoodContract(() => ({
      likelihood: endpoint({ url: server.url, tokenizer, context, batch: 3, model: 'table', apiKey: 'sk-secret' }),
      next: tableNext,
      context,
      window: context - 1,
      plain: shape !== 'metaseq',
    }));

    it('was sent token ids, the key in the header and no more than it holds', () => {
      for (const { headers, body } of server.seen) {
        expect(headers.authorization).toBe('Bearer sk-secret');
        expect(JSON.stringify(body)).not.toContain('sk-secret');
        expect(body.model).toBe('table');
        const prompts = (typeof body.prompt[0] === 'number' ? [body.prompt] : body.prompt) as number[][];
        expect(prompts.length).toBeLessThanOrEqual(3);
        for (const prompt of prompts) expect(prompt.length + body.max_tokens).toBeLessThanOrEqual(context);
        if (body.echo) expect([body.max_tokens, body.logprobs, body.temperature]).toEqual([1, 1, 0]);
      }
    });
  });
}

describe('a transformer', () => {
  let model: LocalLanguageModel;
  let subject: Subject;
  beforeAll(async () => {
    const config = {
      ...styles.opt,
      ...{ vocabulary: 300, width: 16, layers: 2, heads: 2, hidden: 32 },
      positions: { kind: 'learned', count: 48, offset: 2 } as const,
    };
    const init = compile((key: Tensor) => initTransformer(key, config, { std: 0.7 }));
    model = languageModel(config, (await init(random.key(4))) as Transformer<NDArray>);
    await init.release();
    subject = {
      likelihood: localLikelihood({ model, tokenizer }, { rows: 3 }),
      next: (row) => nextOf(model, row),
      context: 48,
      window: 49,
      plain: true,
    };
  });
  afterAll(() => model.release());
  likelihoodContract(() => subject);
});

describe('an encoder–decoder', () => {
  it('has prompt and continuation tokenized apart', async () => {
    const both = localLikelihood({ model: table, tokenizer }, { apart: true });
    const [got] = await both.loglikelihood([{ context: 'th', continuation: 'e issue' }]);
    const ids = tokenizer.encode('e issue', { special: false });
    expect(got!.tokens.map(({ id }) => id)).toEqual(ids);
    const [scored] = await table.score([{ prompt: tokenizer.encode('th'), continuation: ids }]);
    expect(got!.logProbability).toBeCloseTo(
      scored!.logProbs.reduce((a, b) => a + b, 0),
      4,
    );
  });
});
