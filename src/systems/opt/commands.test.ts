import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silent } from '../../command/index.ts';
import { lockFolder } from '../../tensor/index.ts';
import { trainBpe } from '../../text/index.ts';
import { initialParameters, namedTensors } from './architecture.ts';
import type { OptConfig } from './config.ts';
import { saveModel } from './convert.ts';
import { convertVerb } from './convert-command.ts';
import { generateVerb } from './generate-command.ts';
import { loadOpt } from './model.ts';
import { perplexityVerb } from './perplexity-command.ts';
import { pullVerb } from './pull-command.ts';
import { specialRoles, specialTokens } from './shipped.ts';
import { inMemory } from './tensor-source.ts';
import { trainVerb } from './train-command.ts';

const at = (...path: string[]) => join(fileURLToPath(new URL('../../../test/opt/fixtures', import.meta.url)), ...path);
const signal = new AbortController().signal;
const words = 'the cat sat on the mat and the dog sat on the log while rain fell on the red roof';
let folder: string;
/** A tiny model with a tokenizer, in the hub's layout. */
let model: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'opt-commands-'));
  model = join(folder, 'model');
  const config: OptConfig = {
    vocabSize: 280,
    hiddenSize: 32,
    layers: 1,
    heads: 2,
    ffnDim: 64,
    maxPositions: 32,
    embedDim: 32,
    preNorm: true,
    finalNorm: true,
    dropout: 0,
    bos: 2,
    eos: 2,
    pad: 1,
  };
  const tensors = inMemory(namedTensors(await initialParameters(config, 1)));
  await saveModel({ config, tensors }, model, { layout: 'safetensors', type: 'float32' });
  await (await trainBpe([words], { vocabulary: 280, specialTokens, special: specialRoles })).save(model);
});
afterAll(() => rm(folder, { recursive: true }));

describe('generate', () => {
  type Options = Parameters<typeof generateVerb.run>[0]['options'];
  const run = (prompt: string | undefined, options: Partial<Options> = {}, progress = silent) =>
    generateVerb.run({
      args: { prompt },
      options: {
        model,
        weights: 'float32',
        endpoint: undefined,
        served: undefined,
        maxTokens: 5,
        temperature: 0.8,
        topP: 0.95,
        topK: 0,
        stop: [],
        seed: 0,
        samples: 1,
        ...options,
      },
      signal,
      progress,
    });

  test('continues a prompt; the same seed gives the same text', async () => {
    const first = await run('the cat');
    expect(first.continuations.length).toBe(1);
    expect(first.continuations[0]!.logProbs.length).toBe(5);
    expect(await run('the cat')).toEqual(first);
    expect(generateVerb.text(first)).toMatch(/^the cat/);
    expect((await run(undefined, { samples: 3, seed: 4 })).continuations.length).toBe(3);
  });

  test.each(['int8', 'int4'] as const)('with weights of %s', async (weights) => {
    const [exact, rounded] = [await run('the cat'), await run('the cat', { weights })];
    const difference = exact.continuations[0]!.logProbs.map((p, i) => p - rounded.continuations[0]!.logProbs[i]!);
    expect(rounded.continuations[0]!.logProbs.length).toBe(5);
    expect(Math.abs(difference[0]!)).toBeLessThan(0.1);
    expect(difference.some((d) => d !== 0)).toBe(true);
  });

  test('a prompt longer than the context is told in one line', async () => {
    await expect(run(`${words} `.repeat(20))).rejects.toThrow(
      /^generate: expected prompt and continuation of at most 32 tokens, the model's context, got \d{3} and 5$/,
    );
    await expect(run('the cat', { maxTokens: 40 })).rejects.toThrow(/at most 32 tokens, .* got \d+ and 40$/);
  });

  test('without a number of tokens, as many as the context has room for', async () => {
    const found = await run('the cat', { maxTokens: undefined });
    const { tokenizer, model: loaded } = await loadOpt(model);
    await loaded.release();
    expect(found.continuations[0]!.logProbs.length).toBe(32 - tokenizer.encode('the cat').length);
  });

  test('bad requests are told by the options’ names, before the weights are read', async () => {
    const bad: [Partial<Options>, RegExp][] = [
      [{ topP: 0 }, /^generate: expected --top-p above 0, got 0$/],
      [{ stop: [''] }, /^generate: expected --stop to be a text, got an empty one$/],
      [{ maxTokens: 33 }, /^generate: expected prompt and continuation of at most 32 tokens/],
    ];
    for (const [options, message] of bad) {
      const read: string[] = [];
      const progress = { ...silent, update: (label: string) => void read.push(label) };
      await expect(run('the cat', options, progress)).rejects.toThrow(message);
      expect(read).toEqual([]);
    }
  });

  test('so are a truncated file, missing tensors, no model, and no tokenizer', async () => {
    const broken = join(folder, 'broken');
    await cp(model, broken, { recursive: true });
    await truncate(join(broken, 'model.safetensors'), 20_000);
    await expect(run('x', { model: broken })).rejects.toThrow(/^generate: safetensors .*truncated/);
    const bare = join(folder, 'bare');
    await mkdir(bare);
    await expect(run('x', { model: bare })).rejects.toThrow(/^generate: checkpoint: .* got an empty folder/);
    await expect(run('x', { model: at('pre') })).rejects.toThrow(/^generate: .*expected tokenizer.json, or vocab.json/);
    await expect(run('x', { model: join(folder, 'nowhere') })).rejects.toThrow(
      /^generate: checkpoint: expected a folder or a file, got .*nowhere, which is not there$/,
    );
  });
});

