/**
 * Byte-level text: how GPT-2, OPT, RoBERTa and BART write any text as tokens over 256 symbols.
 *
 * Text is cut into words by one pattern, each word is taken as its UTF-8 bytes, and each byte is written as a printable
 * character, so that vocabularies stay legible (a space is Ġ). Every text can be written, and read back exactly: nothing
 * is unknown. Bytes that are no UTF-8 exist only between tokens; in text they read as U+FFFD, and a lone surrogate,
 * which UTF-8 cannot write, is U+FFFD from the start.
 *
 * Source: Radford et al., "Language Models are Unsupervised Multitask Learners" (2019), section 2.2, and its code.
 */

/** Where words are cut; each word keeps the space before it. */
const words = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** Characters cut at once: bounds the memory beside the text. */
const chunk = 1 << 16;

const encoder = new TextEncoder();

/** The character of each byte: itself where it is printable, else one from U+0100 on. */
const characters: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  String.fromCharCode(isPrintable(byte) ? byte : 256 + unprintableBefore(byte)),
);

const bytes = new Map(characters.map((character, byte) => [character, byte]));

/** The 256 characters, in the order of their code points. */
export const alphabet: readonly string[] = [...characters].sort();

function isPrintable(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
}

function unprintableBefore(byte: number): number {
  let count = 0;
  for (let b = 0; b < byte; b++) if (!isPrintable(b)) count++;
  return count;
}

/** Calls `take` with every word of `text`, in order; together they are the text. */
export function eachWord(text: string, take: (word: string) => void): void {
  for (let start = 0; start < text.length; ) {
    let end = Math.min(start + chunk, text.length);
    // The pattern never looks past the place between a word and the space after it.
    while (end < text.length && !(isSpace(text, end) && !isSpace(text, end - 1))) end++;
    for (const word of text.slice(start, end).match(words)!) take(word);
    start = end;
  }
}

function isSpace(text: string, at: number): boolean {
  return /\s/.test(text[at]!);
}

/** A word in the 256 characters: one for each byte of its UTF-8. */
export function spell(word: string): string {
  let spelled = '';
  for (const byte of encoder.encode(word)) spelled += characters[byte];
  return spelled;
}

/** The bytes that a spelled token stands for; undefined when it has a character that stands for none. */
export function unspell(token: string): Uint8Array | undefined {
  const out = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = bytes.get(token[i]!);
    if (byte === undefined) return undefined;
    out[i] = byte;
  }
  return out;
}
