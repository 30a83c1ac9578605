/**
 * The language of queries.
 *
 * Words side by side rank: a paper needs one of them, and more count for more. What else stands there is a condition that
 * every paper must meet:
 *
 *     "score matching"            these words one after the other
 *     diffusion AND video         both; OR: one of them; NOT, or - before a word: without
 *     (speech OR audio) codec     brackets
 *     title:attention             also author:, venue:, category:, tag:, collection:, source:
 *     year:2021  year:2020..2022  date:2022-05  after:2021-06  before:2022
 *     has:code  has:note  is:read  is:unread  cites:arxiv:1706.03762  citedby:doi:10.1000/x
 *
 * AND binds before OR, and OR before standing side by side: `a b OR c` is a word and a condition. Operators are in capitals.
 */
import { wordsOf } from '../../../retrieval/index.ts';

/** What a paper must meet. */
export type Clause =
  | { readonly kind: 'word'; readonly word: string }
  | { readonly kind: 'phrase'; readonly words: readonly string[] }
  | { readonly kind: 'field'; readonly field: Field; readonly value: string }
  | { readonly kind: 'all'; readonly of: readonly Clause[] }
  | { readonly kind: 'any'; readonly of: readonly Clause[] }
  | { readonly kind: 'not'; readonly of: Clause };

export const fields = [
  'title',
  'author',
  'venue',
  'category',
  'tag',
  'collection',
  'source',
  'year',
  'date',
  'after',
  'before',
  'has',
  'is',
  'cites',
  'citedby',
] as const;
export type Field = (typeof fields)[number];

export interface Query {
  /** What ranks: the words that are wanted, in order, each once. */
  readonly words: readonly string[];
  /** The condition; undefined where any of the words will do. */
  readonly must: Clause | undefined;
}

/** Query texts are typed by people. */
const longest = 10_000;
const deepest = 50;

/**
 * Takes a query apart.
 * @param everyWord whether words side by side are all required, as where hits are not ordered by relevance
 * @throws SyntaxError for an open quote or bracket, an operator without its other side, and a date that is none
 * @example
 * parseQuery('diffusion -video').words; // ['diffusion']
 */
export function parseQuery(text: string, { everyWord = false }: { readonly everyWord?: boolean } = {}): Query {
  if (text.length > longest) throw new SyntaxError(`query: expected at most ${longest} letters, got ${text.length}`);
  const parser = new Parser(tokensOf(text));
  const items = parser.group(false);
  return {
    words: [...new Set(wantedWords(items.map(({ clause }) => clause)))],
    must: together(items, everyWord),
  };
}

type Token =
  | { readonly kind: '(' | ')' | 'AND' | 'OR' | 'NOT' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'quoted'; readonly text: string }
  | { readonly kind: 'field'; readonly field: Field; readonly value: string };

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const quoted = (): string => {
    const end = text.indexOf('"', at + 1);
    if (end < 0) throw new SyntaxError(`query: expected a closing quote after ${text.slice(at, at + 40)}`);
    const inside = text.slice(at + 1, end);
    at = end + 1;
    return inside;
  };
  const until = (stop: RegExp): string => {
    stop.lastIndex = at;
    const end = stop.exec(text)?.index ?? text.length;
    const found = text.slice(at, end);
    at = end;
    return found;
  };
  while (at < text.length) {
    const char = text[at]!;
    if (/\s/.test(char)) at++;
    else if (char === '(' || char === ')') {
      tokens.push({ kind: char });
      at++;
    } else if (char === '"') tokens.push({ kind: 'quoted', text: quoted() });
    else if (char === '-' && /[^\s)]/.test(text[at + 1] ?? ' ')) {
      tokens.push({ kind: 'NOT' });
      at++;
    } else {
      const [, name = ''] = /^([a-z]+):/i.exec(text.slice(at, at + 20)) ?? [];
      const field = fields.find((field) => field === name.toLowerCase());
      if (field === undefined) {
        const word = until(/[\s()"]/g);
        tokens.push(word === 'AND' || word === 'OR' || word === 'NOT' ? { kind: word } : { kind: 'text', text: word });
        continue;
      }
      at += name.length + 1;
      const value = text[at] === '"' ? quoted() : until(/[\s()]/g);
      if (value.trim() === '') throw new SyntaxError(`query: expected a value after ${field}:, got none`);
      tokens.push({ kind: 'field', field, value: value.trim() });
    }
  }
  return tokens;
}

