/**
 * An issue as a file to edit: JSON, one value a line, that comes back as it went.
 *
 * What comes back was in an editor's hands, or another program's, so that everything is checked before it is used.
 */

import { quote } from '../../../tensor/index.ts';
import { partNames } from '../pick/evidence.ts';
import type { Issue } from './issue.ts';

/** The issue as text. */
export function issueFile(issue: Issue): string {
  return `${JSON.stringify(issue, null, 1)}\n`;
}

/**
 * The issue of a file.
 * @param name what errors call the file
 * @throws SyntaxError naming the place, for what is no issue
 */
export function readIssue(text: string, name = 'issue'): Issue {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`${name}: expected JSON: ${(error as Error).message.replace(/\p{Cc}+/gu, ' ')}`);
  }
  issue(value, { name, path: 'the issue' });
  return value as Issue;
}

/** Where a value stands. */
interface Place {
  readonly name: string;
  readonly path: string;
}

type Check = (value: unknown, place: Place) => void;

function refuse({ name, path }: Place, expected: string, value: unknown): never {
  throw new SyntaxError(`${name}: expected ${expected} in ${path}, got ${quote(value)}`);
}

const text: Check = (value, place) => {
  if (typeof value !== 'string') refuse(place, 'text', value);
};
const number: Check = (value, place) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) refuse(place, 'a number', value);
};
const whole: Check = (value, place) => {
  if (!(Number.isInteger(value) && (value as number) >= 0)) refuse(place, 'a whole number', value);
};
const truth: Check = (value, place) => {
  if (typeof value !== 'boolean') refuse(place, 'true or false', value);
};
const day: Check = (value, place) => {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) refuse(place, 'a date like 2022-05-31', value);
};
const oneOf =
  (...values: readonly unknown[]): Check =>
  (value, place) => {
    if (!values.includes(value)) refuse(place, `one of ${values.join(', ')}`, value);
  };
const orNull =
  (check: Check): Check =>
  (value, place) => {
    if (value !== null) check(value, place);
  };
const list =
  (check: Check): Check =>
  (value, place) => {
    if (!Array.isArray(value)) refuse(place, 'a list', value);
    for (const [i, item] of value.entries()) check(item, { ...place, path: `${place.path}[${i}]` });
  };
/** Fields whose names end in a question mark may be missing. Others than these are refused, so that a slip is no loss. */
const fields =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value, place) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(place, 'an object', value);
    const own = value as Record<string, unknown>;
    for (const [key, check] of Object.entries(checks)) {
      const name = key.replace(/\?$/, '');
      if (own[name] === undefined && name !== key) continue;
      check(own[name], { ...place, path: place.path === 'the issue' ? name : `${place.path}.${name}` });
    }
    const odd = Object.keys(own).find((key) => !(key in checks) && !(`${key}?` in checks));
    if (odd !== undefined) refuse(place, `none other than ${Object.keys(checks).join(', ').replaceAll('?', '')}`, odd);
  };

const paper = fields({ id: text, title: text, authors: list(text), date: day, 'venue?': text, 'url?': text });
const statement = fields({
  'lead?': text,
  text,
  sources: list(fields({ paper: text, sentence: whole })),
  origin: oneOf('quoted', 'drafted', 'edited'),
  'supported?': truth,
});
const part = fields({
  name: oneOf(...partNames),
  raw: orNull(number),
  value: number,
  weight: number,
  'floor?': oneOf('unknown', 'new'),
});
const issue = fields({
  format: oneOf(1),
  title: text,
  from: day,
  at: day,
  papers: whole,
  read: whole,
  summary: list(statement),
  rising: list(fields({ phrase: text, recent: whole, before: whole, growth: number, q: number, also: list(text) })),
  rate: number,
  compared: fields({ recent: whole, recentFrom: day, before: whole, since: day }),
  news: list(fields({ paper, statements: list(statement) })),
  picks: list(
    fields({
      paper,
      topic: orNull(text),
      topicId: orNull(text),
      score: number,
      parts: list(part),
      pinned: truth,
      rising: list(text),
      why: list(statement),
      insights: list(statement),
      related: list(whole),
    }),
  ),
  references: list(paper),
  quoted: list(paper),
  resources: list(fields({ paper, statement })),
  changed: fields({
    since: day,
    topics: list(fields({ id: text, label: text, now: number, earlier: number })),
    phrases: orNull(fields({ newly: list(text), noLonger: list(text) })),
  }),
  notes: list(text),
});
