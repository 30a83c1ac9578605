/**
 * What all who ask other machines need: waits that can be given up, a limit for each request, which failures may pass, and
 * messages that are safe to show.
 */

/** Waits. @throws the signal's reason as soon as it is aborted */
export function pause(seconds: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, seconds * 1000);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/** Ends a request after so many seconds without news, or when the caller gives it up. */
export class TimeLimit {
  readonly #caller: AbortSignal | undefined;
  readonly #controller = new AbortController();
  readonly #seconds: number;
  readonly #stop = () => this.#controller.abort(this.#caller!.reason);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(seconds: number, caller: AbortSignal | undefined) {
    this.#seconds = seconds;
    this.#caller = caller;
    caller?.addEventListener('abort', this.#stop, { once: true });
    this.renew();
  }

  /** For the request. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** There is news. */
  renew(): void {
    clearTimeout(this.#timer);
    const late = () => this.#controller.abort(new DOMException('late', 'TimeoutError'));
    this.#timer = setTimeout(late, this.#seconds * 1000);
  }

  /** Ends the request, too, if it has not ended. */
  end(): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener('abort', this.#stop);
    this.#controller.abort();
  }

  /** What went wrong with the request, in its own words. @throws the caller's reason where it gave the request up */
  reason(error: Error): string {
    if (this.#caller?.aborted) throw this.#caller.reason;
    if (error.name === 'TimeoutError') return `no answer within ${this.#seconds} s`;
    const cause = error.cause as { code?: string; message?: string } | undefined;
    return cause?.code ?? cause?.message ?? error.message;
  }
}

/** Whether an answer of this status may be another the next time. */
export function isPassing(status: number): boolean {
  return [408, 425, 429, 500, 502, 503, 504].includes(status);
}

/** Longest line of what another machine said. */
const longest = 500;

/** What another machine said as one line of some length, without control characters and secrets. */
export function shown(message: string, secrets: readonly string[]): string {
  const hidden = secrets.reduce((text, secret) => text.replaceAll(secret, '***'), message);
  const line = hidden.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}
