/**
 * Requests to servers that may be slow, busy, gone or hostile: a time limit, another try where it may help, no more bytes than
 * were asked for, and errors that name the address and never a key.
 */
import { isPassing, pause, shown, TimeLimit } from '../../../command/index.ts';

export interface FetchOptions {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Longest wait for the next bytes, in seconds; 60 unless given. */
  readonly timeout?: number;
  /** Refuse an answer of more bytes; 64 MiB unless given. Counted as they come, after decompression. */
  readonly maxBytes?: number;
  readonly patience?: Patience;
  /** Never to be shown. */
  readonly secrets?: readonly string[];
  readonly signal?: AbortSignal;
}

/** How often and how long to try again. */
export interface Patience {
  /** Tries after the first; 5 unless given. */
  readonly retries?: number;
  /** Seconds before the second try, 1 unless given; each further wait is twice as long. */
  readonly firstWait?: number;
  /** Longest wait that a server may ask for (`Retry-After`), in seconds; 600 unless given. */
  readonly longestWait?: number;
}

export interface Fetched {
  readonly bytes: Uint8Array;
  readonly headers: Headers;
}

/** A server's refusal, its silence, or an answer that is none. */
export class FetchError extends Error {
  override readonly name = 'FetchError';
  /** The answer's status; undefined when there was none. */
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

const agent = 'tenfold-trends (research discovery; one request at a time)';

/** @throws FetchError when the server refuses, or no try was answered; the signal's reason when it is aborted */
export async function fetchBytes(url: string, options: FetchOptions = {}): Promise<Fetched> {
  const { patience = {}, signal } = options;
  const { retries = 5, firstWait = 1, longestWait = 600 } = patience;
  for (let tried = 0; ; tried++) {
    signal?.throwIfAborted();
    const answer = await once(url, options);
    if (!('failure' in answer)) return answer;
    const { failure, after } = answer;
    if (failure.status !== undefined && !isPassing(failure.status)) throw failure;
    if (after !== undefined && after > longestWait)
      throw new FetchError(`${failure.message} (asks to wait ${Math.round(after)} s: try again later)`, failure.status);
    if (tried >= retries)
      throw new FetchError(`${failure.message}${tried > 0 ? ` (after ${tried + 1} tries)` : ''}`, failure.status);
    await pause(after ?? firstWait * 2 ** tried * (0.75 + Math.random() / 2), signal);
  }
}

/** The text of an answer. @throws FetchError also for what is not UTF-8 */
export async function fetchText(url: string, options: FetchOptions = {}): Promise<{ text: string; headers: Headers }> {
  const { bytes, headers } = await fetchBytes(url, options);
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), headers };
  } catch {
    throw new FetchError(said(url, options, 'expected UTF-8 text, got other bytes'));
  }
}

/** The JSON of an answer. */
export async function fetchJson(url: string, options: FetchOptions = {}): Promise<unknown> {
  const { text } = await fetchText(url, options);
  try {
    return JSON.parse(text);
  } catch {
    throw new FetchError(said(url, options, `expected JSON, got '${text.slice(0, 60)}'`));
  }
}

/** Turns that come at most so often: what a server asks of its clients. */
export class Pace {
  readonly #seconds: number;
  #next = 0;

  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  async turn(signal?: AbortSignal): Promise<void> {
    const now = performance.now();
    const at = Math.max(now, this.#next);
    this.#next = at + 1000 * this.#seconds;
    if (at > now) await pause((at - now) / 1000, signal);
  }
}

type Answer = Fetched | { readonly failure: FetchError; readonly after: number | undefined };

async function once(url: string, options: FetchOptions): Promise<Answer> {
  const { method = 'GET', headers = {}, body, timeout = 60, maxBytes = 2 ** 26, secrets = [], signal } = options;
  const limit = new TimeLimit(timeout, signal);
  try {
    const response = await fetch(url, {
      method,
      headers: { 'user-agent': agent, ...headers },
      ...(body !== undefined && { body }),
      signal: limit.signal,
      // a key goes to the server that it was given for
      redirect: secrets.length > 0 ? 'error' : 'follow',
    });
    if (!response.ok) {
      const start = await read(response, 2000, limit, true);
      const text = new TextDecoder().decode(start).replace(/<[^>]*>/g, ' ');
      const failure = new FetchError(said(url, options, `${response.status} ${text}`), response.status);
      return { failure, after: secondsOf(response.headers.get('retry-after')) };
    }
    if (Number(response.headers.get('content-length')) > maxBytes) throw tooLarge(url, options, maxBytes);
    return {
      bytes: await read(response, maxBytes, limit, false, () => tooLarge(url, options, maxBytes)),
      headers: response.headers,
    };
  } catch (error) {
    if (error instanceof FetchError) throw error;
    return { failure: new FetchError(said(url, options, limit.reason(error as Error))), after: undefined };
  } finally {
    limit.end();
  }
}

/** The bytes of a body, or, with `cut`, its first ones. */
async function read(
  response: Response,
  most: number,
  limit: TimeLimit,
  cut: boolean,
  refusal?: () => FetchError,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    limit.renew();
    parts.push(part);
    length += part.length;
    if (length <= most) continue;
    if (cut) break;
    throw refusal!();
  }
  return Buffer.concat(parts).subarray(0, most);
}

function tooLarge(url: string, options: FetchOptions, maxBytes: number): FetchError {
  // a status keeps it from being tried again
  return new FetchError(said(url, options, `expected at most ${maxBytes} bytes, got more`), 200);
}

/** Seconds or a date, as HTTP has both. */
function secondsOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}

function said(url: string, { secrets = [] }: FetchOptions, problem: string): string {
  return `fetch: ${shown(`${url}: ${problem}`, secrets)}`;
}
