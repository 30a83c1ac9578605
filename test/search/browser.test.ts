/** The indexes in a browser: built there, in the page and in a worker, to the same bytes as on Node, and asked there. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { rolldown } from 'rolldown';
import { LexicalIndex } from 'tenfold/retrieval';
import { FmIndex } from 'tenfold/search';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noChromium, openBrowser } from '../frame/chromium.ts';
import type { page as Asked } from './browser/page.ts';

const root = resolve(import.meta.dirname, '../..');
const documents = Array.from({ length: 40 }, (_, d) => Array.from({ length: 200 }, (_, i) => (i * i + 7 * d) % 311));
const texts = ['a cat', 'two cats and a dog', 'Die Müller mahlen, 東京'];

describe.skipIf(noChromium)(`indexes in a browser${noChromium ? `: ${noChromium}` : ''}`, () => {
  let server: Server;
  let browser: Browser;
  let page: Page;
  const said: string[] = [];

  beforeAll(async () => {
    const files = new Map([
      ...(await bundled(join(root, 'test/search/browser/page.ts'), 'page.js')),
      // beside the page's script, where bundlers put what “new URL” names
      ...(await bundled(join(root, 'dist/systems/search/fm-index/build-worker.js'), 'build-worker.js')),
    ]);
    server = createServer((request, response) => {
      const script = files.get(request.url!);
      response.setHeader('Content-Type', script === undefined ? 'text/html' : 'text/javascript');
      response.end(
        script ?? '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
      );
    }).listen(0, '127.0.0.1');
    await new Promise((done) => server.once('listening', done));
    browser = await openBrowser();
    page = await browser.newPage();
    page.on('pageerror', (error) => said.push(error.message));
    page.on('console', (message) => said.push(message.text()));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction('globalThis.page !== undefined');
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
    expect(said).toEqual([]);
  });

  it.each(['page', 'worker'] as const)('the FM-index is built in the %s to the same bytes', async (where) => {
    const own = FmIndex.build(documents);
    const file = await page.evaluate(
      ([given, place]) => (globalThis as unknown as { page: typeof Asked }).page.build(given, place),
      [documents, where] as const,
    );
    expect(Buffer.compare(Buffer.from(file), own.file)).toBe(0);
    for (const ngram of [documents[3]!.slice(5, 9), [310], [1, 2, 3]]) {
      const count = await page.evaluate(
        ([bytes, asked]) => (globalThis as unknown as { page: typeof Asked }).page.count(bytes, asked),
        [file, ngram] as const,
      );
      expect(count).toBe(own.count(ngram));
    }
  });

  it('what is wrong with a document is told across the worker', async () => {
    const told = await page.evaluate(() => (globalThis as unknown as { page: typeof Asked }).page.refused([[1], [-3]]));
    expect(told).toBe('RangeError FmIndex.build: expected tokens from 0 to 16777215, got -3 in document 1');
  });

  it('words are searched as on Node', async () => {
    for (const query of ['cats dog', 'müller', '東京', '']) {
      const found = await page.evaluate(
        ([given, asked]) => (globalThis as unknown as { page: typeof Asked }).page.words(given, asked),
        [texts, query] as const,
      );
      const own = LexicalIndex.build(texts).search(query);
      // logarithms differ in their last bit between versions of V8
      expect(found).toEqual(own.map(({ document, score }) => ({ document, score: expect.closeTo(score, 12) })));
    }
  });
});

async function bundled(input: string, name: string): Promise<(readonly [string, string])[]> {
  const bundle = await rolldown({
    input,
    platform: 'browser',
    external: /^node:/,
    resolve: { conditionNames: ['onnxruntime-web-use-extern-wasm', 'browser', 'import', 'default'] },
    logLevel: 'silent',
  });
  const { output } = await bundle.generate({ format: 'esm', entryFileNames: name, chunkFileNames: `[name]-${name}` });
  await bundle.close();
  return output.flatMap((file) => (file.type === 'chunk' ? [[`/${file.fileName}`, file.code] as const] : []));
}
