/** `tenfold trends issue`: the newsletter of a window, in all the forms that it goes out in. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blamed, type Progress, verb } from '../../../command/index.ts';
import { makeFolder, replaceFile } from '../../../tensor/index.ts';
import {
  carryOver,
  composeIssue,
  draftId,
  type IssueRequest,
  keepDraft,
  papersOfIssue,
  problemsOf,
  readDraft,
} from '../desk/drafts.ts';
import { forms } from '../desk/forms.ts';
import { chatWriter } from '../desk/writer.ts';
import { settleIssue } from '../issue/check.ts';
import { draftIssue } from '../issue/draft.ts';
import { readIssue } from '../issue/draft-file.ts';
import { issueFeed } from '../issue/feed.ts';
import type { Issue } from '../issue/issue.ts';
import { aboutWords, windowWords } from '../issue/words.ts';
import type { Store } from '../store/store.ts';
import { storeOption, withAnalyst, withStore } from './collection.ts';
import { refuseExisting } from './files.ts';
import { type GivenPick, pickOptions, pickRequestIn } from './options.ts';

export const issueVerb = verb({
  name: 'issue',
  summary: 'write the newsletter of a window: what is hot, ten papers with why, what changed',
  about: `Picks the papers and writes the issue into a folder: index.html, issue.md, issue.eml and issue.txt for e-mail, feed.xml where
--address says where it will be read, and issue.json, the draft. By default every sentence is word for word one of a paper and leads
to it. With --endpoint a language model drafts Why and Key insights from the same sentences; each of its sentences is held against
those it names, and marked where they do not support it.

Edit issue.json, and --draft renders it again: sentences that you changed are marked as edited. The draft is kept in the collection,
too, where the editor of tenfold trends serve finds it.`,
  args: {},
  options: {
    store: storeOption,
    ...pickOptions,
    title: { kind: 'text', value: 'TEXT', help: 'what the issue is called' },
    out: { kind: 'text', value: 'DIR', help: 'the folder; issue-FROM unless given' },
    draft: { kind: 'text', value: 'FILE', help: 'render this issue.json, in the place of writing one' },
    endpoint: {
      kind: 'text',
      value: 'URL',
      help: 'a chat model that drafts, as http://127.0.0.1:8000/v1; TENFOLD_ENDPOINT_KEY in the environment is its key',
    },
    model: { kind: 'text', value: 'NAME', help: 'the served model’s name' },
    address: { kind: 'text', value: 'URL', help: 'where the issue will be read: makes feed.xml' },
    overwrite: { kind: 'flag', help: 'in the place of an issue that is there' },
  },
  examples: [
    {
      line: 'tenfold trends issue --at 2022-05-01 --recent 1 --title "Trends in AI, April 2022"',
      does: 'the issue of a month',
    },
    {
      line: 'tenfold trends issue --draft issue-2022-04-01/issue.json --out issue-2022-04-01 --overwrite',
      does: 'the same after editing',
    },
  ],
  run: ({ options, progress, signal }) =>
    blamed('issue', () =>
      withStore(options.store, { progress, signal }, async (store) => {
        const { draft, endpoint, model, address, overwrite } = options;
        if ((endpoint === undefined) !== (model === undefined))
          throw new TypeError('issue: expected --endpoint and --model together, got one of them');
        let issue: Issue;
        if (draft !== undefined) {
          const read = readIssue(await readFile(draft, 'utf8'), draft);
          issue = settleIssue(read, await papersOfIssue(store, read));
        } else issue = await written(store, options, { progress, signal });
        if (endpoint !== undefined && model !== undefined) {
          const apiKey = process.env.TENFOLD_ENDPOINT_KEY;
          const write = chatWriter({ url: endpoint, model, ...(apiKey && { apiKey }) });
          issue = await draftIssue(issue, await papersOfIssue(store, issue), write, {
            signal,
            drafted: (done, of) => progress.update(`drafting, ${done} of ${of}`, done / of),
          });
        }
        const out = options.out ?? `issue-${issue.from}`;
        await refuseExisting('issue', join(out, 'index.html'), overwrite);
        const problems = await problemsOf(store, issue);
        await makeFolder(out);
        const files: string[] = [];
        const put = async (name: string, text: string) => {
          await replaceFile(join(out, name), [text]);
          files.push(join(out, name));
        };
        for (const [name, { of }] of Object.entries(forms))
          await put(name === 'issue.html' ? 'index.html' : name, of(issue));
        if (address !== undefined)
          await put(
            'feed.xml',
            issueFeed([issue], { title: issue.title, description: issue.title, link: address, address: () => address }),
          );
        return {
          title: issue.title,
          window: `${windowWords(issue)}: ${aboutWords(issue)}`,
          files,
          problems,
          notes: issue.notes,
          papers: issue.picks.map(({ paper }) => paper.title),
        };
      }),
    ),
  text: ({ title, window, files, problems, notes }) =>
    [title, window, ...notes, ...problems.map((line) => `not sound: ${line}`), ...files].join('\n'),
});

/** A fresh issue, with what was edited on its draft in the collection. */
async function written(
  store: Store,
  { title = '', ...options }: GivenPick & { readonly title?: string | undefined },
  work: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<Issue> {
  const request: IssueRequest = { ...(await pickRequestIn(store, options)), title };
  const fresh = await withAnalyst(store, work, (analyst) => composeIssue(store, analyst, request));
  const former = await readDraft(store, draftId(request));
  return (await keepDraft(store, request, former ? carryOver(fresh, former.issue) : fresh)).issue;
}
