/** A server that does not do what it should. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { EndpointError, type EndpointOptions, endpoint, Tokenizer } from 'tenfold/text';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CompletionServer, serve } from './completion-server.ts';
import { TableModel } from './table-model.ts';

const apiKey = 'sk-very-secret';
const pair = [{ context: 'the', continuation: ' issue' }];
let tokenizer: Tokenizer;
let server: CompletionServer;
beforeAll(async () => {
  tokenizer = await Tokenizer.open(fileURLToPath(new URL('fixtures/tiny-opt', import.meta.url)));
  server = await serve({ model: new TableModel({ vocabulary: tokenizer.size, context: 40 }), tokenizer }, 'vllm');
});
beforeEach(() => {
  server.instead = undefined;
  server.seen.length = 0;
});
afterAll(() => server.close());

const client = (options: Partial<EndpointOptions> = {}) =>
  endpoint({ url: server.url, tokenizer, context: 40, apiKey, retries: 0, ...options });

/** The message of a failure, which must be one line without the key. */
async function failure(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => expect.fail('expected a failure'),
    (reason: unknown) => reason as Error,
  );
  expect(error).toBeInstanceOf(EndpointError);
  const everything = `${error.message}\n${error.stack}\n${JSON.stringify(error)}\n${String(error.cause)}`;
  expect(everything).not.toContain(apiKey);
  expect(error.message).not.toMatch(/[\r\n]/);
  expect(error.message.length).toBeLessThan(700);
  return error.message;
}

const answers = (status: number, body: string, headers: Record<string, string> = {}) => {
  server.instead = (_, response) => {
    response.writeHead(status, headers).end(body);
    return true;
  };
};

describe('a server that refuses', () => {
  it('is quoted, without the key, and not asked again', async () => {
    answers(401, `{"error": {"message": "bad key ${apiKey}\nin two lines"}}`);
    expect(await failure(client({ retries: 3 }).loglikelihood(pair))).toMatch(
      /^endpoint: http:\/\/127\.0\.0\.1:\d+\/v1\/completions: 401 Unauthorized: .*bad key \*\*\* in two lines/,
    );
    expect(server.seen.length).toBe(1);
    answers(400, 'x'.repeat(1e6));
    await failure(client().generateUntil([{ prompt: 'a' }]));
    answers(200, `{"error": {"message": "overloaded ${apiKey}"}}`);
    expect(await failure(client().loglikelihood(pair))).toContain('the server says {"message":"overloaded ***"}');
    expect(await failure(client({ url: server.url.replace('/v1', '/v2') }).loglikelihood(pair))).toContain(
      'overloaded',
    );
    server.instead = undefined;
    expect(await failure(client({ url: server.url.replace('/v1', '/v2') }).loglikelihood(pair))).toContain('404');
  });

  it('is asked again where it is only busy', async () => {
    server.instead = (_, response, index) => {
      if (index < 2) response.writeHead(index === 0 ? 503 : 429, { 'retry-after': '0.01' }).end('busy');
      return index < 2;
    };
    const [got] = await client({ retries: 2 }).loglikelihood(pair);
    expect(got!.logProbability).toBeLessThan(0);
    expect(server.seen.length).toBe(3);
    answers(500, 'down', { 'retry-after': '0.01' });
    expect(await failure(client({ retries: 2 }).loglikelihood(pair))).toContain(
      '500 Internal Server Error: down (after 3 tries)',
    );
  });

  it('does not send the key elsewhere', async () => {
    const other = createServer((_, response) => response.end('{}'));
    let visits = 0;
    other.on('request', () => visits++);
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    answers(307, '', { location: `http://127.0.0.1:${(other.address() as AddressInfo).port}/` });
    await failure(client().loglikelihood(pair));
    expect(visits).toBe(0);
    other.close();
  });
});

