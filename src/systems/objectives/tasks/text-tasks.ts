/**
 * Tasks about running text, made from any corpus: cloze tests on documents that no model learns from, and simpler
 * questions on those that it does.
 *
 * Wrong words of a cloze test are about as frequent as the right one, so that counting words does not tell (the suite
 * measures that it does not). Prompts are English for English texts. A model of other texts cannot read these: its
 * prompts are signs (sign-prompts.ts), and three more tasks stand for those about words and mails, which it has not.
 */
import type { Corpus } from '../../../data/index.ts';
import type { Draws } from '../draws.ts';
import type { Language } from './language.ts';
import { signPrompts } from './sign-prompts.ts';
import type { Question, Task } from './task.ts';
import { bareOf, letters, stretch, type Texts, textsOf, wordsLike } from './texts.ts';

/** The most words of a sentence with a gap. */
const longestSentence = 24;

/** Tasks of running text. @param count questions of each at most */
export function textTasks({ train, held }: Corpus, language: Language, draws: Draws, count: number): Task[] {
  const learned = textsOf(train, language);
  const { ranked, rank, passage } = learned;
  const unseen = { ...textsOf(held, language), ranked, rank, passage };
  const tasks: Task[] = [
    {
      name: 'next-word',
      about: 'the next word of a passage, among four of like frequency (as LAMBADA)',
      use: 'held out',
      prompts: [
        { text: '{passage}' },
        { text: 'Which word comes next, {choices}?\n{passage}' },
        { text: 'Continue the text: {passage}' },
      ],
      questions: questions(count, () => nextWord(unseen, draws)),
    },
    {
      name: 'ending',
      about: 'how a passage goes on, among four endings of the same length (as HellaSwag)',
      use: 'held out',
      prompts: [
        { text: '{passage}' },
        { text: 'How does this text go on?\n{passage}' },
        { text: 'Continue the text: {passage}' },
      ],
      questions: questions(count, () => endings(unseen, draws)),
    },
    {
      name: 'missing-word',
      about: 'the word that a sentence misses, among four of like frequency (as Winogrande)',
      use: 'held out',
      prompts: [
        { text: '{sentence}\nThe missing word is' },
        { text: 'Which of {choices} is missing in this sentence?\n{sentence}\nAnswer:' },
        { text: 'Question: which word stands for _ in “{sentence}”? Answer:' },
      ],
      questions: questions(count, () => missingWord(unseen, draws)),
    },
    {
      name: 'next-sentence',
      about: 'which of two sentences of a document follows a third (as StoryCloze)',
      use: 'held out',
      prompts: [
        { text: '{sentence}' },
        { text: 'Which sentence follows this one?\n{sentence}\nAnswer:' },
        { text: 'Continue the text: {sentence}' },
      ],
      questions: questions(count, () => nextSentence(unseen, draws)),
    },
    {
      name: 'contains',
      about: 'whether a word occurs in a passage',
      use: 'training',
      prompts: [
        { text: '{passage}\nDoes this text contain the word {word}?' },
        { text: 'Question: is {word} a word of “{passage}”, {choices}? Answer:', choices: ['yes', 'no'] },
        { text: 'Text: {passage}\nIt is true or false that {word} occurs in it:', choices: ['true', 'false'] },
      ],
      questions: questions(count, () => contains(learned, draws)),
    },
    {
      name: 'word-after',
      about: 'which word of a passage comes after another',
      use: 'training',
      prompts: [
        { text: '{passage}\nIn this text, the word after {word} is' },
        { text: 'Which of {choices} comes after {word} in “{passage}”?\nAnswer:' },
        { text: 'Text: {passage}\nQuestion: which word follows {word}? Answer:' },
      ],
      questions: questions(count, () => wordAfter(learned, draws)),
    },
  ];
  if (language.english) return tasks;
  const more = (name: string, about: string, attempt: (texts: Texts, draws: Draws) => Question | undefined): Task => ({
    name,
    about,
    use: 'training',
    prompts: [],
    questions: questions(count, () => attempt(learned, draws)),
  });
  return [
    ...tasks,
    more('first-of-two', 'which of two words of a passage comes first', firstOfTwo),
    more('odd-word', 'which of four words is not one of a passage', oddWord),
    more('in-order', 'whether the words of a passage are in their order', inOrder),
  ].map((task) => ({ ...task, prompts: signPrompts[task.name]!, joint: language.joint }));
}

/** Up to `count` different questions; an attempt may fail. */
function questions(count: number, attempt: () => Question | undefined): Question[] {
  const found = new Map<string, Question>();
  for (let tries = 0; tries < 40 * count && found.size < count; tries++) {
    const question = attempt();
    if (question) found.set(JSON.stringify(question.fields), question);
  }
  return [...found.values()];
}

function choose(fields: Record<string, string>, answer: string, wrong: readonly string[], draws: Draws): Question {
  const choices = draws.shuffled([answer, ...wrong]);
  return { fields, choices, answer: choices.indexOf(answer) };
}

const opening = new RegExp(`^${letters}`, 'u');

function nextWord(texts: Texts, draws: Draws): Question | undefined {
  const words = stretch(texts, texts.passage + 1, draws);
  const answer = words && opening.exec(words.at(-1)!)?.[0];
  const wrong = answer === undefined ? undefined : wordsLike(texts, answer, () => false, draws);
  return wrong ? choose({ passage: joined(texts, words!.slice(0, -1)) }, answer!, wrong, draws) : undefined;
}

