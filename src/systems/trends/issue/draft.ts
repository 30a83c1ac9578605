/**
 * A language model drafts what the issue says of its papers, from the same evidence that the issue quotes.
 *
 * For each paper it is shown the numbered sentences of the abstract and asked for *Why* and *Key insights*, every sentence
 * with the numbers it stands on. Each is then held against the sentences it names (support.ts): one that names none, or says
 * what they do not, stays in the draft and is marked as unsupported, so that an editor sees it. An answer that cannot be read
 * leaves the quotes as they were, and the notes say so.
 */
import type { Likelihood } from '../../../text/index.ts';
import type { Paper } from '../paper.ts';
import { sentencesOf, splitSentences } from '../phrases/sentences.ts';
import type { Issue, IssuePick, Statement } from './issue.ts';
import { supportOf } from './support.ts';

/** Completes a prompt. */
export type Writer = (prompt: string, signal?: AbortSignal) => Promise<string>;

/** A local or served model as a writer. */
export function writerOf(model: Likelihood, { maxTokens = 300 }: { readonly maxTokens?: number } = {}): Writer {
  return async (prompt, signal) => {
    const [completion] = await model.generateUntil(
      [{ prompt, maxTokens, stop: ['\n\n\n', 'Sentences:'] }],
      signal ? { signal } : {},
    );
    return completion!.text;
  };
}

/** The issue with *Why* and *Key insights* drafted. */
export async function draftIssue(
  issue: Issue,
  papers: readonly Paper[],
  write: Writer,
  { signal, drafted }: { readonly signal?: AbortSignal; readonly drafted?: (done: number, of: number) => void } = {},
): Promise<Issue> {
  const byId = new Map(papers.map((paper) => [paper.id, paper]));
  const picks: IssuePick[] = [];
  const failed: string[] = [];
  for (const pick of issue.picks) {
    signal?.throwIfAborted();
    const paper = byId.get(pick.paper.id);
    const sentences = paper ? sentencesOf(paper) : [];
    const answer =
      sentences.length === 0
        ? undefined
        : readAnswer(await write(promptFor(pick, sentences), signal), pick.paper.id, sentences);
    if (answer) picks.push({ ...pick, ...answer });
    else {
      picks.push(pick);
      failed.push(pick.paper.title);
    }
    drafted?.(picks.length, issue.picks.length);
  }
  const all = picks.flatMap(({ why, insights }) => [...why, ...insights]).filter(({ origin }) => origin === 'drafted');
  const unsupported = all.filter(({ supported }) => !supported).length;
  const notes = [
    ...issue.notes,
    `Of the sentences on the papers, ${all.length} were drafted by a language model; ${unsupported} say what their sources do not, as far as words can tell, and are marked.`,
    ...(failed.length === 0
      ? []
      : [`The model's answer could not be used, and quotes stand instead, for: ${failed.join('; ')}.`]),
  ];
  return { ...issue, picks, notes };
}

function promptFor({ paper, rising }: IssuePick, sentences: readonly string[]): string {
  return `You write for a newsletter about research. Use only what the numbered sentences of the abstract say; add nothing.
Every sentence you write ends with the numbers of the sentences it stands on, in brackets, as [1] or [2, 3].

Title: ${paper.title}
${rising.length === 0 ? '' : `Themes on the rise that it has: ${rising.slice(0, 5).join(', ')}\n`}Abstract:
${sentences.map((sentence, i) => `[${i + 1}] ${sentence}`).join('\n')}

Write two lines.
Why: one sentence on why the paper matters.
Key insights: two or three sentences on what was done and found.

Why:`;
}

/** The two parts of an answer; undefined where they are not there. */
function readAnswer(
  answer: string,
  id: string,
  sentences: readonly string[],
): Pick<IssuePick, 'why' | 'insights'> | undefined {
  const parts = /^\s*(?:why\s*:)?\s*([\s\S]+?)\n\s*\W*key insights\W*:\s*([\s\S]+)$/iu.exec(answer);
  if (!parts) return undefined;
  const why = statements(parts[1]!, id, sentences);
  const insights = statements(parts[2]!.split(/\n\s*\n/)[0]!, id, sentences);
  return why.length === 0 || insights.length === 0 ? undefined : { why, insights };
}

function statements(text: string, id: string, sentences: readonly string[]): Statement[] {
  // a bracket after the full stop belongs to the sentence before it
  const joined = text.replace(/\s+/g, ' ').replace(/([.!?])\s*((?:\[[\d,;\s–-]+\]\s*)+)/g, ' $2$1 ');
  return splitSentences(joined).flatMap((raw): Statement[] => {
    const numbers = [...raw.matchAll(/\[([\d,;\s–-]+)\]/g)].flatMap(([, list]) => numbersOf(list!));
    const said = raw
      .replace(/\s*\[[\d,;\s–-]+\]/g, '')
      .replace(/^[-*•]\s*/, '')
      .replace(/\s+([.!?,])/g, '$1')
      .trim();
    if (!/\p{L}/u.test(said)) return [];
    const named = [...new Set(numbers)].filter((number) => number >= 1 && number <= sentences.length);
    const { supported } = supportOf(
      said,
      named.map((number) => sentences[number - 1]!),
    );
    return [
      {
        text: said,
        sources: named.map((number) => ({ paper: id, sentence: number - 1 })),
        origin: 'drafted',
        supported: named.length > 0 && supported,
      },
    ];
  });
}

/** `2, 4–5` as 2, 4 and 5. */
function numbersOf(list: string): number[] {
  return list.split(/[,;]/).flatMap((part) => {
    const [from, to = from] = part.split(/[–-]/).map(Number);
    if (!Number.isInteger(from) || !Number.isInteger(to) || to! < from! || to! - from! > 50) return [];
    return Array.from({ length: to! - from! + 1 }, (_, i) => from! + i);
  });
}
