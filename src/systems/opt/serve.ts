/**
 * A model behind OpenAI's completions: what its own clients, vLLM's and lm-evaluation-harness's ask, answered as they
 * expect. `endpoint` of the text room is one of those clients.
 *
 * One request is computed at a time; the prompts of one request are computed together.
 */
import { createHash, randomInt, randomUUID, timingSafeEqual } from 'node:crypto';
import type { Server } from 'node:http';
import { type Asked, jsonService, Refusal } from '../../command/index.ts';
import { completionRequest } from './completion-request.ts';
import type { Choice, Completed } from './completions.ts';
import type { ServedModel } from './served-model.ts';

/** What is served, under which name, and to whom. */
export interface ServiceOptions {
  readonly model: Pick<ServedModel, 'context' | 'complete'>;
  readonly name: string;
  /** What clients must send as their key; undefined: nothing. */
  readonly apiKey: string | undefined;
  /** Hears of what went wrong inside. */
  readonly failed: (error: unknown) => void;
}

/** Bytes of one request at most, and requests that wait. */
const most = { mostBytes: 2 ** 24, mostWaiting: 64 };

const kinds: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  500: 'server_error',
  503: 'server_error',
};

/** The service, not yet listening. */
export function completionService(options: ServiceOptions): Server {
  const started = Math.floor(Date.now() / 1000);
  return jsonService((asked) => answer(asked, options, started), {
    ...most,
    failed: options.failed,
    refused: ({ status, message }) => {
      const [, param = null] = /^(\w+): /.exec(message) ?? [];
      return { error: { message, type: kinds[status] ?? 'invalid_request_error', param, code: null } };
    },
  });
}

async function answer(asked: Asked, { model, name, apiKey }: ServiceOptions, started: number): Promise<unknown> {
  const { method, path, headers } = asked;
  const card = { id: name, object: 'model', created: started, owned_by: 'tenfold', max_model_len: model.context };
  if (path === '/health' && method === 'GET') return { status: 'ok' };
  if (apiKey !== undefined && !isKey(headers.authorization, apiKey)) {
    throw new Refusal(401, 'expected this server’s key as authorization: Bearer …');
  }
  if (path === '/v1/models' && method === 'GET') return { object: 'list', data: [card] };
  if (path === `/v1/models/${encodeURIComponent(name)}` && method === 'GET') return card;
  if (path === '/v1/chat/completions') {
    throw new Refusal(404, 'expected POST /v1/completions: OPT was taught no chat template');
  }
  if (path !== '/v1/completions') throw new Refusal(404, 'expected GET /v1/models or POST /v1/completions');
  if (method !== 'POST') throw new Refusal(405, 'expected POST /v1/completions');
  const request = completionRequest(await asked.body(), () => randomInt(2 ** 47));
  if (request.model !== undefined && request.model !== name) {
    throw new Refusal(404, `model: expected ${JSON.stringify(name)}, the one that is served here`);
  }
  const head = {
    id: `cmpl-${randomUUID()}`,
    object: 'text_completion',
    created: Math.floor(Date.now() / 1000),
    model: name,
  };
  return asked.inTurn(async () => {
    const pieces = model.complete(request.task, asked.signal);
    try {
      if (!request.stream) return { ...head, ...(await last(pieces)) };
      let next = await pieces.next(); // until here it can still be refused
      for (; !next.done; next = await pieces.next()) {
        const { text, logprobs } = next.value;
        // a token that ends no character, or may begin a stop string, shows nothing yet
        if (text !== '' || logprobs !== null) asked.events.send({ ...head, choices: [next.value] });
      }
      const { choices, usage } = next.value;
      const ends = choices.map(
        ({ index, finish_reason }): Choice => ({ index, text: '', logprobs: null, finish_reason }),
      );
      asked.events.send({ ...head, choices: ends });
      if (request.usage) asked.events.send({ ...head, choices: [], usage });
      asked.events.end('[DONE]');
      return undefined;
    } catch (error) {
      throw error instanceof RangeError ? new Refusal(400, error.message) : error;
    }
  });
}

async function last(pieces: AsyncGenerator<Choice, Completed>): Promise<Completed> {
  for (;;) {
    const next = await pieces.next();
    if (next.done) return next.value;
  }
}

/** Whether a header holds the key, in a time that does not tell how much of it. */
function isKey(header: string | undefined, key: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${key}`));
}