describe('generate from a server', () => {
  let server: Server;
  let url: string;
  const asked: Record<string, unknown>[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => (text += chunk));
      request.on('end', () => {
        const body = JSON.parse(text) as Record<string, unknown>;
        asked.push({ ...body, path: request.url, key: request.headers.authorization });
        if (body.stream !== true) {
          const prompts = body.prompt as unknown[];
          const choices = prompts.map((_, index) => ({ index, text: ` sat ${index}`, finish_reason: 'length' }));
          response.end(JSON.stringify({ choices }));
          return;
        }
        response.setHeader('content-type', 'text/event-stream');
        for (const [text, finish_reason] of [
          [' sat', null],
          [' down', 'stop'],
        ]) {
          response.write(`data: ${JSON.stringify({ choices: [{ index: 0, text, finish_reason }] })}\n\n`);
        }
        response.end('data: [DONE]\n\n');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  });
  afterAll(() => server.close());
  const run = (options: { model?: string | undefined; samples?: number; topK?: number; maxTokens?: number } = {}) =>
    generateVerb.run({
      args: { prompt: 'the cat' },
      options: {
        model,
        weights: 'float32',
        endpoint: url,
        served: 'opt-175b',
        maxTokens: 5,
        temperature: 0.7,
        topP: 0.9,
        topK: 0,
        stop: ['.'],
        seed: 3,
        samples: 1,
        ...options,
      },
      signal,
      progress: silent,
    });

  test('the prompt goes as the tokenizer has it, with </s> before it', async () => {
    const found = await run();
    expect(generateVerb.text(found)).toBe('the cat sat down');
    const [{ prompt, ...body } = { prompt: [] }] = asked;
    expect((prompt as number[])[0]).toBe(2);
    expect(body).toMatchObject({
      path: '/v1/completions',
      model: 'opt-175b',
      max_tokens: 5,
      temperature: 0.7,
      top_p: 0.9,
      stop: ['.'],
      seed: 3,
    });
    expect(body.key).toBeUndefined();
    expect((await run({ samples: 3 })).continuations.length).toBe(3);
  });

  test('a tokenizer.json that says nothing of </s> is read as the local model reads it', async () => {
    const plain = join(folder, 'plain');
    await cp(model, plain, { recursive: true });
    await rm(join(plain, 'tokenizer_config.json'));
    const { continuations } = await run({ model: plain });
    expect(continuations[0]!.text).toBe(' sat down');
    const prompt = asked.at(-1)!.prompt as number[];
    expect(prompt[0]).toBe(2);
    await run();
    expect(asked.at(-1)!.prompt).toEqual(prompt);
  });

  test('what it cannot do is said before anything is asked', async () => {
    await expect(run({ model: undefined })).rejects.toThrow(/^generate: opt: expected --model DIR beside --endpoint/);
    await expect(run({ topK: 5 })).rejects.toThrow(/^generate: expected no --top-k/);
    await expect(run({ maxTokens: 40 })).rejects.toThrow(
      /^generate: expected prompt and continuation of at most 32 tokens/,
    );
  });
});

