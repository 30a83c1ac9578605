/**
 * Tasks: questions with choices, and several prompts in which each question can be put.
 *
 * A prompt is a text with fields in braces, as P3's templates are: `{choices}` lists the choices, every other name is a
 * field of the question. A prompt may call the choices by names of its own (Yes and No where the question says spam and
 * mail). What is to be told is a choice, behind the task's joint. A model is trained on the tasks of one kind and judged on those
 * of the other, so that what is measured is what carries over to tasks it never saw.
 *
 * Source: Sanh et al., "Multitask prompted training enables zero-shot task generalization" (2022): prompts a task, held-out
 * tasks, accuracy as the median over prompts.
 */

/** A question: its fields, what may be answered, and the number of the right choice. */
export interface Question {
  readonly fields: Readonly<Record<string, string>>;
  readonly choices: readonly string[];
  readonly answer: number;
}

/** One way to put a question. */
export interface Prompt {
  readonly text: string;
  /** Names of the choices, in the place of the question's. */
  readonly choices?: readonly string[];
}

/** A task. */
export interface Task {
  /** Stable, unique: `next-word`. */
  readonly name: string;
  /** What it asks, and of what data: one line. */
  readonly about: string;
  /** Whether models are finetuned on it, or judged on it. */
  readonly use: 'training' | 'held out';
  readonly prompts: readonly Prompt[];
  readonly questions: readonly Question[];
  /** What stands between prompt and choice: a space by default; nothing in languages that write none. */
  readonly joint?: ' ' | '';
}

/** A question as it is put. */
export interface Put {
  readonly text: string;
  readonly choices: readonly string[];
  readonly answer: number;
}

/** Puts a question. @throws RangeError for a field that the question lacks, or names for other than its choices */
export function put({ fields, choices: own, answer }: Question, prompt: Prompt): Put {
  const choices = prompt.choices ?? own;
  if (choices.length !== own.length)
    throw new RangeError(
      `tasks: expected names for ${own.length} choices, got ${choices.length}: ${choices.join(', ')}`,
    );
  const known: Readonly<Record<string, string>> = { ...fields, choices: listed(choices) };
  const text = prompt.text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = Object.hasOwn(known, name) ? known[name] : undefined;
    if (value === undefined)
      throw new RangeError(`tasks: expected a field of the question (${Object.keys(known).join(', ')}), got {${name}}`);
    return value;
  });
  return { text, choices, answer };
}

/** `a, b or c` */
function listed(choices: readonly string[]): string {
  return choices.length < 2 ? choices.join('') : `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;
}

/** What guessing gets right: the mean of one over the number of choices. */
export function randomBaseline({ questions }: Pick<Task, 'questions'>): number {
  return questions.reduce((sum, { choices }) => sum + 1 / choices.length, 0) / questions.length;
}

/** (s − r) / (1 − r): 0 is guessing, 1 is all right. */
export function normalizedScore(score: number, random: number): number {
  return (score - random) / (1 - random);
}
