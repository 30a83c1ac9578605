/** `tenfold objectives tasks`: what models are finetuned on, and what they are asked. */
import { blamed, verb } from '../../command/index.ts';
import { readDocuments, splitCorpus, unionAddresses } from '../../data/index.ts';
import { bundledTasks, fewestQuestions, studyCounts } from './tasks/bundled.ts';
import { put, randomBaseline } from './tasks/task.ts';

export const tasksVerb = verb({
  name: 'tasks',
  summary: 'list the tasks for a corpus, with a question of each in every prompt',
  about: `Models are finetuned on the training tasks and judged on the held-out ones. Those about running text are made of the corpus;
without files, of the State of the Union addresses.`,
  args: { files: { help: 'texts in UTF-8: .txt, .md or .jsonl', optional: true, many: true } },
  options: {},
  examples: [{ line: 'tenfold objectives tasks letters.txt', does: 'what would be asked about a text of your own' }],
  async run({ args: { files } }) {
    const documents = files.length === 0 ? await unionAddresses() : await blamed('tasks', () => readDocuments(files));
    const tasks = await bundledTasks(splitCorpus(documents), studyCounts);
    return {
      tasks: tasks.map((task) => ({
        name: task.name,
        about: task.about,
        use: task.use,
        questions: task.questions.length,
        guessing: task.questions.length === 0 ? null : randomBaseline(task),
        prompts: task.questions.slice(0, 1).flatMap((question) =>
          task.prompts.map((prompt) => {
            const { text, choices, answer } = put(question, prompt);
            return { text, choices, answer: choices[answer]! };
          }),
        ),
      })),
    };
  },
  text: ({ tasks }) =>
    tasks
      .map(({ name, about, use, questions, guessing, prompts }) =>
        [
          `${name} (${use}): ${about}; ${guessing === null ? 'the texts give no question' : `${questions} questions${questions < fewestQuestions ? ', too few: left out' : ''}, guessing ${(100 * guessing).toFixed(0)} %`}`,
          ...prompts.map(
            ({ text, choices, answer }) =>
              `${text.replace(/^/gm, '    ')}  → ${answer}  (of ${choices.map((choice) => `“${choice}”`).join(' ')})`,
          ),
        ].join('\n'),
      )
      .join('\n\n'),
});
