/**
 * Peers as long-lived child processes that speak JSON lines: one request a line on stdin, one answer a line on stdout.
 *
 * A peer starts once and keeps its model warm between the turns that alternate.ts gives it. It times its own work and
 * answers with the seconds. An answer is `{"ok": value}` or `{"error": "message"}`; stderr is kept for the message when
 * a peer dies. bench/peers/lines.py is the Python side.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** A running peer. Its process ends with `using`, or with this one. */
export class Peer implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #ended: Promise<string>;
  #stderr = '';

  /** @param env variables set on top of this process's own, such as OMP_NUM_THREADS */
  constructor(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    this.#answers = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
    this.#child.stderr!.on('data', (chunk) => {
      this.#stderr = (this.#stderr + chunk).slice(-2000);
    });
    // A peer that is gone breaks the pipe; what is told of it is how it ended.
    this.#child.stdin!.on('error', () => {});
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(error.message));
      this.#child.once('close', (code, signal) => resolve(signal ? `killed by ${signal}` : `exited with ${code}`));
    });
  }

  /** Sends one request and waits for its answer. @throws Error when the peer answers with an error, or dies */
  async ask<T>(request: object): Promise<T> {
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    const line = await this.#answers.next();
    if (line.done) {
      const how = await this.#ended;
      throw new Error(`peer: expected an answer, got none (${how})${this.#stderr && `:\n${this.#stderr.trimEnd()}`}`);
    }
    const answer = JSON.parse(line.value) as { ok: T } | { error: string };
    if ('error' in answer) throw new Error(`peer: ${answer.error}`);
    return answer.ok;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin!.end();
    this.#child.kill();
    await this.#ended;
  }
}

/** A peer in Python, of bench/peers, on so many threads. */
export function pythonPeer(python: string, script: string, threads: number): Peer {
  const count = String(threads);
  return new Peer(python, [fileURLToPath(new URL(`../peers/${script}`, import.meta.url))], {
    THREADS: count,
    OMP_NUM_THREADS: count,
    OPENBLAS_NUM_THREADS: count,
  });
}

/** A Python that can import what a peer needs, or why there is none. */
export type Python = { readonly path: string; readonly version: string } | { readonly missing: string };

const run = promisify(execFile);

/**
 * Looks for a Python that imports `module`: the system's own first, where a distribution's packages live, then what
 * PATH names.
 *
 * @returns its path and the module's version, or the reason to say beside a skipped case
 */
export async function findPython(module: string): Promise<Python> {
  for (const path of ['/usr/bin/python3', 'python3', 'python']) {
    try {
      const { stdout } = await run(path, ['-c', `import ${module}; print(${module}.__version__)`], { timeout: 60_000 });
      return { path, version: stdout.trim() };
    } catch {
      // Not there, or without the module: the next one.
    }
  }
  return { missing: `no Python that imports ${module}` };
}
