/**
 * Stray output fails a test. Every write to the console or to the process's streams is still shown, and then thrown as
 * an error that points at the line that made it: after the test it fell in, or after the file if it fell outside tests.
 */
import { afterAll, afterEach } from 'vitest';

const stray: Error[] = [];

watch(console, 'console', ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir', 'table']);
watch(process.stdout, 'process.stdout', ['write']);
watch(process.stderr, 'process.stderr', ['write']);
afterEach(report);
afterAll(report);

function watch<T extends object>(target: T, name: string, methods: readonly (keyof T & string)[]): void {
  for (const method of methods) {
    const original = target[method] as (...args: unknown[]) => unknown;
    const watched = (...args: unknown[]): unknown => {
      const error = new Error(`expected no stray output, got ${name}.${method}: ${String(args[0]).trim()}`);
      Error.captureStackTrace(error, watched);
      stray.push(error);
      return original.apply(target, args);
    };
    target[method] = watched as T[typeof method];
  }
}

function report(): void {
  const [first] = stray.splice(0);
  if (first) throw first;
}
