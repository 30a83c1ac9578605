import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { splitCorpus, unionAddresses } from '../../../data/index.ts';
import { Draws } from '../draws.ts';
import { bundledTasks } from './bundled.ts';
import { readTasks } from './read-tasks.ts';
import { normalizedScore, put, randomBaseline, type Task } from './task.ts';
import { bareOf } from './texts.ts';
import { readWordNet, type WordNet } from './wordnet.ts';

describe('a task', () => {
  const question = { fields: { a: 'tea' }, choices: ['hot', 'cold'], answer: 1 };

  it('is put in each of its prompts, with the question’s choices or the prompt’s', () => {
    expect(put(question, { text: 'Is {a} {choices}?' })).toEqual({
      text: 'Is tea hot or cold?',
      choices: ['hot', 'cold'],
      answer: 1,
    });
    expect(put(question, { text: '{a}: {choices}', choices: ['yes', 'no'] }).text).toBe('tea: yes or no');
  });

  it('has no field that its questions lack', () => {
    expect(() => put(question, { text: '{b}' })).toThrow(
      'tasks: expected a field of the question (a, choices), got {b}',
    );
    expect(() => put(question, { text: '{a}', choices: ['one'] })).toThrow(
      'tasks: expected names for 2 choices, got 1',
    );
  });

  it('is scored above guessing', () => {
    expect(randomBaseline({ questions: [question, { ...question, choices: ['a', 'b', 'c', 'd'] }] })).toBe(0.375);
    expect(normalizedScore(0.5, 0.25)).toBeCloseTo(1 / 3);
  });
});

describe('tasks of a user', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'objectives-tasks-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const task: Task = {
    name: 'tone',
    about: 'the tone of a review',
    use: 'held out',
    prompts: [{ text: '{review}\nThis is' }],
    questions: [{ fields: { review: 'Nice.' }, choices: ['friendly', 'angry'], answer: 0 }],
  };

  it('are read, alone or in a list', async () => {
    const path = join(folder, 'tasks.json');
    await writeFile(path, JSON.stringify(task));
    expect(await readTasks(path)).toEqual([task]);
    await writeFile(path, JSON.stringify([task, { ...task, name: 'other' }]));
    expect((await readTasks(path)).map(({ name }) => name)).toEqual(['tone', 'other']);
    await writeFile(path, JSON.stringify({ ...task, joint: '' }));
    expect(await readTasks(path)).toEqual([{ ...task, joint: '' }]);
  });

  it.each([
    ['{', 'run: expected JSON in'],
    ['[1]', 'task 1: expected a task, got 1'],
    [{ ...task, name: 'a b' }, 'expected a name of letters, digits and -, got "a b"'],
    [{ ...task, use: 'test' }, 'expected use to be "training" or "held out", got "test"'],
    [{ ...task, prompts: [] }, 'expected prompts, got []'],
    [{ ...task, prompts: [{ text: '{a}' }] }, 'expected a field of the question (review, choices), got {a}'],
    [{ ...task, questions: [{ ...task.questions[0], answer: 2 }] }, 'expected an answer of 0 to 1, got {"fields"'],
    [{ ...task, questions: [{ ...task.questions[0], choices: ['one'] }] }, 'expected at least two choices'],
    [{ ...task, joint: '-' }, 'expected joint to be a space or nothing, got "-"'],
  ])('%# with a mistake are refused in one line that says where', async (content, message) => {
    const path = join(folder, 'wrong.json');
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    await expect(readTasks(path)).rejects.toThrow(message);
    await expect(readTasks(path)).rejects.toThrow(/^run: .*wrong\.json/s);
  });
});

