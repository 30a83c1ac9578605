/**
 * A PostgreSQL server of the tests' own, in an empty folder, reached through the loopback interface: where `initdb` and
 * `postgres` are installed; `TENFOLD_TEST_POSTGRES` names another instead. It refuses to be run by root, and is then run by
 * the user `postgres`.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface PostgresServer {
  /** A connection string of a new, empty database. */
  fresh(): string;
  stop(): Promise<void>;
}

/** Undefined where there is none. */
export async function startPostgres(): Promise<PostgresServer | undefined> {
  const given = process.env.TENFOLD_TEST_POSTGRES;
  if (given) return { fresh: () => made(given), stop: async () => {} };
  const user = whoRuns();
  const folder = mkdtempSync(join(tmpdir(), 'tenfold-postgres-'));
  if (user) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  let server: ChildProcess | undefined;
  const clear = () => rmSync(folder, { recursive: true, force: true });
  try {
    execFileSync('initdb', ['-D', data, '-U', 'tenfold', '-A', 'trust', '-E', 'UTF8', '--no-sync'], {
      ...user,
      stdio: 'ignore',
    });
    const port = await freePort();
    server = spawn('postgres', ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', '', '-c', 'fsync=off'], {
      ...user,
      stdio: 'ignore',
    });
    const url = `postgres://tenfold@127.0.0.1:${port}/postgres`;
    for (let tried = 0; ; tried++) {
      try {
        psql(url, 'SELECT 1');
        break;
      } catch (error) {
        if (tried === 600) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    const running = server;
    return {
      fresh: () => made(url),
      stop: async () => {
        const ended = new Promise((resolve) => running.once('exit', resolve));
        running.kill('SIGINT');
        await ended;
        clear();
      },
    };
  } catch {
    server?.kill('SIGKILL');
    clear();
    return undefined;
  }
}

let count = 0;

function made(url: string): string {
  const name = `tenfold_${process.pid}_${count++}`;
  psql(url, `CREATE DATABASE ${name}`);
  const fresh = new URL(url);
  fresh.pathname = `/${name}`;
  return fresh.href;
}

function psql(url: string, statement: string): void {
  execFileSync('psql', ['-q', '-d', url, '-c', statement], { stdio: 'ignore' });
}

function whoRuns(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
