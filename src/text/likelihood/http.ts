/**
 * Requests to a server that may be slow, busy or gone: a time limit for each, another try where it may help, and errors
 * that say what happened and never hold the key.
 */
import { isPassing, pause, type Served, serviceOf, shown, TimeLimit } from '../../command/index.ts';

/** Where requests go, and how patiently. */
export interface Connection extends Served {
  /** Longest wait for an answer, in seconds. */
  readonly timeout: number;
  /** Tries after the first. */
  readonly retries: number;
}

/** A server's refusal, or its silence. */
export class EndpointError extends Error {
  override readonly name = 'EndpointError';
  /** The answer's status; undefined when there was none. */
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

/** Seconds to wait before the first new try; each further one waits twice as long. */
const firstWait = 0.5;
const longestWait = 30;

/** No answer is read beyond this: 50,000 tokens with their log-probabilities are a hundredth of it. */
const maxBytes = 2 ** 29;

/** An answer whose body is still to be read. */
export interface Reply {
  readonly url: string;
  /** Whether it is a stream of server-sent events. */
  readonly events: boolean;
  readonly body: AsyncIterable<Uint8Array>;
  /** Gives the connection up. */
  readonly close: () => void;
}

/**
 * Posts JSON.
 * @returns an answer with a status of success
 * @throws EndpointError when the server refuses, or when no try was answered; the signal's reason when it is aborted
 */
export async function post(to: Connection, path: string, body: unknown, signal?: AbortSignal): Promise<Reply> {
  const url = serviceOf(to, path);
  for (let tried = 0; ; tried++) {
    signal?.throwIfAborted();
    let failure: EndpointError;
    let wait = Math.min(longestWait, firstWait * 2 ** tried) * (0.5 + Math.random() / 2);
    const limit = new TimeLimit(to.timeout, signal);
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: to.headers,
        body: JSON.stringify(body),
        signal: limit.signal,
        redirect: 'error', // a key goes to the server that it was given for
      });
      if (response.ok) {
        const events = /^text\/event-stream\b/i.test(response.headers.get('content-type') ?? '');
        return { url, events, body: chunks(to, url, response, limit), close: () => limit.end() };
      }
      const said = await beginningOf(chunks(to, url, response, limit));
      const status = `${response.status} ${response.statusText}`.trim();
      failure = new EndpointError(clean(to, `${url}: ${status}: ${said}`), response.status);
      const after = Number(response.headers.get('retry-after'));
      if (after > 0) wait = Math.min(longestWait, after);
    } catch (error) {
      limit.end();
      failure = new EndpointError(clean(to, `${url}: ${limit.reason(error as Error)}`));
    }
    if (failure.status !== undefined && !isPassing(failure.status)) throw failure;
    if (tried >= to.retries) {
      const times = tried === 0 ? '' : ` (after ${tried + 1} tries)`;
      throw new EndpointError(`${failure.message}${times}`, failure.status);
    }
    await pause(wait, signal);
  }
}

/**
 * The JSON of an answer.
 * @throws EndpointError for what is not JSON, or too much
 */
export async function readJson(to: Connection, reply: Reply): Promise<unknown> {
  const parts: Uint8Array[] = [];
  for await (const part of reply.body) parts.push(part);
  const text = await new Blob(parts as Uint8Array<ArrayBuffer>[]).text();
  try {
    return JSON.parse(text);
  } catch {
    throw new EndpointError(clean(to, `${reply.url}: expected JSON, got ${text === '' ? 'nothing' : text}`));
  }
}

/**
 * The data of each server-sent event, until the stream says `[DONE]` or ends.
 * @throws EndpointError when the connection breaks off
 */
export async function* readEvents({ body }: Reply): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = '';
  let data: string[] = [];
  for await (const part of body) {
    text += decoder.decode(part, { stream: true });
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    text = lines.pop()!;
    for (const line of lines) {
      if (line === '' && data.length > 0) {
        const event = data.join('\n');
        if (event === '[DONE]') return;
        yield event;
        data = [];
      } else if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5));
    }
  }
}

/** The first words of a body, as far as they come. */
async function beginningOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const part of body) {
      text += decoder.decode(part, { stream: true });
      if (text.length > 1000) break;
    }
  } catch {
    // what there is has to do
  }
  return text;
}

/** The parts of a body, as long as each comes in time. */
async function* chunks(to: Connection, url: string, { body }: Response, limit: TimeLimit): AsyncGenerator<Uint8Array> {
  let total = 0;
  try {
    for await (const part of body ?? []) {
      limit.renew();
      total += part.length;
      if (total > maxBytes) throw new EndpointError(`endpoint: ${url}: expected at most ${maxBytes} bytes, got more`);
      yield part;
    }
  } catch (error) {
    if (error instanceof EndpointError) throw error;
    throw new EndpointError(clean(to, `${url}: the answer broke off: ${limit.reason(error as Error)}`));
  } finally {
    limit.end();
  }
}

function clean({ secrets }: Connection, message: string): string {
  return `endpoint: ${shown(message, secrets)}`;
}
