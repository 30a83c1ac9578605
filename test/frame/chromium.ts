import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);

/** Why the tests in a browser are skipped here; undefined where they run. */
export const noChromium = executablePath ? undefined : "no Chromium (Debian's package chromium)";

/** Milliseconds that a browser gets for any one thing: for what hangs, not for what is slow. */
const patience = 120_000;

/** Starts Chromium, whose pages have that patience too. Close it when done. */
export async function openBrowser(...args: string[]): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: executablePath!,
    args: ['--no-sandbox', ...args],
    timeout: patience,
  });
  browser.on('context', (context) => context.setDefaultTimeout(patience));
  return browser;
}