describe('a server whose answers give no likelihood', () => {
  const choice = (more: object) => answers(200, JSON.stringify({ choices: [{ index: 0, text: '', ...more }] }));
  it('is told what is missing', async () => {
    const [got] = await client().loglikelihood(pair);
    const n = 2 + got!.tokens.length;
    const tops = Array(n + 1).fill({ a: -1 });
    const failing = () => failure(client().loglikelihood(pair));
    choice({});
    expect(await failing()).toContain('expected logprobs, got none');
    choice({ logprobs: { token_logprobs: [-1], top_logprobs: [{ a: -1 }] } });
    expect(await failing()).toContain(
      `expected the log-probabilities of a prompt of ${n} tokens, got 1 (the server ignores echo)`,
    );
    choice({ logprobs: { token_logprobs: Array(n + 2).fill(-1), top_logprobs: tops } });
    expect(await failing()).toContain('the server adds tokens of its own');
    choice({ logprobs: { token_logprobs: Array(n + 1).fill(null), top_logprobs: tops } });
    expect(await failing()).toContain('expected a log-probability of every token, got null');
    choice({ logprobs: { token_logprobs: Array(n + 1).fill(-1), top_logprobs: null } });
    expect(await failing()).toContain('expected top_logprobs, got none');
    choice({ logprobs: { token_logprobs: [null, ...Array(n).fill(-2)], top_logprobs: tops } });
    expect((await client().loglikelihood(pair))[0]!.isGreedy).toBe(false);
    choice({ logprobs: { token_logprobs: Array(n + 1).fill(-1), top_logprobs: Array(n + 1).fill({}) } });
    expect(await failing()).toContain('expected top_logprobs of every token, got none');
    choice({ text: null });
    expect((await client().generateUntil([{ prompt: 'a', stop: ['b'] }]))[0]!.text).toBe('');
    answers(200, JSON.stringify({ choices: [] }));
    expect(await failing()).toContain('expected 1 choices, got 0');
    answers(200, '<html>');
    expect(await failing()).toContain('expected JSON, got <html>');
    answers(200, '');
    expect(await failing()).toContain('expected JSON, got nothing');
  });
});

describe('a connection', () => {
  it('that is silent, broken or not there is given up', async () => {
    server.instead = () => true; // never answers
    expect(await failure(client({ timeout: 0.1 }).loglikelihood(pair))).toContain('no answer within 0.1 s');
    server.instead = (_, response) => {
      response.writeHead(200).write('{"choices": [');
      return true; // never ends
    };
    expect(await failure(client({ timeout: 1 }).loglikelihood(pair))).toContain(
      'the answer broke off: no answer within 1 s',
    );
    server.instead = (_, response) => {
      response.socket!.destroy();
      return true;
    };
    await failure(client().loglikelihood(pair));
    expect(await failure(client({ url: 'http://127.0.0.1:9/v1' }).loglikelihood(pair))).toContain(
      'http://127.0.0.1:9/v1',
    );
  });

  it('is dropped when the caller stops', async () => {
    server.instead = () => true;
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('enough')), 30);
    await expect(client().loglikelihood(pair, { signal: stop.signal })).rejects.toThrow('enough');
    answers(503, 'busy');
    const waiting = AbortSignal.timeout(50);
    await expect(client({ retries: 9 }).loglikelihood(pair, { signal: waiting })).rejects.toThrow(/timeout/);
  });

  it('that breaks off in a stream, or streams nonsense, is an error', async () => {
    const drain = async (timeout = 60) => {
      for await (const _ of client({ timeout }).stream({ prompt: 'a' }));
    };
    const event = (text: string) =>
      `data: ${JSON.stringify({ choices: [{ index: 0, text, finish_reason: null }] })}\n\n`;
    const streams = (body: string, end: boolean) => {
      server.instead = (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(body);
        if (end) response.end();
        return true;
      };
    };
    streams(event('a'), true);
    expect(await failure(drain())).toContain('the stream ended before the completion did');
    streams(event('a'), false);
    expect(await failure(drain(0.2))).toContain('no answer within 0.2 s');
    streams('data: {"choices"\n\n', true);
    expect(await failure(drain())).toContain('expected events of JSON');
    streams(`data: {"error": {"message": "gone ${apiKey}"}}\n\n`, true);
    expect(await failure(drain())).toContain('gone ***');
    answers(422, 'no');
    expect(await failure(drain())).toContain('422');
  });
});

it('reads a stream no further than the stop string, which may lie in two events', async () => {
  const event = (text: string) => `data: ${JSON.stringify({ choices: [{ text }] })}\n\n`;
  server.instead = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    response.write(event(' people E') + event('N') + event('D more') + event('ENDless'));
    return true; // never ends
  };
  const stream = client().stream({ prompt: 'a', stop: ['END'] });
  expect(await stream.next()).toEqual({ value: ' people ', done: false });
  expect(await stream.next()).toEqual({ value: { text: ' people ', finish: 'stop', truncated: 0 }, done: true });
});

it('refuses addresses and keys that would leak or fail', () => {
  const refused = (options: Partial<EndpointOptions>) => expect(() => client(options));
  refused({ url: 'localhost' }).toThrow('expected an address such as');
  refused({ url: 'ftp://host' }).toThrow('expected an http or https address without credentials');
  refused({ url: `http://user:${apiKey}@host` }).toThrow(
    /^endpoint: expected an http or https address without credentials and query \(a key goes into apiKey\)$/,
  );
  refused({ apiKey: `${apiKey}\n` }).toThrow(
    /^endpoint: expected an apiKey of printable ASCII without spaces, got something else$/,
  );
  refused({ context: 0 }).toThrow('endpoint: expected context above 0, got 0');
  refused({ batch: Number.NaN }).toThrow('expected batch above 0, got NaN');
});
