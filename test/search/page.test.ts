/** The search page in a browser: what is typed, shown, explained, filtered; by keyboard, on a phone, in the dark. */
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { createIndex, LiveSearcher, openIndexWriter, searchService, trainIndex } from 'tenfold/search';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { noChromium, openBrowser } from '../frame/chromium.ts';

const markup = '<script>globalThis.struck = 1</script><img src=x onerror="globalThis.struck = 1"> & “earthquakes”';
const documents = [
  {
    id: 'a',
    title: 'Earthquake prediction',
    text: 'Can earthquakes be predicted? Not yet.',
    year: 2020,
    venue: 'Nature',
  },
  {
    id: 'b',
    title: '<b onclick=alert(1)>bold</b> earthquakes',
    text: markup,
    year: 2021,
    tags: ['<i>', 'web'],
    url: 'https://example.org/a',
    home: 'javascript:alert(1)',
  },
  ...Array.from({ length: 30 }, (_, i) => ({
    id: `n${i}`,
    title: `Note ${i}`,
    text: `note ${i} of the earthquakes of ${1900 + i}. ${'and so on '.repeat(60)} the end ${i}`,
    year: 1900 + i,
  })),
];

describe.skipIf(noChromium)(
  `the search page${noChromium ? `: ${noChromium}` : ''}`,
  // a browser keeps its own time: a second try, which a defect fails as well
  { retry: 1 },
  () => {
    let folder: string;
    let live: LiveSearcher;
    let server: Server;
    let url: string;
    let browser: Browser;
    let page: Page;
    let said: string[];
    /** What the browser itself says of a request that a test makes fail. */
    let awaited: RegExp | undefined;

    beforeAll(async () => {
      folder = join(await mkdtemp(join(tmpdir(), 'tenfold-page-')), 'index');
      await createIndex(folder, { texts: documents.map(({ text }) => text), vocabulary: 320 });
      {
        await using writer = await openIndexWriter(folder);
        await writer.add(documents);
      }
      await trainIndex({ folder, recipe: { steps: 8, width: 32, layers: 1, heads: 2, hidden: 64, batch: 8 } });
      live = await LiveSearcher.open(folder);
      server = searchService(live);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      browser = await openBrowser();
    });
    afterAll(async () => {
      await browser?.close();
      server?.closeAllConnections();
      server?.close();
      await live?.release();
      if (folder) await rm(join(folder, '..'), { recursive: true });
    });

    beforeEach(async () => {
      page = await browser.newPage();
      said = [];
      awaited = undefined;
      page.on('pageerror', (error) => said.push(error.message));
      page.on('console', (message) => said.push(message.text()));
      page.on('dialog', (dialog) => said.push(dialog.message()));
      await page.goto(url);
      // it says how much there is, and its field takes the focus, a while after it is there
      await status().filter({ hasText: '32 documents' }).waitFor();
      await expect.poll(() => focused()).toBe('query');
    });
    afterEach(async () => {
      expect(said.filter((text) => !awaited?.test(text))).toEqual([]);
      await page.close();
    });

    const results = () => page.locator('#results > li');
    const status = () => page.locator('#status');
    const ask = async (query: string) => {
      await page.fill('#query', query);
      await page.waitForFunction(() =>
        /found|documents of|1 document of/i.test(document.querySelector('#status')!.textContent!),
      );
    };
    const focused = () => page.evaluate(() => document.activeElement?.id || document.activeElement?.tagName);

    it('greets with the number of documents and the field ready to type in', async () => {
      expect(await status().textContent()).toBe('32 documents');
      expect(await focused()).toBe('query');
      expect(await page.locator('#rank').isVisible()).toBe(true);
    });

    it('finds as one types, with what was matched marked and the markup of documents shown as text', async () => {
      await page.check('input[value=words]', { force: true });
      await ask('earthquakes bold');
      await expect.poll(() => results().first().locator('h2').textContent()).toBe(documents[1]!.title);
      await expect.poll(() => results().first().locator('.passage').textContent()).toBe(documents[1]!.text);
      expect(await results().first().locator('mark').allTextContents()).toEqual(['bold', 'earthquakes', 'earthquakes']);
      expect(await page.evaluate(() => (globalThis as { struck?: number }).struck)).toBeUndefined();
      const links = await page
        .locator('#results a')
        .evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).href));
      expect(links).toEqual(['https://example.org/a']);
      await expect.poll(() => page.locator('#results script, #results img, #results b').count()).toBe(0);
      await expect.poll(() => status().textContent()).toMatch(/^10 documents of 32, \d+ ms$/);
    });

    it('finds what is not typed to its end, or misspelt, and says what for', async () => {
      await page.check('input[value=words]', { force: true });
      await ask('earthqakes predi');
      await expect.poll(() => results().first().locator('h2').textContent()).toBe(documents[0]!.title);
      await results().first().locator('summary').click();
      const said = results().first().locator('.reasons tbody td:first-child');
      await expect.poll(() => said.allTextContents()).toContain('earthqakes → earthquakes');
      await expect.poll(() => said.allTextContents()).toContain('predi → predicted');
    });

    it('explains n-grams and words, and lights up where they stand', async () => {
      await ask('earthquakes predicted');
      const first = results().first();
      await first.locator('summary').click();
      const rows = first.locator('.reasons tbody tr');
      await rows.first().waitFor();
      await expect.poll(() => rows.count()).toBeGreaterThan(2);
      const how = await first.locator('.reasons td.source').allTextContents();
      expect(how).toContain('word');
      expect(how.some((text) => text !== 'word')).toBe(true);
      const row = rows.filter({ hasText: 'predicted' }).first();
      const reason = await row.getAttribute('data-reason');
      await row.hover();
      await expect.poll(() => row.getAttribute('class')).toContain('lit');
      for (const lit of await first.locator('mark.lit').all())
        await expect.poll(() => lit.getAttribute('data-reason')).toBe(reason);
      await expect
        .poll(() => first.locator('.rest').textContent())
        .toMatch(/^Scores: n-grams \d+\.\d{3}, words \d+\.\d{3}\./);
    });

    it('is used without a mouse', async () => {
      await ask('earthquakes');
      await page.keyboard.press('ArrowDown');
      await expect.poll(() => focused()).toBe('LI');
      await page.keyboard.press('Enter');
      await expect.poll(() => results().nth(0).locator('details').getAttribute('open')).not.toBeNull();
      await expect.poll(() => results().nth(0).locator('.whole').isVisible()).toBe(true);
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('ArrowUp');
      await expect.poll(() => focused()).toBe('query');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('/');
      await expect.poll(() => focused()).toBe('query');
      await page.keyboard.press('Escape');
      await expect.poll(() => page.inputValue('#query')).toBe('');
      await expect.poll(() => results().count()).toBe(0);
      await page.keyboard.type('predicted');
      await page.keyboard.press('Enter');
      await results().first().waitFor();
    });

    it('filters by a field of a document, and by what is typed; the address keeps it all', async () => {
      await page.check('input[value=words]', { force: true });
      await ask('earthquakes');
      await results().first().locator('.field', { hasText: 'year' }).click();
      await status()
        .filter({ hasText: /^1 document of/ })
        .waitFor();
      await page.locator('#filters button').click();
      await page.fill('#filter', 'year>=2020');
      await page.press('#filter', 'Enter');
      await status()
        .filter({ hasText: /^2 documents of/ })
        .waitFor();
      await expect.poll(() => new URL(page.url()).hash).toBe('#q=earthquakes&rank=words&filter=year%3E%3D2020');
      await page.reload();
      await status()
        .filter({ hasText: /^2 documents of/ })
        .waitFor();
      await expect.poll(() => page.locator('input[value=words]').isChecked()).toBe(true);
      await page.locator('#filters button').click();
      awaited = /400 \(Bad Request\)/;
      await page.fill('#filter', 'nonsense');
      await page.press('#filter', 'Enter');
      await status().filter({ hasText: 'filter: expected FIELD=VALUE' }).waitFor();
    });

    it('has more when asked, up to all', async () => {
      await page.check('input[value=words]', { force: true });
      await ask('earthquakes');
      await page.locator('#more').click();
      await status()
        .filter({ hasText: /^20 documents/ })
        .waitFor();
      await page.locator('#more').click();
      await page.locator('#more').click();
      await status()
        .filter({ hasText: /^32 documents/ })
        .waitFor();
      expect(await page.locator('#more').isHidden()).toBe(true);
    });

    it('shows the answer to what was typed last, whichever comes first', async () => {
      await page.check('input[value=words]', { force: true });
      let held: (() => void) | undefined;
      await page.route('**/search', async (route) => {
        if (route.request().postData()!.includes('"predicted"')) await new Promise<void>((resolve) => (held = resolve));
        await route.continue().catch(() => undefined);
      });
      await page.fill('#query', 'predicted');
      await expect.poll(() => held).toBeDefined();
      await page.fill('#query', 'note 7');
      await results().first().locator('h2', { hasText: 'Note 7' }).waitFor();
      held!();
      await page.waitForTimeout(100);
      await expect.poll(() => results().first().locator('h2').textContent()).toBe('Note 7');
    });

    it('says that nothing was found, and that the service is gone', async () => {
      await ask('zebra');
      await expect.poll(() => status().textContent()).toMatch(/^(Nothing found|\d+ documents) of 32/);
      awaited = /ERR_FAILED/;
      await page.route('**/search', (route) => route.abort());
      await page.fill('#query', 'zebra crossing');
      await status().filter({ hasText: 'The service does not answer.' }).waitFor();
    });

    it('fits a phone, and is light or dark as its reader', async () => {
      await page.setViewportSize({ width: 340, height: 700 });
      await ask('earthquakes predicted web');
      for (const summary of await page.locator('summary').all()) await summary.click();
      const width = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
      expect(width[0]).toBeLessThanOrEqual(width[1]!);
      const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const light = await ground();
      await page.emulateMedia({ colorScheme: 'dark' });
      expect(await ground()).not.toBe(light);
    });
  },
);
