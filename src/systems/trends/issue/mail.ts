/**
 * An issue as HTML for e-mail: mail programs drop style sheets, so that every element carries its style; one column of at
 * most 600 pixels, no pictures, no scripts, light colours that hold in dark mode. Comes with the same as plain text.
 */
import { type Html, html, raw } from '../../../report/index.ts';
import type { Issue, PaperEntry, Statement } from './issue.ts';
import { aboutWords, changeLines, creditWords, growthWords, originWords, webAddress, windowWords } from './words.ts';

const font = 'font-family:Georgia,serif;font-size:16px;line-height:1.5;color:#1c1d21;';
const small = 'font-family:Arial,sans-serif;font-size:13px;line-height:1.45;color:#62656e;';
const heading = 'font-family:Georgia,serif;color:#1c1d21;line-height:1.2;';

export interface Mail {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

/** The issue as a mail's subject and two bodies. */
export function issueMail(issue: Issue): Mail {
  const { title, summary, rising, news, picks, references, resources } = issue;
  const changes = changeLines(issue);
  const body = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title></head>
<body style="margin:0;padding:0;background:#fffefb;">
<div style="max-width:600px;margin:0 auto;padding:20px;background:#fffefb;${raw(font)}">
<h1 style="${raw(heading)}font-size:28px;margin:0 0 8px;">${title}</h1>
<p style="${raw(small)}margin:0 0 20px;">${windowWords(issue)}. ${aboutWords(issue)}</p>
${summary.length > 0 && html`<p style="${raw(font)}margin:0 0 20px;">${summary.map(sentence)}</p>`}
${
  rising.length > 0 &&
  html`${part('Rising phrases')}<ul style="${raw(font)}padding-left:20px;margin:0 0 20px;">${rising.slice(0, 8).map((row) => html`<li><b>${row.phrase}</b> ${growthWords(row)}</li>`)}</ul>`
}
${
  news.length > 0 &&
  html`${part('News in brief')}<ul style="${raw(font)}padding-left:20px;margin:0 0 20px;">${news.map(({ paper, statements }) => html`<li style="margin:0 0 8px;">${linked(paper)} – ${statements.map(sentence)}</li>`)}</ul>`
}
${part('Papers')}
${picks.map(
  (
    { paper, why, insights, related },
    i,
  ) => html`<h3 style="${raw(heading)}font-size:18px;margin:20px 0 4px;">${i + 1}. ${linked(paper)}</h3>
<p style="${raw(small)}margin:0 0 8px;">${creditWords(paper)}</p>
${why.length > 0 && html`<p style="${raw(font)}margin:0 0 8px;"><b>Why.</b> ${why.map(sentence)}</p>`}
${insights.length > 0 && html`<p style="${raw(font)}margin:0 0 8px;"><b>Key insights.</b> ${insights.map(sentence)}</p>`}
${related.length > 0 && html`<p style="${raw(small)}margin:0 0 8px;">Nearest earlier papers: ${related.map((number) => `[${number}]`).join(' ')}</p>`}
`,
)}
${
  references.length > 0 &&
  html`${part('Nearest earlier papers')}<ol style="${raw(small)}padding-left:24px;margin:0 0 20px;">${references.map((paper) => html`<li style="margin:0 0 4px;">${linked(paper)}, ${creditWords(paper)}</li>`)}</ol>`
}
${
  resources.length > 0 &&
  html`${part('Data sets and benchmarks')}<ul style="${raw(font)}padding-left:20px;margin:0 0 20px;">${resources.map(({ paper, statement }) => html`<li style="margin:0 0 8px;">${linked(paper)} – ${sentence(statement)}</li>`)}</ul>`
}
${
  changes.length > 0 &&
  html`${part('What changed')}<ul style="${raw(font)}padding-left:20px;margin:0 0 20px;">${changes.map((line) => html`<li>${line}</li>`)}</ul>`
}
<p style="${raw(small)}margin:24px 0 0;">Every sentence is quoted word for word from the paper it stands with, unless marked otherwise.</p>
</div></body></html>
`;
  return { subject: title, html: body.html, text: plainText(issue) };
}

function part(title: string): Html {
  return html`<h2 style="${raw(heading)}font-size:21px;margin:28px 0 8px;border-bottom:1px solid #dedcd4;">${title}</h2>`;
}

function sentence(statement: Statement): Html {
  const origin = originWords(statement);
  return html`${statement.lead !== undefined && html`<b>${statement.lead}.</b> `}${statement.text}${origin !== '' && html` <b style="color:#b22e00;">[${origin}]</b>`} `;
}

function linked(paper: PaperEntry): Html {
  const url = webAddress(paper.url);
  return url === undefined ? html`${paper.title}` : html`<a href="${url}" style="color:#1c1d21;">${paper.title}</a>`;
}

function plainText(issue: Issue): string {
  const { title, summary, rising, news, picks, references, resources } = issue;
  const say = (statements: readonly Statement[]) =>
    statements
      .map((statement) => {
        const lead = statement.lead === undefined ? '' : `${statement.lead}: `;
        return lead + [statement.text, originWords(statement)].filter(Boolean).join(' – ');
      })
      .join(' ');
  const line = (paper: PaperEntry) =>
    [paper.title, creditWords(paper), webAddress(paper.url)].filter(Boolean).join('\n   ');
  return `${[
    title.toUpperCase(),
    windowWords(issue),
    say(summary),
    ...block(
      'RISING PHRASES',
      rising.slice(0, 8).map((row) => `- ${row.phrase} ${growthWords(row)}`),
    ),
    ...block(
      'NEWS IN BRIEF',
      news.map(({ paper, statements }) => `- ${paper.title}: ${say(statements)}`),
    ),
    ...picks.map(({ paper, why, insights, related }, i) =>
      [
        `${i + 1}. ${line(paper)}`,
        ...(why.length > 0 ? [`   Why: ${say(why)}`] : []),
        ...(insights.length > 0 ? [`   Key insights: ${say(insights)}`] : []),
        ...(related.length > 0
          ? [`   Nearest earlier papers: ${related.map((number) => `[${number}]`).join(' ')}`]
          : []),
      ].join('\n\n'),
    ),
    ...block(
      'NEAREST EARLIER PAPERS',
      references.map((paper, i) => `[${i + 1}] ${line(paper)}`),
    ),
    ...block(
      'DATA SETS AND BENCHMARKS',
      resources.map(({ paper, statement }) => `- ${paper.title}: ${say([statement])}`),
    ),
    ...block(
      'WHAT CHANGED',
      changeLines(issue).map((change) => `- ${change}`),
    ),
    'Every sentence is quoted word for word from the paper it stands with, unless marked otherwise.',
  ]
    .filter((text) => text !== '')
    .join('\n\n')}\n`;
}

function block(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [[title, ...lines].join('\n')];
}
