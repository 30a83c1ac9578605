/** Issues: those at work, those published, and each as the files that it goes out in. */
import type { Context, Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { type Html, html } from '../../../report/index.ts';
import { addMonths, dayNumber } from '../calendar.ts';
import {
  allPublished,
  carryOver,
  composeIssue,
  type Draft,
  draftId,
  draftIds,
  type IssueRequest,
  keepDraft,
  problemsOf,
  publish,
  readDraft,
  readPublished,
  removeDraft,
  unpublish,
} from '../desk/drafts.ts';
import { editedIssue, movedPick } from '../desk/edits.ts';
import { forms } from '../desk/forms.ts';
import { usualWindow, windowOf, windowStart } from '../desk/windows.ts';
import { issueFeed } from '../issue/feed.ts';
import type { Issue } from '../issue/issue.ts';
import { windowWords } from '../issue/words.ts';
import { partNames } from '../pick/evidence.ts';
import type { Desk } from './desk.ts';
import { formOf, typed, whole } from './forms.ts';
import { page } from './frame.ts';
import { filePolicy } from './guard.ts';
import { editor } from './issue-editor.ts';
import { counted, field } from './parts.ts';
import { whenReady } from './waiting.ts';

export function issuePages(app: Hono, desk: Desk): void {
  const { store, analyst } = desk;
  /** Issues that are being written, or why they could not be, by id. */
  const writing = new Map<string, Promise<Draft>>();
  const write = (request: IssueRequest, before?: Issue) => {
    const id = draftId(request);
    const work = composeIssue(store, analyst, request).then((fresh) =>
      keepDraft(store, request, before ? { ...carryOver(fresh, before), title: request.title || fresh.title } : fresh),
    );
    writing.set(id, work);
    work.then(
      () => writing.delete(id),
      () => undefined, // whoever opens it hears of it
    );
    return id;
  };

  app.get('/issues', async (c) => c.html(await listPage(desk, [...writing.keys()])));
  app.post('/issues/make', async (c) => {
    const form = await formOf(c);
    const fresh = requestIn(form, { weights: {}, pins: [], bans: [] });
    // of the same window there is one issue: what was chosen and edited for it stays
    const former = await readDraft(store, draftId(fresh));
    const { weights, pins, bans } = former?.request ?? fresh;
    return c.redirect(`/issues/${write({ ...fresh, weights, pins, bans }, former?.issue)}`, 303);
  });
  app.get('/issues/:id', async (c) => {
    const id = c.req.param('id');
    const work = writing.get(id);
    if (!work) return c.html(await editor(desk, await existing(desk, id)));
    return whenReady(c, desk, work, { title: 'An issue is written', at: 'issues' }, () => '').then(
      (answer) => (answer.status === 200 ? c.redirect(`/issues/${id}`, 303) : answer),
      (error) => {
        writing.delete(id);
        throw error;
      },
    );
  });
  app.post('/issues/:id/text', async (c) => {
    const form = await formOf(c);
    const draft = await unchanged(c, desk, form);
    const ids = [...draft.issue.picks, ...draft.issue.news].map(({ paper }) => paper.id);
    const papers = new Map((await store.get(ids)).flatMap((paper) => (paper ? [[paper.id, paper] as const] : [])));
    let issue = editedIssue(draft.issue, form, papers);
    const [way, moved] = /^(up|down) (.*)$/s.exec(form.get('move') ?? '')?.slice(1) ?? [];
    if (moved !== undefined) issue = movedPick(issue, moved, way === 'up' ? -1 : 1);
    const { request } = draft;
    await keepDraft(store, { ...request, title: issue.title }, issue);
    const at = issue.picks.findIndex(({ paper }) => paper.id === moved);
    return c.redirect(`/issues/${draftId(request)}${at < 0 ? '' : `#pick-${at + 1}`}`, 303);
  });
  app.post('/issues/:id/picks', async (c) => {
    const form = await formOf(c);
    const { request, issue } = await unchanged(c, desk, form);
    const pins = new Set(form.getAll('pin'));
    const bans = new Set(form.getAll('ban'));
    for (const id of typedIds(form)) pins.add(id);
    for (const id of bans) pins.delete(id);
    const weights = Object.fromEntries(
      partNames.flatMap((name) => {
        const text = form.get(`weight-${name}`)?.trim() ?? '';
        if (text === '') return [];
        const weight = Number(text);
        if (!(weight >= 0 && weight <= 100))
          throw new RangeError(`weight of ${name}: expected a number from 0 to 100, got '${text.slice(0, 40)}'`);
        return [[name, weight]];
      }),
    );
    const next: IssueRequest = {
      ...request,
      title: issue.title,
      count: whole(form, 'count', request.count, [1, 50]),
      weights,
      pins: [...pins],
      bans: [...bans],
    };
    return c.redirect(`/issues/${write(next, issue)}`, 303);
  });
  app.post('/issues/:id/publish', async (c) => {
    const form = await formOf(c);
    const { issue } = await unchanged(c, desk, form);
    const [problem] = await problemsOf(store, issue);
    if (problem !== undefined) throw new RangeError(`publish: expected a sound issue, got one with ${problem}`);
    await publish(store, c.req.param('id'));
    return c.redirect(`/issues/${c.req.param('id')}#out`, 303);
  });
  app.post('/issues/:id/unpublish', async (c) => {
    await unpublish(store, c.req.param('id'));
    return c.redirect(`/issues/${c.req.param('id')}`, 303);
  });
  app.post('/issues/:id/remove', async (c) => {
    await removeDraft(store, c.req.param('id'));
    writing.delete(c.req.param('id'));
    return c.redirect('/issues', 303);
  });
  for (const [name, { type, of }] of Object.entries(forms)) {
    const give = (c: Context, issue: Issue) => {
      c.header('content-security-policy', filePolicy);
      if (type !== 'text/html') c.header('content-disposition', `attachment; filename="${name}"`);
      return c.body(of(issue), 200, { 'content-type': `${type}; charset=utf-8` });
    };
    app.get(`/issues/:id/${name}`, async (c) => give(c, (await existing(desk, c.req.param('id'))).issue));
    app.get(`/published/:id/${name}`, async (c) => {
      const published = await readPublished(store, c.req.param('id'));
      if (!published) throw new HTTPException(404, { message: 'expected a published issue, got another' });
      return give(c, published.issue);
    });
  }
  app.get('/feed.xml', async (c) => {
    const published = await allPublished(store);
    const home = desk.address ?? new URL(c.req.url).origin;
    const ids = new Map(published.map(({ id, issue }) => [issue, id]));
    const feed = issueFeed([...ids.keys()], {
      title: desk.name,
      description: `Issues of ${desk.name}`,
      link: home,
      address: (issue) => `${home.replace(/\/$/, '')}/published/${ids.get(issue)}/issue.html`,
    });
    return c.body(feed, 200, { 'content-type': 'application/rss+xml; charset=utf-8' });
  });
}

async function existing({ store }: Desk, id: string): Promise<Draft> {
  const draft = await readDraft(store, id);
  if (!draft) throw new HTTPException(404, { message: `expected an issue at work, got '${id}', which is none` });
  return draft;
}

/** The draft that a form was about. @throws HTTPException when it was changed since the form was shown */
async function unchanged(c: Context, desk: Desk, form: URLSearchParams): Promise<Draft> {
  const draft = await existing(desk, c.req.param('id') ?? '');
  if (form.get('changed') !== draft.changed)
    throw new HTTPException(409, {
      message:
        'The issue was changed elsewhere since this page was shown: nothing was kept. Go back, copy what you wrote, and load it again.',
    });
  return draft;
}

function requestIn(form: URLSearchParams, rest: Pick<IssueRequest, 'weights' | 'pins' | 'bans'>): IssueRequest {
  const from = typed(form, 'from') ?? '';
  dayNumber(from);
  return {
    title: (typed(form, 'title') ?? '').slice(0, 300),
    from,
    at: addMonths(from, whole(form, 'months', 1, [1, 1200])),
    before: whole(form, 'before', 12, [1, 2400]),
    count: whole(form, 'count', 10, [1, 50]),
    ...rest,
  };
}

/** Ids that were typed into the field for pins, in lines or with commas. */
function typedIds(form: URLSearchParams): string[] {
  return (form.get('more-pins') ?? '')
    .split(/[\s,]+/)
    .map((id) => id.trim())
    .filter((id) => id !== '');
}

async function listPage(desk: Desk, writing: readonly string[]): Promise<string> {
  const { store } = desk;
  const drafts = await Promise.all(
    (await draftIds(store)).map(async (id) => ({ id, draft: await readDraft(store, id) })),
  );
  const published = await allPublished(store);
  const window = (await windowOf(store)) ?? usualWindow([{ date: new Date().toISOString().slice(0, 10) }]);
  const item = (issue: Issue, href: string): Html =>
    html`<li class="hit" tabindex="-1"><a href="${href}">${issue.title}</a> <span class="small quiet">${windowWords(issue)}, ${counted(issue.picks.length, 'paper')}</span></li>`;
  const main = html`<h1>Issues</h1>
<h2>At work</h2>
${writing.length > 0 && html`<ul class="plain">${writing.map((id) => html`<li><a href="/issues/${id}">${id.replace('_', ' to before ')}</a> <span class="small quiet">is being written</span></li>`)}</ul>`}
${drafts.length === 0 ? html`<p class="quiet">None yet.</p>` : html`<ul class="plain">${drafts.map(({ id, draft }) => draft && item(draft.issue, `/issues/${id}`))}</ul>`}
<h2>A new one</h2>
<form method="post" action="/issues/make" class="fields small">
${field('title', 'Title', '', { placeholder: 'Trends in AI, May 2022', wide: true })}
${field('from', 'From', windowStart(window), { type: 'date', required: true })}
${field('months', 'Months', window.recent, { type: 'number', min: 1, max: 1200, required: true })}
${field('before', 'against months before', window.before, { type: 'number', min: 1, max: 2400, required: true })}
${field('count', 'Papers', 10, { type: 'number', min: 1, max: 50, required: true })}
<button class="main">Write it</button></form>
<p class="small quiet">Papers are picked and quoted; every sentence leads to its source. Of the same window it is written anew; what you edited in it, pinned and banned stays.</p>
<h2>Published</h2>
${published.length === 0 ? html`<p class="quiet">None yet.</p>` : html`<ul class="plain">${published.map(({ id, issue }) => item(issue, `/published/${id}/issue.html`))}</ul><p class="small"><a href="/feed.xml">RSS</a></p>`}`;
  return page(desk, { title: 'Issues', at: 'issues', main });
}
