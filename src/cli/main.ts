#!/usr/bin/env node
/** The process around the command: its streams, Ctrl-C, its exit code. */

import { systems } from './systems.ts';
import { tenfold } from './tenfold.ts';

const controller = new AbortController();
// The first asks to stop at the next safe point; whoever presses again does not want to wait for that.
process.on('SIGINT', () => (controller.signal.aborted ? process.exit(130) : controller.abort()));
process.on('SIGTERM', () => controller.abort());
// Whoever read our output has gone (`tenfold … | head`): there is nobody left to write to.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await tenfold(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  signal: controller.signal,
  systems,
  root: new URL('../../', import.meta.url),
});
