/**
 * The same public face in a browser: a page that imports the rooms trains a small network in Chromium, on WebAssembly
 * and, through SwiftShader, on WebGPU, to the numbers of Node's CPU.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { rolldown } from 'rolldown';
import { defaultDevice } from 'tenfold/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Trained, train } from './browser/train.ts';
import { noChromium, openBrowser } from './frame/chromium.ts';

const root = resolve(import.meta.dirname, '..');

describe.skipIf(noChromium)(`a browser${noChromium ? `: ${noChromium}` : ''}`, () => {
  let server: Server;
  let browser: Browser;
  let page: Page;
  let wanted: Trained;
  const said: string[] = [];

  beforeAll(async () => {
    const files = new Map([['/', page0], ...(await bundled())]);
    server = createServer((request, response) => {
      const path = new URL(request.url!, 'http://localhost').pathname;
      const body = files.get(path) ?? runtimeFile(path);
      // threads of WebAssembly need a page that is isolated
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
      response.setHeader('Content-Type', typeOf(path));
      response.writeHead(body === undefined ? 404 : 200).end(body);
    }).listen(0, '127.0.0.1');
    await new Promise((done) => server.once('listening', done));
    browser = await openBrowser(
      '--enable-unsafe-webgpu',
      '--use-webgpu-adapter=swiftshader',
      '--enable-features=Vulkan',
    );
    page = await browser.newPage();
    page.on('pageerror', (error) => said.push(error.message));
    page.on('console', (message) => said.push(message.text()));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    wanted = await train(defaultDevice());
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  it('learns on the CPU, which the others are held against', () => {
    expect(wanted.losses.at(-1)).toBeLessThan(wanted.losses[0]! / 10);
  });

  it.each(['cpu', 'webgpu'])('trains on %s to the same numbers', async (provider) => {
    const got = await page.evaluate(
      (name) => (globalThis as unknown as { trainOn(name: string): Promise<Trained> }).trainOn(name),
      provider,
    );
    expect(got.stayed).toBe(provider === 'webgpu');
    for (const [i, loss] of got.losses.entries())
      expect(Math.abs(loss - wanted.losses[i]!)).toBeLessThan(2e-3 * wanted.losses[i]! + 1e-6);
    for (const [i, weight] of got.weights.entries()) expect(weight).toBeCloseTo(wanted.weights[i]!, 2);
    expect(said).toEqual([]);
  });

  it('bundles without a module of Node at its top', async () => {
    const code = [...(await bundled()).values()].join('\n');
    expect(code).not.toMatch(/^import [^;]*["']node:/m);
  });
});

const page0 =
  '<!doctype html><meta charset="utf-8"><title>tenfold</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';

/** The page's modules, as any bundler makes them of the package. */
async function bundled(): Promise<Map<string, string>> {
  const bundle = await rolldown({
    input: join(root, 'test/browser/page.ts'),
    platform: 'browser',
    external: /^node:/,
    resolve: { conditionNames: ['onnxruntime-web-use-extern-wasm', 'browser', 'import', 'default'] },
    logLevel: 'silent',
  });
  const { output } = await bundle.generate({ format: 'esm', entryFileNames: 'page.js', chunkFileNames: '[name].js' });
  await bundle.close();
  return new Map(output.flatMap((file) => (file.type === 'chunk' ? [[`/${file.fileName}`, file.code] as const] : [])));
}

/** ONNX Runtime's WebAssembly, which it asks for beside the page's script. */
function runtimeFile(path: string): Buffer | undefined {
  const name = /^\/(ort-wasm[\w.-]+\.(?:mjs|wasm))$/.exec(path)?.[1];
  const file = join(root, 'node_modules/onnxruntime-web/dist', name ?? '');
  return name && existsSync(file) ? readFileSync(file) : undefined;
}

function typeOf(path: string): string {
  if (path.endsWith('.wasm')) return 'application/wasm';
  return path === '/' ? 'text/html' : 'text/javascript';
}
