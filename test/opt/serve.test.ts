/** `tenfold opt serve`: held to the contract of likelihoods through its own client, and to the API's shapes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import {
  type Choice,
  type Completed,
  type CompletionTask,
  complete,
  completionService,
  initialParameters,
  inMemory,
  loadOpt,
  namedTensors,
  type OptConfig,
  ServedModel,
  saveModel,
} from 'tenfold/opt';
import { endpoint, generateText, Tokenizer } from 'tenfold/text';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { likelihoodContract } from '../text/likelihood-contract.ts';
import { TableModel } from '../text/table-model.ts';

const context = 40;
const apiKey = 'sk-secret';
let tokenizer: Tokenizer;
let table: TableModel;
let server: Server;
let url: string;
let failures: unknown[];
let tasks: CompletionTask[];

beforeAll(async () => {
  tokenizer = await Tokenizer.open(fileURLToPath(new URL('../text/fixtures/tiny-opt', import.meta.url)));
  table = new TableModel({ vocabulary: tokenizer.size, context, seed: 6 });
  const model = {
    context,
    complete: (task: CompletionTask, signal: AbortSignal) => {
      tasks.push(task);
      if (task.prompts[0] === 'break') throw new Error('/somewhere/inside');
      return complete({ model: table, tokenizer }, task, signal);
    },
  };
  server = completionService({ model, name: 'table', apiKey, failed: (error) => failures.push(error) });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterAll(() => void server.close());
beforeEach(() => {
  failures = [];
  tasks = [];
});

describe('through its own client', () => {
  likelihoodContract(() => ({
    likelihood: endpoint({ url, tokenizer, context, batch: 3, model: 'table', apiKey }),
    next: async (row) => {
      const logits = Float64Array.from(table.logits(row));
      const norm = Math.log(logits.reduce((total, x) => total + Math.exp(x), 0));
      return logits.map((x) => x - norm);
    },
    context,
    window: context - 1,
    plain: true,
  }));
});

const headers = { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` };
const post = (body: unknown, path = '/completions') =>
  fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
const ask = async (body: object) => {
  const response = await post(body);
  expect(response.status).toBe(200);
  return (await response.json()) as Completed & Record<string, unknown>;
};

describe('completions', () => {
  it('have the fields of the API, and count tokens', async () => {
    const found = await ask({ model: 'table', prompt: 'the issue', max_tokens: 5, seed: 1, user: 'me', suffix: null });
    expect(found).toMatchObject({ object: 'text_completion', model: 'table' });
    expect(found.id).toMatch(/^cmpl-/);
    expect(Math.abs((found.created as number) - Date.now() / 1000)).toBeLessThan(60);
    const read = tokenizer.encode('the issue').length;
    expect(found.usage).toEqual({ prompt_tokens: read, completion_tokens: 5, total_tokens: read + 5 });
    expect(found.choices).toEqual([{ index: 0, text: expect.any(String), logprobs: null, finish_reason: 'length' }]);
    const options = { maxTokens: 5, temperature: 1, seed: [1] };
    const same = await generateText({ model: table, tokenizer }, ['the issue'], options);
    expect(found.choices[0]!.text).toBe(same[0]![0]!.text);
  });

  it('of several prompts and samples are numbered, and each is as it is alone', async () => {
    const request = { max_tokens: 6, seed: 4, temperature: 1.2 };
    const { choices } = await ask({ ...request, prompt: ['the', ' issue'], n: 3 });
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(new Set(choices.map(({ text }) => text)).size).toBeGreaterThan(3);
    const alone = await ask({ ...request, prompt: tokenizer.encode(' issue'), n: 3 });
    expect(alone.choices.map(({ text }) => text)).toEqual(choices.slice(3).map(({ text }) => text));
    expect((await ask({ ...request, prompt: 'the', temperature: 0, n: 2 })).choices[0]!.text).toBe(
      (await ask({ ...request, prompt: 'the', temperature: 0, seed: 9 })).choices[0]!.text,
    );
  });

  it('without a seed are drawn anew', async () => {
    const request = { prompt: 'the', max_tokens: 12, temperature: 2 };
    const found = [await ask(request), await ask(request), await ask(request)];
    expect(new Set(found.map(({ choices }) => choices[0]!.text)).size).toBeGreaterThan(1);
  });

  it('tell log-probabilities of what was written, with the likeliest, and where each token stands', async () => {
    const { choices } = await ask({ prompt: 'the', max_tokens: 8, temperature: 1.5, seed: 2, logprobs: 2 });
    const { text, logprobs } = choices[0]!;
    expect(logprobs!.token_logprobs).toHaveLength(8);
    let row = tokenizer.encode('the');
    for (const [t, token] of logprobs!.tokens.entries()) {
      const best = table.likeliest(row, 2);
      const tops = logprobs!.top_logprobs[t]!;
      expect(Object.values(tops).length).toBeGreaterThanOrEqual(2);
      expect(Object.values(tops).length).toBeLessThanOrEqual(3);
      expect(Math.max(...Object.values(tops))).toBeCloseTo(best.logProbs[0]!, 4);
      expect(tops[token]).toBe(logprobs!.token_logprobs[t]);
      // the token that has this spelling and this likelihood
      const id = [...Array(tokenizer.size).keys()].find(
        (other) => Math.abs(table.logProb(row, other) - logprobs!.token_logprobs[t]!) < 1e-5,
      )!;
      const bytes = Buffer.from(tokenizer.bytes(id));
      const whole = Buffer.from(bytes.toString()).equals(bytes);
      expect(token).toBe(whole ? bytes.toString() : `bytes:${[...bytes].map((b) => `\\x${b.toString(16)}`).join('')}`);
      row = [...row, id];
    }
    expect(logprobs!.text_offset[0]).toBe(0);
    expect(logprobs!.text_offset.every((at, t) => t === 0 || at >= logprobs!.text_offset[t - 1]!)).toBe(true);
    expect(logprobs!.text_offset.at(-1)).toBeLessThanOrEqual(text.length);
    expect((await ask({ prompt: 'the', max_tokens: 1, logprobs: 0 })).choices[0]!.logprobs!.tokens).toHaveLength(1);
  });

  it('echo the prompt with its own log-probabilities; alone, where nothing is to be written', async () => {
    const row = tokenizer.encode('the issue again');
    const request = { prompt: 'the issue again', echo: true, logprobs: 1 };
    const { choices, usage } = await ask({ ...request, max_tokens: 0 });
    const { text, logprobs, finish_reason } = choices[0]!;
    expect([text, finish_reason, usage.completion_tokens]).toEqual(['the issue again', 'length', 0]);
    expect(logprobs!.token_logprobs[0]).toBeNull();
    expect(logprobs!.top_logprobs[0]).toBeNull();
    for (let t = 1; t < row.length; t++) {
      expect(logprobs!.token_logprobs[t]).toBeCloseTo(table.logProb(row.slice(0, t), row[t]!), 4);
    }
    const longer = await ask({ ...request, max_tokens: 3 });
    expect(longer.choices[0]!.text.startsWith('the issue again')).toBe(true);
    expect(longer.choices[0]!.logprobs!.tokens).toHaveLength(row.length + 3);
    expect((await ask({ prompt: 'the', echo: true, max_tokens: 2 })).choices[0]).toMatchObject({ logprobs: null });
  });

  it('end before a stop string', async () => {
    const request = { prompt: 'the', max_tokens: 20, seed: 3, temperature: 1 };
    const [{ text }] = (await ask(request)).choices as [Choice];
    const stop = [...text].slice(3, 5).join('');
    const [found] = (await ask({ ...request, stop })).choices as [Choice];
    expect(found).toMatchObject({ text: text.slice(0, text.indexOf(stop)), finish_reason: 'stop' });
  });

  it('come as events, the last with the reason, then the count, then the end', async () => {
    const request = { prompt: ['the', 'issue'], max_tokens: 7, seed: 3, temperature: 1, logprobs: 1 };
    const whole = await ask(request);
    const response = await post({ ...request, stream: true, stream_options: { include_usage: true } });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const lines = (await response.text()).split('\n\n').filter((line) => line !== '');
    expect(lines.pop()).toBe('data: [DONE]');
    const events = lines.map((line) => JSON.parse(line.replace(/^data: /, '')) as Completed);
    expect(events.pop()).toMatchObject({ choices: [], usage: whole.usage });
    const last = events.pop()!;
    expect(last.choices.map(({ finish_reason }) => finish_reason)).toEqual(
      whole.choices.map(({ finish_reason }) => finish_reason),
    );
    for (const { index, text, logprobs } of whole.choices) {
      const own = events.flatMap(({ choices }) => choices.filter((choice) => choice.index === index));
      expect(own.map((choice) => choice.text).join('')).toBe(text);
      expect(own.flatMap((choice) => choice.logprobs!.token_logprobs)).toEqual(logprobs!.token_logprobs);
      expect(own.every(({ finish_reason }) => finish_reason === null)).toBe(true);
    }
  });

  it('stop when whoever asked has gone', async () => {
    const leave = new AbortController();
    const slow = new TableModel({ vocabulary: tokenizer.size, seed: 1 });
    let steps = 0;
    const model = {
      context: 1e6,
      complete: (task: CompletionTask, signal: AbortSignal) => {
        const begin = slow.begin.bind(slow);
        slow.begin = async (prompts) => {
          const decoding = await begin(prompts);
          const advance = decoding.advance.bind(decoding);
          return Object.assign(decoding, {
            advance: (...given: Parameters<typeof advance>) => {
              steps++;
              return advance(...given);
            },
          });
        };
        return complete({ model: slow, tokenizer }, task, signal);
      },
    };
    const own = completionService({ model, name: 'slow', apiKey: undefined, failed: (error) => failures.push(error) });
    await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve));
    const response = await fetch(`http://127.0.0.1:${(own.address() as AddressInfo).port}/v1/completions`, {
      method: 'POST',
      body: JSON.stringify({ prompt: [2], max_tokens: 1e6, logit_bias: {}, stream: true, stop: '\u0000never' }),
      signal: leave.signal,
    });
    const reader = response.body!.getReader();
    await reader.read();
    leave.abort();
    await reader.read().catch(() => undefined);
    await expect.poll(() => slow.open).toBe(0);
    expect(steps).toBeLessThan(1e5);
    expect(failures).toEqual([]);
    own.close();
  });
});

describe('what is refused', () => {
  it.each<[string, object, string]>([
    ['no prompt', {}, 'prompt: expected a text, a list of token ids'],
    ['an empty list', { prompt: [] }, 'prompt: expected'],
    ['an empty row', { prompt: [[2], []] }, 'prompt: expected'],
    ['ids that are none', { prompt: [1.5] }, 'prompt: expected'],
    ['an id too large', { prompt: [2, 1e6] }, 'prompt: expected token ids below 292, got 1000000'],
    ['too many prompts', { prompt: Array(129).fill('a') }, 'prompt: expected at most 128 prompts times n, got 129'],
    ['too long', { prompt: 'the', max_tokens: 40 }, 'max_tokens: expected prompt and completion of at most 40 tokens'],
    ['nothing to write', { prompt: 'a', max_tokens: 0 }, 'max_tokens: expected a whole number from 1'],
    ['no number', { prompt: 'a', temperature: '1' }, 'temperature: expected a number from 0 to 10, got "1"'],
    ['a share of nothing', { prompt: 'a', top_p: 0 }, 'top_p: expected a number above 0'],
    ['an empty stop', { prompt: 'a', stop: ['x', ''] }, 'stop: expected a text'],
    ['a seed below 0', { prompt: 'a', seed: -1 }, 'seed: expected a whole number from 0'],
    ['more logprobs than are told', { prompt: 'a', logprobs: 50 }, 'logprobs: expected a whole number from 0 to 20'],
    ['echo in a stream', { prompt: 'a', echo: true, stream: true }, 'echo: expected no echo in a stream'],
    ['beams', { prompt: 'a', best_of: 4 }, 'best_of: expected 1, as n, or nothing'],
    ['filling in', { prompt: 'a', suffix: 'b' }, 'suffix: OPT writes on'],
    ['biases', { prompt: 'a', logit_bias: { 5: 1 } }, 'logit_bias: expected none'],
    ['fields that it does not know', { prompt: 'a', top_k: 5 }, '"top_k": this server knows no such field'],
  ])('%s', async (_, body, message) => {
    const response = await post(body);
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: Record<string, unknown> };
    expect(error.message).toContain(message);
    expect(error.type).toBe('invalid_request_error');
    expect(table.open).toBe(0);
  });

  it('another model, another path, no key; and what goes wrong inside is told inside only', async () => {
    expect((await post({ prompt: 'a', model: 'gpt-4' })).status).toBe(404);
    expect((await post({ messages: [] }, '/chat/completions')).status).toBe(404);
    expect((await post({}, '/embeddings')).status).toBe(404);
    expect((await fetch(`${url}/completions`, { headers })).status).toBe(405);
    expect((await fetch(`${url}/models`)).status).toBe(401);
    expect((await fetch(`${url}/models`, { headers: { authorization: 'Bearer sk-secreT' } })).status).toBe(401);
    const models = (await (await fetch(`${url}/models`, { headers })).json()) as { data: unknown[] };
    expect(models.data).toEqual([expect.objectContaining({ id: 'table', object: 'model', max_model_len: 40 })]);
    expect((await fetch(`${url}/models/table`, { headers })).status).toBe(200);
    expect((await fetch(url.replace('/v1', '/health'))).status).toBe(200);
    const broken = await post({ prompt: 'break' });
    expect(broken.status).toBe(500);
    expect(await broken.text()).not.toContain('somewhere');
    expect(String(failures[0])).toContain('/somewhere/inside');
  });
});

describe('a model in a process of its own', () => {
  let folder: string;
  let path: string;
  const progress = { update() {}, note() {} };
  const { signal } = new AbortController();
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'opt-served-'));
    path = join(folder, 'model');
    const config: OptConfig = {
      vocabSize: 304,
      hiddenSize: 32,
      layers: 2,
      heads: 2,
      ffnDim: 64,
      maxPositions: 48,
      embedDim: 32,
      preNorm: true,
      finalNorm: true,
      dropout: 0,
      bos: 2,
      eos: 2,
      pad: 1,
    };
    const tensors = inMemory(namedTensors(await initialParameters(config, 1)));
    await saveModel({ config, tensors }, path, { layout: 'safetensors', type: 'float32' });
    await tokenizer.save(path);
  });
  afterAll(() => rm(folder, { recursive: true }));
  const task: CompletionTask = {
    prompts: ['the issue'],
    samples: 1,
    maxTokens: 12,
    temperature: 0,
    topP: 1,
    presencePenalty: 0,
    frequencyPenalty: 0,
    stop: [],
    seed: 0,
    echo: true,
    logprobs: 3,
  };
  const last = async (pieces: AsyncGenerator<Choice, Completed>) => {
    for (;;) {
      const next = await pieces.next();
      if (next.done) return next.value;
    }
  };

  it('completes as it does here', async () => {
    await using served = await ServedModel.open(path, { weights: 'float32', progress, signal });
    expect(served.context).toBe(48);
    const by = await loadOpt(path);
    const here = await last(complete(by, task));
    const there = await last(served.complete(task, signal));
    expect(there).toEqual(here);
    // greedy: each token that was written is the likeliest of those told in its place
    const { token_logprobs, top_logprobs } = here.choices[0]!.logprobs!;
    for (const at of [-1, -5, -12]) {
      expect(token_logprobs.at(at)).toBeCloseTo(Math.max(...Object.values(top_logprobs.at(at)!)), 5);
    }
    await by.model.release();
    await expect(last(served.complete({ ...task, maxTokens: 90 }, signal))).rejects.toThrow(RangeError);
    const stop = new AbortController();
    const pieces = served.complete({ ...task, temperature: 1 }, stop.signal);
    await pieces.next();
    stop.abort(new Error('enough'));
    await expect(last(pieces)).rejects.toThrow('enough');
    expect((await last(served.complete(task, signal))).choices).toEqual(here.choices);
  });

  it('says why it does not open, and ends with the one that asks', async () => {
    const open = (model: string, given = signal) =>
      ServedModel.open(model, { weights: 'int8', progress, signal: given });
    await expect(open(join(folder, 'none'))).rejects.toThrow(/checkpoint: expected a folder or a file, got .*none/);
    await expect(open(join(folder, 'none'))).rejects.toThrow(RangeError);
    await expect(open(path, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
    const served = await open(path);
    await served[Symbol.asyncDispose]();
    // by itself, not because it was killed
    await expect(last(served.complete(task, signal))).rejects.toThrow("the model's process ended (code 0)");
  });

  const command = (...given: string[]) => {
    const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
    const child = spawn(process.execPath, [main, 'opt', 'serve', '--model', path, ...given], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, OPT_API_KEY: '' },
    });
    return { child, said: text(child.stderr), code: once(child, 'exit').then(([code]) => code as number) };
  };

  it('is served by the command until Ctrl-C, to whom its name is told', async () => {
    const { child, said, code } = command('--port', '0', '--name', 'tiny');
    const address = await new Promise<string>((resolve) => {
      let heard = '';
      child.stderr.on('data', (piece: Buffer) => {
        heard += piece;
        const found = /(http:\/\/127\.0\.0\.1:\d+) completes by tiny, at \/v1/.exec(heard);
        if (found) resolve(found[1]!);
      });
    });
    const response = await fetch(`${address}/v1/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'tiny', prompt: 'the issue', max_tokens: 4, temperature: 0 }),
    });
    const { choices } = (await response.json()) as Completed;
    expect(choices[0]!.finish_reason).toBe('length');
    child.kill('SIGINT');
    expect(await code).toBe(130);
    expect(await said).toMatch(/tenfold: stopped\n$/);
  });

  it('is not where it cannot listen, in a line', async () => {
    const { said, code } = command('--host', '203.0.113.5');
    expect(await code).toBe(2);
    expect(await said).toMatch(/tenfold: serve: expected a port to listen on, got 203.0.113.5:8000 \(\w+\).*\n$/);
  });
});
