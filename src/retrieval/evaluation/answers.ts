/**
 * Whether a passage holds an answer word for word: what the accuracy@k of open-domain question answering counts, which
 * knows no judged passages.
 *
 * Text and answers are decomposed (NFD), cut into runs of letters, marks and digits and single other characters, and
 * folded to small letters; an answer is held where its words follow each other. Titles do not count.
 *
 * V. Karpukhin et al., "Dense Passage Retrieval for Open-Domain Question Answering" (EMNLP 2020), §5; the rule is that of
 * D. Chen et al., "Reading Wikipedia to Answer Open-Domain Questions" (ACL 2017).
 */
export class Answers {
  /** Each framed by separators, as the text is. */
  readonly #framed: readonly string[];

  /** @param texts of which any answers the question; those without a word are passed over */
  constructor(texts: readonly string[]) {
    this.#framed = texts.map(framed).filter((text) => text !== SEPARATOR);
  }

  /** Whether a text holds one of them. */
  isIn(text: string): boolean {
    const whole = framed(text);
    return this.#framed.some((answer) => whole.includes(answer));
  }
}

/** In no word: it is a control character. */
const SEPARATOR = '\0';

/** The words of a text with a separator before, between and after them. */
function framed(text: string): string {
  const words = text.normalize('NFD').match(/[\p{L}\p{N}\p{M}]+|[^\p{Z}\p{C}]/gu) ?? [];
  return SEPARATOR + words.map((word) => `${word.toLowerCase()}${SEPARATOR}`).join('');
}
