/**
 * A dialogue with a model that was never taught to hold one.
 *
 * The paper's prompt: turns as lines of "Person 1:" and "Person 2:", and the model writes Person 2's until the line ends.
 * Where the turns outgrow the context, the oldest are forgotten.
 *
 * Source: OPT paper, section 3.2 (alternating "Person 1:" and "Person 2:" lines, greedy, at most 32 tokens).
 */
import { generateText, type TextModel } from '../../text/index.ts';

/** One line of a dialogue. */
export interface Turn {
  readonly person: 1 | 2;
  readonly text: string;
}

/** How the model answers. */
export interface ChatOptions {
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

/**
 * Tokens that the turns may have beside an answer.
 * @throws RangeError when the answer alone fills the context
 */
export function roomBeside(answer: number, context: number): number {
  if (answer < context) return context - answer;
  throw new RangeError(`chat: expected --max-tokens below the model's context of ${context}, got ${answer}`);
}

const lineOf = ({ person, text }: Turn) => `Person ${person}: ${text}\n`;
const cue = 'Person 2:';

/**
 * Answers the last turn.
 * @throws RangeError when even that turn leaves no room for an answer
 */
export async function answer(by: TextModel, turns: readonly Turn[], options: ChatOptions): Promise<Turn> {
  const { tokenizer, model } = by;
  const room = roomBeside(options.maxTokens, model.context);
  const lengthOf = (from: number) => tokenizer.encode(`${turns.slice(from).map(lineOf).join('')}${cue}`).length;
  let from = 0;
  while (from < turns.length - 1 && lengthOf(from) > room) from++;
  if (lengthOf(from) > room) {
    throw new RangeError(
      `chat: expected lines of at most ${room} tokens, got ${lengthOf(from)}; the context is ${model.context}`,
    );
  }
  const prompt = `${turns.slice(from).map(lineOf).join('')}${cue}`;
  const [[found] = []] = await generateText(by, [prompt], { ...options, stop: ['\n', 'Person 1:', 'Person 2:'] });
  return { person: 2, text: found!.text.trim() };
}

/** Answers each line until there are no more. */
export async function converse(
  by: TextModel,
  lines: AsyncIterable<string>,
  options: ChatOptions,
  say: (turn: Turn) => void,
): Promise<Turn[]> {
  const turns: Turn[] = [];
  for await (const line of lines) {
    const text = line.trim();
    if (text === '') continue;
    options.signal?.throwIfAborted();
    turns.push({ person: 1, text });
    const reply = await answer(by, turns, { ...options, seed: options.seed + turns.length });
    turns.push(reply);
    say(reply);
  }
  return turns;
}
