/**
 * Tasks of a user's own: a JSON file with one task, or a list of them, as task.ts has them.
 *
 *   { "name": "tone", "about": "the tone of a review", "use": "held out",
 *     "prompts": [{ "text": "{review}\nThis review is" }],
 *     "questions": [{ "fields": { "review": "…" }, "choices": ["friendly", "angry"], "answer": 1 }] }
 */
import { readFile } from 'node:fs/promises';
import { put, type Task } from './task.ts';

/** Reads tasks. @throws SyntaxError for what is no JSON; RangeError that names the file, the task and what is wrong */
export async function readTasks(path: string): Promise<Task[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new RangeError(`run: expected a file of tasks, got ${path} (${error.code})`, { cause: error });
  });
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`run: expected JSON in ${path}, got ${(error as Error).message}`, { cause: error });
  }
  const list = Array.isArray(parsed) ? parsed : [parsed];
  return list.map((task, i) => checked(task, `${path}, task ${i + 1}`));
}

function checked(task: unknown, where: string): Task {
  const refuse = (expected: string, got: unknown): never => {
    throw new RangeError(`run: ${where}: expected ${expected}, got ${JSON.stringify(got)?.slice(0, 80) ?? 'none'}`);
  };
  if (typeof task !== 'object' || task === null) refuse('a task', task);
  const { name, about = '', use, prompts, questions, joint = ' ' } = task as Partial<Task>;
  if (typeof name !== 'string' || !/^[\w-]+$/.test(name)) refuse('a name of letters, digits and -', name);
  if (typeof about !== 'string') refuse('about to be a text', about);
  if (use !== 'training' && use !== 'held out') refuse('use to be "training" or "held out"', use);
  if (joint !== ' ' && joint !== '') refuse('joint to be a space or nothing', joint);
  if (!Array.isArray(prompts) || prompts.length === 0) refuse('prompts', prompts);
  if (!Array.isArray(questions) || questions.length === 0) refuse('questions', questions);
  for (const prompt of prompts!) {
    if (typeof prompt?.text !== 'string') refuse('a prompt with a text', prompt);
    if (prompt.choices !== undefined && !isTexts(prompt.choices)) refuse('choices of a prompt to be texts', prompt);
  }
  for (const question of questions!) {
    const { fields, choices, answer } = (question ?? {}) as Partial<Task['questions'][number]>;
    if (typeof fields !== 'object' || fields === null || !isTexts(Object.values(fields)))
      refuse('fields of text', question);
    if (!isTexts(choices) || choices.length < 2) refuse('at least two choices', question);
    if (!Number.isInteger(answer) || answer! < 0 || answer! >= choices!.length)
      refuse(`an answer of 0 to ${choices!.length - 1}`, question);
    for (const prompt of prompts!) {
      try {
        put(question!, prompt);
      } catch (error) {
        throw new RangeError(`run: ${where}: ${(error as Error).message.replace(/^tasks: /, '')}`, { cause: error });
      }
    }
  }
  return { name: name!, about, use: use!, prompts: prompts!, questions: questions!, ...(joint === '' && { joint }) };
}

function isTexts(values: unknown): values is readonly string[] {
  return Array.isArray(values) && values.every((value) => typeof value === 'string' && value !== '');
}