describe('the bundled tasks', () => {
  let wordnet: WordNet;
  let tasks: Task[];
  let held: string;
  beforeAll(async () => {
    wordnet = await readWordNet();
    const all = await unionAddresses();
    const corpus = splitCorpus(all.filter((_, i) => i % 5 === 2));
    held = corpus.held.map(({ text }) => text.replace(/\s+/g, ' ')).join('\n');
    tasks = await bundledTasks(corpus, { training: 40, held: 30 });
  });

  it('know WordNet’s words', () => {
    const dog = wordnet.meaning(wordnet.first.noun.get('dog')!);
    expect(dog).toMatchObject({ part: 'noun', domain: 5 });
    expect(dog.words).toContain('domestic dog');
    expect(dog.definition).toMatch(/^a member of the genus Canis/);
    expect(dog.examples).toEqual(['the dog barked all night']);
    const kind = dog.relations.find(({ symbol }) => symbol === '@')!;
    expect(wordnet.meaning(kind.to).words).toContain('canine');
    const hot = wordnet.meaning(wordnet.first.adj.get('hot')!);
    const opposite = hot.relations.find(({ symbol }) => symbol === '!')!;
    expect(wordnet.meaning(opposite.to).words[opposite.words[1] - 1]).toBe('cold');
  });

  it('can all be put, have three prompts, and one right answer among different ones', () => {
    expect(tasks.filter(({ use }) => use === 'held out').map(({ name }) => name)).toEqual([
      'part-of',
      'synonym',
      'next-word',
      'ending',
      'missing-word',
      'next-sentence',
    ]);
    expect(tasks.filter(({ use }) => use === 'training')).toHaveLength(11);
    for (const task of tasks) {
      expect(task.prompts).toHaveLength(3);
      expect(task.questions.length).toBeGreaterThanOrEqual(30);
      for (const question of task.questions) {
        expect(new Set(question.choices).size).toBe(question.choices.length);
        for (const prompt of task.prompts) expect(put(question, prompt).choices[question.answer]).toBeDefined();
      }
    }
  });

  it('ask nothing about held-out text that could be learned, and are the same every time', async () => {
    for (const name of ['next-word', 'ending'])
      for (const { fields } of tasks.find((task) => task.name === name)!.questions)
        expect(held).toContain(fields.passage);
    const learned = tasks.find(({ name }) => name === 'contains')!;
    for (const { fields } of learned.questions) expect(held).not.toContain(fields.passage);
  });

  it('answers are not always in one place', () => {
    for (const { name, questions } of tasks) {
      if (name === 'part-of-speech') continue;
      const first = questions.filter(({ answer }) => answer === 0).length / questions.length;
      expect(first).toBeLessThan(0.8);
    }
  });
});

