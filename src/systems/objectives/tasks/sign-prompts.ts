/**
 * Prompts for texts that are not English: signs in the place of words, which a model learns while it is finetuned,
 * whatever it has read before. Where an answer only goes on with a text, the first prompt is the text.
 */
import type { Prompt } from './task.ts';

const texts = (...prompts: readonly string[]): readonly Prompt[] => prompts.map((text) => ({ text }));
const goOn = (field: string) => texts(`{${field}}`, `> {${field}}`, `… {${field}}`);

/** By task of running text. */
export const signPrompts: Readonly<Record<string, readonly Prompt[]>> = {
  'next-word': goOn('passage'),
  ending: goOn('passage'),
  'missing-word': texts('{sentence}\n_ =', '_ ?\n{sentence}\n_ =', '“{sentence}” _:'),
  'next-sentence': goOn('sentence'),
  contains: [
    { text: '{passage}\n{word}?', choices: ['+', '-'] },
    { text: '{word} ∈ “{passage}”:', choices: ['1', '0'] },
    { text: '{word}?\n{passage}\n{word}:', choices: ['=', '/'] },
  ],
  'word-after': texts('{passage}\n{word} _ =', '{word} _ ?\n{passage}\n_ =', '“{passage}” {word} →'),
  'first-of-two': texts(
    '{passage}\n{one} | {other} < =',
    '{one} < {other} ?\n{passage}\n< =',
    '“{passage}” {one} < {other}:',
  ),
  'odd-word': texts('{passage}\n≠', '≠ ?\n{passage}\n≠', '“{passage}” ≠'),
  'in-order': [
    { text: '{passage}\n?', choices: ['+', '-'] },
    { text: '1, 2, 3?\n{passage}\n?', choices: ['1', '0'] },
    { text: '“{passage}”:', choices: ['=', '/'] },
  ],
};
