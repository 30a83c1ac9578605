/**
 * What an editor changed in the sentences of an issue, as a form sends it: a field a sentence, named for its place.
 *
 *     title   summary.2   news.1.0   why.3.0   insights.3.new   resources.4.0
 *
 * An emptied sentence is taken away, and a block's field `new` adds one, which stands on the sentence of its paper that says
 * most of it.
 */
import { statementsOf } from '../issue/check.ts';
import type { Issue, Statement } from '../issue/issue.ts';
import { supportOf } from '../issue/support.ts';
import type { Paper } from '../paper.ts';
import { sentencesOf } from '../phrases/sentences.ts';

const longestSentence = 4000;
const longestTitle = 300;

/** The issue with the fields' texts. @param papers those whose sentences new ones may stand on, by id */
export function editedIssue(issue: Issue, fields: URLSearchParams, papers: ReadonlyMap<string, Paper>): Issue {
  const block = (name: string, statements: readonly Statement[], paper?: string): Statement[] => [
    ...statements.flatMap((statement, i) => {
      const given = clean(fields.get(`${name}.${i}`));
      if (given === undefined || given === statement.text) return [statement];
      return given === '' ? [] : [{ ...statement, text: given }];
    }),
    ...added(clean(fields.get(`${name}.new`)), paper === undefined ? undefined : papers.get(paper)),
  ];
  const title = clean(fields.get('title'));
  return {
    ...issue,
    title: title ? title.slice(0, longestTitle) : issue.title,
    summary: block('summary', issue.summary),
    news: issue.news
      .map((item, i) => ({ ...item, statements: block(`news.${i}`, item.statements, item.paper.id) }))
      .filter(({ statements }) => statements.length > 0),
    picks: issue.picks.map((pick, i) => ({
      ...pick,
      why: block(`why.${i}`, pick.why, pick.paper.id),
      insights: block(`insights.${i}`, pick.insights, pick.paper.id),
    })),
    resources: issue.resources.flatMap((item, i) => {
      const [statement] = block(`resources.${i}`, [item.statement]).slice(0, 1);
      return statement ? [{ ...item, statement }] : [];
    }),
  };
}

/** The issue with a pick moved up (−1) or down (1) among the others. */
export function movedPick(issue: Issue, id: string, by: -1 | 1): Issue {
  const from = issue.picks.findIndex(({ paper }) => paper.id === id);
  const to = from + by;
  if (from < 0 || to < 0 || to >= issue.picks.length) return issue;
  const picks = [...issue.picks];
  [picks[from], picks[to]] = [picks[to]!, picks[from]!];
  return { ...issue, picks };
}

/** Whether anything was written by hand. */
export function isEdited(issue: Issue): boolean {
  return statementsOf(issue).some(({ statement }) => statement.origin === 'edited');
}

/** One line, as issues have them; undefined for a field that was not sent. */
function clean(text: string | null): string | undefined {
  return text
    ?.replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, longestSentence);
}

function added(text: string | undefined, paper: Paper | undefined): Statement[] {
  if (!text) return [];
  let best: { readonly sentence: number; readonly missing: number } | undefined;
  for (const [sentence, own] of (paper ? sentencesOf(paper) : []).entries()) {
    const missing = supportOf(text, [own]).missing.length;
    if (!best || missing < best.missing) best = { sentence, missing };
  }
  const sources = best && paper ? [{ paper: paper.id, sentence: best.sentence }] : [];
  return [{ text, sources, origin: 'edited' }];
}
