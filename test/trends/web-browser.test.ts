/** Every feature of the platform's page, driven in Chromium as a reader would, on a desk and on a phone; and axe on every page. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noChromium, openBrowser } from '../frame/chromium.ts';
import { type Served, serveDesk } from './desk.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

describe.skipIf(noChromium)(
  `the page in a browser${noChromium ? `: ${noChromium}` : ''}`,
  // a browser keeps its own time: a second try, which a defect fails as well
  { retry: 1 },
  () => {
    let served: Served;
    let browser: Browser;
    let context: BrowserContext;
    let page: Page;
    /** What a page complained of: a blocked script or style among it. */
    const said: string[] = [];
    const watch = (one: Page) => {
      one.on('pageerror', (error) => said.push(error.message));
      one.on('console', (message) => said.push(message.text()));
      return one;
    };
    /** Waits until a page is whole, its map is drawn, and nothing more is computed for it. */
    const computed = (on: Page) =>
      on.waitForFunction(
        () => document.readyState === 'complete' && !document.querySelector('.working, #map-canvas:not([data-ready])'),
      );
    /** Opens a page, and waits for what is computed for it. */
    const open = async (path: string, on = page) => {
      await on.goto(`${served.base}${path}`);
      await computed(on);
    };
    /** Does what leads to another page, or to the same one anew, and waits for that. */
    const leads = async (act: () => Promise<unknown>, on = page) => {
      await Promise.all([on.waitForEvent('load'), act()]);
      await computed(on);
    };

    beforeAll(async () => {
      served = await serveDesk();
      browser = await openBrowser();
      context = await browser.newContext({ viewport: { width: 1200, height: 900 } });
      page = watch(await context.newPage());
    });
    afterAll(async () => {
      await browser?.close();
      await served?.close();
    });

    it('searches with filters, orders and negative words, and opens what was found by keys', async () => {
      await open('/');
      await page.keyboard.press('/');
      await page.keyboard.type('graph networks -sparse');
      await leads(() => page.keyboard.press('Enter'));
      expect(page.url()).toMatch(/q=graph/);
      await expect.poll(() => page.locator('.hit').count()).toBe(20);
      await expect.poll(() => page.locator('.hit mark').count()).toBeGreaterThan(20);
      expect((await page.locator('.hit h2').allTextContents()).join()).not.toContain('Sparse');
      await page.getByText('Filters', { exact: true }).click();
      await page.getByLabel('Category').fill('cs.SI');
      await page.getByLabel('Order').selectOption('citations');
      await leads(() => page.getByRole('button', { name: 'Apply' }).click());
      expect(page.url()).toMatch(/sort=citations/);
      const counts = await page.locator('.hit .signals li:first-child b').allTextContents();
      expect(counts.map(Number)).toEqual(counts.map(Number).sort((a, b) => b - a));
      await page.keyboard.press('j');
      await page.keyboard.press('j');
      const second = page.locator('.hit').nth(1);
      expect(await second.evaluate((element) => element === document.activeElement)).toBe(true);
      await page.keyboard.press('r');
      await page.waitForFunction(() => document.querySelectorAll('.hit.read').length === 1);
      const title = await second.locator('h2').textContent();
      await leads(() => page.keyboard.press('o'));
      expect(page.url()).toMatch(/\/paper/);
      await expect.poll(() => page.locator('h1').textContent()).toBe(title!.trim());
      await expect.poll(() => page.locator('.read-form button').textContent()).toContain('mark as unread');
    });

    it('the keys are told, and lead everywhere', async () => {
      await page.keyboard.press('?');
      expect(await page.locator('#keys').evaluate((dialog: HTMLDialogElement) => dialog.open)).toBe(true);
      await page.keyboard.press('Escape');
      await page.locator('#keys').waitFor({ state: 'hidden' });
      for (const [key, path] of [
        ['a', '/about'],
        ['i', '/issues'],
        ['p', '/shelf'],
        ['s', '/'],
      ] as const) {
        // at once: the second key belongs to the first for a moment only
        await leads(() => Promise.all([page.keyboard.press('g'), page.keyboard.press(key)]));
        expect(page.url()).toBe(`${served.base}${path}`);
      }
    });

    it('a paper is tagged, noted, collected, cited, and leads to papers like it', async () => {
      await open('/?q=speech');
      await leads(() => page.locator('.hit h2 a').first().click());
      await page.getByLabel('Tag', { exact: true }).fill('voices');
      await leads(() => page.getByRole('button', { name: 'Tag', exact: true }).click());
      await page.getByRole('link', { name: 'voices' }).waitFor();
      await page.getByLabel('Collection', { exact: true }).fill('Thesis');
      await leads(() => page.getByRole('button', { name: 'Put into' }).click());
      await page.getByRole('link', { name: 'Thesis' }).waitFor();
      await page.getByLabel('Note').fill('</textarea><b>kept</b>');
      await leads(() => page.getByRole('button', { name: 'Keep the note' }).click());
      await expect.poll(() => page.getByLabel('Note').inputValue()).toBe('</textarea><b>kept</b>');
      await expect.poll(() => page.locator('#bibtex').textContent()).toMatch(/^@inproceedings\{writer2\d{4}/);
      await expect.poll(() => page.locator('ol.plain .hit').count()).toBe(8);
      expect(
        (await page.locator('ol.plain .hit').allTextContents()).filter((text) => text.includes('speech')).length,
      ).toBeGreaterThan(5);
      await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: served.base });
      await page.keyboard.press('Escape');
      await page.locator('h1').click();
      await page.keyboard.press('b');
      await page.getByRole('button', { name: 'Copied' }).waitFor();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
        await page.locator('#bibtex').textContent(),
      );
    });

    it('several papers at once: chosen by keys, put into a collection, which recommends with its reasons', async () => {
      await open('/?q=codecs+vocoders');
      for (const key of ['j', 'x', 'j', 'x', 'j', 'x']) await page.keyboard.press(key);
      await expect.poll(() => page.locator('#chosen').textContent()).toBe('With the 3 chosen:');
      await page.getByLabel('Collection', { exact: true }).last().fill('Thesis');
      await leads(() => page.getByRole('button', { name: 'put into' }).click());
      await open('/collection?name=Thesis');
      await expect.poll(() => page.locator('.hit').count()).toBeGreaterThanOrEqual(3);
      await open('/recommended?collection=Thesis');
      const items = page.locator('.hits > .hit');
      await expect.poll(() => items.count()).toBeGreaterThan(10);
      await expect.poll(() => items.first().textContent()).toContain('speech');
      await expect.poll(() => items.first().locator('.reason').textContent()).toMatch(/because of .*\+0\.\d\d/);
      await open('/?q=codecs');
      await page.locator('.hit input').first().check();
      await leads(() => page.getByRole('button', { name: 'similar to them' }).click());
      expect(page.url()).toMatch(/\/similar/);
      await expect.poll(() => page.locator('.hit').count()).toBe(20);
    });

    it('trends: what rises with its figures, bursts, topics over time, and lines that are asked for', async () => {
      await open('/trends?phrases=diffusion+models,speech+codecs,unheard+of&at=2022-06-01&recent=5&before=12');
      const row = page.locator('table[class=data] tr', { hasText: 'diffusion' }).first();
      await expect.poll(() => row.textContent()).toMatch(/×\d+\.\d/);
      for (const id of ['rising-figure', 'phrase-lines', 'river-figure', 'topic-lines-figure'])
        expect([id, (await page.locator(`#${id} svg`).boundingBox())!.width > 300]).toEqual([id, true]);
      await expect.poll(() => page.getByText('In too few papers to draw: unheard of.').count()).toBe(1);
      await leads(() => row.getByRole('link').click());
      expect(page.url()).toMatch(/q=%22/);
      await expect.poll(() => page.locator('.hit').count()).toBeGreaterThan(10);
    });

    it('the map: searched, sized by a signal, zoomed and moved by keys and pointer, opened; its topics are named', async () => {
      await open('/map');
      const canvas = page.locator('#map-canvas');
      const painted = () => canvas.evaluate((element: HTMLCanvasElement) => element.toDataURL());
      /** Waits until the drawing is another than it was. */
      const changed = async (act: () => Promise<unknown>) => {
        const before = await painted();
        await act();
        await expect.poll(painted).not.toBe(before);
      };
      await changed(() => page.getByLabel('Size by').selectOption('citations'));
      await changed(() => page.getByLabel('Colour by').selectOption('date'));
      await expect.poll(() => page.locator('#map-said').textContent()).toMatch(/^From 2021-.* to 2022-/);
      await page.getByLabel('Search in the map').fill('grasping');
      await changed(() => page.keyboard.press('Enter'));
      await expect.poll(() => page.locator('#map-said').textContent()).toMatch(/^\d+ of 201 papers are marked\.$/);
      await canvas.focus();
      await changed(() => page.keyboard.press('+'));
      await changed(() => page.keyboard.press('ArrowLeft'));
      await changed(() => page.locator('#zoom-in').click());
      await canvas.hover();
      await changed(() => page.mouse.wheel(0, 300));
      const box = (await canvas.boundingBox())!;
      await changed(async () => {
        await page.mouse.move(box.x + 300, box.y + 200);
        await page.mouse.down();
        await page.mouse.move(box.x + 420, box.y + 260, { steps: 4 });
        await page.mouse.up();
      });
      // what the pointer is over says its title
      await page.getByRole('button', { name: 'All', exact: true }).click();
      const title = /part \d+/;
      let said = '';
      // a dot is felt from 18 pixels away: steps of 20 pass over none
      for (let y = box.y + 5; y < box.y + box.height && !title.test(said); y += 20)
        for (let x = box.x + 5; x < box.x + box.width && !title.test(said); x += 20) {
          await page.mouse.move(x, y);
          said = (await canvas.getAttribute('title')) ?? '';
        }
      expect(said).toMatch(title);
      await canvas.focus();
      await page.keyboard.press('n');
      await expect.poll(() => page.locator('#map-card').isVisible()).toBe(true);
      const shown = await page.locator('#map-card a').textContent();
      await leads(() => page.keyboard.press('Enter'));
      expect(page.url()).toMatch(/\/paper/);
      await expect.poll(() => page.locator('h1').textContent()).toBe(shown);
      await open('/map');
      const topic = page.locator('.topic-list li').first();
      await topic.locator('summary').click();
      await topic.locator('input[name="name"]').fill('My <topic>');
      await leads(() => topic.getByRole('button', { name: 'Name it' }).click());
      expect(page.url()).toMatch(/topic=/);
      await expect.poll(() => topic.locator('summary').textContent()).toContain('My <topic>');
      await expect.poll(() => topic.locator('ul a').count()).toBeGreaterThan(10);
    });

    it('an issue: written, edited, pinned, banned, weighed anew, published in every form', async () => {
      await open('/issues');
      await page.getByLabel('Title').fill('Tests, spring 2022');
      await page.getByLabel('From').fill('2022-01-01');
      await page.getByLabel('Months', { exact: true }).fill('5');
      await leads(() => page.getByRole('button', { name: 'Write it' }).click());
      expect(page.url()).toMatch(/\/issues\/2022-01-01_2022-06-01/);
      await expect.poll(() => page.locator('.pick').count()).toBe(10);
      const why = page.locator('#pick-1 textarea').first();
      await why.fill('It cures every illness in 99 minutes.');
      await leads(() => page.getByRole('button', { name: 'Keep the text' }).click());
      expect(await page.locator('#pick-1 .sentence.unsupported').first().textContent()).toContain(
        'edited, not supported by its sources',
      );
      const [first, second] = await page.locator('.pick h3 a').allTextContents();
      await leads(() => page.getByRole('button', { name: `Move ${second} up` }).click());
      expect(page.url()).toMatch(/#pick-1/);
      await expect.poll(() => page.locator('.pick h3 a').first().textContent()).toBe(second);
      await page.getByLabel(`Pin ${first}`).check();
      await page.getByLabel(`Ban ${second}`).check();
      await page.getByLabel('novel').fill('3');
      await leads(() => page.getByRole('button', { name: 'Pick anew' }).click());
      const titles = await page.locator('.pick h3 a').allTextContents();
      expect(titles).toContain(first);
      expect(titles).not.toContain(second);
      expect(await page.locator('.pick', { hasText: first! }).locator('textarea').first().inputValue()).toBe(
        'It cures every illness in 99 minutes.',
      );
      await expect.poll(() => page.locator('.pick').first().textContent()).toMatch(/pinned; score/);
      await leads(() => page.getByRole('button', { name: 'Publish', exact: true }).click());
      expect(page.url()).toMatch(/#out/);
      const id = '2022-01-01_2022-06-01';
      for (const [name, has] of [
        ['issue.html', '<h1>Tests, spring 2022</h1>'],
        ['issue.md', '# Tests, spring 2022'],
        ['issue.txt', 'TESTS, SPRING 2022'],
        ['issue.eml', 'multipart/alternative'],
        ['issue.json', '"title": "Tests, spring 2022"'],
      ] as const)
        expect(await (await fetch(`${served.base}/published/${id}/${name}`)).text()).toContain(has);
      const feed = await (await fetch(`${served.base}/feed.xml`)).text();
      expect(feed).toContain(`<link>${served.base}/published/${id}/issue.html</link>`);
      await open(`/published/${id}/issue.html`);
      await expect.poll(() => page.locator('article.pick').count()).toBe(10);
    });

    it('an editor who saw another state is told, and nothing is lost', async () => {
      const path = '/issues/2022-01-01_2022-06-01';
      await open(path);
      const other = await context.newPage();
      await open(path, other);
      await other.getByLabel('Title').fill('Theirs');
      await leads(() => other.getByRole('button', { name: 'Keep the text' }).click(), other);
      await other.close();
      await page.getByLabel('Title').fill('Mine');
      const [answer] = await Promise.all([
        page.waitForResponse((response) => response.request().method() === 'POST'),
        page.getByRole('button', { name: 'Keep the text' }).click(),
      ]);
      expect(answer.status()).toBe(409);
      await open(path);
      await expect.poll(() => page.locator('h1').textContent()).toBe('Theirs');
    });

    it.each(['light', 'dark'] as const)(
      'axe finds nothing against any page in %s, and a phone needs no scrolling aside',
      async (colorScheme) => {
        const phone = await browser.newContext({ viewport: { width: 390, height: 844 }, colorScheme, bypassCSP: true });
        const one = watch(await phone.newPage());
        const { hits } = await served.desk.search.search('diffusion', { limit: 1 });
        const paths = [
          '/?q=diffusion',
          `/paper?id=${encodeURIComponent(hits[0]!.paper.id)}`,
          '/trends?phrases=diffusion',
          '/map',
          '/shelf',
          '/collection?name=Thesis',
          '/issues',
          '/issues/2022-01-01_2022-06-01',
          '/about',
          '/none',
        ];
        for (const path of paths) {
          await open(path, one);
          await one.evaluate(axe);
          const violations = await one.evaluate(
            async () =>
              (await (globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }).axe.run())
                .violations,
          );
          const told = violations.map(
            ({ id, nodes }) => `${path} ${id}: ${nodes[0]!.html.slice(0, 200)} ${nodes[0]!.failureSummary ?? ''}`,
          );
          expect(told).toEqual([]);
          const aside = await one.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          expect([path, aside]).toEqual([path, 0]);
        }
        await phone.close();
      },
    );

    it('without scripts a search, a paper and a form still work', async () => {
      const plain = await browser.newContext({ javaScriptEnabled: false });
      const one = await plain.newPage();
      await one.goto(`${served.base}/?q=grasping`);
      await Promise.all([one.waitForEvent('load'), one.locator('.hit h2 a').first().click()]);
      await one.getByLabel('Tag', { exact: true }).fill('plain');
      await one.getByRole('button', { name: 'Tag', exact: true }).click();
      await one.getByRole('link', { name: 'plain' }).waitFor();
      await plain.close();
    });

    it('nothing was complained of, in the page or inside, and no hostile text ran', async () => {
      await open('/?q=hostile');
      expect(await page.evaluate(() => 'broken' in globalThis)).toBe(false);
      const complaints = new Set(said.filter((text) => !/status of 404/.test(text)));
      expect([...complaints]).toEqual([expect.stringContaining('409 (Conflict)')]); // of the edit that came too late
      expect(served.failures).toEqual([]);
    });
  },
);
