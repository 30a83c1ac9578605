/** A page of headless Chromium that holds an FM-index and answers what fm-queries.ts asks. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { rolldown } from 'rolldown';
import type { Measured } from './fm-queries.ts';

export interface Page extends AsyncDisposable {
  ask(request: 'count' | 'next' | 'locate'): Promise<Measured>;
}

/** Opens the index that lies in `folder` as ours.fm, with its queries, or says why not. */
export async function openInChromium(folder: string): Promise<Page | { missing: string }> {
  const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));
  if (executablePath === undefined) return { missing: "no Chromium (Debian's package chromium)" };
  if (!existsSync(join(folder, 'ours.fm'))) return { missing: 'no index was built' };
  const script = await bundled();
  const server = createServer(async (request, response) => {
    const name = /^\/(\w+\.(?:fm|bin))$/.exec(request.url!)?.[1];
    if (name !== undefined) return response.end(await readFile(join(folder, name)));
    response.setHeader('Content-Type', request.url === '/page.js' ? 'text/javascript' : 'text/html');
    return response.end(
      request.url === '/page.js' ? script : '<!doctype html><script type="module" src="/page.js"></script>',
    );
  }).listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await page.waitForFunction('globalThis.ask !== undefined', undefined, { timeout: 60_000 });
  return {
    ask: (request) => page.evaluate((name) => (globalThis as unknown as Page).ask(name as 'count'), request),
    async [Symbol.asyncDispose]() {
      await browser.close();
      server.close();
    },
  };
}

async function bundled(): Promise<string> {
  const bundle = await rolldown({
    input: fileURLToPath(new URL('fm-page.js', import.meta.url)),
    platform: 'browser',
    external: /^node:/,
    // what only saving needs, and loads when it does
    resolve: { conditionNames: ['onnxruntime-web-use-extern-wasm', 'browser', 'import', 'default'] },
    logLevel: 'silent',
  });
  const { output } = await bundle.generate({ format: 'esm', entryFileNames: 'page.js' });
  await bundle.close();
  return output[0].code;
}
