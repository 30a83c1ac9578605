/**
 * Words as phrases are made of: lower case, without possessive ’s; a hyphen, a slash or an en dash parts two words of one
 * phrase (`vision–language models` is three words); other punctuation ends a phrase. Formulas, LaTeX commands and
 * addresses end one, too, and are no words.
 *
 * What is written in several ways is counted as one: a plural as its singular where the texts have both (`studies` as
 * `study`, `losses` as `loss`), and two words with a hyphen as the one word that the texts have as well (`pre-training` as
 * `pretraining`), unless they more often stand apart (`machine-learning` stays two words). How a phrase is written is
 * decided later, by what its own occurrences mostly look like.
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
  /** For each place 1 where a hyphen joins its word to the one before. */
  readonly hyphened: Uint8Array;
}

const noise = /\$[^$]{1,300}\$|\\[a-zA-Z]+|https?:\/\/\S+/g;
const wordOrBreak = /[\p{L}\p{N}]+(?:['’][\p{L}\p{N}]+)*|[.,;:!?()[\]{}"“”„…|—=<>]/gu;

const hyphens = new Set(['-', '‐', '‑', '–']);

/** Reads texts into numbers. */
export function readWords(texts: Iterable<string>): WordStream {
  const numberOf = new Map<string, number>();
  const vocabulary: string[] = [];
  let spelled = new Int32Array(1 << 16);
  let hyphened = new Uint8Array(1 << 16);
  const starts: number[] = [0];
  let length = 0;
  const push = (value: number, joined: boolean) => {
    if (length === spelled.length) {
      const [larger, more] = [new Int32Array(2 * length), new Uint8Array(2 * length)];
      larger.set(spelled);
      more.set(hyphened);
      [spelled, hyphened] = [larger, more];
    }
    hyphened[length] = joined ? 1 : 0;
    spelled[length++] = value;
  };
  for (const text of texts) {
    const line = text.toLowerCase().replace(noise, ' | ');
    let end = -1;
    for (const { 0: match, index } of line.matchAll(wordOrBreak)) {
      const code = match.codePointAt(0)!;
      if (match.length === 1 && !isWordLike(code)) {
        push(BREAK, false);
        end = -1;
        continue;
      }
      const word = match.replace(/['’]s$/, '').replaceAll('’', "'");
      let number = numberOf.get(word);
      if (number === undefined) {
        number = vocabulary.length;
        numberOf.set(word, number);
        vocabulary.push(word);
      }
      push(number, end >= 0 && index === end + 1 && hyphens.has(line[end]!));
      end = index + match.length;
    }
    push(BREAK, false);
    starts.push(length);
  }
  const countedAs = Array.from(vocabulary, (word, number) => numberOf.get(singularOf(word, numberOf)) ?? number);
  return joinCompounds(
    { spelled: spelled.subarray(0, length), hyphened: hyphened.subarray(0, length), starts, vocabulary, countedAs },
    numberOf,
  );
}

interface Read {
  readonly spelled: Int32Array;
  readonly hyphened: Uint8Array;
  readonly starts: readonly number[];
  readonly vocabulary: string[];
  readonly countedAs: number[];
}

/** Two words with a hyphen become one spelling of the word that they are elsewhere. */
function joinCompounds(read: Read, numberOf: ReadonlyMap<string, number>): WordStream {
  const { spelled, hyphened, vocabulary, countedAs } = read;
  const joined = compounds(read, numberOf);
  const size = vocabulary.length;
  const spellings = new Map<number, number>();
  const starts = Int32Array.from(read.starts);
  let length = 0;
  let last = -1;
  for (let document = 0; document + 1 < starts.length; document++) {
    const [start, end] = [read.starts[document]!, read.starts[document + 1]!];
    for (let place = start; place < end; place++) {
      const pair = hyphened[place] === 1 ? last * size + spelled[place]! : -1;
      const word = last >= 0 && pair >= 0 ? joined.get(pair) : undefined;
      last = spelled[place]!;
      if (word === undefined) {
        hyphened[length] = hyphened[place]!;
        spelled[length++] = last;
        continue;
      }
      let spelling = spellings.get(pair);
      if (spelling === undefined) {
        spelling = vocabulary.push(`${vocabulary[spelled[length - 1]!]}-${vocabulary[last]}`) - 1;
        countedAs.push(countedAs[word]!);
        spellings.set(pair, spelling);
      }
      spelled[length - 1] = spelling;
      // a third word joins no compound
      last = -1;
    }
    starts[document + 1] = length;
  }
  return {
    vocabulary,
    spelled: spelled.subarray(0, length),
    starts,
    countedAs: Int32Array.from(countedAs),
    hyphened: hyphened.subarray(0, length),
  };
}

/** The word for each pair of words, as a number, that occur with a hyphen, and as one word more often than apart. */
function compounds(
  { spelled, hyphened, vocabulary }: Read,
  numberOf: ReadonlyMap<string, number>,
): ReadonlyMap<number, number> {
  const size = vocabulary.length;
  const pairAt = (place: number) => spelled[place - 1]! * size + spelled[place]!;
  const words = new Map<number, number | undefined>();
  const together = new Int32Array(size);
  const begins = new Uint8Array(size);
  for (let place = 0; place < spelled.length; place++) {
    const word = spelled[place]!;
    if (word !== BREAK) together[word]!++;
    if (hyphened[place] === 0 || words.has(pairAt(place))) continue;
    const [first, second] = [vocabulary[spelled[place - 1]!]!, vocabulary[word]!];
    // 2-3 is not 23
    const joined = isNumber(first) && isNumber(second) ? undefined : numberOf.get(first + second);
    words.set(pairAt(place), joined);
    if (joined !== undefined) begins[spelled[place - 1]!] = 1;
  }
  const apart = new Map<number, number>();
  for (let place = 1; place < spelled.length; place++) {
    if (hyphened[place] === 1 || spelled[place] === BREAK || begins[spelled[place - 1]!] !== 1) continue;
    if (words.get(pairAt(place)) !== undefined) apart.set(pairAt(place), (apart.get(pairAt(place)) ?? 0) + 1);
  }
  return new Map(
    [...words].flatMap(([pair, word]) =>
      word !== undefined && together[word]! > (apart.get(pair) ?? 0) ? [[pair, word] as const] : [],
    ),
  );
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
