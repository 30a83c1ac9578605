/**
 * Tasks about running text, made from any corpus: cloze tests on documents that no model learns from, and simpler
 * questions on those that it does.
 *
 * Wrong words of a cloze test are about as frequent as the right one, so that counting words does not tell
 * (`frequencyScore` measures that it does not).
 */
import type { Corpus, Document } from '../../../data/index.ts';
import type { Draws } from '../draws.ts';
import type { Question, Task } from './task.ts';

/** Words of a passage, and of an ending. */
const passage = 24;
const ending = 8;

/** A text's words with what stands behind each, and how often each word comes in the corpus. */
interface Texts {
  readonly words: readonly (readonly string[])[];
  readonly sentences: readonly (readonly string[])[];
  readonly counts: ReadonlyMap<string, number>;
  /** Words of letters alone, the most frequent first. */
  readonly ranked: readonly string[];
  readonly rank: ReadonlyMap<string, number>;
}

/** Tasks of running text. @param count questions of each at most */
export function textTasks({ train, held }: Corpus, draws: Draws, count: number): Task[] {
  const learned = textsOf(train);
  const unseen = { ...textsOf(held), counts: learned.counts, ranked: learned.ranked, rank: learned.rank };
  return [
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

function textsOf(documents: readonly Document[]): Texts {
  const counts = new Map<string, number>();
  const flat = documents.map(({ text }) => text.replace(/\s+/g, ' ').trim());
  const words = flat.map((text) => text.split(' '));
  for (const word of words.flat()) {
    const bare = bareOf(word);
    if (bare !== undefined) counts.set(bare, (counts.get(bare) ?? 0) + 1);
  }
  const ranked = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([word]) => word);
  const sentences = flat.map((text) => text.split(/(?<=[.!?]) (?=[\p{Lu}"“„«])/u));
  return { words, sentences, counts, ranked, rank: new Map(ranked.map((word, i) => [word, i])) };
}

/** A word of at least three letters without what stands around it, in lower case; undefined for others. */
function bareOf(word: string): string | undefined {
  return /^["“„«(]?(\p{Ll}{3,})[.,;:!?)"”»]*$/u.exec(word)?.[1];
}

/** Some consecutive words of a document, and where they end. */
function stretch({ words }: Texts, length: number, draws: Draws): readonly string[] | undefined {
  const own = draws.pick(words);
  if (own.length <= length) return undefined;
  const from = draws.below(own.length - length);
  return own.slice(from, from + length);
}

/** Three words about as frequent as a word, none of which is among `not`. */
function wordsLike(
  { ranked, rank }: Texts,
  word: string,
  not: ReadonlySet<string>,
  draws: Draws,
): string[] | undefined {
  const at = rank.get(word);
  // nothing is as frequent as the most frequent words
  if (at === undefined || at < 20) return undefined;
  const from = Math.floor(at / 1.4);
  const near = Math.ceil(at * 1.4) - from;
  const found = new Set<string>();
  for (let tries = 0; tries < 40 && found.size < 3; tries++) {
    const other = ranked[from + draws.below(near)];
    if (other !== undefined && other !== word && !not.has(other)) found.add(other);
  }
  return found.size < 3 ? undefined : [...found];
}

function choose(fields: Record<string, string>, answer: string, wrong: readonly string[], draws: Draws): Question {
  const choices = draws.shuffled([answer, ...wrong]);
  return { fields, choices, answer: choices.indexOf(answer) };
}

function nextWord(texts: Texts, draws: Draws): Question | undefined {
  const words = stretch(texts, passage + 1, draws);
  const answer = words && /^\p{Ll}{3,}/u.exec(words.at(-1)!)?.[0];
  const wrong = answer === undefined ? undefined : wordsLike(texts, answer, new Set(), draws);
  return wrong ? choose({ passage: words!.slice(0, -1).join(' ') }, answer!, wrong, draws) : undefined;
}

function endings(texts: Texts, draws: Draws): Question | undefined {
  const words = stretch(texts, passage + ending, draws);
  const wrong = Array.from({ length: 3 }, () => stretch(texts, ending, draws)?.join(' '));
  if (!words || wrong.includes(undefined)) return undefined;
  const answer = words.slice(passage).join(' ');
  return choose({ passage: words.slice(0, passage).join(' ') }, answer, wrong as string[], draws);
}

function missingWord(texts: Texts, draws: Draws): Question | undefined {
  const sentence = draws.pick(draws.pick(texts.sentences)).split(' ');
  if (sentence.length < 8 || sentence.length > passage) return undefined;
  const at = 1 + draws.below(sentence.length - 2);
  const answer = bareOf(sentence[at]!);
  const wrong = answer === undefined ? undefined : wordsLike(texts, answer, new Set(sentence), draws);
  if (answer === undefined || !wrong) return undefined;
  const gapped = sentence.with(at, sentence[at]!.replace(answer, '_'));
  return choose({ sentence: gapped.join(' ') }, answer, wrong, draws);
}

function nextSentence({ sentences }: Texts, draws: Draws): Question | undefined {
  const own = draws.pick(sentences);
  const at = draws.below(own.length);
  const [sentence, next, other] = [own[at], own[at + 1], draws.pick(own)];
  const fits = (text: string | undefined) => text !== undefined && /^(\S+ ){3,15}\S+$/.test(text);
  if (![sentence, next, other].every(fits) || new Set([sentence, next, other]).size < 3) return undefined;
  return choose({ sentence: sentence! }, next!, [other!], draws);
}

function contains(texts: Texts, draws: Draws): Question | undefined {
  const words = stretch(texts, passage, draws);
  const bare = words?.map(bareOf);
  const inside = bare && draws.pick(bare);
  const outside = inside && wordsLike(texts, inside, new Set(bare as string[]), draws)?.[0];
  if (!outside) return undefined;
  const yes = draws.next() < 0.5;
  const fields = { passage: words!.join(' '), word: yes ? inside : outside };
  return { fields, choices: ['yes', 'no'], answer: yes ? 0 : 1 };
}

function wordAfter(texts: Texts, draws: Draws): Question | undefined {
  const words = stretch(texts, passage, draws);
  if (!words) return undefined;
  const bare = words.map(bareOf);
  const at = draws.below(words.length - 1);
  const [word, answer] = [bare[at], bare[at + 1]];
  if (!word || !answer || bare.filter((other) => other === word).length > 1) return undefined;
  const others = [...new Set(bare)].filter((other) => other !== undefined && other !== answer && other !== word);
  if (others.length < 3) return undefined;
  return choose({ passage: words.join(' '), word }, answer, draws.shuffled(others as string[]).slice(0, 3), draws);
}
