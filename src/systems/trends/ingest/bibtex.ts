/**
 * BibTeX files, as reference managers write them: entries with their fields, strings and abbreviations resolved, TeX's
 * accents and symbols as the characters they stand for.
 *
 * Own code, because the libraries were measured to be unfit: one takes 8 ms an entry and brings 20 MB, with a model of
 * English to change the case of titles, the other drops what it does not know.
 */
import { plainTex } from './tex.ts';

export interface BibtexEntry {
  /** `article`, in lower case. */
  readonly type: string;
  readonly key: string;
  /** The line that it begins on, from 1. */
  readonly line: number;
  /** By name in lower case: text without TeX. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Entries in order, and for what is none a line that says where and why. */
export function* bibtexEntries(text: string): Generator<BibtexEntry | string> {
  const scanner = new Scanner(text);
  const strings = new Map(months.map((name, i) => [name, String(i + 1)]));
  while (scanner.toEntry()) {
    const { line } = scanner;
    const start = scanner.at;
    try {
      const found = scanner.entry(strings);
      if (found) yield { ...found, line };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      yield `line ${line}: ${error.message}`;
      scanner.skipFrom(start);
    }
  }
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

class Scanner {
  readonly #text: string;
  at = 0;
  #line = 1;
  #counted = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get line(): number {
    for (; this.#counted < this.at; this.#counted++) if (this.#text[this.#counted] === '\n') this.#line++;
    return this.#line;
  }

  /** To the next `@`; false at the end. */
  toEntry(): boolean {
    const next = this.#text.indexOf('@', this.at);
    if (next < 0) return false;
    this.at = next;
    return true;
  }

  /** Behind a damaged entry: to the next line that begins with `@`. */
  skipFrom(start: number): void {
    const next = this.#text.indexOf('\n@', start + 1);
    this.at = next < 0 ? this.#text.length : next + 1;
  }

  entry(strings: Map<string, string>): Omit<BibtexEntry, 'line'> | undefined {
    this.at++;
    const [opening, named] = /^([a-z]{1,40})\s*[{(]/i.exec(this.#text.slice(this.at, this.at + 60)) ?? [];
    // an @ in running text between entries
    if (opening === undefined) return undefined;
    const type = named!.toLowerCase();
    this.at += opening.length - 1;
    const open = this.#text[this.at];
    if (type === 'comment' || type === 'preamble') {
      this.#balanced();
      return undefined;
    }
    this.at++;
    const close = open === '{' ? '}' : ')';
    const fields: Record<string, string> = {};
    let key = '';
    if (type !== 'string') {
      const end = /[,\s})]/g;
      this.#space();
      end.lastIndex = this.at;
      const stop = end.exec(this.#text)?.index ?? this.#text.length;
      key = this.#text.slice(this.at, stop);
      this.at = stop;
    }
    for (;;) {
      this.#space();
      if (this.#text[this.at] === ',') {
        this.at++;
        continue;
      }
      if (this.#text[this.at] === close) {
        this.at++;
        break;
      }
      const name = this.#name(`a field or ${close}`).toLowerCase();
      this.#space();
      if (this.#text[this.at] !== '=') throw new SyntaxError(`expected = after ${name}`);
      this.at++;
      const value = this.#value(strings);
      if (type === 'string') strings.set(name, value);
      else fields[name] ??= verbatim.has(name) ? value.trim() : plainTex(value);
    }
    return type === 'string' ? undefined : { type, key, fields };
  }

  #space(): void {
    while (/\s/.test(this.#text[this.at] ?? '')) this.at++;
  }

  #name(what: string): string {
    const found = /^[^\s"#%'(),={}@]{1,100}/.exec(this.#text.slice(this.at, this.at + 100));
    if (!found) throw new SyntaxError(`expected ${what}, got ${this.#text[this.at] ?? 'the end'}`);
    this.at += found[0].length;
    return found[0];
  }

  /** Parts in braces or quotes, numbers and abbreviations, joined by `#`. */
  #value(strings: ReadonlyMap<string, string>): string {
    let value = '';
    do {
      if (this.#text[this.at] === '#') this.at++;
      this.#space();
      const first = this.#text[this.at];
      if (first === '{') value += this.#balanced();
      else if (first === '"') value += this.#quoted();
      else {
        const name = this.#name('a value');
        value += /^\d+$/.test(name) ? name : (strings.get(name.toLowerCase()) ?? name);
      }
      this.#space();
    } while (this.#text[this.at] === '#');
    return value;
  }

  #balanced(): string {
    const start = this.at;
    const [open, close] = this.#text[start] === '(' ? ['(', ')'] : ['{', '}'];
    for (let depth = 0; this.at < this.#text.length; this.at++) {
      const c = this.#text[this.at]!;
      if (c === '\\') this.at++;
      else if (c === open) depth++;
      else if (c === close && --depth === 0) return this.#text.slice(start + 1, this.at++);
    }
    throw new SyntaxError(`expected a closing ${close}, got the end`);
  }

  #quoted(): string {
    const start = ++this.at;
    for (let depth = 0; this.at < this.#text.length; this.at++) {
      const c = this.#text[this.at]!;
      if (c === '\\') this.at++;
      else if (c === '{') depth++;
      else if (c === '}') depth--;
      else if (c === '"' && depth === 0) return this.#text.slice(start, this.at++);
    }
    throw new SyntaxError('expected a closing quote, got the end');
  }
}

/** Fields that hold addresses and identifiers. */
const verbatim = new Set(['url', 'doi', 'eprint', 'file', 'pdf', 'howpublished']);