function endings(texts: Texts, draws: Draws): Question | undefined {
  const { passage } = texts;
  const ending = Math.floor(passage / 3);
  const words = stretch(texts, passage + ending, draws);
  const wrong = Array.from({ length: 3 }, () => stretch(texts, ending, draws));
  if (!words || wrong.includes(undefined)) return undefined;
  const [before, answer] = [words.slice(0, passage), words.slice(passage)].map((own) => joined(texts, own));
  const others = wrong.map((own) => joined(texts, own!));
  // of a short text the same words may be drawn twice
  if (new Set([answer, ...others]).size < 4) return undefined;
  return choose({ passage: before! }, answer!, others, draws);
}

function missingWord(texts: Texts, draws: Draws): Question | undefined {
  const sentence = wordsOf(texts, draws.pick(draws.pick(texts.sentences)));
  if (sentence.length < 8 || sentence.length > longestSentence) return undefined;
  const at = 1 + draws.below(sentence.length - 2);
  const answer = bareOf(sentence[at]!);
  const wrong = answer === undefined ? undefined : wordsLike(texts, answer, (other) => sentence.includes(other), draws);
  if (answer === undefined || !wrong) return undefined;
  const gapped = sentence.with(at, sentence[at]!.replace(answer, '_'));
  return choose({ sentence: joined(texts, gapped) }, answer, wrong, draws);
}

function nextSentence(texts: Texts, draws: Draws): Question | undefined {
  const own = draws.pick(texts.sentences);
  const at = draws.below(own.length);
  const [sentence, next, other] = [own[at], own[at + 1], draws.pick(own)];
  const fits = (text: string | undefined) => {
    const count = text === undefined ? 0 : wordsOf(texts, text).length;
    return count >= 4 && count <= 16;
  };
  if (![sentence, next, other].every(fits) || new Set([sentence, next, other]).size < 3) return undefined;
  return choose({ sentence: sentence! }, next!, [other!], draws);
}

function contains(texts: Texts, draws: Draws): Question | undefined {
  const words = stretch(texts, texts.passage, draws);
  const inside = words && bareOf(draws.pick(words));
  if (inside === undefined) return undefined;
  const times = timesIn(texts, words!);
  const outside = wordsLike(texts, inside, (other) => times(other) > 0, draws)?.[0];
  if (outside === undefined) return undefined;
  const yes = draws.next() < 0.5;
  const fields = { passage: joined(texts, words!), word: yes ? inside : outside };
  return { fields, choices: ['yes', 'no'], answer: yes ? 0 : 1 };
}

function wordAfter(texts: Texts, draws: Draws): Question | undefined {
  const words = stretch(texts, texts.passage, draws);
  if (!words) return undefined;
  const bare = words.map(bareOf);
  const at = draws.below(words.length - 1);
  const [word, answer] = [bare[at], bare[at + 1]];
  if (!word || !answer || timesIn(texts, words)(word) > 1) return undefined;
  const others = [...new Set(bare)].filter((other) => other !== undefined && other !== answer && other !== word);
  if (others.length < 3) return undefined;
  const wrong = draws.shuffled(others as string[]).slice(0, 3);
  return choose({ passage: joined(texts, words), word }, answer, wrong, draws);
}

function firstOfTwo(texts: Texts, draws: Draws): Question | undefined {
  const words = stretch(texts, texts.passage, draws);
  const once = words && onceIn(texts, words);
  if (!once || once.length < 2) return undefined;
  const at = draws.below(once.length - 1);
  const [first, second] = [once[at]!, once[at + 1 + draws.below(once.length - at - 1)]!];
  const [one, other] = draws.shuffled([first, second]) as [string, string];
  const fields = { passage: joined(texts, words), one, other };
  return { fields, choices: [one, other], answer: Number(other === first) };
}

function oddWord(texts: Texts, draws: Draws): Question | undefined {
  const words = stretch(texts, texts.passage, draws);
  const inside = words && draws.shuffled(onceIn(texts, words)).slice(0, 3);
  if (!inside || inside.length < 3) return undefined;
  const times = timesIn(texts, words);
  const outside = wordsLike(texts, inside[0]!, (other) => times(other) > 0, draws)?.[0];
  return outside === undefined ? undefined : choose({ passage: joined(texts, words) }, outside, inside, draws);
}

function inOrder(texts: Texts, draws: Draws): Question | undefined {
  const words = stretch(texts, texts.passage, draws);
  if (!words) return undefined;
  const ordered = joined(texts, words);
  const mixed = joined(texts, draws.shuffled(words));
  // a few words, or the same ones over and over, may come out as they were
  if (mixed === ordered) return undefined;
  const yes = draws.next() < 0.5;
  return { fields: { passage: yes ? ordered : mixed }, choices: ['yes', 'no'], answer: yes ? 0 : 1 };
}

/** The words of letters that come once. */
function onceIn(texts: Texts, words: readonly string[]): string[] {
  const times = timesIn(texts, words);
  return words.map(bareOf).filter((word) => word !== undefined && times(word) === 1) as string[];
}

/**
 * How often a word comes in a passage: wherever its letters stand, small or capital, for who reads a text without spaces
 * does not see into which words it was cut. English words are told as they are written (government is not Government),
 * because the recorded run asked so.
 */
function timesIn(texts: Texts, words: readonly string[]): (word: string) => number {
  if (texts.language.english) {
    const bare = words.map(bareOf);
    return (word) => bare.filter((other) => other === word).length;
  }
  const passage = joined(texts, words).toLowerCase();
  return (word) => passage.split(word).length - 1;
}

/** A sentence's words; none of what has no end for pages, which need not be cut to be passed over. */
function wordsOf({ language }: Texts, sentence: string): string[] {
  return sentence.length > 50 * longestSentence ? [] : language.words(sentence);
}

function joined({ language }: Texts, words: readonly string[]): string {
  return words.join(language.joint);
}