test('perplexity counts every token once, and bytes as bytes', async () => {
  const file = join(folder, 'text.txt');
  const text = `${words} – `.repeat(8);
  await writeFile(file, text);
  const found = await perplexityVerb.run({
    args: { files: [file, file] },
    options: { model, weights: 'float32' },
    signal,
    progress: silent,
  });
  expect(found.bytes).toBe(2 * Buffer.byteLength(text));
  expect(found.files[0]!.perplexity).toBeCloseTo(found.perplexity, 8);
  // a model that has learned nothing yet gives each of its tokens about the same probability
  expect(found.perplexity).toBeGreaterThan(250);
  expect(found.perplexity).toBeLessThan(310);
  expect(found.bitsPerByte).toBeCloseTo((Math.log2(found.perplexity) * found.tokens) / found.bytes, 8);
});

test('perplexity takes nothing but UTF-8', async () => {
  const file = join(folder, 'latin1.txt');
  await writeFile(file, Buffer.from('caf\u00e9 au lait', 'latin1'));
  const run = perplexityVerb.run({
    args: { files: [file] },
    options: { model, weights: 'float32' },
    signal,
    progress: silent,
  });
  await expect(run).rejects.toThrow('perplexity: latin1.txt: expected UTF-8 text, got other bytes');
});

test('perplexity names a text that is not there, or is a folder', async () => {
  const options = { model, weights: 'float32' } as const;
  const run = (file: string) => perplexityVerb.run({ args: { files: [file] }, options, signal, progress: silent });
  await expect(run(join(folder, 'none'))).rejects.toThrow(/ENOENT.*none/);
  await expect(run(folder)).rejects.toThrow(`perplexity: ${folder}: expected a regular file`);
  await writeFile(join(folder, 'empty.txt'), '');
  await expect(run(join(folder, 'empty.txt'))).rejects.toThrow(/^perplexity: expected text in .*empty.txt, got none$/);
});

test('pull asks for an address where there is none', async () => {
  const before = process.env.HF_ENDPOINT;
  delete process.env.HF_ENDPOINT;
  const options = { hub: undefined, revision: 'main', out: undefined };
  await expect(pullVerb.run({ args: { id: 'a/b' }, options, signal, progress: silent })).rejects.toThrow(
    'pull: expected the address of a hub, got none; give --hub URL, or set HF_ENDPOINT',
  );
  if (before !== undefined) process.env.HF_ENDPOINT = before;
});

