/** The living issue's page and file, from outside: what is in them, that nothing in them can run, and how they are read. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseHTML } from 'linkedom';
import type { Page } from 'playwright-core';
import { type Issue, openIssueFolder, renderPage, writeIssue } from 'tenfold/report';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { noChromium, openBrowser } from './frame/chromium.ts';
import { contents, sampleIssue } from './report/sample.ts';

let issue: Issue;
let html: string;
let folder: string;
beforeAll(async () => {
  issue = await sampleIssue();
  html = renderPage(issue, contents);
  folder = await mkdtemp(join(tmpdir(), 'tenfold-issue-'));
});
afterAll(() => rm(folder, { recursive: true }));

const parse = () => parseHTML(html).document;
const text = (selector: string) =>
  [...parse().querySelectorAll(selector)].map((e) => e.textContent.replace(/\s+/g, ' ').trim());

describe('the page', () => {
  test('is the same whenever it is made', async () => {
    expect(renderPage(await sampleIssue(), contents) === html).toBe(true);
  });

  test('lists every system, with its verdicts or why it has none', () => {
    const rows = text('nav tr');
    expect(rows).toHaveLength(contents.length);
    expect(rows[0]).toContain('5 hold');
    expect(rows[0]).toContain('1 does not hold');
    expect(rows[0]).toContain('1 not testable');
    expect(rows[1]).toContain('failed');
    expect(rows[2]).toContain('not run in this issue');
    for (const row of rows.slice(3)) expect(row).toContain('no experiment yet');
  });

  test('says at its head on which machine, how long, what came out and what is missing', () => {
    expect(text('header')[0]).toContain('Intel(R) Xeon(R) Processor');
    expect(text('.facts dd').slice(1)).toEqual(['42 s', '5 hold, 1 does not hold, 1 not testable at this scale']);
    expect(text('.notice')[0]).toBe(
      'Not here: of 11 systems, 8 have no experiment yet; Autoregressive Search Engines was not asked for; Planting Undetectable Backdoors failed.',
    );
  });

  test('shows every claim with its rule, the paper’s value, what each run measured, and a verdict in words', () => {
    const claims = text('#bottleneck .claims tbody');
    expect(claims).toHaveLength(4);
    expect(claims[2]).toContain('holds if |measured − 0.7578784625| ≤ 0.01 bit · seeds 1–2 · could detect 0.005 bit');
    expect(claims[2]).toContain('Paper: 0.7578784625 bit');
    expect(claims[2]).toContain('Measured: 0.756 ± 0.004 bit');
    expect(text('#bottleneck .claims .verdict')).toEqual([
      'not testable at this scale',
      'holds',
      'does not hold',
      'holds',
      'holds',
      'holds',
      'holds',
    ]);
    expect(text('#bottleneck .run')[1]).toContain(
      'recorded 41 min 11 s on 3 October 2026, 08:12 UTC, commit 1583a24b7c9d, AMD EPYC',
    );
  });

  test('gives the command of each run', () => {
    expect(text('.run .command')).toEqual([
      'tenfold issue bottleneck',
      'tenfold issue --recorded bottleneck',
      'tenfold issue backdoor',
    ]);
  });

  test('a system that failed says so, beside the claims it announced', () => {
    expect(text('#backdoor .error')[0]).toContain('Failed after 3.2 s: backdoor: expected 784 inputs, got <b>783</b>');
    expect(text('#backdoor .claims tbody')[0]).toContain('not measured');
  });

  test('has no script, loads nothing, and escapes what it shows', () => {
    const document = parse();
    expect(document.querySelectorAll('script, link, img, iframe, object, base, meta[http-equiv]')).toHaveLength(0);
    expect(html).not.toMatch(/url\((?!#)|@import| on\w+=/);
    expect(html).toContain('&#60;script&#62;alert(&#34;in any case&#34;)&#60;/script&#62;');
  });

  test('its ids are unique and all that points at one finds it', () => {
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]!);
    expect(ids.filter((id, i) => ids.indexOf(id) < i)).toEqual([]);
    const pointed = [
      ...[...html.matchAll(/(?:url\(|href=")#([^)"]+)/g)].map((match) => match[1]!),
      ...[...html.matchAll(/labelledby="([^"]+)"/g)].flatMap((match) => match[1]!.split(' ')),
    ];
    expect(pointed.filter((id) => !ids.includes(id))).toEqual([]);
  });

  test('numbers its figures through both runs', () => {
    expect(text('#bottleneck figure:not(.table) b').map((title) => title.slice(0, 9))).toEqual(
      [1, 2, 3, 4, 5].map((n) => `Figure ${n}.`),
    );
  });

  test('an empty issue is a page too', () => {
    const empty = renderPage({ ...issue, systems: [] }, contents);
    expect(empty).toContain('no claims');
    expect(empty).toContain('2 have not run: this page was written before they did');
  });
});

describe('the folder', () => {
  beforeEach(async () => {
    await rm(folder, { recursive: true });
  });

  test('holds the page and the file that DESIGN describes, and is written over by the next issue', async () => {
    const page = await writeIssue(folder, issue, contents);
    expect(page).toBe(join(folder, 'index.html'));
    expect((await readdir(folder)).sort()).toEqual(['index.html', 'issue.json']);
    const json = JSON.parse(await readFile(join(folder, 'issue.json'), 'utf8'));
    expect(Object.keys(json)).toEqual(['machine', 'date', 'seconds', 'systems']);
    const [quick, recorded, failed] = json.systems;
    const keys = ['id', 'title', 'citation', 'seconds', 'tier', 'claims', 'figures', 'tables'];
    expect(Object.keys(quick)).toEqual(keys);
    expect(Object.keys(recorded)).toEqual([...keys, 'recorded']);
    expect(Object.keys(failed)).toEqual([...keys, 'error']);
    expect(quick.claims[0]).toEqual(issue.systems[0]!.claims[0]);
    expect(quick.figures).toEqual(issue.systems[0]!.figures);
    expect(quick.tables).toEqual(issue.systems[0]!.tables);
    await writeIssue(folder, { ...issue, systems: [] }, contents);
    expect(JSON.parse(await readFile(join(folder, 'issue.json'), 'utf8')).systems).toEqual([]);
  });

  test('is not taken from something else', async () => {
    await openIssueFolder(folder);
    await writeFile(join(folder, 'thesis.tex'), 'years of work');
    await expect(writeIssue(folder, issue, contents)).rejects.toThrow(
      /expected an empty folder or an earlier issue, got .* thesis.tex/,
    );
    expect(await readdir(folder)).toEqual(['thesis.tex']);
  });
});

describe.skipIf(noChromium)(`in a browser${noChromium ? `: ${noChromium}` : ''}`, () => {
  const look = async <T>(
    options: { colorScheme: 'light' | 'dark'; width: number },
    see: (page: Page) => Promise<T>,
  ) => {
    const browser = await openBrowser('--disable-gpu');
    try {
      const { colorScheme, width } = options;
      const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
      const path = join(folder, 'page.html');
      await openIssueFolder(folder).catch(() => undefined);
      await writeFile(path, html);
      const troubles: string[] = [];
      page.on('console', (message) => troubles.push(message.text()));
      page.on('request', (request) => {
        if (!request.url().startsWith('file:')) troubles.push(request.url());
      });
      await page.goto(pathToFileURL(path).href);
      const seen = await see(page);
      expect(troubles).toEqual([]);
      return seen;
    } finally {
      await browser.close();
    }
  };
  /** Ground and ink of the page, of a figure, and of one curve. */
  const colours = (page: Page) =>
    page.evaluate(() => {
      const style = (selector: string) => getComputedStyle(document.querySelector(selector)!);
      return [
        style('body').backgroundColor,
        style('body').color,
        style('svg').backgroundColor,
        style('svg').color,
        style('svg [stroke="var(--s1)"]').stroke,
      ];
    });

  test('one page and one SVG serve light, dark and paper', async () => {
    const light = [
      'rgb(255, 254, 251)',
      'rgb(28, 29, 33)',
      'rgb(255, 254, 251)',
      'rgb(28, 29, 33)',
      'rgb(27, 116, 247)',
    ];
    const dark = [
      'rgb(21, 23, 27)',
      'rgb(228, 227, 223)',
      'rgb(21, 23, 27)',
      'rgb(228, 227, 223)',
      'rgb(90, 161, 255)',
    ];
    expect(await look({ colorScheme: 'light', width: 1000 }, colours)).toEqual(light);
    expect(await look({ colorScheme: 'dark', width: 1000 }, colours)).toEqual(dark);
    const printed = await look({ colorScheme: 'dark', width: 1000 }, async (page) => {
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
      return colours(page);
    });
    expect(printed).toEqual(light);
  });

  test.each([360, 1400])('nothing hangs over a window %i pixels wide', async (width) => {
    const overhang = await look({ colorScheme: 'light', width }, (page) =>
      page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
    );
    expect(overhang).toBe(0);
  });
});
