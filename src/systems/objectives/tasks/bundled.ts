/** The tasks that a study has of itself: about words, about mail and texts, and about the corpus' own text. */
import { type Corpus, spamMails } from '../../../data/index.ts';
import { Draws } from '../draws.ts';
import { kindTasks } from './kind-tasks.ts';
import type { Task } from './task.ts';
import { textTasks } from './text-tasks.ts';
import { wordTasks } from './word-tasks.ts';
import { readWordNet } from './wordnet.ts';

/** Questions of each task at most. */
export interface TaskCounts {
  readonly training: number;
  readonly held: number;
}

/**
 * The tasks for a corpus. Those about its text are made of it: held-out ones of documents that are held out. The questions
 * are the same for every seed of a study. A task that the texts give nothing for has none.
 */
export async function bundledTasks(corpus: Corpus, { training, held }: TaskCounts): Promise<Task[]> {
  const [wordnet, mails] = await Promise.all([readWordNet(), spamMails()]);
  const most = Math.max(training, held);
  const tasks = [
    ...wordTasks(wordnet, Draws.of(0, 10), most),
    ...kindTasks(corpus.train, mails, wordnet, Draws.of(0, 11), most),
    ...textTasks(corpus, Draws.of(0, 12), most),
  ];
  return tasks.map((task) => ({
    ...task,
    questions: task.questions.slice(0, task.use === 'training' ? training : held),
  }));
}
