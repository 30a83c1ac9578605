/**
 * Whether sentences say what another one says, as far as words can tell.
 *
 * Every number of the sentence has to stand in its sources, every name that is told by its capitals (BERT, ImageNet), and most
 * of the content words, plurals aside. What a sentence denies has to be denied in its sources, and the other way round; nor
 * may it say the opposite (fewer) where they have a word for it (more). That finds what was made up out of nothing, and
 * plain reversals; it does not find every sentence that turns the sources' words round. So a sentence that passes is still
 * marked as drafted, and links to what it stands on.
 */
import { spaced, stem } from '../phrases/spelling.ts';
import { isStopWord } from '../phrases/words.ts';

/** The share of the content words that must be in the sources. */
export const supportedShare = 0.7;

export interface Support {
  readonly supported: boolean;
  /** Content words and numbers that no source has. */
  readonly missing: readonly string[];
}

const denial =
  /\b(?:not(?! only)|no|never|neither|nor|cannot|without|fails?|failed|hardly|unable|lacks?)\b|n['’]t\b/giu;

/** Words of which one said for the other turns a finding round; each row one side against the other. */
const opposites: readonly (readonly [readonly string[], readonly string[]])[] = [
  [
    ['more', 'higher', 'greater', 'larger', 'increase', 'increased', 'increasing', 'rise', 'gain'],
    ['less', 'fewer', 'lower', 'smaller', 'decrease', 'decreased', 'decreasing', 'reduce', 'reduced', 'drop', 'loss'],
  ],
  [
    ['better', 'improve', 'improved', 'improving', 'outperform', 'outperformed', 'outperforming', 'superior', 'exceed'],
    ['worse', 'degrade', 'degraded', 'underperform', 'underperformed', 'inferior', 'hurt'],
  ],
  [
    ['faster', 'cheaper', 'easier', 'simple', 'simpler'],
    ['slower', 'costlier', 'harder', 'complex'],
  ],
  [
    ['always', 'all', 'every'],
    ['never', 'none', 'rarely'],
  ],
];

/** Holds a sentence against the texts that it is to stand on. */
export function supportOf(sentence: string, sources: readonly string[]): Support {
  const said = new Set(sources.flatMap(wordsOf));
  const known = new Set([...said].map(stem));
  const words = [...new Set(contentOf(sentence))];
  const missing = words.filter((word) => !known.has(stem(word)));
  const allNumbers = missing.every((word) => !/\p{N}/u.test(word));
  const allNames = namesIn(sentence).every((name) => known.has(stem(name)));
  const share = words.length === 0 ? 0 : 1 - missing.length / words.length;
  const supported = allNumbers && allNames && share >= supportedShare && !turnsRound(sentence, sources);
  return { supported, missing };
}

function wordsOf(text: string): string[] {
  return spaced(text).split(' ').filter(Boolean);
}

function contentOf(text: string): string[] {
  return wordsOf(text).filter((word) => !isStopWord(word));
}

/** Names that capitals tell, one after a word's first letter. */
function namesIn(text: string): string[] {
  return (text.match(/[\p{L}\p{N}]+/gu) ?? []).flatMap((word) =>
    /\p{L}.*\p{Lu}/u.test(word) ? word.toLowerCase() : [],
  );
}

/** Whether one text denies what the others do not, or says the opposite of them. */
function turnsRound(sentence: string, sources: readonly string[]): boolean {
  const [here, there] = [deniedIn([sentence]), deniedIn(sources)];
  const own = new Set(wordsOf(sentence));
  const all = sources.flatMap(wordsOf);
  const theirs = new Set(all);
  const times = (list: readonly string[], word: string) => list.filter((other) => other === word).length;
  const stems = all.map(stem);
  const isOnlyDenied = (word: string) => there.includes(word) && times(stems, word) === times(there, word);
  if (here.some((word) => !there.includes(word))) return true;
  if ([...own].map(stem).some((word) => isOnlyDenied(word) && !here.includes(word))) return true;
  const has = (words: ReadonlySet<string>, list: readonly string[]) =>
    list.some((word) => words.has(word) || words.has(`${word}s`));
  return opposites.some(
    ([one, other]) =>
      (has(own, one) && !has(theirs, one) && has(theirs, other)) ||
      (has(own, other) && !has(theirs, other) && has(theirs, one)),
  );
}

/** What is denied: the first content word after each denial. */
function deniedIn(texts: readonly string[]): string[] {
  return texts.flatMap((text) =>
    [...text.matchAll(denial)].flatMap(({ 0: match, index }) => {
      const [word] = contentOf(text.slice(index + match.length, index + match.length + 80));
      return word === undefined ? [] : stem(word);
    }),
  );
}