describe('train', () => {
  type Options = Parameters<typeof trainVerb.run>[0]['options'];
  const train = (out: string, options: Partial<Options> = {}) =>
    trainVerb.run({
      args: { files: [join(folder, 'corpus.jsonl')] },
      options: {
        out: join(folder, out),
        vocabulary: 280,
        layers: 1,
        width: 64,
        context: 16,
        batch: 2,
        accumulate: 1,
        steps: 60,
        rate: 3e-3,
        dropout: 0.1,
        seed: 0,
        ...options,
      },
      signal,
      progress: silent,
    });
  beforeAll(async () => {
    const lines = Array.from({ length: 50 }, (_, i) => JSON.stringify({ text: `${i}: ${words}. ${words}.` }));
    await writeFile(join(folder, 'corpus.jsonl'), `${lines.join('\n')}\n`);
  });

  test('a model that has learned its text, in a folder that generate takes', async () => {
    const found = await train('run');
    expect(found.steps).toBe(60);
    expect(found.held).toBeLessThan(3.5); // of ln 280 = 5.6
    expect((await readdir(found.model)).sort()).toEqual([
      'config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const options = {
      maxTokens: 4,
      temperature: 0,
      topP: 1,
      topK: 0,
      stop: [],
      seed: 0,
      samples: 1,
      model: found.model,
      weights: 'float32' as const,
      endpoint: undefined,
      served: undefined,
    };
    const text = await generateVerb.run({ args: { prompt: 'the cat sat' }, options, signal, progress: silent });
    expect(text.continuations[0]!.logProbs.length).toBe(4);
    // the same command again has nothing left to do
    expect((await train('run')).steps).toBe(60);
    for (const changed of [{ width: 128 }, { vocabulary: 300 }, { seed: 1 }]) {
      await expect(train('run', changed)).rejects.toThrow(/expected the text, vocabulary, shape and seed that the run/);
    }
  });

  test('a run that never came to train is begun anew', async () => {
    await expect(train('short', { context: 2048 })).rejects.toThrow(/expected more than 2048 tokens/);
    const { model: made } = await train('short', { vocabulary: 270, steps: 10 });
    expect(JSON.parse(await readFile(join(made, 'config.json'), 'utf8')).vocab_size).toBe(272);
  });

  test('two runs in one folder: the second is refused, and says which process is there', async () => {
    const unlock = await lockFolder(join(folder, 'run'), 'test');
    await expect(train('run')).rejects.toThrow(/^train: expected nobody else at work in .*run, got process \d+/);
    await unlock();
  });

  test('files of another kind', async () => {
    const run = (file: string) =>
      trainVerb.run({ args: { files: [file] }, options: {} as Options, signal, progress: silent });
    await expect(run(join(folder, 'x.pdf'))).rejects.toThrow(/^train: .*x.pdf: expected a .txt, .md or .jsonl file/);
    await writeFile(join(folder, 'odd.jsonl'), '{"text":"a"}\n{"body":"b"}\n');
    await expect(run(join(folder, 'odd.jsonl'))).rejects.toThrow(
      /^train: .*odd.jsonl: expected a "text" in every line, got none in value 2$/,
    );
  });
});

describe('convert', () => {
  const run = (from: string, to: string, options: Partial<Parameters<typeof convertVerb.run>[0]['options']> = {}) =>
    convertVerb.run({
      args: { from, to },
      options: { to: 'safetensors', type: 'same', weights: 'float32', shard: 5, ...options },
      signal,
      progress: silent,
    });

  test('takes the tokenizer along, by the names that each side has for it', async () => {
    const from = await mkdtemp(join(folder, 'from-'));
    await cp(at('metaseq-parts'), from, { recursive: true });
    await writeFile(join(from, 'gpt2-vocab.json'), '{}');
    await writeFile(join(from, 'gpt2-merges.txt'), '');
    const hub = join(folder, 'to-hub');
    expect((await run(from, hub)).tokenizer).toEqual(['vocab.json', 'merges.txt']);
    const back = join(folder, 'to-metaseq');
    expect((await run(hub, back, { to: 'metaseq' })).tokenizer).toEqual(['gpt2-vocab.json', 'gpt2-merges.txt']);
    expect(JSON.parse(await readFile(join(hub, 'config.json'), 'utf8')).num_attention_heads).toBe(2);
  });

  test('overwrites nothing', async () => {
    const to = join(folder, 'twice');
    await run(at('pre'), to);
    await expect(run(at('pre'), to)).rejects.toThrow(/^convert: expected a folder without a model, got config.json in/);
  });

  test('names itself in what goes wrong', async () => {
    await expect(run(at('evil'), join(folder, 'never'))).rejects.toThrow(
      /^convert: torch: .*Python object posix.system; nothing was executed$/,
    );
  });
});

test('from the command line: one line, and exit code 2', async () => {
  const cli = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
  const ended = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
    execFile(process.execPath, [cli, 'opt', 'generate', 'x', '--model', at('evil')], (error, _, stderr) =>
      resolve({ code: error?.code, stderr }),
    );
  });
  expect(ended.code).toBe(2);
  expect(ended.stderr).toMatch(/^tenfold: generate: torch: [^\n]*posix.system; nothing was executed\n$/);
});
