/** The process around the command: its streams, Ctrl-C, its exit code. */

import type { System } from './systems.ts';
import { tenfold } from './tenfold.ts';

export async function runProcess(systems: readonly System[]): Promise<void> {
  const controller = new AbortController();
  const stop = () => {
    // The first asks to stop at the next safe point; whoever presses again does not want to wait for that.
    if (controller.signal.aborted) process.exit(130);
    process.stderr.write('\ntenfold: stopping; once more to stop at once\n');
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  // Whoever read our output has gone (`tenfold … | head`): there is nobody left to write to.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  process.exitCode = await tenfold(process.argv.slice(2), {
    stdout: process.stdout,
    stderr: process.stderr,
    signal: controller.signal,
    systems,
    root: new URL('../../', import.meta.url),
  });
}
