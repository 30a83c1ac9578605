/** Documents and queries from JSON objects and from rows of tab-separated cells. */
import type { StoredDocument } from '../collection/segment.ts';
import { readElements } from './elements.ts';
import {
  type FieldNames,
  fieldOf,
  type Item,
  idOf,
  isObject,
  kindOf,
  type Placed,
  problem,
  type Query,
  textsOf,
} from './item.ts';
import { parsed, readJsonLines, readLines } from './lines.ts';

const idNames = ['id', '_id'];
const textNames = ['text', 'contents'];
const questionNames = ['text', 'query', 'question', 'input'];

/** Documents of JSON lines: an id, a text, perhaps a title; all other fields are kept as they are. */
export async function* jsonDocuments(path: string, names: FieldNames = {}): AsyncGenerator<Item> {
  for await (const line of readJsonLines(path)) yield 'problem' in line ? line : documentIn(line, names);
}

/** Documents of a JSON file's list of such objects, or of one that a field of the file is. */
export async function* jsonListDocuments(path: string, names: FieldNames = {}): AsyncGenerator<Item> {
  for await (const element of readElements(path)) yield 'problem' in element ? element : documentIn(element, names);
}

/** A document from an object. @param names of fields that are not called `id` or `_id`, `title`, `text` or `contents` */
export function documentIn({ where, value }: Placed, names: FieldNames = {}): Item {
  if (!isObject(value)) return problem(where, `expected an object, got ${kindOf(value)}`);
  const ids = names.id === undefined ? idNames : [names.id];
  const texts = names.text === undefined ? textNames : [names.text];
  const [idName, textName] = [fieldOf(value, ids), fieldOf(value, texts)];
  const titleName = names.title ?? 'title';
  const id = idName === undefined ? undefined : idOf(value[idName]);
  if (id === undefined) return problem(where, `expected an id under ${listed(ids)}, got ${described(value, idName)}`);
  const text = textName === undefined ? undefined : value[textName];
  if (typeof text !== 'string') {
    return problem(where, `expected a text under ${listed(texts)}, got ${described(value, textName)}`);
  }
  const { [idName!]: _, [textName!]: __, [titleName]: title, queries, ...others } = value;
  if (title !== undefined && title !== null && typeof title !== 'string') {
    return problem(where, `expected a text under '${titleName}', got ${kindOf(title)}`);
  }
  if (queries !== undefined && !(Array.isArray(queries) && queries.every((query) => typeof query === 'string'))) {
    return problem(where, `expected a list of texts under 'queries', got ${kindOf(queries)}`);
  }
  // a field of the source under a name that means something else here gives way
  const kept = Object.entries(others).filter(([name]) => !['id', 'title', 'text'].includes(name));
  const document: StoredDocument = {
    id,
    ...(title && { title }),
    text,
    ...(queries !== undefined && { queries }),
    ...Object.fromEntries(kept),
  };
  return { document };
}

export interface TsvOptions {
  /** Cells in double quotes, with quotes in them doubled, as DPR's passages are written. */
  readonly quoted?: boolean;
}

/**
 * Documents of tab-separated values: by the names in a first row that has `id` and `text` in it; else two cells are id and
 * text (MS MARCO), three id, title and text (KILT). Cells under other names are kept as fields.
 */
export async function* tsvDocuments(path: string, { quoted = false }: TsvOptions = {}): AsyncGenerator<Item> {
  let header: readonly string[] | undefined;
  let first = true;
  for await (const line of readLines(path)) {
    if ('problem' in line) {
      yield line;
      continue;
    }
    const cells = line.text.split('\t').map((cell) => (quoted ? unquoted(cell) : cell));
    if (first && cells.includes('id') && cells.includes('text')) header = cells;
    else {
      const columns = header ?? (cells.length === 2 ? ['id', 'text'] : ['id', 'title', 'text']);
      if (cells.length === columns.length) {
        const value = Object.fromEntries(columns.map((name, i) => [name, cells[i]!]));
        yield documentIn({ where: line.where, value });
      } else {
        const wanted = header === undefined ? 'id and text, or id, title and text' : `${header.length} cells`;
        yield problem(line.where, `expected ${wanted}, with tabs between, got ${cells.length} cells`);
      }
    }
    first = false;
  }
}

/**
 * Queries: JSON lines with a `text`, `query`, `question` or `input`, and perhaps `answers`, or tab-separated ids and texts.
 * Where a JSON line has no id, its number is one.
 */
export async function* readQueries(
  path: string,
): AsyncGenerator<Extract<Item, { query: unknown } | { problem: unknown }>> {
  for await (const line of readLines(path)) {
    if ('problem' in line) yield line;
    else if (!line.text.trimStart().startsWith('{')) {
      const [id, text, ...more] = line.text.split('\t');
      if (!id || text === undefined || more.length > 0) {
        yield problem(line.where, 'expected JSON, or an id and a text with a tab between');
      } else yield { query: { id, text } };
    } else {
      const value = parsed(line.where, line.text);
      yield 'problem' in value ? value : queryIn(value, line.number);
    }
  }
}

function queryIn({ where, value }: Placed, number: number) {
  if (!isObject(value)) return problem(where, `expected an object, got ${kindOf(value)}`);
  const name = fieldOf(value, questionNames);
  const text = name === undefined ? undefined : value[name];
  if (typeof text !== 'string') {
    return problem(where, `expected a text under ${listed(questionNames)}, got ${described(value, name)}`);
  }
  const idName = fieldOf(value, idNames);
  const id = (idName === undefined ? undefined : idOf(value[idName])) ?? String(number);
  const given = value.answers ?? value.answer;
  const answers = textsOf(typeof given === 'string' ? [given] : given);
  const query: Query = { id, text, ...(answers && { answers }) };
  return { query };
}

/** A cell without the double quotes around it, and those in it that are doubled. */
export function unquoted(cell: string): string {
  return /^".*"$/s.test(cell) && cell.length > 1 ? cell.slice(1, -1).replaceAll('""', '"') : cell;
}

function listed(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(' or ');
}

function described(value: Readonly<Record<string, unknown>>, name: string | undefined): string {
  if (name !== undefined) return value[name] === '' ? 'an empty one' : kindOf(value[name]);
  const names = Object.keys(value);
  return names.length === 0 ? 'no fields' : `fields ${names.slice(0, 8).join(', ')}${names.length > 8 ? ', …' : ''}`;
}
