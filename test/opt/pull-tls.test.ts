/**
 * Fetching over TLS, from a server on the loopback: what begins encrypted stays so. The command runs in a process of its
 * own, whose environment makes it trust the test's certificate.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer as createPlain, type RequestListener, type Server } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

const at = (name: string) => fileURLToPath(new URL(`fixtures/loopback/${name}`, import.meta.url));
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const files: Record<string, string> = { 'config.json': '{"model_type":"opt"}', 'model.safetensors': 'weights' };
const git = (text: string) => createHash('sha1').update(`blob ${text.length}\0`).update(text).digest('hex');

let safe: Server;
let plain: Server;
/** What each was asked. */
const asked = { safe: [] as string[], plain: [] as string[] };
/** Where weights, or the listing's next page, are sent on to. */
let weightsAt: 'safe' | 'plain';
let pageAt: 'safe' | 'plain' | undefined;
let folder: string;

const origin = (which: 'safe' | 'plain') => {
  const { port } = (which === 'safe' ? safe : plain).address() as AddressInfo;
  return `${which === 'safe' ? 'https' : 'http'}://127.0.0.1:${port}`;
};

const hub =
  (which: 'safe' | 'plain'): RequestListener =>
  (request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://hub');
    asked[which].push(pathname);
    if (pathname.startsWith('/api/')) {
      if (pageAt !== undefined && !searchParams.has('after')) {
        response.setHeader('link', `<${origin(pageAt)}${pathname}?after=0>; rel="next"`);
        return void response.end('[]');
      }
      const listing = Object.entries(files).map(([path, text]) => {
        return { type: 'file', path, size: text.length, oid: git(text) };
      });
      return void response.end(JSON.stringify(listing));
    }
    const name = pathname.split('/').at(-1)!;
    if (name === 'model.safetensors' && !pathname.startsWith('/store/')) {
      return void response.writeHead(302, { location: `${origin(weightsAt)}/store/${name}` }).end();
    }
    response.end(files[name]);
  };

beforeAll(async () => {
  const [key, cert] = await Promise.all([readFile(at('key.pem')), readFile(at('cert.pem'))]);
  safe = createServer({ key, cert }, hub('safe'));
  plain = createPlain(hub('plain'));
  for (const server of [safe, plain]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  safe.close();
  plain.close();
});
beforeEach(async () => {
  asked.safe = [];
  asked.plain = [];
  weightsAt = 'safe';
  pageAt = undefined;
  folder = await mkdtemp(join(tmpdir(), 'opt-tls-'));
  return () => rm(folder, { recursive: true });
});

function pull(env: Record<string, string> = { NODE_EXTRA_CA_CERTS: at('cert.pem') }) {
  const line = [main, 'opt', 'pull', 'some/opt', '--hub', origin('safe'), '--out', folder];
  return new Promise<{ code: number; said: string }>((resolve) => {
    const child = execFile(process.execPath, line, { env: { ...process.env, ...env } }, (_, out, err) => {
      resolve({ code: child.exitCode!, said: out + err });
    });
  });
}

test('a model comes whole from a server that sends on to itself', async () => {
  const { code, said } = await pull();
  expect(said).toContain('2 files');
  expect(code).toBe(0);
  expect(await readFile(join(folder, 'model.safetensors'), 'utf8')).toBe('weights');
  expect(asked.plain).toEqual([]);
});

test('a file that is sent on to plain http is refused, and not asked for there', async () => {
  weightsAt = 'plain';
  const { code, said } = await pull();
  expect(said).toContain(`tenfold: pull: expected ${origin('safe')} to send on to https, got ${origin('plain')}`);
  expect(code).toBe(2);
  expect(asked.safe).toContain('/some/opt/resolve/main/model.safetensors');
  expect(asked.plain).toEqual([]);
  expect(await readdir(folder)).not.toContain('model.safetensors');
});

test('so is a listing that goes on in plain http', async () => {
  pageAt = 'plain';
  const { code, said } = await pull();
  expect(said).toContain(`to send on to https, got ${origin('plain')}`);
  expect(code).toBe(2);
  expect(asked.plain).toEqual([]);
});

test('a certificate that nobody vouches for is not believed', async () => {
  const { code, said } = await pull({ NODE_EXTRA_CA_CERTS: '' });
  expect(said).toMatch(/tenfold: pull: cannot reach https:\S+: (DEPTH_ZERO_)?SELF_SIGNED_CERT/);
  expect(code).toBe(1);
  expect(asked.safe).toEqual([]);
});
