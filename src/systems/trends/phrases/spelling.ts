/** Finding words and phrases in texts, however they are spelled: plurals and hyphens make no difference. */

/** Lower case, with one space where anything else than letters and digits was. */
export function spaced(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** Finds a phrase in spaced text, its words in singular or plural, and what a hyphen joins as one word, too. */
export function phrasePattern(phrase: string): RegExp {
  const terms = phrase.split(/\s+/).map((term) =>
    spaced(term)
      .split(' ')
      .map((word) => `${stem(word)}(?:y|s|es|ies)?`)
      .join(' ?'),
  );
  return new RegExp(`(?:^| )${terms.join(' ')}(?: |$)`, 'u');
}

/** Without the ending of a plural. */
export function stem(word: string): string {
  return word.length > 3 ? word.replace(/(?:ies|(?<=ss|x|ch|sh)es|(?<!s|u|i)s|y)$/, '') : word;
}
