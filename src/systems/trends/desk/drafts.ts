/**
 * Issues at work: what was asked for, what was written, and what an editor made of it, kept in the collection; and issues
 * as they were published, which stay as they are.
 */

import { addMonths, dateOf, dayNumber } from '../calendar.ts';
import { checkIssue, settleIssue, statementsOf } from '../issue/check.ts';
import type { Issue, IssuePick } from '../issue/issue.ts';
import type { Paper, SignalReading } from '../paper.ts';
import type { Store } from '../store/store.ts';
import type { Analyst } from './analyst.ts';
import type { PickQuestion, PickRequest } from './questions.ts';
import { windowOf } from './windows.ts';

/** How papers of an issue are picked, and what it is called. */
export interface IssueRequest extends PickRequest {
  readonly title: string;
}

export interface Draft {
  readonly request: IssueRequest;
  readonly issue: Issue;
  /** When it was last changed, ISO 8601: an editor who saw another state is told. */
  readonly changed: string;
}

export interface Published {
  readonly issue: Issue;
  /** When, ISO 8601. */
  readonly at: string;
}

const draftPrefix = 'issue/draft/';
const publishedPrefix = 'issue/published/';
const idForm = /^\d{4}-\d{2}-\d{2}_\d{4}-\d{2}-\d{2}$/;

/** What an issue is called among the others: its window. */
export function draftId({ from, at }: Pick<IssueRequest, 'from' | 'at'>): string {
  return `${from}_${at}`;
}

export async function draftIds(store: Store): Promise<string[]> {
  return (await store.keys(draftPrefix)).map((key) => key.slice(draftPrefix.length)).reverse();
}

export async function readDraft(store: Store, id: string): Promise<Draft | undefined> {
  return idForm.test(id) ? ((await store.value(`${draftPrefix}${id}`)) as Draft | undefined) : undefined;
}

export async function removeDraft(store: Store, id: string): Promise<void> {
  if (idForm.test(id)) await store.setValue(`${draftPrefix}${id}`, undefined);
}

/** Keeps a draft, its sentences called what they are. */
export async function keepDraft(store: Store, request: IssueRequest, issue: Issue): Promise<Draft> {
  const settled = settleIssue(issue, await papersOfIssue(store, issue));
  const draft: Draft = { request, issue: settled, changed: new Date().toISOString() };
  await store.setValue(`${draftPrefix}${draftId(request)}`, draft);
  return draft;
}

/** What is wrong with an issue, a line each. */
export async function problemsOf(store: Store, issue: Issue): Promise<string[]> {
  return checkIssue(issue, await papersOfIssue(store, issue));
}

export async function publish(store: Store, id: string): Promise<void> {
  const draft = await readDraft(store, id);
  if (!draft) throw new RangeError(`issue: expected a draft, got '${id}', which is none`);
  const published: Published = { issue: draft.issue, at: new Date().toISOString() };
  await store.setValue(`${publishedPrefix}${id}`, published);
}

/** Takes a published issue back. */
export async function unpublish(store: Store, id: string): Promise<void> {
  if (idForm.test(id)) await store.setValue(`${publishedPrefix}${id}`, undefined);
}

export async function readPublished(store: Store, id: string): Promise<Published | undefined> {
  return idForm.test(id) ? ((await store.value(`${publishedPrefix}${id}`)) as Published | undefined) : undefined;
}

/** Published issues by id, the newest first. */
export async function allPublished(store: Store): Promise<(Published & { readonly id: string })[]> {
  const ids = (await store.keys(publishedPrefix)).map((key) => key.slice(publishedPrefix.length)).reverse();
  const found = await Promise.all(ids.map(async (id) => ({ id, published: await readPublished(store, id) })));
  return found.flatMap(({ id, published }) => (published ? [{ id, ...published }] : []));
}

/** The issue that came out last before a window: what changed is told against it. */
export async function issueBefore(store: Store, from: string): Promise<Issue | undefined> {
  return (await allPublished(store)).map(({ issue }) => issue).find(({ at }) => at <= from);
}

/** Picks and writes an issue of the papers as they are. */
export async function composeIssue(store: Store, analyst: Analyst, request: IssueRequest): Promise<Issue> {
  const { title, ...asked } = request;
  const previous = await issueBefore(store, asked.from);
  return analyst.ask('issue', {
    ...(await pickQuestion(store, asked)),
    ...(title !== '' && { title }),
    ...(previous && { previous }),
  });
}

/** What the analyst is asked, with what was counted about the papers of the window. */
export async function pickQuestion(store: Store, request: PickRequest): Promise<PickQuestion> {
  const window = await windowOf(store);
  return {
    ...request,
    byVenue: window?.byVenue ?? false,
    readings: await readingsOf(store, request),
    // an issue is written in the days after its month, and counts are read then
    countedBy: addMonths(request.at, 1),
  };
}

async function readingsOf(
  store: Store,
  { from, at }: Pick<PickRequest, 'from' | 'at'>,
): Promise<[id: string, readings: SignalReading[]][]> {
  const numbers = await store.select({ from, to: dateOf(dayNumber(at) - 1) });
  const ids = (await store.at(Array.from(numbers))).flatMap(({ paper }) => paper?.id ?? []);
  const readings = await store.readings(ids);
  return ids.flatMap((id, i) => (readings[i]!.length > 0 ? [[id, readings[i]!]] : []));
}

/** The papers that an issue names or stands on, as they are now. */
export async function papersOfIssue(store: Store, issue: Issue): Promise<Paper[]> {
  const ids = new Set([
    ...statementsOf(issue).flatMap(({ statement }) => statement.sources.map(({ paper }) => paper)),
    ...[...issue.picks, ...issue.news, ...issue.resources].map(({ paper }) => paper.id),
    ...issue.references.map(({ id }) => id),
  ]);
  return (await store.get([...ids])).flatMap((paper) => paper ?? []);
}

/**
 * A freshly written issue with what the editor wrote into the one before: blocks that hold an edited sentence stay as they
 * were, where their paper is still there.
 */
export function carryOver(fresh: Issue, before: Issue): Issue {
  const edited = (statements: readonly { readonly origin: string }[]) =>
    statements.some(({ origin }) => origin === 'edited');
  const picks = new Map(before.picks.map((pick) => [pick.paper.id, pick]));
  const news = new Map(before.news.map((item) => [item.paper.id, item]));
  return {
    ...fresh,
    summary: edited(before.summary) ? before.summary : fresh.summary,
    quoted: edited(before.summary) ? before.quoted : fresh.quoted,
    news: fresh.news.map((item) => {
      const own = news.get(item.paper.id);
      return own && edited(own.statements) ? own : item;
    }),
    picks: fresh.picks.map((pick): IssuePick => {
      const own = picks.get(pick.paper.id);
      if (!own) return pick;
      return {
        ...pick,
        ...(edited(own.why) && { why: own.why }),
        ...(edited(own.insights) && { insights: own.insights }),
      };
    }),
  };
}
