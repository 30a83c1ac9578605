/**
 * Documents and queries as tokens, and places of tokens as places of the text.
 *
 * A document is title, mark, text, and for each of its pseudo-queries a mark and the query, and one mark more at the end:
 * a title then stands between the document's beginning and the first mark, a pseudo-query between two marks. A prompt is
 * the query with marks that say what to write for it: SEAL's `query || title || +`. A tokenizer of our own has tokens for
 * the marks; BART's has pieces of text that serve (`@@` and `||`, as in SEAL).
 *
 * Every field begins with a space, so that its first word is the same token as elsewhere. What looks like a special token
 * in a text is text.
 */
import type { Tokenizer } from '../../../text/index.ts';
import type { DocumentTokenizer } from '../collection/given-documents.ts';
import type { StoredDocument } from '../collection/segment.ts';
import type { Span, View } from './types.ts';

/** What a prompt's answer was learned from: queries with judged documents, or the documents alone. */
export type Supervision = 'supervised' | 'unsupervised';

/** Special tokens of a tokenizer of our own, in the order of their ids. */
export const ownSpecials = [
  '<s>',
  '<pad>',
  '</s>',
  '<unk>',
  '<|title|>',
  '<|query|>',
  '<|to-body|>',
  '<|to-title|>',
  '<|to-queries|>',
  '<|supervised|>',
  '<|unsupervised|>',
] as const;

const SPACE = 0x20;

export interface CoderOptions {
  /** Whether capital letters are indexed as small ones. */
  readonly lowercase: boolean;
}

export class Coder implements DocumentTokenizer {
  /** The same for tokenizers of the same tokens. */
  readonly name: string;
  readonly tokenizer: Tokenizer;
  readonly lowercase: boolean;
  /** Ends a title. */
  readonly titleEnd: number;
  /** Stands before and after each pseudo-query. */
  readonly queryMark: number;
  readonly #views: Readonly<Record<View, readonly number[]>>;
  readonly #supervision: Readonly<Record<Supervision, readonly number[]>>;
  /** The fields of the document that was asked for last. */
  #last:
    | { readonly document: StoredDocument; readonly tokens: ArrayLike<number>; readonly fields: Field[] }
    | undefined;

  /** @throws TypeError for a tokenizer that has neither our own marks nor single tokens for BART's, or keeps no bytes */
  constructor(tokenizer: Tokenizer, { lowercase }: CoderOptions) {
    if (!tokenizer.byteLevel) throw new TypeError('search: expected a byte-level tokenizer, got one that drops bytes');
    this.tokenizer = tokenizer;
    this.lowercase = lowercase;
    this.name = `bpe-${tokenizer.size}-${checksum(tokenizer)}${lowercase ? '-lowercase' : ''}`;
    const own = (token: (typeof ownSpecials)[number]): number | undefined => tokenizer.id(token);
    const titleEnd = own('<|title|>');
    if (titleEnd !== undefined) {
      this.titleEnd = titleEnd;
      this.queryMark = own('<|query|>')!;
      this.#views = { body: [own('<|to-body|>')!], title: [own('<|to-title|>')!], queries: [own('<|to-queries|>')!] };
      this.#supervision = { supervised: [own('<|supervised|>')!], unsupervised: [own('<|unsupervised|>')!] };
      return;
    }
    const spelled = (text: string): number[] => tokenizer.encode(text, { special: false });
    const single = (text: string): number => {
      const [id, ...more] = spelled(text);
      if (id === undefined || more.length > 0) {
        throw new TypeError(`search: expected a tokenizer with a token for '${text}', as BART's, got one without`);
      }
      return id;
    };
    this.titleEnd = single(' @@');
    this.queryMark = single(' ||');
    this.#views = { body: spelled(' || body'), title: spelled(' || title'), queries: spelled(' || query') };
    this.#supervision = { supervised: spelled(' || +'), unsupervised: spelled(' || p') };
  }

  /** Tokens that stand between fields, and in no n-gram but as its end. */
  get marks(): ReadonlySet<number> {
    return new Set([this.titleEnd, this.queryMark]);
  }

  /** The tokens of a text, as the index has them. */
  encode(text: string): number[] {
    return this.#encode(` ${this.#folded(text)}`);
  }

  /** The tokens of a text as they stand after a space, and, where these differ, right after any other character. */
  spellings(text: string): [spaced: number[], bare?: number[]] {
    const spaced = this.encode(text);
    const bare = this.#encode(this.#folded(text));
    return String(spaced) === String(bare) ? [spaced] : [spaced, bare];
  }

  /** The tokens of a document. */
  tokensOf({ title, text, queries = [] }: StoredDocument): number[] {
    const { titleEnd, queryMark } = this;
    const asked = queries.flatMap((query) => [queryMark, ...this.encode(query)]);
    const tokens = title === undefined ? [] : this.encode(title);
    tokens.push(titleEnd);
    for (const token of this.encode(text)) tokens.push(token);
    for (const token of asked) tokens.push(token);
    if (queries.length > 0) tokens.push(queryMark);
    return tokens;
  }

