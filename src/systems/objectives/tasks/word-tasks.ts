/** Tasks about words, from WordNet: what they are, mean, belong to, and how they are related. */
import type { Draws } from '../draws.ts';
import type { Question, Task } from './task.ts';
import type { Meaning, PartOfSpeech, WordNet } from './wordnet.ts';

const partNames: Readonly<Record<PartOfSpeech, string>> = {
  noun: 'noun',
  verb: 'verb',
  adj: 'adjective',
  adv: 'adverb',
};

/** The lexicographers' files of nouns (lexnames(5WN)), as a person would call them. */
const domains: Readonly<Record<number, string>> = {
  4: 'act',
  5: 'animal',
  6: 'thing made by people',
  7: 'attribute',
  8: 'part of a body',
  9: 'thought',
  10: 'word or message',
  11: 'event',
  12: 'feeling',
  13: 'food',
  14: 'group',
  15: 'place',
  17: 'natural object',
  18: 'person',
  19: 'phenomenon',
  20: 'plant',
  21: 'possession',
  25: 'shape',
  26: 'state',
  27: 'substance',
  28: 'time',
};

/** The most words of a definition or an example that a question has room for. */
const longest = 14;

/** Tasks of words. @param count questions of each at most */
export function wordTasks(wordnet: WordNet, draws: Draws, count: number): Task[] {
  const { first } = wordnet;
  const known = new Map<PartOfSpeech, (readonly [word: string, meaning: Meaning])[]>();
  /** Words of a part in random order, more than enough: one noun in fifty is a part of something. */
  const entries = (part: PartOfSpeech) => {
    const before = known.get(part);
    if (before) return before;
    const some = draws.shuffled([...first[part]]).slice(0, Math.max(6000, 12 * count));
    const read = some.map(([word, key]) => [word, wordnet.meaning(key)] as const);
    known.set(part, read);
    return read;
  };
  const short = (text: string) => text.split(' ').length <= longest;
  /** Questions whose wrong choices are right ones of others. */
  const amongOthers = (pairs: readonly (readonly [fields: Record<string, string>, answer: string])[]) => {
    const answers = pairs.map(([, answer]) => answer);
    return pairs.slice(0, 2 * count).flatMap(([fields, answer]) => questionOf(fields, answer, answers, draws));
  };
  const related = (part: PartOfSpeech, symbol: string) =>
    entries(part).flatMap(([word, meaning]) => {
      const other = relatedWord(wordnet, meaning, word, symbol);
      return other === undefined || other === word ? [] : [[{ word }, other] as const];
    });

  const inSentences = (Object.keys(partNames) as PartOfSpeech[]).flatMap((part) =>
    entries(part)
      .flatMap(([word, { examples }]) => {
        const sentence = examples.find((text) => short(text) && new RegExp(`\\b${word}\\b`, 'i').test(text));
        return sentence === undefined ? [] : [{ fields: { word, sentence }, part }];
      })
      .slice(0, Math.ceil(count / 4)),
  );
  const parts = Object.values(partNames);
  const named = entries('noun').flatMap(([word, { domain }]) => {
    const name = domains[domain];
    return name === undefined ? [] : [[{ word }, name] as const];
  });
  const defined = (['noun', 'verb', 'adj'] as const).flatMap((part) =>
    entries(part)
      .filter(([word, { definition }]) => short(definition) && !definition.includes(word))
      .map(([word, { definition }]) => [{ definition }, word] as const)
      .slice(0, Math.ceil(count / 3)),
  );
  const verbs = related('noun', '+').filter(([, other]) => first.verb.has(other));
  const together = entries('noun').flatMap(([word, meaning]) => {
    const other = meaning.words.find((name) => name !== word && /^[a-z]+$/.test(name) && !sameStem(name, word));
    return other === undefined ? [] : [[{ word }, other] as const];
  });

  const tasks: Task[] = [
    {
      name: 'part-of-speech',
      about: 'which part of speech a word is in a sentence (WordNet’s examples)',
      use: 'training',
      prompts: [
        { text: 'Sentence: {sentence}\nIn this sentence, the word {word} is a' },
        { text: 'Is {word} a {choices} in “{sentence}”?\nAnswer:' },
        { text: '{sentence}\nQuestion: what part of speech is {word}? Answer:' },
      ],
      questions: draws.shuffled(
        inSentences.map(({ fields, part }) => ({ fields, choices: parts, answer: parts.indexOf(partNames[part]) })),
      ),
    },
    {
      name: 'domain',
      about: 'what sort of thing a noun names (WordNet’s lexicographer files)',
      use: 'training',
      prompts: [
        { text: 'A {word} is best called a' },
        { text: 'Is {word} a {choices}?\nAnswer:' },
        { text: 'Question: what sort of thing is {word}? Answer:' },
      ],
      questions: amongOthers(named),
    },
    {
      name: 'kind-of',
      about: 'what a thing is a kind of (WordNet’s hypernyms)',
      use: 'training',
      prompts: [
        { text: 'A {word} is a kind of' },
        { text: 'Which of {choices} is {word} a kind of?\nAnswer:' },
        { text: 'Every {word} is also a' },
      ],
      questions: amongOthers(related('noun', '@')),
    },
    {
      name: 'opposite',
      about: 'the opposite of a word (WordNet’s antonyms)',
      use: 'training',
      prompts: [
        { text: 'The opposite of {word} is' },
        { text: 'Which of {choices} is the opposite of {word}?\nAnswer:' },
        { text: 'It is not {word}, on the contrary: it is' },
      ],
      questions: amongOthers([...related('adj', '!'), ...related('adv', '!'), ...related('noun', '!')]),
    },
    {
      name: 'definition',
      about: 'the word for a definition (WordNet’s glosses)',
      use: 'training',
      prompts: [
        { text: 'Definition: {definition}\nThe word for it is' },
        { text: 'Which of {choices} means “{definition}”?\nAnswer:' },
        { text: 'Question: what is the word for {definition}? Answer:' },
      ],
      questions: draws.shuffled(amongOthers(draws.shuffled(defined))),
    },
    {
      name: 'verb-of',
      about: 'the verb that a noun is derived from (WordNet’s derivations)',
      use: 'training',
      prompts: [
        { text: 'The noun {word} comes from the verb' },
        { text: 'Which of {choices} is the verb of {word}?\nAnswer:' },
        { text: 'Question: what does one do for a {word}? Answer: one can' },
      ],
      questions: verbs.slice(0, 2 * count).flatMap(([fields, answer]) => {
        // of the same first letter, or spelling alone would tell
        const like = verbs.flatMap(([, verb]) => (verb[0] === answer[0] ? [verb] : []));
        return questionOf(fields, answer, like, draws);
      }),
    },
    {
      name: 'part-of',
      about: 'what a thing is a part of (WordNet’s holonyms)',
      use: 'held out',
      prompts: [
        { text: 'A {word} is a part of a' },
        { text: 'Which of {choices} has {word} as a part?\nAnswer:' },
        { text: 'Question: what is {word} a part of? Answer:' },
      ],
      questions: amongOthers(related('noun', '#p')),
    },
    {
      name: 'synonym',
      about: 'another word for a noun (WordNet’s synonym sets)',
      use: 'held out',
      prompts: [
        { text: 'Another word for {word} is' },
        { text: 'Which of {choices} means the same as {word}?\nAnswer:' },
        { text: 'Question: what is another word for {word}? Answer:' },
      ],
      questions: amongOthers(together),
    },
  ];
  return tasks.map((task) => ({ ...task, questions: task.questions.slice(0, count) }));
}

