/**
 * Checks an issue against the papers, and settles what an editor changed: every sentence word for word where it says so,
 * marked where not.
 */
import type { Paper } from '../paper.ts';
import { sentencesOf } from '../phrases/sentences.ts';
import type { Issue, Statement } from './issue.ts';
import { supportOf } from './support.ts';

/** What is wrong with an issue, a line each; nothing for a sound one. */
export function checkIssue(issue: Issue, papers: readonly Paper[]): string[] {
  const byId = new Map(papers.map((paper) => [paper.id, paper]));
  const problems: string[] = [];
  for (const { where, statement } of statementsOf(issue)) {
    const texts = sourceTexts(statement, byId);
    if (texts.includes(undefined)) problems.push(`${where}: a source that is not there: “${statement.text}”`);
    else if (statement.origin === 'quoted' && !(texts.length === 1 && texts[0] === statement.text)) {
      problems.push(`${where}: not word for word its source: “${statement.text}”`);
    } else if (statement.origin === 'drafted' && texts.length === 0) {
      problems.push(`${where}: drafted without a source: “${statement.text}”`);
    } else if (statement.origin !== 'quoted' && statement.supported === undefined) {
      problems.push(`${where}: not checked against its sources: “${statement.text}”`);
    }
  }
  const entries = [
    ...issue.picks.map(({ paper }) => paper),
    ...issue.news.map(({ paper }) => paper),
    ...issue.references,
  ].map(({ id }) => id);
  for (const id of new Set(entries.filter((id, i) => entries.indexOf(id) < i))) problems.push(`a paper twice: ${id}`);
  for (const id of new Set(entries)) if (!byId.has(id)) problems.push(`a paper that is not there: ${id}`);
  for (const { paper, related } of issue.picks) {
    for (const number of related) {
      if (!issue.references[number - 1]) problems.push(`${paper.id}: a reference that is not there: ${number}`);
    }
  }
  return problems;
}

/**
 * The issue with every sentence called what it is: one that an editor changed becomes `edited`, and is held against its
 * sources; one that was changed back is `quoted` again.
 */
export function settleIssue(issue: Issue, papers: readonly Paper[]): Issue {
  const byId = new Map(papers.map((paper) => [paper.id, paper]));
  return mapStatements(issue, (statement) => {
    const texts = sourceTexts(statement, byId);
    const { supported: _, ...rest } = statement;
    if (texts.length === 1 && texts[0] === statement.text) return { ...rest, origin: 'quoted' };
    const found = texts.filter((text) => text !== undefined);
    const { supported } = supportOf(statement.text, found);
    return { ...rest, origin: statement.origin === 'quoted' ? 'edited' : statement.origin, supported };
  });
}

/** The issue with every sentence replaced. */
export function mapStatements(issue: Issue, change: (statement: Statement) => Statement): Issue {
  return {
    ...issue,
    summary: issue.summary.map(change),
    news: issue.news.map((item) => ({ ...item, statements: item.statements.map(change) })),
    picks: issue.picks.map((pick) => ({ ...pick, why: pick.why.map(change), insights: pick.insights.map(change) })),
    resources: issue.resources.map((item) => ({ ...item, statement: change(item.statement) })),
  };
}

/** Every sentence, and where it stands. */
export function statementsOf(issue: Issue): { readonly where: string; readonly statement: Statement }[] {
  return [
    ...issue.summary.map((statement) => ({ where: 'summary', statement })),
    ...issue.news.flatMap(({ paper, statements }) =>
      statements.map((statement) => ({ where: `news ${paper.id}`, statement })),
    ),
    ...issue.picks.flatMap(({ paper, why, insights }) => [
      ...why.map((statement) => ({ where: `why ${paper.id}`, statement })),
      ...insights.map((statement) => ({ where: `insights ${paper.id}`, statement })),
    ]),
    ...issue.resources.map(({ paper, statement }) => ({ where: `resource ${paper.id}`, statement })),
  ];
}

function sourceTexts({ sources }: Statement, papers: ReadonlyMap<string, Paper>): (string | undefined)[] {
  return sources.map(({ paper, sentence }) => {
    const found = papers.get(paper);
    return found && sentencesOf(found)[sentence];
  });
}
