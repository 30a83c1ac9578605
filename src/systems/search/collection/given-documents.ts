/**
 * Documents as whoever adds them gives them: checked, as they will be stored, and as tokens.
 *
 * What is stored is JSON of them, made at once: what happens to the objects afterwards does not matter, and another thread
 * can write it.
 */
import { recordsFile } from '../../../retrieval/index.ts';
import { type FlatDocuments, flatten } from '../fm-index/flat.ts';
import type { StoredDocument } from './segment.ts';

/** What makes a document's tokens, for the n-grams. */
export interface DocumentTokenizer<D extends StoredDocument = StoredDocument> {
  /** A collection remembers it, and takes no documents from a tokenizer of another name. */
  readonly name: string;
  tokensOf(document: D): ArrayLike<number>;
}

/** Title and text in UTF-8, a line break between: every substring is an n-gram. */
export const utf8Bytes: DocumentTokenizer = {
  name: 'utf-8',
  tokensOf: ({ title, text }) => new TextEncoder().encode(title === undefined ? text : `${title}\n${text}`),
};

export interface GivenDocuments {
  readonly ids: ReadonlySet<string>;
  /** As they are stored: a file of records. */
  readonly file: Uint8Array<ArrayBuffer>;
  readonly tokens: FlatDocuments;
}

/** @throws TypeError for two of one id, and for one without an id or a text; RangeError for tokens that are none */
export function takeDocuments<D extends StoredDocument>(
  documents: readonly D[],
  tokenizer: DocumentTokenizer<D>,
): GivenDocuments {
  documents.forEach(checkDocument);
  const ids = new Set(documents.map(({ id }) => id));
  if (ids.size !== documents.length) throw new TypeError('add: expected every id once, got one twice');
  const tokens = flatten(documents.map((document) => tokenizer.tokensOf(document)));
  return { ids, file: recordsFile(documents), tokens };
}

/** @throws TypeError naming a document that is none, as one may be that no compiler has seen */
function checkDocument({ id, title, text, queries = [] }: StoredDocument, number: number): void {
  const fail = (expected: string, got: unknown) => {
    throw new TypeError(
      `add: expected ${expected} of document ${number} (id ${JSON.stringify(id)}), got ${typeof got}`,
    );
  };
  if (typeof id !== 'string' || id === '') fail('a text that is not empty for the id', id);
  if (typeof text !== 'string') fail('a text', text);
  if (title !== undefined && typeof title !== 'string') fail('a text for the title', title);
  if (!Array.isArray(queries) || queries.some((query) => typeof query !== 'string'))
    fail('texts for the queries', queries);
}
