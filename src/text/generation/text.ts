/**
 * Generation from text to text: prompts are encoded, stop strings watched, continuations decoded as they come.
 */
import type { LanguageModel } from '../decoding.ts';
import type { Tokenizer } from '../tokenizer.ts';
import { type BeamOptions, type BeamResult, beamSearch } from './beam.ts';
import type { StepOptions } from './row.ts';
import { type Generated, type SampleOptions, type Step, sample, sampleSteps } from './sample.ts';
import { TextReader } from './stop.ts';

/** A language model with the tokenizer that it was trained with. */
export interface TextModel {
  readonly model: LanguageModel;
  readonly tokenizer: Tokenizer;
}

/** What text adds to, and takes from, the options of generation. */
export interface TextRules {
  /** Strings that end a text; the text ends before them. */
  readonly stop?: string | readonly string[];
  /** Words that never come up, as the tokenizer writes them alone and after a space. */
  readonly badWords?: readonly string[];
}

export type SampleTextOptions<State = unknown> = Omit<SampleOptions<State>, 'reader' | 'badWords'> & TextRules;
export type BeamTextOptions<State = unknown> = Omit<BeamOptions<State>, 'reader' | 'badWords'> & TextRules;

/** A continuation with its text. */
export interface GeneratedText extends Omit<Generated, 'reader'> {
  /** Without special tokens and stop string. */
  readonly text: string;
  /** The stop string that ended it. */
  readonly stop: string | undefined;
}

/** A piece of text as it comes. */
export interface Piece {
  /** Empty where a character, or what may be a stop string, is unfinished. */
  readonly text: string;
  readonly token: number;
  /** ln p by the model alone. */
  readonly logProb: number;
}

/** Ids after what every row begins with: once, also where they have it already. */
export function begun({ prefix }: Tokenizer, ids: readonly number[]): number[] {
  const has = prefix.length > 0 && prefix.every((id, i) => ids[i] === id);
  return has ? [...ids] : [...prefix, ...ids];
}

/** A prompt as a row. */
function rowOf(tokenizer: Tokenizer, text: string): number[] {
  return [...begun(tokenizer, tokenizer.encode(text, { special: false })), ...tokenizer.suffix];
}

/**
 * Continues texts, greedily unless told otherwise. Rows end with the tokenizer's end token unless `end` names others.
 * @returns for each prompt its samples
 * @throws as {@link sample}; TypeError for an empty stop string
 * @example
 * const [samples] = await generateText({ model, tokenizer }, ['Once upon a time'], { stop: '\n', maxTokens: 64 });
 */
export async function generateText<State>(
  by: TextModel,
  prompts: readonly string[],
  options: SampleTextOptions<State> = {},
): Promise<GeneratedText[][]> {
  const rows = prompts.map((prompt) => rowOf(by.tokenizer, prompt));
  const found = await sample<State>(by.model, rows, { ...options, ...asTokens('generateText', by.tokenizer, options) });
  return found.map((samples) => samples.map(withText));
}

/**
 * Continues one text, handing out each piece when it is there; their texts together are the continuation's.
 * @throws as {@link generateText}
 * @example
 * for await (const { text } of streamText({ model, tokenizer }, 'Once')) process.stdout.write(text);
 */
export async function* streamText<State>(
  by: TextModel,
  prompt: string,
  options: Omit<SampleTextOptions<State>, 'samples'> = {},
): AsyncGenerator<Piece, GeneratedText> {
  const steps = sampleSteps<State>(by.model, [rowOf(by.tokenizer, prompt)], {
    ...options,
    ...asTokens('streamText', by.tokenizer, options),
  });
  let last: Step | undefined;
  try {
    for (;;) {
      const next = await steps.next();
      if (next.done) {
        // A constraint ends a row without a token, after which what was held back is shown.
        const rest = (last?.reader as TextReader | undefined)?.show(true) ?? '';
        if (last !== undefined && rest !== '') yield { text: rest, token: last.token, logProb: last.logProb };
        return withText(next.value[0]![0]!);
      }
      last = next.value;
      const text = (last.reader as TextReader).show(last.finish !== undefined);
      yield { text, token: last.token, logProb: last.logProb };
    }
  } finally {
    await steps.return([]);
  }
}

/**
 * Searches for the best continuations of texts.
 * @throws as {@link beamSearch}; TypeError for an empty stop string
 */
export async function searchText<State>(
  by: TextModel,
  prompts: readonly string[],
  options: BeamTextOptions<State>,
): Promise<{ best: GeneratedText[]; history: BeamResult['history'] }[]> {
  const rows = prompts.map((prompt) => rowOf(by.tokenizer, prompt));
  const found = await beamSearch<State>(by.model, rows, {
    ...options,
    ...asTokens('searchText', by.tokenizer, options),
  });
  return found.map(({ best, history }) => ({ best: best.map(withText), history }));
}

/** What options of text are as options of tokens. */
function asTokens(
  op: string,
  tokenizer: Tokenizer,
  {
    stop = [],
    badWords = [],
    minTokens = 0,
    end = tokenizer.eos ?? [],
  }: TextRules & Pick<StepOptions<never>, 'minTokens' | 'end'>,
): Required<Pick<StepOptions<never>, 'reader' | 'badWords' | 'end'>> {
  const stops = typeof stop === 'string' ? [stop] : stop;
  if (stops.includes(''))
    throw new TypeError(`${op}: expected stop strings of at least one character, got an empty one`);
  const spelled = badWords
    .flatMap((word) => [word, ` ${word}`])
    .map((word) => tokenizer.encode(word, { special: false }));
  return { end, badWords: spelled, reader: () => new TextReader(tokenizer.stream(), stops, minTokens) };
}

function withText({ reader, ...rest }: Generated): GeneratedText {
  const { text, stop } = (reader as TextReader).finish();
  return { ...rest, text, stop };
}
