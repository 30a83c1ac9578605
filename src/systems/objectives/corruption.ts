/**
 * Span corruption: spans of a text are replaced by sentinels, and are what is to be told.
 *
 *   text     Thank you for inviting me to your party last week .
 *   input    Thank you <0> me to your party <1> week . </s>
 *   target   <0> for inviting <1> last </s>
 *
 * Source: Raffel et al., "Exploring the limits of transfer learning" (JMLR 2020), section 3.1.4, and the T5 code's
 * `random_spans_noise_mask` and `random_spans_helper`: the number of cut tokens and of spans is fixed by the length, their
 * lengths are random, and a text always begins with what is kept.
 */
import { end, firstSentinel } from './cells.ts';
import type { Draws } from './draws.ts';

/** T5's rates: the share of tokens that is cut out, and the mean length of a span. */
const density = 0.15;
const meanSpan = 3;

/** What becomes of a text of some length: each count includes the end token. */
export interface Corruption {
  /** Tokens of the text. */
  readonly text: number;
  readonly spans: number;
  readonly inputs: number;
  readonly targets: number;
}

/** How a text of `length` tokens is corrupted. */
export function corruptionOf(length: number): Corruption {
  // rounds halves to even, as T5's rounding does
  const cut = Math.min(Math.max(roundEven(length * density), 1), length - 1);
  const spans = Math.max(roundEven(cut / meanSpan), 1);
  return { text: length, spans, inputs: length - cut + spans + 1, targets: cut + spans + 1 };
}

/** The corruption of the longest text whose input takes at most `inputs` tokens. */
export function corruptionInto(inputs: number): Corruption {
  return longest((corruption) => corruption.inputs <= inputs);
}

/**
 * The corruption of the longest text whose input and target take at most `row` tokens together. The paper's row of 626
 * holds 568 tokens of text: 512 of input and 114 of target.
 */
export function corruptionOfRow(row: number): Corruption {
  return longest(({ inputs, targets }) => inputs + targets <= row);
}

function longest(fits: (corruption: Corruption) => boolean): Corruption {
  let found: Corruption | undefined;
  for (let length = 2; ; length++) {
    const corruption = corruptionOf(length);
    if (!fits(corruption)) break;
    found = corruption;
  }
  if (found === undefined) throw new RangeError('span corruption: expected rows of at least 8 tokens, got fewer');
  return found;
}

function roundEven(x: number): number {
  const below = Math.floor(x);
  return x - below === 0.5 ? below + (below % 2) : Math.round(x);
}

/** A text with spans cut out, and the spans. */
export function corrupt(text: ArrayLike<number>, draws: Draws): { inputs: number[]; targets: number[] } {
  const { inputs: inputLength, spans } = corruptionOf(text.length);
  const kept = inputLength - spans - 1;
  const keptLengths = segments(kept, spans, draws);
  const cutLengths = segments(text.length - kept, spans, draws);
  const inputs: number[] = [];
  const targets: number[] = [];
  let at = 0;
  for (let span = 0; span < spans; span++) {
    for (const stop = at + keptLengths[span]!; at < stop; at++) inputs.push(text[at]!);
    inputs.push(firstSentinel + span);
    targets.push(firstSentinel + span);
    for (const stop = at + cutLengths[span]!; at < stop; at++) targets.push(text[at]!);
  }
  return { inputs: [...inputs, end], targets: [...targets, end] };
}

/** `count` items in `parts` parts of at least one, every way equally likely. */
function segments(count: number, parts: number, draws: Draws): number[] {
  const marks = draws.shuffled(Array.from({ length: count - 1 }, (_, i) => i < parts - 1));
  const lengths = [1];
  for (const begins of marks) {
    if (begins) lengths.push(1);
    else lengths[lengths.length - 1]!++;
  }
  return lengths;
}
