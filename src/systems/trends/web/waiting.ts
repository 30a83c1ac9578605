/** Answers that take a while: who asks gets a page that says so, and asks again. */
import type { Context } from 'hono';
import { html } from '../../../report/index.ts';
import type { Desk } from './desk.ts';
import { type Place, page } from './frame.ts';

/** Milliseconds that a request waits for. */
const patience = 1200;
/** Seconds after which the page asks again. */
const again = '2';
const late = Symbol('not yet');

/** The page of an answer, or one that waits for it. @param ready makes the page, when the answer is there */
export async function whenReady<T>(
  c: Context,
  desk: Desk,
  asked: Promise<T>,
  at: {
    readonly title: string;
    readonly at: Place;
    /** What is being done; the analyst's work unless given. */
    readonly doing?: () => string;
  },
  ready: (answer: T) => Promise<string> | string,
): Promise<Response> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<typeof late>((resolve) => {
    timer = setTimeout(resolve, patience, late);
  });
  const first = await Promise.race([asked, tooLate]).finally(() => clearTimeout(timer));
  if (first !== late) return c.html(await ready(first));
  asked.catch(() => undefined); // who asks again hears of it
  c.header('refresh', again);
  const main = html`<h1>${at.title}</h1>
<p role="status" class="working">Being computed: ${(at.doing?.() ?? desk.analyst.doing) || 'waiting for its turn'} …</p>
<p class="quiet small">It is done once for the collection as it is now; this page asks again by itself.</p>`;
  return c.html(page(desk, { title: at.title, at: at.at, main }), 202);
}
