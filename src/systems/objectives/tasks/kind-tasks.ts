/** Tasks about what a text is: which mail is spam, where a sentence comes from, when an address was given. */
import type { Document, Mail } from '../../../data/index.ts';
import type { Draws } from '../draws.ts';
import type { Question, Task } from './task.ts';
import type { WordNet } from './wordnet.ts';

const words = 18;

/** Tasks of whole texts. @param count questions of each at most */
export function kindTasks(
  documents: readonly Document[],
  mails: readonly Mail[],
  wordnet: WordNet,
  draws: Draws,
  count: number,
): Task[] {
  const defined = [...wordnet.first.noun.values()];
  const origins = ['collection', 'e-mail', 'dictionary'] as const;
  const sources: Readonly<Record<(typeof origins)[number], () => string | undefined>> = {
    collection: () => excerpt(draws.pick(documents).text, draws),
    'e-mail': () => excerpt(draws.pick(mails).body.replace(/<[^>]*>|^>.*$/gm, ' '), draws),
    dictionary: () => wordnet.meaning(draws.pick(defined)).definition,
  };
  const origin = (): Question | undefined => {
    const answer = draws.below(origins.length);
    const text = sources[origins[answer]!]();
    return text === undefined ? undefined : { fields: { text }, choices: origins, answer };
  };
  const subjects = draws.shuffled(mails).filter(({ subject }) => subject.trim().split(/\s+/).length >= 3);
  const half = (spam: boolean) => subjects.filter((mail) => mail.spam === spam).slice(0, Math.ceil(count / 2));
  return [
    {
      name: 'spam',
      about: 'whether the subject of an e-mail is that of spam (SpamAssassin’s corpus)',
      use: 'training',
      prompts: [
        { text: 'Subject: {subject}\nIs this e-mail spam?' },
        { text: 'The e-mail “{subject}” is {choices}:', choices: ['spam', 'wanted'] },
        { text: 'Question: would you want to read an e-mail called {subject}? Answer:', choices: ['no', 'yes'] },
      ],
      questions: draws.shuffled([...half(true), ...half(false)]).map(({ subject, spam }) => ({
        fields: { subject: subject.trim().replace(/\s+/g, ' ') },
        choices: ['yes', 'no'],
        answer: spam ? 0 : 1,
      })),
    },
    {
      name: 'origin',
      about: 'whether a text is from the corpus, an e-mail or a dictionary',
      use: 'training',
      prompts: [
        { text: '{text}\nThis was found in a' },
        { text: 'Text: {text}\nIs it from a {choices}? Answer:' },
        { text: 'Question: where does “{text}” come from, {choices}? Answer:' },
      ],
      questions: collected(count, origin),
    },
    ...periodTask(documents, draws, count),
  ];
}

/** When an address was given, where the documents' names begin with years. */
function periodTask(documents: readonly Document[], draws: Draws, count: number): Task[] {
  const dated = documents.flatMap(({ name, text }) => {
    const year = /^(\d{4}) /.exec(name)?.[1];
    return year === undefined ? [] : [{ late: Number(year) >= 1900, text }];
  });
  const [early, late] = [false, true].map((half) => dated.filter((one) => one.late === half));
  if (early!.length === 0 || late!.length === 0) return [];
  const question = (): Question | undefined => {
    const answer = draws.below(2);
    const text = excerpt(draws.pick(answer === 0 ? early! : late!).text, draws);
    return text === undefined ? undefined : { fields: { text }, choices: ['early', 'late'], answer };
  };
  return [
    {
      name: 'period',
      about: 'whether a text is from before 1900 or after (by the year in its document’s name)',
      use: 'training',
      prompts: [
        { text: '{text}\nThis text is' },
        { text: 'Text: {text}\nWas it written before 1900?', choices: ['yes', 'no'] },
        { text: 'Question: is “{text}” from an old or a new book? Answer:', choices: ['old', 'new'] },
      ],
      questions: collected(count, question),
    },
  ];
}

function collected(count: number, attempt: () => Question | undefined): Question[] {
  const found: Question[] = [];
  for (let tries = 0; tries < 3 * count && found.length < count; tries++) {
    const question = attempt();
    if (question) found.push(question);
  }
  return found;
}

/** Some words from the middle of a text; undefined of one that is too short. */
function excerpt(text: string, draws: Draws): string | undefined {
  // a stretch of characters is enough, and a book need not be split
  const from = draws.below(Math.max(1, text.length - 12 * words));
  const some = text
    .slice(from, from + 12 * words)
    .split(/\s+/)
    .slice(1, 1 + words);
  return some.length < words ? undefined : some.join(' ');
}
