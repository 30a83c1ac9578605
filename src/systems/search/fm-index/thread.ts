/**
 * One question to a thread that is started for it and ended with its answer, so that whoever asks stays responsive:
 * Node's worker threads, or a browser's Worker.
 */

/** A thread, as the one that started it sees it. */
export interface Thread {
  post(question: unknown, transfer: ArrayBuffer[]): void;
  listen(onAnswer: (answer: Answer) => void, onFailure: (error: Error) => void): void;
  /** Fulfilled once nothing of it runs any more. */
  end(): Promise<unknown>;
}

/** Errors go from thread to thread with their class. */
type Answer = { readonly value: unknown } | { readonly error: Error };

/**
 * Asks a thread, and ends it.
 * @param transfer what the question gives away
 * @throws what the thread throws, and the signal's reason once it is aborted
 */
export async function ask<Value>(
  thread: Thread,
  question: unknown,
  transfer: ArrayBuffer[],
  signal: AbortSignal | undefined,
): Promise<Value> {
  let abort = () => {};
  try {
    const answer = await new Promise<Answer>((resolve, reject) => {
      abort = () => reject(signal?.reason);
      signal?.addEventListener('abort', abort);
      if (signal?.aborted) abort();
      thread.listen(resolve, reject);
      thread.post(question, transfer);
    });
    if ('error' in answer) throw answer.error;
    return answer.value as Value;
  } finally {
    signal?.removeEventListener('abort', abort);
    await thread.end();
  }
}

/** A thread of Node's. @param script its module */
export async function nodeThread(script: URL): Promise<Thread> {
  const { Worker } = await import('node:worker_threads');
  const worker = new Worker(script, { execArgv: [] });
  return {
    post: (question, transfer) => worker.postMessage(question, transfer),
    listen: (onAnswer, onFailure) => {
      worker.once('message', onAnswer);
      worker.once('error', onFailure);
      worker.once('exit', (code) => onFailure(new Error(`thread: expected an answer, got its end with code ${code}`)));
    },
    end: () => worker.terminate(),
  };
}

/** A thread of a browser's. */
export function browserThread(worker: Worker): Thread {
  return {
    post: (question, transfer) => worker.postMessage(question, transfer),
    listen: (onAnswer, onFailure) => {
      worker.onmessage = ({ data }) => onAnswer(data);
      worker.onerror = ({ message }) => onFailure(new Error(`thread: ${message ?? 'the worker did not start'}`));
    },
    end: async () => worker.terminate(),
  };
}

interface Port {
  postMessage(answer: Answer, transfer: ArrayBuffer[]): void;
}

/**
 * In a thread: answers what it was started for.
 * @param transfer what the answer gives away
 */
export async function answer<Question, Value>(
  work: (question: Question) => Value | Promise<Value>,
  transfer: (value: Value) => ArrayBuffer[] = () => [],
): Promise<void> {
  const reply = async (port: Port, question: Question): Promise<void> => {
    try {
      const value = await work(question);
      port.postMessage({ value }, transfer(value));
    } catch (error) {
      port.postMessage({ error: error as Error }, []);
    }
  };
  if ('postMessage' in globalThis) {
    const scope = globalThis as unknown as Port & { onmessage: (event: { data: Question }) => void };
    scope.onmessage = ({ data }) => void reply(scope, data);
  } else {
    const { parentPort } = await import('node:worker_threads');
    parentPort!.once('message', (question: Question) => void reply(parentPort!, question));
  }
}
