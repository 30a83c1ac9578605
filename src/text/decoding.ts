/**
 * What generation and likelihoods ask of a language model, whatever its family.
 *
 * A model continues prompts. Where a prompt goes is the family's affair: a causal decoder reads it as the beginning of
 * the row, a prefix decoder sees it in both directions, an encoder–decoder encodes it once and begins the row with its
 * start token. Callers hand over prompts and continuations and never see the difference.
 */

/** A language model: next-token logits for growing rows, and the likelihood of given continuations. */
export interface LanguageModel {
  /** Number of tokens: logits have this width, and ids lie in [0, vocabulary). */
  readonly vocabulary: number;
  /** Most tokens in a row, prompt and continuation together; Infinity where positions have no end. */
  readonly context: number;
  /**
   * Reads prompts, which may differ in length, as one batch.
   * @throws RangeError for an empty prompt, an id outside the vocabulary, or a prompt longer than the context
   */
  begin(prompts: readonly (readonly number[])[], watch?: BeginWatch): Promise<Decoding>;
  /**
   * The likelihood of each continuation after its prompt, in the order given. Computed within the program, and in
   * batches of like length, whatever the order.
   * @throws RangeError as `begin`, for prompt and continuation together
   */
  score(pairs: readonly Continued[], options?: ScoreOptions): Promise<Scored[]>;
}

/** A batch of rows being written. */
export interface Decoding {
  /** Number of rows. */
  readonly rows: number;
  /** [rows, vocabulary], row-major: of each row's next token. The next `advance` may overwrite it. */
  readonly logits: Float32Array;
  /** How many more tokens each row can take: below 1, the context is full. */
  readonly room: readonly number[];
  /**
   * Row i becomes the old row `parents[i]` followed by `tokens[i]`. Greedy search and sampling keep every row; a beam
   * reorders and doubles them; rows that are finished are left out.
   * @throws RangeError for a parent that is no row, an id outside the vocabulary, or a row without room
   */
  advance(parents: readonly number[], tokens: readonly number[]): Promise<void>;
  /** Gives back what the rows hold. */
  close(): void;
}

/** A prompt and what follows it; neither may be empty. */
export interface Continued {
  readonly prompt: readonly number[];
  readonly continuation: readonly number[];
}

/** How likely a continuation is, token by token. */
export interface Scored {
  /** ln p(token t of the continuation | prompt, tokens before t) */
  readonly logProbs: Float32Array;
  /** Whether token t is the most likely one there. */
  readonly greedy: readonly boolean[];
  /** As many of the most likely tokens in the place of token t as were asked for; undefined where none were. */
  readonly alternatives?: readonly Alternatives[];
}

/** The most likely tokens at one place, by the model alone; best first. */
export interface Alternatives {
  readonly ids: readonly number[];
  readonly logProbs: readonly number[];
}

/** Watching the reading of long prompts. */
export interface BeginWatch {
  /** Stops between two runs; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Watching a long scoring. */
export interface ScoreWatch {
  /** Called with the number of pairs that are done. */
  readonly done?: (pairs: number) => void;
  /** Stops between two batches; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What else is asked of a scoring. */
export interface ScoreOptions extends ScoreWatch {
  /** How many of the most likely tokens to report at each place. Default 0. */
  readonly alternatives?: number;
}