  /**
   * What the model is asked.
   * @param most tokens that the model can read: the query's end is left out where it is longer
   */
  prompt(query: readonly number[], view: View, supervision: Supervision, most: number): number[] {
    const { prefix, suffix } = this.tokenizer;
    const marks = [...this.#views[view], ...this.#supervision[supervision]];
    const room = most - prefix.length - suffix.length - marks.length;
    return [...prefix, ...query.slice(0, Math.max(0, room)), ...marks, ...suffix];
  }

  /** Whether a token is text, and no mark. */
  isText(token: number): boolean {
    return !this.tokenizer.isSpecial(token) && token !== this.titleEnd && token !== this.queryMark;
  }

  /** Whether a token begins a word. */
  beginsWord(token: number): boolean {
    return this.tokenizer.bytes(token)[0] === SPACE;
  }

  /** The text of tokens, without the space that fields begin with. */
  decode(tokens: readonly number[]): string {
    return this.tokenizer.decode(tokens.filter((token) => token !== this.titleEnd && token !== this.queryMark)).trim();
  }

  /**
   * The places in the text of a document where tokens stand.
   * @param tokens of the document
   * @param ranges of tokens, each within a field
   */
  spans(document: StoredDocument, tokens: ArrayLike<number>, ranges: readonly (readonly [number, number])[]): Span[] {
    // asked for one n-gram of a document after the other
    if (this.#last?.document !== document || this.#last.tokens !== tokens) {
      this.#last = { document, tokens, fields: this.#fields(document, tokens) };
    }
    const { fields } = this.#last;
    return ranges.flatMap(([from, to]) => {
      const field = fields.find((one) => from < one.to && to > one.from);
      if (field === undefined) return [];
      const { name, index, places } = field;
      const start = places[Math.max(from, field.from) - field.from]!;
      const end = places[Math.min(to, field.to) - field.from]!;
      const span = trimmed(field.text, start, end);
      return span.start < span.end ? [{ field: name, ...(index !== undefined && { index }), ...span }] : [];
    });
  }

  /** The fields of a document, with the place in the text at which each token begins. */
  #fields(document: StoredDocument, tokens: ArrayLike<number>): Field[] {
    const { title, text, queries = [] } = document;
    const written: { name: Span['field']; index?: number; text: string }[] = [
      { name: 'title', text: title ?? '' },
      { name: 'text', text },
      ...queries.map((query, index) => ({ name: 'queries' as const, index, text: query })),
    ];
    let from = 0;
    return written.map(({ name, index, text: own }) => {
      let to = from;
      while (to < tokens.length && tokens[to] !== this.titleEnd && tokens[to] !== this.queryMark) to++;
      const lengths = Array.from({ length: to - from }, (_, i) => this.tokenizer.bytes(tokens[from + i]!).length);
      const field = { name, index, text: own, from, to, places: placesOf(this.#folded(own), lengths) };
      from = to + 1;
      return field;
    });
  }

  #folded(text: string): string {
    if (!this.lowercase) return text;
    const lower = text.toLowerCase();
    if (lower.length === text.length) return lower;
    // a letter that grows when it is folded stays: places would move
    return Array.from(text, (letter) =>
      letter.toLowerCase().length === letter.length ? letter.toLowerCase() : letter,
    ).join('');
  }

  /** Cut after every '<', so that no special token is found in a text; words never go on across one. */
  #encode(text: string): number[] {
    const ids: number[] = [];
    for (const part of text.split(/(?<=<)/)) {
      for (const id of this.tokenizer.encode(part, { special: false })) ids.push(id);
    }
    return ids;
  }
}

/** A field of a document as tokens. */
interface Field {
  readonly name: Span['field'];
  readonly index: number | undefined;
  readonly text: string;
  /** Of its tokens among those of the document. */
  readonly from: number;
  readonly to: number;
  /** Where in the text each token begins, and the end. */
  readonly places: readonly number[];
}

/** The UTF-16 places at which tokens begin, and the end, of a text that had a space put before it. */
function placesOf(text: string, lengths: readonly number[]): number[] {
  const places: number[] = [];
  let at = 0;
  let byte = 1;
  let wanted = 0;
  for (let i = 0; i <= lengths.length; i++) {
    while (byte < wanted && at < text.length) {
      const code = text.codePointAt(at)!;
      const units = code > 0xffff ? 2 : 1;
      const size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
      // a token that ends within a letter ends before it
      if (byte + size > wanted) break;
      at += units;
      byte += size;
    }
    places.push(at);
    wanted += lengths[i] ?? 0;
  }
  return places;
}

/** Without white space at its ends. */
function trimmed(text: string, start: number, end: number): { start: number; end: number } {
  let [from, to] = [start, end];
  while (from < to && /\s/.test(text[from]!)) from++;
  while (to > from && /\s/.test(text[to - 1]!)) to--;
  return { start: from, end: to };
}

/** FNV-1a over all tokens in their order, in hexadecimal. */
function checksum(tokenizer: Tokenizer): string {
  let hash = 0x811c9dc5;
  for (let id = 0; id < tokenizer.size; id++) {
    for (const letter of `${tokenizer.token(id)} `) hash = Math.imul(hash ^ letter.codePointAt(0)!, 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