/** The word that a word is related to; undefined where there is none. */
function relatedWord(
  { meaning }: WordNet,
  { words, relations }: Meaning,
  word: string,
  symbol: string,
): string | undefined {
  const own = words.findIndex((name) => name.toLowerCase() === word) + 1;
  const found = relations.find((one) => one.symbol === symbol && (one.words[0] === 0 || one.words[0] === own));
  return found && meaning(found.to).words[Math.max(0, found.words[1] - 1)]?.toLowerCase();
}

/** A question with three wrong choices among what else could be answered; none where there are not enough. */
export function questionOf(
  fields: Readonly<Record<string, string>>,
  answer: string,
  others: readonly string[],
  draws: Draws,
): Question[] {
  const wrong = new Set<string>();
  for (let tries = 0; tries < 60 && wrong.size < 3; tries++) {
    const other = draws.pick(others);
    if (other !== answer && !Object.values(fields).includes(other)) wrong.add(other);
  }
  if (wrong.size < 3) return [];
  const choices = draws.shuffled([answer, ...wrong]);
  return [{ fields, choices, answer: choices.indexOf(answer) }];
}

/** Whether the longer word begins with most of the shorter: spelling would tell. */
function sameStem(a: string, b: string): boolean {
  const length = Math.min(a.length, b.length, 5);
  return a.slice(0, length) === b.slice(0, length);
}
