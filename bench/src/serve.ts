/** A child process's side of peer.ts in TypeScript, as bench/peers/lines.py is in Python: JSON lines in, JSON lines out. */
import { createInterface } from 'node:readline';

export interface Request {
  /** The name of one of the answers. */
  readonly do: string;
  readonly model?: string;
  readonly steps?: number;
  /** A file for the start of a training: see train-start.ts. */
  readonly start?: string;
  /** Of a checkpoint, and how its weights are kept: see generate-worker.ts. */
  readonly folder?: string;
  readonly weights?: string;
  /** Of a prompt. */
  readonly tokens?: number;
  readonly prompts?: readonly string[];
}

/** Answers requests, one at a time, until stdin closes. */
export async function serve(
  answers: Readonly<Record<string, (request: Request) => Promise<unknown> | unknown>>,
): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    let reply: object;
    try {
      const request: Request = JSON.parse(line);
      const answer = answers[request.do];
      if (!answer) throw new RangeError(`expected one of ${Object.keys(answers).join(', ')}, got ${request.do}`);
      reply = { ok: (await answer(request)) ?? null };
    } catch (error) {
      reply = { error: (error as Error).stack };
    }
    process.stdout.write(`${JSON.stringify(reply)}\n`);
  }
}

/** Seconds a step of `work`, which makes `steps` of them. */
export async function timed(steps: number, work: () => Promise<void>): Promise<number> {
  const from = performance.now();
  await work();
  return (performance.now() - from) / 1000 / steps;
}
