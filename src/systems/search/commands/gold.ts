/** What results are measured against: judged documents, KILT's evidence, or answers that passages have to hold. */
import {
  Answers,
  type Evaluation,
  type Evidence,
  evaluate,
  evidencePrecision,
  evidenceRecall,
  type MeanOptions,
  type Measure,
  readQrels,
  type Scored,
  usualMeasures,
} from '../../../retrieval/index.ts';
import { readQueries } from '../readers/documents.ts';
import { type Format, readItems } from '../readers/formats.ts';
import type { Query } from '../readers/item.ts';
import { pageOf } from '../readers/kilt.ts';
import type { Problems } from './problems.ts';

/** What judgements are read as: TREC's or BEIR's files, or questions with their evidence or answers. */
export const goldFormats = ['qrels', 'kilt', 'dpr', 'squad', 'jsonl'] as const;

export interface Gold {
  readonly ids: ReadonlySet<string>;
  /** The questions, where the file has them. */
  readonly questions?: readonly Query[];
  /** Whether measuring asks for the documents' texts. */
  readonly needsTexts: boolean;
  /** @param textOf by document's id; undefined for one that is not there */
  measured(
    results: ReadonlyMap<string, readonly Scored[]>,
    textOf: (id: string) => string | undefined,
    options: MeanOptions,
  ): Evaluation;
}

/** @throws RangeError for a file with nothing to measure against */
export async function readGold(
  path: string,
  format: (typeof goldFormats)[number],
  { split, problems }: { readonly split: string | undefined; readonly problems: Problems },
): Promise<Gold> {
  if (format === 'qrels') {
    const qrels = await readQrels(path, { ...(split && { split }) });
    if (qrels.size === 0) throw new RangeError(`eval: expected judgements, got none in ${path}`);
    return {
      ids: new Set(qrels.keys()),
      needsTexts: false,
      measured: (results, _, options) => evaluate(qrels, results, usualMeasures, options),
    };
  }
  const questions: Query[] = [];
  for await (const item of format === 'jsonl' ? readQueries(path) : readItems(path, { format: format as Format })) {
    if ('problem' in item) problems.tell(item.problem);
    else if ('query' in item) questions.push(item.query);
  }
  return format === 'kilt' ? byEvidence(path, questions) : byAnswers(path, questions);
}

/** KILT's measures, of pages and of passages. */
function byEvidence(path: string, all: readonly Query[]): Gold {
  const questions = all.filter(({ evidence }) => evidence !== undefined);
  if (questions.length === 0) throw new RangeError(`eval: expected questions with provenance, got none in ${path}`);
  const known = new Map(
    questions.map(({ id, evidence = [] }) => {
      const passages: Evidence = evidence.map((documents) => new Set(documents));
      return [id, { passages, pages: evidence.map((documents) => new Set(documents.map(pageOf))) }] as const;
    }),
  );
  const measures: Readonly<Record<string, Measure<{ readonly pages: Evidence; readonly passages: Evidence }>>> = {
    'page R-precision': (ranking, { pages }) => evidencePrecision(ranking.map(pageOf), pages),
    'page recall@5': (ranking, { pages }) => evidenceRecall(ranking.map(pageOf), pages, 5),
    'passage R-precision': (ranking, { passages }) => evidencePrecision(ranking, passages),
    'passage recall@5': (ranking, { passages }) => evidenceRecall(ranking, passages, 5),
  };
  return {
    ids: new Set(known.keys()),
    questions,
    needsTexts: false,
    measured: (results, _, options) => evaluate(known, results, measures, options),
  };
}

/** How many of the first passages the answers are looked for in. */
const TOPS = [1, 5, 20, 100];

function byAnswers(path: string, all: readonly Query[]): Gold {
  const questions = all.filter(({ answers }) => answers !== undefined);
  if (questions.length === 0) throw new RangeError(`eval: expected questions with answers, got none in ${path}`);
  const known = new Map(questions.map(({ id, answers = [] }) => [id, new Answers(answers)]));
  return {
    ids: new Set(known.keys()),
    questions,
    needsTexts: true,
    measured(results, textOf, options) {
      const heldIn = (id: string, answers: Answers): boolean => {
        const text = textOf(id);
        if (text === undefined) throw new RangeError(`eval: expected documents of the index, got ${id}`);
        return answers.isIn(text);
      };
      // the first passage that holds an answer, found once for all measures
      const firsts = new Map<Answers, number>();
      const firstOf = (ranking: readonly string[], answers: Answers): number => {
        const found = firsts.get(answers) ?? ranking.slice(0, TOPS.at(-1)).findIndex((id) => heldIn(id, answers));
        firsts.set(answers, found);
        return found;
      };
      const measures = Object.fromEntries(
        TOPS.map((top): [string, Measure<Answers>] => [
          `answer hits@${top}`,
          (ranking, answers) => {
            const first = firstOf(ranking, answers);
            return first >= 0 && first < top ? 1 : 0;
          },
        ]),
      );
      return evaluate(known, results, measures, options);
    },
  };
}
