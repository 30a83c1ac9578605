/** Fetching from a hub: a server on the loopback that answers as one does, and fails as one may. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hubModel, type PullOptions, pull } from 'tenfold/opt';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

const big = Buffer.from(Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 2654435761) >>> 11));
const content: Record<string, Buffer> = {
  'config.json': Buffer.from('{"model_type":"opt"}'),
  'vocab.json': Buffer.from('{}'),
  'merges.txt': Buffer.from('#version: 0.2\n'),
  'model.safetensors': big,
  'pytorch_model.bin': Buffer.from('not wanted'),
  'flax_model.msgpack': Buffer.from('not wanted'),
};
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const git = (bytes: Buffer) => createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');

let server: Server;
let base: string;
let folder: string;
/** What the server did, and how it is to fail. */
let requests: { path: string; range: string | undefined; encoding: unknown }[];
let fault: ((request: IncomingMessage, response: ServerResponse, name: string) => boolean) | undefined;
let listing: () => unknown;
let pageSize: number;

const fullListing = () => [
  { type: 'directory', path: 'onnx', oid: git(Buffer.from('')), size: 0 },
  { type: 'file', path: '../escape.json', oid: git(Buffer.from('x')), size: 1 },
  ...Object.entries(content).map(([path, bytes]) => ({
    type: 'file',
    path,
    size: bytes.length,
    oid: git(bytes),
    ...(bytes.length > 1000 && { lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 134 } }),
  })),
];

beforeAll(async () => {
  server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://hub');
    requests.push({
      path: url.pathname,
      range: request.headers.range,
      encoding: request.headers['accept-encoding'],
    });
    if (url.pathname === '/hub/api/models/some/opt/tree/main') {
      const entries = listing();
      const after = Number(url.searchParams.get('after') ?? 0);
      const to = after + pageSize;
      if (!Array.isArray(entries)) return void response.end(JSON.stringify(entries));
      if (to < entries.length)
        response.setHeader(
          'link',
          `<http://${request.headers.host}${url.pathname}?recursive=true&after=${to}>; rel="next"`,
        );
      return void response.end(JSON.stringify(entries.slice(after, to)));
    }
    const name = /^\/hub\/some\/opt\/resolve\/main\/(.*)$/.exec(url.pathname)?.[1];
    const stored = /^\/store\/(.*)$/.exec(url.pathname)?.[1];
    if (name === 'model.safetensors' && request.method === 'GET') {
      response.writeHead(302, { location: `/store/${name}` }).end(); // as large files are
      return;
    }
    const file = name ?? stored;
    const bytes = file === undefined ? undefined : content[file];
    if (bytes === undefined) return void response.writeHead(404).end();
    if (fault?.(request, response, file!)) return;
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (start > 0) {
      const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
      response.writeHead(206, { 'content-range': range, 'content-length': bytes.length - start });
    } else response.writeHead(200, { 'content-length': bytes.length, 'x-linked-etag': `"${sha256(bytes)}"` });
    response.end(request.method === 'HEAD' ? undefined : bytes.subarray(start));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hub`;
});
afterAll(() => server.close());

beforeEach(async () => {
  requests = [];
  fault = undefined;
  listing = fullListing;
  pageSize = 1000;
  folder = await mkdtemp(join(tmpdir(), 'opt-pull-'));
  return () => rm(folder, { recursive: true, force: true });
});

const quiet = { update() {}, note() {} };
const fetchModel = (options: Partial<PullOptions> = {}) =>
  pull(hubModel(base, 'some/opt', 'main'), {
    folder,
    progress: quiet,
    signal: new AbortController().signal,
    ...options,
  });
/** Compared as bytes: three million numbers one by one would take seconds. */
const expectWhole = async () => expect(big.equals(await readFile(join(folder, 'model.safetensors')))).toBe(true);
/** How much of the weights has come, while they are fetched. */
const come = async () => {
  const name = (await readdir(folder)).find((one) => one.endsWith('.part'));
  return name === undefined ? 0 : (await stat(join(folder, name))).size;
};
const rangesOf = (file: string) => requests.filter(({ path }) => path === `/store/${file}`).map(({ range }) => range);

test('fetches what running the model needs, and nothing else; a second time nothing', async () => {
  const first = await fetchModel();
  expect((await readdir(folder)).sort()).toEqual(['config.json', 'merges.txt', 'model.safetensors', 'vocab.json']);
  await expectWhole();
  expect(first.fetched).toBe(first.files.reduce((sum, { size }) => sum + size, 0));
  requests = [];
  expect((await fetchModel()).fetched).toBe(0);
  expect(requests.length).toBe(1); // the listing
});

test('a listing in pages is read to its end, and everything is asked for as it is stored', async () => {
  pageSize = 3;
  await fetchModel();
  expect((await readdir(folder)).sort()).toEqual(['config.json', 'merges.txt', 'model.safetensors', 'vocab.json']);
  expect(requests.filter(({ path }) => path.includes('/tree/')).length).toBe(3);
  expect(new Set(requests.map(({ encoding }) => encoding))).toEqual(new Set(['identity']));
});

test('an index that names shards which the hub does not list is told before any shard is fetched', async () => {
  const index = { weight_map: { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' } };
  const shards = {
    'model.safetensors.index.json': Buffer.from(JSON.stringify(index)),
    'model-00001-of-00002.safetensors': Buffer.from('shard '.repeat(100)),
  };
  Object.assign(content, shards);
  try {
    const own = ['config.json', ...Object.keys(shards)];
    listing = () => fullListing().filter(({ path }) => own.includes(path));
    await expect(fetchModel()).rejects.toThrow(
      /^pull: expected the hub to list every shard that .*index.json names, got 1 missing: "model-00002-of-00002/,
    );
    expect(requests.some(({ path }) => path.includes('00001-of'))).toBe(false);
  } finally {
    for (const name of Object.keys(shards)) delete content[name];
  }
});

test('a listing whose pages lead in a circle ends', async () => {
  let pages = 0;
  const circle = createServer((request, response) => {
    pages++;
    response.writeHead(200, { link: `<${request.url}>; rel="next"` }).end('[]');
  });
  await new Promise<void>((resolve) => circle.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(circle.address() as AddressInfo).port}`;
  await expect(
    pull(hubModel(address, 'some/opt', 'main'), { folder, progress: quiet, signal: new AbortController().signal }),
  ).rejects.toThrow(/expected a listing of at most 16777216 bytes, got more/);
  expect(pages).toBeLessThan(1100);
  circle.close();
});

