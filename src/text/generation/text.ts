/**
 * Generation from text to text: prompts are encoded, stop strings watched, continuations decoded as they come.
 */
import type { Alternatives, LanguageModel } from '../decoding.ts';
import type { Tokenizer } from '../tokenizer.ts';
import { type BeamOptions, type BeamResult, beamSearch } from './beam.ts';
import type { StepOptions } from './row.ts';
import { type Generated, type SampleOptions, sample, sampleSteps } from './sample.ts';
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

/** A prompt: text, or a row of ids as it is. */
export type Prompt = string | readonly number[];

/** A piece of text as it comes. */
export interface Piece {
  /** Empty where a character, or what may be a stop string, is unfinished. */
  readonly text: string;
  readonly token: number;
  /** ln p by the model alone. */
  readonly logProb: number;
}

/** A piece of one of several texts. */
export interface PieceOf extends Piece {
  readonly prompt: number;
  readonly sample: number;
  /** As many as asked for, in the token's place. */
  readonly alternatives: Alternatives | undefined;
}

/** Ids after what every row begins with: once, also where they have it already. */
export function begun({ prefix }: Tokenizer, ids: readonly number[]): number[] {
  const has = prefix.length > 0 && prefix.every((id, i) => ids[i] === id);
  return has ? [...ids] : [...prefix, ...ids];
}

/** A prompt as a row: text begins and ends as the tokenizer has it, ids stay as they are. */
export function promptRow(tokenizer: Tokenizer, prompt: Prompt): readonly number[] {
  if (typeof prompt !== 'string') return prompt;
  return [...begun(tokenizer, tokenizer.encode(prompt, { special: false })), ...tokenizer.suffix];
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
  prompts: readonly Prompt[],
  options: SampleTextOptions<State> = {},
): Promise<GeneratedText[][]> {
  const rows = prompts.map((prompt) => promptRow(by.tokenizer, prompt));
  const found = await sample<State>(by.model, rows, { ...options, ...asTokens('generateText', by.tokenizer, options) });
  return found.map((samples) => samples.map(withText));
}

/**
 * Continues texts together, handing out each piece when it is there; the pieces of one are its continuation.
 * @returns for each prompt its samples
 * @throws as {@link generateText}
 */
export async function* streamTexts<State>(
  by: TextModel,
  prompts: readonly Prompt[],
  options: SampleTextOptions<State> = {},
): AsyncGenerator<PieceOf, GeneratedText[][]> {
  const rows = prompts.map((prompt) => promptRow(by.tokenizer, prompt));
  const steps = sampleSteps<State>(by.model, rows, {
    ...options,
    ...asTokens('streamText', by.tokenizer, options),
  });
  try {
    let next = await steps.next();
    for (; !next.done; next = await steps.next()) {
      const { reader, finish, ...rest } = next.value;
      yield { ...rest, text: (reader as TextReader).show(finish !== undefined) };
    }
    for (const [prompt, samples] of next.value.entries()) {
      for (const [sample, { reader, tokens, logProbs, alternatives }] of samples.entries()) {
        // A constraint ends a row without a token, after which what was held back is shown.
        const text = (reader as TextReader).show(true);
        const last = { token: tokens.at(-1)!, logProb: logProbs.at(-1)!, alternatives: alternatives.at(-1) };
        if (text !== '') yield { prompt, sample, text, ...last };
      }
    }
    return next.value.map((samples) => samples.map(withText));
  } finally {
    await steps.return([]);
  }
}

/**
 * Continues one text, handing out each piece when it is there; their texts together are the continuation's.
 * @throws as {@link generateText}
 * @example
 * for await (const { text } of streamText({ model, tokenizer }, 'Once')) process.stdout.write(text);
 */
export async function* streamText<State>(
  by: TextModel,
  prompt: Prompt,
  options: Omit<SampleTextOptions<State>, 'samples'> = {},
): AsyncGenerator<Piece, GeneratedText> {
  const [[found] = []] = yield* streamTexts<State>(by, [prompt], options);
  return found!;
}

/**
 * Searches for the best continuations of texts.
 * @throws as {@link beamSearch}; TypeError for an empty stop string
 */
export async function searchText<State>(
  by: TextModel,
  prompts: readonly Prompt[],
  options: BeamTextOptions<State>,
): Promise<{ best: GeneratedText[]; history: BeamResult['history'] }[]> {
  const rows = prompts.map((prompt) => promptRow(by.tokenizer, prompt));
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
