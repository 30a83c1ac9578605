/**
 * The living issue's folder: a page for people, index.html, and the same for machines, issue.json.
 *
 * Both are written whole after every system, so that a run may be stopped at any moment and leaves what it has found.
 */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, replaceFile } from '../tensor/index.ts';
import { type ContentsRow, forMachines, type Issue } from './issue.ts';
import { renderPage } from './page.ts';

/**
 * Writes the issue into `folder`, which is made where it is missing, and returns the page's path.
 * @throws RangeError for a folder that holds something else, which is left alone
 */
export async function writeIssue(folder: string, issue: Issue, contents: readonly ContentsRow[]): Promise<string> {
  await openIssueFolder(folder);
  const page = join(folder, 'index.html');
  await replaceFile(join(folder, 'issue.json'), [`${JSON.stringify(forMachines(issue), null, 1)}\n`]);
  await replaceFile(page, [renderPage(issue, contents)]);
  return page;
}

/**
 * Makes `folder` where it is missing. Worth calling before a long run.
 * @throws RangeError for a folder that holds something else
 */
export async function openIssueFolder(folder: string): Promise<void> {
  await makeFolder(folder);
  const files = (await readdir(folder)).filter((name) => !name.startsWith('.'));
  if (files.length > 0 && !files.includes('issue.json')) {
    throw new RangeError(`issue: expected an empty folder or an earlier issue, got ${folder}, which holds ${files[0]}`);
  }
}
