/**
 * A service on this machine: JSON in, JSON out, whoever asks.
 *
 * What is read is limited in size, time and number; one request is computed at a time, and those that wait are counted.
 * What a service refuses it says; what goes wrong inside is nobody's business outside.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Progress } from './progress.ts';

/** A request that cannot be answered, and the status that says so. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What a service is asked. */
export interface Asked {
  /** `GET`, `POST`, … */
  readonly method: string;
  /** Without what follows a question mark. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /**
   * What was sent, as JSON.
   * @throws Refusal for too many bytes, and for what is not JSON
   */
  body(): Promise<unknown>;
  /** Does work when nothing else is being computed. @throws Refusal when too many wait already */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** Aborted when whoever asks has gone. */
  readonly signal: AbortSignal;
  /** Where an answer in pieces goes: server-sent events, each one JSON. Nothing can be refused after the first. */
  readonly events: Events;
}

/** Server-sent events. */
export interface Events {
  send(data: unknown): void;
  /** Ends them, after a last one that is text. */
  end(last: string): void;
}

/** An answer that is not JSON, such as a page or its script. */
export class Content {
  readonly type: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;

  /** @param type as in the header `content-type` */
  constructor(type: string, body: string, headers: Readonly<Record<string, string>> = {}) {
    this.type = type;
    this.body = body;
    this.headers = headers;
  }
}

/** What a service reads at most, and how it words refusals. */
export interface ServiceOptions {
  /** Bytes of one request. */
  readonly mostBytes: number;
  /** Requests that wait to be computed. */
  readonly mostWaiting: number;
  /** The body of a refusal. */
  readonly refused: (refusal: Refusal) => unknown;
  /** Hears of what went wrong inside. */
  readonly failed?: (error: unknown) => void;
}

/**
 * A service, not yet listening.
 * @param answer gives the body of the answer, as JSON unless it is {@link Content}, or undefined when it was sent as events
 */
export function jsonService(answer: (asked: Asked) => Promise<unknown>, options: ServiceOptions): Server {
  const { mostBytes, mostWaiting, refused, failed } = options;
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    if (waiting >= mostWaiting) throw new Refusal(503, `busy: ${mostWaiting} requests are waiting`);
    waiting++;
    const turn = last.then(work).finally(() => waiting--);
    last = turn.catch(() => undefined);
    return turn;
  };
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 5000 });
  server.maxConnections = 256;
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort(new Error('whoever asked has gone')));
    const asked: Asked = {
      method: request.method ?? 'GET',
      path: (request.url ?? '/').split('?')[0]!,
      headers: request.headers,
      body: () => bodyOf(request, mostBytes),
      inTurn,
      signal: gone.signal,
      events: eventsTo(response),
    };
    answer(asked).then(
      (body) => {
        if (body !== undefined) send(response, 200, body);
      },
      (error: unknown) => {
        if (gone.signal.aborted) return;
        const refusal = error instanceof Refusal ? error : new Refusal(500, 'the service failed');
        if (refusal !== error) failed?.(error);
        if (response.headersSent) return void response.destroy();
        if (refusal.status === 413) response.setHeader('connection', 'close');
        send(response, refusal.status, refused(refusal));
      },
    );
  });
  return server;
}

/**
 * Listens until the signal is aborted, and then throws its reason.
 * @throws RangeError for an address that cannot be listened on
 */
export async function serveUntil(
  server: Server,
  at: { readonly host: string; readonly port: number },
  { what, progress, signal }: { readonly what: string; readonly progress: Progress; readonly signal: AbortSignal },
): Promise<never> {
  server.listen(at.port, at.host);
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    if (!['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN'].includes(error.code ?? '')) throw error;
    throw new RangeError(
      `serve: expected a port to listen on, got ${at.host}:${at.port} (${error.code}); --port gives another`,
    );
  });
  const { address, family, port } = server.address() as AddressInfo;
  progress.note(`http://${family === 'IPv6' ? `[${address}]` : address}:${port} ${what}; Ctrl-C ends it`);
  if (!signal.aborted) await once(signal, 'abort');
  server.closeAllConnections();
  server.close();
  throw signal.reason;
}

const unguessed = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

function send(response: ServerResponse, status: number, answer: unknown): void {
  const json = 'application/json; charset=utf-8';
  const { type, body, headers } = answer instanceof Content ? answer : new Content(json, `${JSON.stringify(answer)}\n`);
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    ...unguessed,
    ...headers,
  });
  response.end(body);
}

function eventsTo(response: ServerResponse): Events {
  const write = (data: string) => {
    if (!response.headersSent)
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', ...unguessed });
    response.write(`data: ${data}\n\n`);
  };
  return {
    send: (data) => write(JSON.stringify(data)),
    end(last) {
      write(last);
      response.end();
    },
  };
}

async function bodyOf(request: IncomingMessage, mostBytes: number): Promise<unknown> {
  const tooLarge = () => new Refusal(413, `expected at most ${mostBytes} bytes`);
  if (Number(request.headers['content-length'] ?? 0) > mostBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > mostBytes) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(400, 'the request broke off');
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new Refusal(400, 'expected JSON');
  }
}