test('redirections without end', async () => {
  fault = (_, response, name) => {
    if (name !== 'vocab.json') return false;
    response.writeHead(302, { location: '/hub/some/opt/resolve/main/vocab.json' }).end();
    return true;
  };
  await expect(fetchModel()).rejects.toThrow(/got more than 10 redirections/);
});

test('goes on where the connection broke', async () => {
  let broken = 0;
  fault = (request, response, name) => {
    if (name !== 'model.safetensors' || broken++ > 1) return false;
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': big.length - start,
      ...(start > 0 && { 'content-range': `bytes ${start}-${big.length - 1}/${big.length}` }),
    });
    response.write(big.subarray(start, start + 1_000_000));
    void vi.waitUntil(async () => (await come()) > start, { timeout: 60_000 }).finally(() => response.destroy());
    return true;
  };
  await fetchModel();
  await expectWhole();
  const ranges = rangesOf('model.safetensors');
  expect(ranges.length).toBe(3);
  expect(ranges[0]).toBeUndefined();
  expect(Number(ranges[1]!.slice(6, -1))).toBeGreaterThan(0);
});

test('goes on where a killed process was', async () => {
  fault = (_, response, name) => {
    if (name !== 'model.safetensors') return false;
    response.writeHead(200, { 'content-length': big.length });
    response.write(big.subarray(0, 1_234_567)); // and then nothing
    return true;
  };
  const script = `
    import { hubModel, pull } from 'tenfold/opt';
    await pull(hubModel('${base}', 'some/opt', 'main'), {
      folder: ${JSON.stringify(folder)}, progress: { update() {}, note() {} }, signal: new AbortController().signal });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
  await expect.poll(come).toBe(1_234_567);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  fault = undefined;
  requests = [];
  const { fetched } = await fetchModel();
  expect(rangesOf('model.safetensors')).toEqual(['bytes=1234567-']);
  expect(fetched).toBe(big.length - 1_234_567);
  await expectWhole();
});

test('two fetches into one folder: the second is refused, the first goes on', async () => {
  let second: Promise<unknown> | undefined;
  fault = (_, response, name) => {
    if (name !== 'model.safetensors' || second) return false;
    second = fetchModel().catch((error: Error) => error.message);
    void second.then(() => response.writeHead(200, { 'content-length': big.length }).end(big));
    return true;
  };
  await fetchModel();
  expect(await second).toMatch(
    `pull: expected nobody else at work in ${folder}, got process ${process.pid} (if that is another program, remove`,
  );
  await expectWhole();
  expect((await readdir(folder)).sort()).toEqual(['config.json', 'merges.txt', 'model.safetensors', 'vocab.json']);
});

test('a wrong hash: the file is thrown away, the others are kept, and it says so', async () => {
  let spoil = true;
  fault = (_, response, name) => {
    if (name !== 'model.safetensors' || !spoil) return false;
    const bytes = Buffer.from(big);
    bytes[5] = (bytes[5]! + 1) & 255;
    response.writeHead(200).end(bytes);
    return true;
  };
  await expect(fetchModel()).rejects.toThrow(
    /^pull: model.safetensors: expected sha256 [0-9a-f]{64}, got [0-9a-f]{64}: it was thrown away; 3 whole files are kept/,
  );
  expect((await readdir(folder)).sort()).toEqual(['config.json', 'merges.txt', 'vocab.json']);
  spoil = false;
  expect((await fetchModel()).fetched).toBe(big.length);
});

test('a small file is checked by its git hash', async () => {
  fault = (_, response, name) => {
    if (name !== 'config.json') return false;
    response.writeHead(200).end(Buffer.from('{"model_type":"xyz"}'));
    return true;
  };
  await expect(fetchModel()).rejects.toThrow(/config.json: expected git hash/);
});

describe('servers', () => {
  test('that ignore ranges are read from the beginning', async () => {
    await writeFile(join(folder, `model.safetensors.${sha256(big).slice(0, 12)}.part`), 'wrong start');
    fault = (_, response, name) => {
      if (name !== 'model.safetensors') return false;
      response.writeHead(200, { 'content-length': big.length }).end(big);
      return true;
    };
    await fetchModel();
    await expectWhole();
  });

  test('that are busy are asked again', async () => {
    let busy = 2;
    fault = (_, response, name) => {
      if (name !== 'vocab.json' || busy-- <= 0) return false;
      response.writeHead(503).end();
      return true;
    };
    await fetchModel();
    expect(requests.filter(({ path }) => path.endsWith('vocab.json')).length).toBe(3);
  });

  test('that fall silent count as cut off', async () => {
    let silent = true;
    fault = (_, response, name) => {
      if (name !== 'vocab.json' || !silent) return false;
      silent = false;
      response.writeHead(200, { 'content-length': 2 });
      response.write('{');
      return true;
    };
    await fetchModel({ patience: 200 });
    expect(await readFile(join(folder, 'vocab.json'), 'utf8')).toBe('{}');
  });

  test('whose listing has no hashes must give one in the ETag', async () => {
    listing = () => fullListing().map(({ type, path, size }) => ({ type, path, size }));
    await fetchModel();
    await expectWhole();
  });

  test('that send more than they announced are not believed', async () => {
    fault = (_, response, name) => {
      if (name !== 'vocab.json') return false;
      response.writeHead(200).end(Buffer.alloc(100_000));
      return true;
    };
    await expect(fetchModel()).rejects.toThrow(/expected 2 bytes of vocab.json, got more/);
  });

  test('that cannot be reached, or have no such model', async () => {
    await expect(
      pull(hubModel('http://127.0.0.1:19', 'some/opt', 'main'), {
        folder,
        progress: quiet,
        signal: new AbortController().signal,
      }),
    ).rejects.toThrow(/cannot reach http:\/\/127.0.0.1:19: \w+/);
    await expect(
      pull(hubModel(base, 'no/such', 'main'), { folder, progress: quiet, signal: new AbortController().signal }),
    ).rejects.toThrow(/asked http:\S+ for no\/such \(main\): expected it, got status 404, which it does not have/);
  });

  test.each([
    [
      [{ type: 'file', path: 'config.json', size: 1, oid: 'x' }],
      /expected some\/opt to have safetensors or PyTorch weights/,
    ],
    [[{ type: 'file', path: 'model.safetensors', size: 1, oid: 'x' }], /to have a config.json/],
    [[{ type: 'file', path: 'model.safetensors', size: -1 }], /expected the size/],
    [{ error: 'x' }, /expected a listing of files/],
  ])('with an odd listing: %j', async (answer, message) => {
    listing = () => answer;
    await expect(fetchModel()).rejects.toThrow(message);
  });
});

test('stopping leaves a part that the next fetch goes on with', async () => {
  const stop = new AbortController();
  fault = (_, response, name) => {
    if (name !== 'model.safetensors') return false;
    response.writeHead(200, { 'content-length': big.length });
    response.write(big.subarray(0, 500_000));
    return true;
  };
  const progress = {
    ...quiet,
    update: (label: string) =>
      label.startsWith('model') && label.includes('500.0 kB') && stop.abort(new Error('stopped')),
  };
  await expect(fetchModel({ progress: progress as never, signal: stop.signal })).rejects.toThrow('stopped');
  fault = undefined;
  requests = [];
  await fetchModel();
  expect(rangesOf('model.safetensors')[0]).toMatch(/^bytes=\d+-$/);
});

test('a file of the same name that is another is not overwritten', async () => {
  await writeFile(join(folder, 'config.json'), '{"model_type":"opt","mine":true}');
  await expect(fetchModel()).rejects.toThrow(/expected .*config.json to be the hub's, got another file/);
  expect(await readFile(join(folder, 'config.json'), 'utf8')).toContain('mine');
});

test.each([
  ['ftp://x', 'a/b', 'main', /expected the address of a hub/],
  ['http://x', '../b', 'main', /expected a model's name/],
  ['http://x', 'a/b/c', 'main', /expected a model's name/],
  ['http://x', 'a/b', '../x', /expected a branch/],
])('%s %s %s', (address, id, revision, message) => {
  expect(() => hubModel(address, id, revision)).toThrow(message);
});
