/** The tasks that a study has of itself: about words, about mail and texts, and about the corpus' own text. */
import { type Corpus, spamMails } from '../../../data/index.ts';
import { Draws } from '../draws.ts';
import { kindTasks } from './kind-tasks.ts';
import { languageOf } from './language.ts';
import type { Task } from './task.ts';
import { textTasks } from './text-tasks.ts';
import { wordTasks } from './word-tasks.ts';
import { readWordNet } from './wordnet.ts';

/** Questions of each task at most. */
export interface TaskCounts {
  readonly training: number;
  readonly held: number;
}

/** Those of a study. */
export const studyCounts: TaskCounts = { training: 1000, held: 200 };
/** With fewer a task's accuracy says little, and would weigh as much as any other's. */
export const fewestQuestions = 50;

/**
 * The tasks for a corpus. Those about its text are made of it: held-out ones of documents that are held out. The questions
 * are the same for every seed of a study. A task that the texts give nothing for has none. Tasks about words and mails are
 * English, and there for English texts alone.
 */
export async function bundledTasks(corpus: Corpus, { training, held }: TaskCounts): Promise<Task[]> {
  const most = Math.max(training, held);
  const language = languageOf(corpus.train);
  const english = language.english ? await englishTasks(corpus, most) : [];
  const tasks = [...english, ...textTasks(corpus, language, Draws.of(0, 12), most)];
  return tasks.map((task) => ({
    ...task,
    questions: task.questions.slice(0, task.use === 'training' ? training : held),
  }));
}

async function englishTasks({ train }: Corpus, count: number): Promise<Task[]> {
  const [wordnet, mails] = await Promise.all([readWordNet(), spamMails()]);
  return [...wordTasks(wordnet, Draws.of(0, 10), count), ...kindTasks(train, mails, wordnet, Draws.of(0, 11), count)];
}
