/** A model that completes in a process of its own: what is said between the two, and the side that asks. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Progress } from '../../command/index.ts';
import type { CompletionTask } from './completion-request.ts';
import type { Choice, Completed } from './completions.ts';
import type { WeightForm } from './quantized.ts';

/** What the model's process is told. */
export type ToModel =
  | { readonly open: { readonly path: string; readonly weights: WeightForm } }
  | { readonly id: number; readonly task: CompletionTask }
  | { readonly stop: number };

interface ToldError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
}

/** What it says. */
export type FromModel =
  | { readonly progress: readonly [label: string, share?: number | undefined] }
  | { readonly opened: { readonly context: number } }
  | { readonly id: number; readonly piece: Choice }
  | { readonly id: number; readonly completed: Completed }
  | { readonly id?: number; readonly failed: ToldError };

/** Under which number what is said while a model opens is heard. */
const opening = -1;

/** Milliseconds that its process gets to end. */
const patience = 5000;

/** A model in a process of its own. Close it when done. */
export class ServedModel implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (message: FromModel) => void>();
  #context = 0;
  #ended: Error | undefined;
  #next = 0;

  private constructor() {
    const program = fileURLToPath(new URL('./model-process.js', import.meta.url));
    this.#child = fork(program, {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child.on('message', (message: FromModel) => {
      this.#waiting.get('id' in message ? (message.id ?? opening) : opening)?.(message);
    });
    const end = (error: Error) => {
      this.#ended ??= error;
      for (const hear of [...this.#waiting.values()]) hear({ failed: this.#ended });
    };
    this.#child.once('error', end);
    this.#child.once('exit', (code, signal) => {
      end(new Error(`serve: the model's process ended (${signal ?? `code ${code}`})`));
    });
  }

  /**
   * Starts a process and opens a checkpoint in it.
   * @throws as `loadOpt`; the signal's reason
   */
  static async open(
    path: string,
    { weights, progress, signal }: { weights: WeightForm; progress: Progress; signal: AbortSignal },
  ): Promise<ServedModel> {
    signal.throwIfAborted();
    const served = new ServedModel();
    const opened = new AbortController();
    try {
      served.#context = await new Promise<number>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { signal: opened.signal });
        served.#waiting.set(opening, (message) => {
          if ('progress' in message) progress.update(...(message.progress as [string, number?]));
          else if ('opened' in message) resolve(message.opened.context);
          else if ('failed' in message) reject(errorOf(message.failed));
        });
        served.#send({ open: { path, weights } });
      });
      served.#waiting.delete(opening);
      return served;
    } catch (error) {
      await served[Symbol.asyncDispose]();
      throw error;
    } finally {
      opened.abort();
    }
  }

  /** Most tokens of prompt and completion. */
  get context(): number {
    return this.#context;
  }

  /**
   * Completes, handing out pieces as they come.
   * @throws as `complete`; Error when the process has ended
   */
  async *complete(task: CompletionTask, signal: AbortSignal): AsyncGenerator<Choice, Completed> {
    if (this.#ended) throw this.#ended;
    const id = this.#next++;
    const heard: FromModel[] = [];
    let wake = () => {};
    this.#waiting.set(id, (message) => {
      heard.push(message);
      wake();
    });
    const stop = () => this.#send({ stop: id });
    signal.addEventListener('abort', stop);
    let done = false;
    try {
      signal.throwIfAborted();
      this.#send({ id, task });
      for (;;) {
        const message = heard.shift();
        if (message === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        } else if ('piece' in message) yield message.piece;
        else {
          done = true;
          if ('completed' in message) return message.completed;
          signal.throwIfAborted();
          if ('failed' in message) throw errorOf(message.failed);
        }
      }
    } finally {
      if (!done) stop();
      signal.removeEventListener('abort', stop);
      this.#waiting.delete(id);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    // it ends by itself, which takes away its files, unless a run keeps it from hearing that
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), patience);
    if (this.#child.connected) this.#child.disconnect();
    await ended;
    clearTimeout(timer);
  }

  #send(message: ToModel): void {
    if (!this.#ended && this.#child.connected) this.#child.send(message);
  }
}

/** The error of the other process, of its class. */
function errorOf({ name, message, code }: ToldError): Error {
  const Kind = { RangeError, SyntaxError, TypeError, ReferenceError }[name] ?? Error;
  return Object.assign(new Kind(message), code !== undefined && { code });
}
