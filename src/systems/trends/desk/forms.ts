/** The forms that an issue goes out in, by the names of their files. */

import { issueFile } from '../issue/draft-file.ts';
import type { Issue } from '../issue/issue.ts';
import { issueMail } from '../issue/mail.ts';
import { issueMarkdown } from '../issue/markdown.ts';
import { issuePage } from '../issue/page.ts';
import { mailFile } from './eml.ts';

export const forms: Readonly<Record<string, { readonly type: string; readonly of: (issue: Issue) => string }>> = {
  'issue.html': { type: 'text/html', of: (issue) => issuePage(issue) },
  'issue.md': { type: 'text/markdown', of: issueMarkdown },
  'issue.eml': { type: 'message/rfc822', of: (issue) => mailFile(issueMail(issue)) },
  'issue.txt': { type: 'text/plain', of: (issue) => issueMail(issue).text },
  'issue.json': { type: 'application/json', of: issueFile },
};
export const formNames = Object.keys(forms);