describe('the bundled tasks of texts that are not English', () => {
  /** Sentences of words that are made of syllables, the first the most frequent. */
  const textOf = (syllables: readonly string[], joint: string, stop: string, sentences: number) => {
    const draws = Draws.of(0, 7);
    const word = () => {
      const rank = Math.floor(90 * draws.next() ** 2);
      return syllables[rank % 9]! + syllables[Math.floor(rank / 9)]!;
    };
    const sentence = () => {
      const words = Array.from({ length: 6 + draws.below(9) }, word).join(joint);
      return `${words.charAt(0).toUpperCase()}${words.slice(1)}${stop}`;
    };
    return Array.from({ length: sentences }, sentence).join(joint);
  };
  const tasksOf = (text: string) => bundledTasks(splitCorpus([{ name: 'a', text }]), { training: 60, held: 50 });
  const german = ['ging', 'haus', 'baum', 'wald', 'fels', 'bach', 'berg', 'feld', 'stein', 'licht'];
  const chinese = ['中', '国', '人', '民', '学', '生', '大', '家', '工', '作'];

  it.each([
    ['between spaces', textOf(german, ' ', '.', 1500), ' '],
    ['without spaces', textOf(chinese, '', '。', 3000), ''],
  ])('are made of the texts alone, and put in signs, %s', async (_, text, joint) => {
    const tasks = await tasksOf(text);
    const held = ['next-word', 'ending', 'missing-word', 'next-sentence'];
    const training = ['contains', 'word-after', 'first-of-two', 'odd-word', 'in-order'];
    expect(tasks.map(({ name }) => name)).toEqual([...held, ...training]);
    for (const task of tasks) {
      expect([task.name, task.questions.length]).toEqual([task.name, task.use === 'training' ? 60 : 50]);
      expect(task.joint).toBe(joint);
      for (const { text: prompt } of task.prompts) expect(prompt.replace(/\{\w+\}/g, '')).not.toMatch(/\p{L}/u);
      for (const question of task.questions) {
        const asked = put(question, task.prompts[0]!);
        expect(new Set(asked.choices).size).toBe(asked.choices.length);
        // an ending goes on with the text as it is
        if (task.name === 'ending') expect(text).toContain(asked.text + joint + asked.choices[asked.answer]);
      }
    }
  });

  it('are answered by the passage', async () => {
    const tasks = await tasksOf(textOf(german, ' ', '.', 1500));
    const asked = (name: string) =>
      tasks
        .find((task) => task.name === name)!
        .questions.map(({ fields, choices, answer }) => ({
          words: fields.passage!.split(' ').map(bareOf),
          word: fields.word,
          right: choices[answer]!,
          wrong: choices.filter((_, i) => i !== answer),
        }));
    for (const { words, word, right } of asked('word-after')) expect(words[words.indexOf(word) + 1]).toBe(right);
    for (const { words, right, wrong } of asked('first-of-two'))
      expect(words.indexOf(right)).toBeLessThan(words.indexOf(wrong[0]!));
    for (const { words, right, wrong } of asked('odd-word')) {
      expect(words).toEqual(expect.arrayContaining(wrong));
      expect(words).not.toContain(right);
    }
  });

  it.each([
    ['between spaces', textOf(german, ' ', '.', 1500)],
    ['without spaces', textOf(chinese, '', '。', 3000)],
  ])('call absent what nobody can read in the passage, and once what stands there once, %s', async (_, text) => {
    const tasks = await tasksOf(text);
    const times = (passage: string, word: string) => passage.toLowerCase().split(word).length - 1;
    const asked = (name: string) =>
      tasks
        .find((task) => task.name === name)!
        .questions.map((question) => ({ ...question, passage: question.fields.passage! }));
    for (const { passage, fields, answer } of asked('contains'))
      expect([passage, fields.word, times(passage, fields.word!) > 0]).toEqual([passage, fields.word, answer === 0]);
    for (const { passage, choices, answer } of asked('odd-word'))
      expect(choices.map((word) => times(passage, word))).toEqual(choices.map((_, i) => (i === answer ? 0 : 1)));
    for (const { passage, choices } of asked('first-of-two'))
      expect(choices.map((word) => times(passage, word))).toEqual([1, 1]);
    for (const { passage, fields } of asked('word-after')) expect(times(passage, fields.word!)).toBe(1);
  });

  it('never call a passage shuffled that is as it was', async () => {
    const documents = Array.from({ length: 100 }, (_, i) => {
      const word = german[i % 10]! + german[Math.floor(i / 10)]!;
      return { name: `${i}`, text: `${`${word} `.repeat(4)}und Schluss` };
    });
    const tasks = await bundledTasks(splitCorpus(documents), { training: 60, held: 50 });
    const { questions } = tasks.find(({ name }) => name === 'in-order')!;
    expect(questions).toHaveLength(60);
    for (const { fields, answer } of questions) {
      const stands = documents.some(({ text }) => text.includes(fields.passage!));
      expect([fields.passage, stands]).toEqual([fields.passage, answer === 0]);
    }
  });

  it('ask shorter passages of short documents', async () => {
    const text = textOf(german, ' ', '.', 1500);
    const documents = text.split(/(?<=\.) /).map((line, i) => ({ name: `${i}`, text: line }));
    const tasks = await bundledTasks(splitCorpus(documents), { training: 60, held: 50 });
    const nextWord = tasks.find(({ name }) => name === 'next-word')!;
    expect(nextWord.questions).toHaveLength(50);
    expect(nextWord.questions[0]!.fields.passage!.split(' ').length).toBeLessThan(10);
  });
});
