/**
 * DPR's files: Wikipedia's passages as quoted tab-separated values, questions for the retriever's training with passages
 * that answer them and such that do not, and questions alone.
 *
 * V. Karpukhin et al., "Dense Passage Retrieval for Open-Domain Question Answering" (EMNLP 2020).
 */
import { documentIn, tsvDocuments, unquoted } from './documents.ts';
import { readElements } from './elements.ts';
import { fieldOf, type Item, idOf, isObject, kindOf, problem, textsOf } from './item.ts';
import { readLines } from './lines.ts';

/** By what a file is called: `psgs_w100.tsv`, `nq-dev.qas.csv`, else JSON. */
export function dprItems(path: string): AsyncGenerator<Item> {
  if (/\.tsv(\.gz)?$/i.test(path)) return tsvDocuments(path, { quoted: true });
  return /\.csv(\.gz)?$/i.test(path) ? questions(path) : trainingItems(path);
}

/** `question<tab>['answer', …]`: the line's number is the id. */
async function* questions(path: string): AsyncGenerator<Item> {
  for await (const line of readLines(path)) {
    if ('problem' in line) {
      yield line;
      continue;
    }
    const [text = '', written] = line.text.split('\t').map(unquoted);
    const answers = written === undefined ? [] : answersIn(written);
    if (answers === undefined) yield problem(line.where, "expected answers as ['…', …] after the tab");
    else yield { query: { id: String(line.number), text, ...(answers.length > 0 && { answers }) } };
  }
}

/** A text between quotes of either kind, as Python writes it. */
const WRITTEN = /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/gs;

/** A list of texts as Python writes it; undefined for what is none. */
function answersIn(written: string): string[] | undefined {
  const answers = Array.from(written.matchAll(WRITTEN), ([, single, double]) => unescaped(single ?? double!));
  // nothing between them but commas
  return /^\s*\[[\s,]*\]\s*$/.test(written.replace(WRITTEN, '')) ? [...new Set(answers)] : undefined;
}

function unescaped(text: string): string {
  return text.replace(/\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|(.))/gs, (_, x, u, letter) =>
    letter === undefined ? String.fromCharCode(Number.parseInt(x ?? u, 16)) : (letters[letter] ?? letter),
  );
}

const letters: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

/** The grades of the passages beside a question. */
const grades = { positive_ctxs: 1, negative_ctxs: 0, hard_negative_ctxs: 0 } as const;

/** Every passage is a document once; a question's id is its own, or its number. */
async function* trainingItems(path: string): AsyncGenerator<Item> {
  const known = new Set<string>();
  let number = 0;
  for await (const element of readElements(path)) {
    number++;
    if ('problem' in element) {
      yield element;
      continue;
    }
    const { where, value } = element;
    if (!isObject(value) || typeof value.question !== 'string') {
      yield problem(where, "expected a text under 'question'");
      continue;
    }
    const query = idOf(value.id) ?? String(number);
    const answers = textsOf(value.answers);
    yield { query: { id: query, text: value.question, ...(answers && { answers }) } };
    const judged = new Set<string>();
    for (const [list, grade] of Object.entries(grades)) {
      const passages: unknown = value[list] ?? [];
      if (!Array.isArray(passages)) {
        yield problem(where, `expected a list under '${list}', got ${kindOf(passages)}`);
        continue;
      }
      for (const passage of passages as unknown[]) {
        const name = isObject(passage) ? fieldOf(passage, ['passage_id', 'psg_id', 'id']) : undefined;
        const id = name === undefined ? undefined : idOf((passage as Record<string, unknown>)[name]);
        const { title, text } = (isObject(passage) ? passage : {}) as Record<string, unknown>;
        if (id === undefined) {
          yield problem(where, `expected passages with a 'passage_id' or 'psg_id' under '${list}', got one without`);
          continue;
        }
        if (!known.has(id)) yield documentIn({ where, value: { id, title, text } });
        known.add(id);
        if (!judged.has(id)) yield { judgement: { query, document: id, grade } };
        judged.add(id);
      }
    }
  }
}
