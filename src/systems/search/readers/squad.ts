/**
 * SQuAD's files, and those of its form (XQuAD, MLQA): paragraphs, and questions that are answered in one of them.
 *
 * P. Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine Comprehension of Text" (EMNLP 2016).
 */
import { readElements } from './elements.ts';
import { type Item, idOf, isObject, problem, textsOf } from './item.ts';

/**
 * A paragraph's id is the number of its article and its own in it, from 0: `3-7`. A question that its paragraph does not
 * answer (version 2) is a query without a judgement.
 */
export async function* squadItems(path: string): AsyncGenerator<Item> {
  let article = -1;
  for await (const element of readElements(path)) {
    article++;
    if ('problem' in element) {
      yield element;
      continue;
    }
    const { where, value } = element;
    if (!isObject(value) || !Array.isArray(value.paragraphs)) {
      yield problem(where, "expected an article with a list under 'paragraphs'");
      continue;
    }
    const title = typeof value.title === 'string' ? value.title.replaceAll('_', ' ') : undefined;
    for (const [number, paragraph] of (value.paragraphs as unknown[]).entries()) {
      if (!isObject(paragraph) || typeof paragraph.context !== 'string') {
        yield problem(where, `expected a text under 'context' in paragraph ${number}`);
        continue;
      }
      const id = `${article}-${number}`;
      yield { document: { id, ...(title && { title }), text: paragraph.context } };
      for (const asked of Array.isArray(paragraph.qas) ? (paragraph.qas as unknown[]) : []) {
        const query = isObject(asked) ? idOf(asked.id) : undefined;
        if (!isObject(asked) || query === undefined || typeof asked.question !== 'string') {
          yield problem(where, `expected questions with 'id' and 'question' in paragraph ${number}, got one without`);
          continue;
        }
        const given: unknown[] = Array.isArray(asked.answers) ? asked.answers : [];
        const answers = textsOf(given.map((one) => isObject(one) && one.text));
        yield { query: { id: query, text: asked.question, ...(answers && { answers }) } };
        if (asked.is_impossible !== true) yield { judgement: { query, document: id, grade: 1 } };
      }
    }
  }
}
