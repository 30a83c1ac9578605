/** Issues as an RSS 2.0 feed: an item an issue, its page as the item's content. */
import { escapeHtml, html } from '../../../report/index.ts';
import type { Issue, Statement } from './issue.ts';
import { creditWords, webAddress } from './words.ts';

export interface FeedOptions {
  readonly title: string;
  readonly description: string;
  /** Where the newsletter is published: an http or https address. */
  readonly link: string;
  /** Where each issue's page is; the feed's link with the issue's last day unless given. */
  readonly address?: (issue: Issue) => string;
}

/** What XML cannot hold, however it is escaped. */
const forbidden = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** The feed, newest issue first. @throws TypeError for an address that is none */
export function issueFeed(issues: readonly Issue[], { title, description, link, address }: FeedOptions): string {
  const home = checked(link);
  const newest = [...issues].sort((a, b) => (a.at < b.at ? 1 : -1));
  const items = newest.map((issue) => {
    const url = checked(address?.(issue) ?? `${home}${home.endsWith('/') ? '' : '/'}${issue.at}.html`);
    return `<item>
<title>${xml(issue.title)}</title>
<link>${xml(url)}</link>
<guid isPermaLink="true">${xml(url)}</guid>
<pubDate>${new Date(`${issue.at}T00:00:00Z`).toUTCString()}</pubDate>
<description>${xml(content(issue))}</description>
</item>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0">
<channel>
<title>${xml(title)}</title>
<link>${xml(home)}</link>
<description>${xml(description)}</description>
${items.join('\n')}
</channel>
</rss>
`;
}

/** What readers show: HTML, which the feed holds as escaped text. */
function content({ summary, picks }: Issue): string {
  const say = (statements: readonly Statement[]) =>
    statements.map(({ lead, text }) => html`${lead !== undefined && html`<b>${lead}.</b> `}${text} `);
  return html`<p>${say(summary)}</p><ol>${picks.map(({ paper, why }) => {
    const url = webAddress(paper.url);
    return html`<li>${url === undefined ? html`<b>${paper.title}</b>` : html`<a href="${url}">${paper.title}</a>`} (${creditWords(paper)}). ${say(why)}</li>`;
  })}</ol>`.html;
}

function xml(text: string): string {
  return escapeHtml(text.replace(forbidden, ''));
}

function checked(link: string): string {
  const url = webAddress(link);
  if (url === undefined) throw new TypeError(`feed: expected an http or https address, got ${JSON.stringify(link)}`);
  return url;
}
