/**
 * A model behind HTTP, where nothing but queries is possible: inputs go in, classes come out.
 *
 * No score leaves, no weight, no public key. Every query is answered by the model and looked at by the verifier, whatever
 * either says. What is read is limited in size and time, and one batch is computed at a time, in a worker's engine.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { OpenedModel } from './folder.ts';
import { type InputKind, type Raw, widthOf } from './raw.ts';

/** Inputs of one query at most. */
export const mostInputs = 1024;
/** Bytes of one query at most. */
const mostBytes = 2 ** 24;
/** Queries that wait at most. */
const mostWaiting = 64;

/** A request that cannot be answered, and the status that says so. */
class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The service, not yet listening. */
export function modelService(opened: OpenedModel): Server {
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    if (waiting >= mostWaiting) throw new Refusal(503, `busy: ${mostWaiting} queries are waiting`);
    waiting++;
    const turn = last.then(work).finally(() => waiting--);
    last = turn.catch(() => undefined);
    return turn;
  };
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 5000 });
  server.maxConnections = 256;
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    answer(opened, request, inTurn)
      .then((body) => send(response, 200, body))
      .catch((error: unknown) => {
        // what went wrong inside is nobody's business outside
        const refusal = error instanceof Refusal ? error : new Refusal(500, 'the model failed');
        if (refusal.status === 413) response.setHeader('connection', 'close');
        send(response, refusal.status, { error: refusal.message });
      });
  });
  return server;
}

async function answer(
  { manifest, model }: OpenedModel,
  request: IncomingMessage,
  inTurn: <T>(work: () => Promise<T>) => Promise<T>,
): Promise<unknown> {
  const { input, classes } = manifest;
  const path = (request.url ?? '/').split('?')[0];
  if (path === '/' && (request.method === 'GET' || request.method === 'HEAD')) {
    return { classes, input: described(input), query: 'POST /classify {"inputs": [[…], …]}', mostInputs };
  }
  if (path !== '/classify') throw new Refusal(404, 'expected GET / or POST /classify');
  if (request.method !== 'POST') throw new Refusal(405, 'expected POST /classify');
  const raw = inputsIn(await bodyOf(request), input);
  const answers = await inTurn(() => model.classify(raw));
  return { classes: Array.from(answers, (answer) => classes[answer]) };
}

function described(input: InputKind): unknown {
  if (input.kind === 'image') return { kind: 'image', shape: input.shape, values: 'whole numbers from 0 to 255' };
  return { kind: 'rows', columns: input.columns.map(({ name }) => name), values: 'numbers, or null where missing' };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(text);
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
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
    throw error instanceof Refusal ? error : new Refusal(400, 'the query broke off');
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new Refusal(400, 'expected JSON');
  }
}

function inputsIn(body: unknown, input: InputKind): Raw {
  const inputs = (body as { readonly inputs?: unknown } | null)?.inputs;
  if (!Array.isArray(inputs)) throw new Refusal(400, 'expected {"inputs": [[…], …]}');
  if (inputs.length === 0 || inputs.length > mostInputs) {
    throw new Refusal(400, `expected 1 to ${mostInputs} inputs, got ${inputs.length}`);
  }
  const width = widthOf(input);
  const isImage = input.kind === 'image';
  const values = isImage ? new Uint8Array(inputs.length * width) : new Float64Array(inputs.length * width);
  for (const [row, given] of inputs.entries()) {
    if (!Array.isArray(given) || given.length !== width) {
      const got = Array.isArray(given) ? `${given.length}` : typeof given;
      throw new Refusal(400, `expected ${width} numbers in input ${row}, got ${got}`);
    }
    for (const [at, value] of given.entries()) {
      const fits = isImage
        ? Number.isInteger(value) && value >= 0 && value <= 255
        : value === null || Number.isFinite(value);
      if (!fits) {
        const wanted = isImage ? 'a whole number from 0 to 255' : 'a number or null';
        throw new Refusal(400, `expected ${wanted} at place ${at} of input ${row}`);
      }
      values[row * width + at] = value === null ? Number.NaN : (value as number);
    }
  }
  return { count: inputs.length, width, values };
}
