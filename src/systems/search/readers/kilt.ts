/**
 * KILT's files: its knowledge source, of which each paragraph becomes a document, and its tasks, whose provenance says
 * which paragraphs answer a question.
 *
 * F. Petroni et al., "KILT: a Benchmark for Knowledge Intensive Language Tasks" (NAACL 2021).
 */
import type { StoredDocument } from '../collection/segment.ts';
import { fieldOf, type Item, idOf, isObject, kindOf, problem, textsOf } from './item.ts';
import { readJsonLines } from './lines.ts';

const HEADING = 'Section::::';

type Fields = Readonly<Record<string, unknown>>;

/** A paragraph of Wikipedia. */
interface Paragraph extends StoredDocument {
  /** The id of its page. */
  readonly page: string;
  /** The heading that it stands under. */
  readonly section?: string;
}

/** What is in a line of either kind. A paragraph's id is its page's, a hyphen, and its number in the page. */
export async function* kiltItems(path: string): AsyncGenerator<Item> {
  for await (const line of readJsonLines(path)) {
    if ('problem' in line) yield line;
    else if (!isObject(line.value)) yield problem(line.where, `expected an object, got ${kindOf(line.value)}`);
    else if (line.value.wikipedia_title !== undefined) yield* paragraphsOf(line.where, line.value);
    else if (line.value.input !== undefined) yield* taskIn(line.where, line.value);
    else yield problem(line.where, "expected a page with a 'wikipedia_title' or a task with an 'input'");
  }
}

function* paragraphsOf(where: string, page: Fields): Generator<Item> {
  const idName = fieldOf(page, ['wikipedia_id', '_id']);
  const id = idName === undefined ? undefined : idOf(page[idName]);
  const { wikipedia_title: title, text } = page;
  if (id === undefined || typeof title !== 'string' || !Array.isArray(text)) {
    yield problem(
      where,
      "expected a page with 'wikipedia_id', 'wikipedia_title' and a list of paragraphs under 'text'",
    );
    return;
  }
  let section: string | undefined;
  for (const [number, given] of text.entries()) {
    if (typeof given !== 'string') {
      yield problem(where, `expected paragraph ${number} to be a text, got ${kindOf(given)}`);
      continue;
    }
    const paragraph = given.trim();
    if (paragraph.startsWith(HEADING))
      section = paragraph
        .slice(HEADING.length)
        .replace(/[.:]+$/, '')
        .replaceAll('::::', ', ');
    else if (paragraph !== '' && !(number === 0 && paragraph === title.trim())) {
      const document: Paragraph = {
        id: `${id}-${number}`,
        title,
        text: paragraph,
        page: id,
        ...(section && { section }),
      };
      yield { document };
    }
  }
}

function* taskIn(where: string, task: Fields): Generator<Item> {
  const id = idOf(task.id);
  if (id === undefined || typeof task.input !== 'string') {
    yield problem(where, "expected a task with an 'id' and a text under 'input'");
    return;
  }
  const outputs = listOf(task.output);
  const answers = textsOf(outputs.map(({ answer }) => answer));
  const evidence = outputs.map(evidenceOf).filter(({ length }) => length > 0);
  yield { query: { id, text: task.input, ...(answers && { answers }), ...(evidence.length > 0 && { evidence }) } };
  for (const document of new Set(evidence.flat())) yield { judgement: { query: id, document, grade: 1 } };
}

/** The documents that an answer is from, each once. */
function evidenceOf({ provenance }: Fields): string[] {
  const documents = listOf(provenance).flatMap((source) => {
    const page = idOf(source.wikipedia_id);
    return page === undefined ? [] : documentsOf(page, source);
  });
  return [...new Set(documents)];
}

/** The page that a document is of, by its id: a paragraph's, or the page's own. */
export function pageOf(document: string): string {
  return document.replace(/-\d+$/, '');
}

/** Its paragraphs, or the page where none are told. */
function documentsOf(page: string, source: Fields): string[] {
  const { start_paragraph_id: first, end_paragraph_id: last } = source;
  if (!(Number.isInteger(first) && Number.isInteger(last) && (last as number) - (first as number) < 1000))
    return [page];
  const numbers: string[] = [];
  for (let number = first as number; number <= (last as number); number++) numbers.push(`${page}-${number}`);
  return numbers;
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
