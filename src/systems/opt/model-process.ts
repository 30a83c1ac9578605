/**
 * The process that a served model runs in. A run of the engine blocks the thread that it is called in, and a thread may not
 * be ended while one is under way; a process may, at any moment.
 *
 * It is told what to open, and then what to complete; it ends with the one that started it.
 */
import { complete } from './completions.ts';
import { loadOpt, type OptModel } from './model.ts';
import type { FromModel, ToModel } from './served-model.ts';

let by: OptModel;
const running = new Map<number, AbortController>();
const say = (message: FromModel) => void process.send?.(message);

process.on('SIGINT', () => undefined); // meant for the server, which then ends this process
process.on('disconnect', () => process.exit());
process.on('message', (message: ToModel) => {
  if ('open' in message) open(message.open).catch((error: Error) => say({ failed: told(error) }));
  else if ('stop' in message) running.get(message.stop)?.abort(new Error('stopped'));
  else work(message).catch((error: Error) => say({ id: message.id, failed: told(error) }));
});

async function open({ path, weights }: Extract<ToModel, { open: unknown }>['open']): Promise<void> {
  by = await loadOpt(path, {
    weights,
    progress: { update: (...said) => say({ progress: said }), note: () => undefined },
  });
  say({ opened: { context: by.config.maxPositions } });
}

async function work({ id, task }: Extract<ToModel, { task: unknown }>): Promise<void> {
  const stop = new AbortController();
  running.set(id, stop);
  try {
    const pieces = complete(by, task, stop.signal);
    let next = await pieces.next();
    for (; !next.done; next = await pieces.next()) say({ id, piece: next.value });
    say({ id, completed: next.value });
  } finally {
    running.delete(id);
  }
}

function told(error: Error & { code?: string }) {
  return { name: error.name, message: error.message, ...(error.code !== undefined && { code: error.code }) };
}