/** A part of a group, and whether it is a word that merely ranks. */
interface Item {
  readonly clause: Clause;
  readonly bare: boolean;
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** What stands side by side, to the end or a closing bracket. */
  group(inside: boolean): Item[] {
    const items: Item[] = [];
    for (let next = this.#peek(); next !== undefined; next = this.#peek()) {
      if (next === ')') {
        if (inside) return items;
        throw new SyntaxError('query: expected an opening bracket before the closing one');
      }
      items.push(...this.#alternatives());
    }
    if (inside) throw new SyntaxError('query: expected a closing bracket, got the end');
    return items;
  }

  #alternatives(): Item[] {
    const first = this.#conjunction();
    if (this.#peek() !== 'OR') return first;
    const any = [single(first)];
    while (this.#take('OR')) any.push(single(this.#conjunction()));
    return [{ clause: { kind: 'any', of: any }, bare: false }];
  }

  #conjunction(): Item[] {
    const first = this.#unary();
    if (this.#peek() !== 'AND') return first;
    const all = [single(first)];
    while (this.#take('AND')) all.push(single(this.#unary()));
    return [{ clause: { kind: 'all', of: all }, bare: false }];
  }

  #unary(): Item[] {
    if (this.#take('NOT')) {
      this.#deeper();
      const of = single(this.#unary());
      this.#depth--;
      return [{ clause: { kind: 'not', of }, bare: false }];
    }
    const token = this.#tokens[this.#at++];
    if (token?.kind === '(') {
      this.#deeper();
      const items = this.group(true);
      this.#depth--;
      this.#at++;
      if (items.length === 0) throw new SyntaxError('query: expected something between the brackets, got nothing');
      return [{ clause: together(items, false) ?? anyOf(items), bare: false }];
    }
    if (token?.kind === 'quoted') {
      const words = wordsOf(token.text, 'unicode');
      if (words.length === 0) return [];
      return [{ clause: words.length === 1 ? wordClause(words[0]!) : { kind: 'phrase', words }, bare: false }];
    }
    if (token?.kind === 'field') {
      const { field, value } = token;
      checkField(field, value);
      return [{ clause: { kind: 'field', field, value }, bare: false }];
    }
    if (token?.kind === 'text') {
      return wordsOf(token.text, 'unicode').map((word) => ({ clause: wordClause(word), bare: true }));
    }
    throw new SyntaxError(`query: expected a word, got ${token ? token.kind : 'the end'}`);
  }

  #deeper(): void {
    if (++this.#depth > deepest) throw new SyntaxError(`query: expected at most ${deepest} brackets in each other`);
  }

  #peek(): Token['kind'] | undefined {
    return this.#tokens[this.#at]?.kind;
  }

  #take(kind: Token['kind']): boolean {
    if (this.#peek() !== kind) return false;
    this.#at++;
    return true;
  }
}

function wordClause(word: string): Clause {
  return { kind: 'word', word };
}

/** One side of an operator: where it is of several words (`state-of-the-art`), all of them. */
function single(items: readonly Item[]): Clause {
  if (items.length === 0) throw new SyntaxError('query: expected a word beside AND, OR, NOT or -, got none');
  return items.length === 1 ? items[0]!.clause : { kind: 'all', of: items.map(({ clause }) => clause) };
}

/** The condition of what stands side by side: all that is more than a word; else one of the words, and undefined for that. */
function together(items: readonly Item[], everyWord: boolean): Clause | undefined {
  const conditions = items.filter(({ bare }) => everyWord || !bare).map(({ clause }) => clause);
  if (conditions.length === 0) return undefined;
  const words = items.filter(({ bare }) => bare);
  // `diffusion -video`: what is only forbidden something still needs a word
  const needsWord = words.length > 0 && conditions.every(({ kind }) => kind === 'not');
  const all = needsWord ? [anyOf(words), ...conditions] : conditions;
  return all.length === 1 ? all[0] : { kind: 'all', of: all };
}

function anyOf(items: readonly Item[]): Clause {
  return items.length === 1 ? items[0]!.clause : { kind: 'any', of: items.map(({ clause }) => clause) };
}

function wantedWords(clauses: readonly Clause[]): string[] {
  return clauses.flatMap((clause) => {
    if (clause.kind === 'word') return [clause.word];
    if (clause.kind === 'phrase') return [...clause.words];
    if (clause.kind === 'all' || clause.kind === 'any') return wantedWords(clause.of);
    if (clause.kind === 'field' && clause.field === 'title') return wordsOf(clause.value, 'unicode');
    return [];
  });
}

/** @throws SyntaxError for a value that the field cannot have */
function checkField(field: Field, value: string): void {
  if (field === 'year' || field === 'date' || field === 'after' || field === 'before') daysOf(field, value);
  const words = { has: ['code', 'note'], is: ['read', 'unread'] } as const;
  if ((field === 'has' || field === 'is') && !words[field].some((word) => word === value.toLowerCase()))
    throw new SyntaxError(`query: expected ${field}:${words[field].join(` or ${field}:`)}, got ${field}:${value}`);
}

/** The days that a field of time means, as days since 1970-01-01, both within. */
export function daysOf(field: 'year' | 'date' | 'after' | 'before', value: string): readonly [number, number] {
  const [low, high, more] = value.split('..');
  const open = Number.POSITIVE_INFINITY;
  if (more === undefined && low !== undefined) {
    const [from, to] = [low === '' ? [-open, -open] : spanOf(low), high === '' ? [open, open] : spanOf(high ?? low)];
    if (from && to && !(low === '' && high === undefined)) {
      if (field === 'after') return [from[1]! + 1, open];
      if (field === 'before') return [-open, from[0]! - 1];
      return [from[0]!, to[1]!];
    }
  }
  throw new SyntaxError(
    `query: expected ${field}:2022, ${field}:2022-05 or ${field}:2022-05-31, got ${field}:${value}`,
  );
}

/** First and last day of a year, a month or a day. */
function spanOf(text: string): readonly [number, number] | undefined {
  const parts = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(text);
  if (!parts) return undefined;
  const [year, month, day] = [Number(parts[1]), parts[2] && Number(parts[2]), parts[3] && Number(parts[3])];
  const dayOf = (y: number, m: number, d: number) => Date.UTC(y, m - 1, d) / 86_400_000;
  if (!month) return parts[2] ? undefined : [dayOf(year, 1, 1), dayOf(year, 12, 31)];
  if (month > 12) return undefined;
  const last = dayOf(year, month + 1, 1) - 1;
  if (!day) return parts[3] ? undefined : [dayOf(year, month, 1), last];
  const at = dayOf(year, month, day);
  return at <= last ? [at, at] : undefined;
}
