/** An issue as Markdown. Whatever papers say is escaped, so that a title is no heading and an abstract no HTML. */
import type { Issue, PaperEntry, Statement } from './issue.ts';
import {
  aboutWords,
  changeLines,
  creditWords,
  dayBefore,
  entriesOf,
  growthWords,
  originWords,
  partsLegend,
  scoreWords,
  webAddress,
  windowWords,
} from './words.ts';

/** The issue as a Markdown file. */
export function issueMarkdown(issue: Issue): string {
  const entries = entriesOf(issue);
  const say = (statements: readonly Statement[], of?: PaperEntry) =>
    statements.map((statement) => sentence(statement, entries, of)).join(' ');
  const { summary, rising, news, picks, references, resources, changed, notes } = issue;
  const lines = [
    `# ${plain(issue.title)}`,
    '',
    `*${windowWords(issue)}. ${plain(aboutWords(issue))}*`,
    '',
    ...section('What is hot', summary.length > 0 ? [say(summary)] : []),
    ...section(
      'Rising phrases',
      rising.map(
        (row) =>
          `- **${plain(row.phrase)}** ${growthWords(row)}${row.also.length > 0 ? ` – also ${plain(row.also.slice(0, 4).join(', '))}` : ''}`,
      ),
    ),
    ...section(
      'News in brief',
      news.map(({ paper, statements }) => `- ${linked(paper)}: ${say(statements, paper)}`),
    ),
    '## Papers',
    '',
    ...picks.flatMap((pick, i) => [
      `### ${i + 1}. ${linked(pick.paper)}`,
      '',
      `*${plain(creditWords(pick.paper))}${pick.topic === null ? '' : ` · ${plain(pick.topic)}`}*`,
      '',
      ...(pick.why.length > 0 ? [`**Why:** ${say(pick.why, pick.paper)}`, ''] : []),
      ...(pick.insights.length > 0 ? [`**Key insights:** ${say(pick.insights, pick.paper)}`, ''] : []),
      ...(pick.rising.length > 0 ? [`Rising in it: ${plain(pick.rising.join(', '))}.`, ''] : []),
      ...(pick.related.length > 0
        ? [`Nearest earlier papers: ${pick.related.map((number) => `\\[${number}\\]`).join(' ')}`, '']
        : []),
      `<small>${plain(scoreWords(pick))}</small>`,
      '',
    ]),
    ...section(
      'Nearest earlier papers',
      references.map((paper, i) => `${i + 1}. ${linked(paper)} – ${plain(creditWords(paper))}`),
    ),
    ...section(
      'Data sets and benchmarks',
      resources.map(({ paper, statement }) => `- ${linked(paper)}: ${say([statement], paper)}`),
    ),
    ...section(
      `What changed against ${changed.since} to ${dayBefore(issue.from)}`,
      changeLines(issue).map((line) => `- ${plain(line)}`),
    ),
    ...section('How to read this', [
      '- Every sentence is quoted word for word; the mark after it leads to its paper and says which sentence of the abstract it is, unless it is marked otherwise.',
      ...partsLegend(issue).map((line) => `- ${plain(line)}`),
      ...notes.map((note) => `- ${plain(note)}`),
    ]),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`## ${title}`, '', ...lines, ''];
}

/** @param of the paper that it stands with, whose own sentences need no name */
function sentence(statement: Statement, entries: ReadonlyMap<string, PaperEntry>, of?: PaperEntry): string {
  const marks = statement.sources.map(({ paper, sentence }) => {
    const url = webAddress(entries.get(paper)?.url);
    const title = entries.get(paper)?.title ?? paper;
    const name = title.length > 50 ? `${title.slice(0, 49).trimEnd()}…` : title;
    const mark = `${paper === of?.id ? '' : `${plain(name)} `}§${sentence + 1}`;
    return url === undefined ? `(${mark})` : `([${mark}](<${url}>))`;
  });
  const origin = originWords(statement);
  const lead = statement.lead === undefined ? [] : [`**${plain(statement.lead)}.**`];
  return [...lead, plain(statement.text), ...marks, ...(origin === '' ? [] : [`**(${origin})**`])].join(' ');
}

function linked(paper: PaperEntry): string {
  const url = webAddress(paper.url);
  return url === undefined ? plain(paper.title) : `[${plain(paper.title)}](<${url}>)`;
}

/** Text as Markdown shows it as it is. */
function plain(text: string): string {
  return (
    text
      .replace(/\s+/g, ' ')
      .replace(/[\\`*_{}[\]#|~$]/g, '\\$&')
      // an ampersand is one unless it begins an entity
      .replace(/&(?=#?\w+;)|[<>]/g, (c) => entities[c as keyof typeof entities])
      .replace(/^(\s*)([-+]|\d+[.)])(?=\s)/, '$1\\$2')
  );
}

const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;' } as const;
