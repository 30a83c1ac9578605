/**
 * Words as phrases are made of: lower case, without possessive ’s; a hyphen, a slash or an en dash parts two words of one
 * phrase (`vision–language pre-training` is four words); other punctuation ends a phrase. Formulas, LaTeX commands and
 * addresses end one, too, and are no words.
 *
 * A plural is counted as its singular where the texts have both (`studies` as `study`, `losses` as `loss`, `models` as
 * `model`); how a phrase is written is decided later, by what its own occurrences mostly look like.
 */

/** Ends a phrase. */
export const BREAK = -1;

/** Texts as numbers of words. */
export interface WordStream {
  /** Every spelling. */
  readonly vocabulary: readonly string[];
  /** The spellings of all texts, one after another, with `BREAK` where a phrase ends. */
  readonly spelled: Int32Array;
  /** Where each text begins in `spelled`, and the end. */
  readonly starts: Int32Array;
  /** For each spelling the one it is counted as. */
  readonly countedAs: Int32Array;
}

const noise = /\$[^$]{1,300}\$|\\[a-zA-Z]+|https?:\/\/\S+/g;
const wordOrBreak = /[\p{L}\p{N}]+(?:['’][\p{L}\p{N}]+)*|[.,;:!?()[\]{}"“”„…|—=<>]/gu;

/** Reads texts into numbers. */
export function readWords(texts: Iterable<string>): WordStream {
  const numberOf = new Map<string, number>();
  const vocabulary: string[] = [];
  let spelled = new Int32Array(1 << 16);
  const starts: number[] = [0];
  let length = 0;
  const push = (value: number) => {
    if (length === spelled.length) {
      const larger = new Int32Array(2 * length);
      larger.set(spelled);
      spelled = larger;
    }
    spelled[length++] = value;
  };
  for (const text of texts) {
    for (const [match] of text.toLowerCase().replace(noise, ' | ').matchAll(wordOrBreak)) {
      const code = match.codePointAt(0)!;
      if (match.length === 1 && !isWordLike(code)) {
        push(BREAK);
        continue;
      }
      const word = match.replace(/['’]s$/, '').replaceAll('’', "'");
      let number = numberOf.get(word);
      if (number === undefined) {
        number = vocabulary.length;
        numberOf.set(word, number);
        vocabulary.push(word);
      }
      push(number);
    }
    push(BREAK);
    starts.push(length);
  }
  const countedAs = Int32Array.from(vocabulary, (word, number) => numberOf.get(singularOf(word, numberOf)) ?? number);
  return { vocabulary, spelled: spelled.subarray(0, length), starts: Int32Array.from(starts), countedAs };
}

/** Plurals by their look that are none. */
const noPlurals = new Set([
  'news',
  'means',
  'series',
  'species',
  'always',
  'perhaps',
  'does',
  'was',
  'has',
  'his',
  'its',
]);

/** The singular that is among the words, or the word itself. */
function singularOf(word: string, words: ReadonlyMap<string, number>): string {
  if (word.length < 4 || !word.endsWith('s') || noPlurals.has(word) || isStopWord(word)) return word;
  const candidates = word.endsWith('ies')
    ? [`${word.slice(0, -3)}y`]
    : /(?:ss|x|ch|sh|z)es$/.test(word)
      ? [word.slice(0, -2)]
      : /(?:ss|us|is)$/.test(word)
        ? []
        : [word.slice(0, -1)];
  return candidates.find((singular) => words.has(singular)) ?? word;
}

function isWordLike(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x61 && code <= 0x7a) ||
    (code > 0x7f && !/[“”„…—]/u.test(String.fromCodePoint(code)))
  );
}

/** Function words: a phrase neither begins nor ends with one. Single letters count among them. */
export function isStopWord(word: string): boolean {
  return stopWords.has(word) || /^\p{L}$/u.test(word);
}

/** Digits alone: no phrase begins with them, and none is only that. */
export function isNumber(word: string): boolean {
  return /^\p{N}+$/u.test(word);
}

const stopWords: ReadonlySet<string> = new Set(
  `about above across after again against all almost along already also although always am among an and another any
anything are aren't around as at away be became because become becomes been before behind being below between beyond both
but by can cannot can't could couldn't did didn't do does doesn't doing done don't down due during each either else enough
etc even ever every few for from further furthermore get gets give given gives had has have having he hence her here hers
herself him himself his how however if in indeed instead into is isn't it its it's itself just last least less let let's
like made mainly make makes making many may maybe me meanwhile might more moreover most mostly much must my myself namely
near nearly neither never nevertheless no nobody none nor not nothing now of off often on once one ones only onto or other
others otherwise ought our ours ourselves out over own per perhaps quite rather really same she should since so some
something sometimes still such than that that's the their theirs them themselves then there thereby therefore these they
thing things this those though through throughout thus to together too toward towards under unless until up upon us use
used uses using very via was wasn't we we're we've well were what what's whatever when where whereas wherein whether which
while who whole whom whose why will with within without won't would yet you your yours yourself i'm i've i'd i'll
yourselves`.split(/\s+/),
);
