/**
 * A completion server over a table model, on the loopback interface, that answers in the shape of vLLM or of metaseq, or
 * streams in metaseq's.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sample, type Tokenizer } from 'tenfold/text';
import type { TableModel } from './table-model.ts';

export interface CompletionRequestBody {
  prompt: number[] | number[][];
  max_tokens: number;
  temperature: number;
  top_p?: number;
  seed: number;
  stop?: string[];
  echo?: boolean;
  logprobs?: number;
  stream?: boolean;
  model?: string;
}

/** `metaseq` streams nothing and has always the same reason; `metaseq-stream` streams, and says why it ended. */
export type Shape = 'vllm' | 'metaseq' | 'metaseq-stream';

export interface CompletionServer {
  readonly url: string;
  /** What was asked, oldest first. */
  readonly seen: { readonly headers: IncomingMessage['headers']; readonly body: CompletionRequestBody }[];
  /** Answers instead, where it returns true. */
  instead: ((body: CompletionRequestBody, response: ServerResponse, index: number) => boolean) | undefined;
  close(): Promise<void>;
}

export async function serve(
  { model, tokenizer }: { model: TableModel; tokenizer: Tokenizer },
  shape: Shape,
): Promise<CompletionServer> {
  const logProbsOf = (ids: readonly number[]) => {
    const places = ids.slice(1).map((id, i) => ({ id, row: ids.slice(0, i + 1) }));
    const tops = places.map(({ row }) => {
      const logits = model.logits(row);
      const best = logits.indexOf(Math.max(...logits));
      return { best, logProb: model.logProb(row, best) };
    });
    return {
      tokens: ids.map((id) => tokenizer.token(id) ?? ''),
      token_logprobs: [null, ...places.map(({ row, id }) => model.logProb(row, id))],
      top_logprobs: [
        null,
        ...places.map(({ row, id }, i) => ({
          [`token:${tops[i]!.best}`]: tops[i]!.logProb,
          [`token:${id}`]: model.logProb(row, id),
        })),
      ],
    };
  };
  const complete = async (prompt: number[], body: CompletionRequestBody) => {
    const [rows] = await sample(model, [prompt], {
      maxTokens: body.max_tokens,
      temperature: body.temperature,
      topP: body.top_p ?? 1,
      seed: [body.seed],
      end: tokenizer.eos!,
    });
    const { tokens, finish } = rows![0]!;
    const text = tokenizer.decode(tokens, { special: false });
    const ends = (body.stop ?? []).flatMap((stop) => (text.includes(stop) ? [text.indexOf(stop)] : []));
    const end = Math.min(...ends, text.length);
    if (shape === 'metaseq') return { tokens, text, reason: 'length' };
    if (shape === 'metaseq-stream') return { tokens, text, reason: finish === 'end' ? 'stop' : 'length' };
    return { tokens, text: text.slice(0, end), reason: ends.length > 0 || finish === 'end' ? 'stop' : 'length' };
  };
  const choice = async (prompt: number[], index: number, body: CompletionRequestBody) => {
    const { tokens, text, reason } = await complete(prompt, body);
    const ids = body.echo ? [...prompt, ...tokens] : tokens;
    const logprobs = body.logprobs === undefined ? null : logProbsOf(ids);
    const echoed = body.echo ? tokenizer.decode(prompt) : '';
    if (shape === 'vllm') return { index, text: echoed + text, logprobs, finish_reason: reason, stop_reason: null };
    // metaseq's: no index, the reason elsewhere, the stop string left in the text
    return { text: echoed + text, logprobs: { ...logprobs, finish_reason: reason } };
  };

  const self: { instead: CompletionServer['instead'] } = { instead: undefined };
  const seen: CompletionServer['seen'] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', async () => {
      const body = JSON.parse(Buffer.concat(parts).toString()) as CompletionRequestBody;
      seen.push({ headers: request.headers, body });
      if (self.instead?.(body, response, seen.length - 1)) return;
      if (request.url !== '/v1/completions') return void response.writeHead(404).end('{"detail":"Not Found"}');
      const prompts = (typeof body.prompt[0] === 'number' ? [body.prompt] : body.prompt) as number[][];
      if (body.stream && shape !== 'metaseq') {
        const { text, reason } = await complete(prompts[0]!, body);
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const event = (text: string, why: string | null) => {
          const said = shape === 'vllm' ? { index: 0, finish_reason: why } : { logprobs: { finish_reason: why } };
          return `data: ${JSON.stringify({ choices: [{ text, ...said }] })}`;
        };
        for (const piece of text.match(/.{1,3}/gsu) ?? []) response.write(`${event(piece, null)}\n\n`);
        response.write(`${event('', reason)}\r\n\r\n`);
        return void response.end(': a comment\n\ndata: [DONE]\n\n');
      }
      const choices = await Promise.all(prompts.map((prompt, index) => choice(prompt, index, body)));
      if (shape === 'vllm') choices.reverse(); // the index says where each belongs
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ id: 'cmpl-1', object: 'text_completion', created: 1, model: 'table', choices }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    seen,
    get instead() {
      return self.instead;
    },
    set instead(other) {
      self.instead = other;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
