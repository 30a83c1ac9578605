/** Options that several verbs have, and what they mean. */
import type { PickRequest } from '../desk/questions.ts';
import { type Window, windowOf, windowStart } from '../desk/windows.ts';
import { type PartName, partNames } from '../pick/evidence.ts';
import type { SearchFilter } from '../search/search.ts';
import type { Store } from '../store/store.ts';

export const windowOptions = {
  at: {
    kind: 'text',
    value: 'DAY',
    help: 'the day after the window’s last, YYYY-MM-DD; papers of that day and later are not read. By default after the last month, year or decade that the collection has papers of',
  },
  recent: { kind: 'number', value: 'MONTHS', help: 'months of the window', integer: true, min: 1, max: 1200 },
  before: {
    kind: 'number',
    value: 'MONTHS',
    help: 'months before it that it is compared with',
    integer: true,
    min: 1,
    max: 2400,
  },
} as const;

export const filterOptions = {
  from: { kind: 'text', value: 'DAY', help: 'first day, YYYY-MM-DD' },
  to: { kind: 'text', value: 'DAY', help: 'last day' },
  author: { kind: 'text', value: 'NAME', help: 'an author', many: true },
  category: { kind: 'text', value: 'CLASS', help: 'a subject class, as cs.CL', many: true },
  venue: { kind: 'text', value: 'NAME', help: 'a venue', many: true },
  tag: { kind: 'text', value: 'TAG', help: 'a tag', many: true },
  collection: { kind: 'text', value: 'NAME', help: 'one of your collections', many: true },
  without: { kind: 'text', value: 'WORDS', help: 'words or a phrase that must not be in it', many: true },
  hasCode: { kind: 'flag', help: 'only papers with code' },
  unread: { kind: 'flag', help: 'only papers that are not marked as read' },
} as const;

export const pickOptions = {
  ...windowOptions,
  count: { kind: 'number', value: 'N', help: 'papers', integer: true, min: 1, max: 50, default: 10 },
  topics: { kind: 'number', value: 'N', help: 'topics at least; 6 unless given', integer: true, min: 1, max: 50 },
  pin: { kind: 'text', value: 'ID', help: 'a paper to take whatever its score', many: true },
  ban: { kind: 'text', value: 'ID', help: 'a paper not to take', many: true },
  weight: {
    kind: 'text',
    value: 'PART=W',
    help: `how much a part of the score counts: ${partNames.join(', ')}`,
    many: true,
  },
} as const;

export function filterIn(given: {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly author: readonly string[];
  readonly category: readonly string[];
  readonly venue: readonly string[];
  readonly tag: readonly string[];
  readonly collection: readonly string[];
  readonly without: readonly string[];
  readonly hasCode: boolean;
  readonly unread: boolean;
}): SearchFilter {
  const { from, to, author, category, venue, tag, collection, without, hasCode, unread } = given;
  const lists = { authors: author, categories: category, venues: venue, tags: tag, collections: collection, without };
  return {
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...Object.fromEntries(Object.entries(lists).filter(([, values]) => values.length > 0)),
    ...(hasCode && { code: true }),
    ...(unread && { read: false }),
  };
}

interface GivenWindow {
  readonly at?: string | undefined;
  readonly recent?: number | undefined;
  readonly before?: number | undefined;
}

/** The window that was asked for, and what was not asked for as it suits the collection. @throws RangeError for an empty one */
export async function windowIn(
  store: Store,
  { at, recent, before }: GivenWindow,
): Promise<Window & { readonly from: string }> {
  const usual = await windowOf(store, at);
  if (!usual) throw new RangeError('trends: expected papers in the collection, got none');
  const window = {
    ...usual,
    ...(recent !== undefined && { recent }),
    ...(before !== undefined && { before }),
  };
  return { ...window, from: windowStart(window) };
}

export interface GivenPick extends GivenWindow {
  readonly count: number;
  readonly topics?: number | undefined;
  readonly pin: readonly string[];
  readonly ban: readonly string[];
  readonly weight: readonly string[];
}

/** How papers are to be picked. @throws RangeError for an empty window, and for weights that are none */
export async function pickRequestIn(store: Store, given: GivenPick): Promise<PickRequest> {
  const { count, topics, pin, ban, weight } = given;
  const { from, at, before } = await windowIn(store, given);
  const weights = weightsIn(weight);
  return { from, at, before, count, ...(topics !== undefined && { topics }), weights, pins: pin, bans: ban };
}

function weightsIn(given: readonly string[]): Partial<Record<PartName, number>> {
  return Object.fromEntries(
    given.map((text) => {
      const [, name, weight] = /^(\w+)=(.+)$/.exec(text) ?? [];
      if (!partNames.some((part) => part === name) || !(Number(weight) >= 0))
        throw new RangeError(
          `weight: expected a part and a number of at least 0, as rising=2, got '${text}'; parts are ${partNames.join(', ')}`,
        );
      return [name, Number(weight)];
    }),
  );
}
