import { beforeAll, expect, test } from 'vitest';
import type { Decoding, LanguageModel, TextModel } from '../../text/index.ts';
import { type Tokenizer, trainBpe } from '../../text/index.ts';
import { answer, converse, type Turn } from './chat.ts';
import { specialRoles, specialTokens } from './shipped.ts';

/** A model that writes " yes", a line end and more, whatever it is asked, and remembers what it was asked. */
class Yes implements LanguageModel {
  readonly vocabulary: number;
  readonly context: number;
  readonly #says: readonly number[];
  readonly prompts: string[] = [];
  readonly #tokenizer: Tokenizer;

  constructor(tokenizer: Tokenizer, context: number) {
    this.#tokenizer = tokenizer;
    this.vocabulary = tokenizer.size;
    this.context = context;
    this.#says = tokenizer.encode(' yes\nPerson 1: and more', { special: false });
  }

  async begin(prompts: readonly (readonly number[])[]): Promise<Decoding> {
    this.prompts.push(this.#tokenizer.decode([...prompts[0]!.slice(1)]));
    const { vocabulary, context } = this;
    const says = this.#says;
    let at = 0;
    const logits = () => Float32Array.from({ length: vocabulary }, (_, id) => (id === says[at % says.length] ? 9 : 0));
    return {
      rows: 1,
      get logits() {
        return logits();
      },
      get room() {
        return [context - prompts[0]!.length - at];
      },
      advance: async () => {
        at++;
      },
      close: () => {},
    };
  }

  score(): never {
    throw new Error('not asked');
  }
}

let tokenizer: Tokenizer;
const options = { maxTokens: 16, temperature: 0, topP: 1, seed: 0 };
beforeAll(async () => {
  tokenizer = await trainBpe(['yes'], { vocabulary: 262, specialTokens, special: specialRoles });
});

test('lines of two persons; an answer ends where its line does', async () => {
  const model = new Yes(tokenizer, 1000);
  const said: Turn[] = [];
  async function* lines() {
    yield 'Is it so?';
    yield '  ';
    yield 'Really?';
  }
  const turns = await converse({ model, tokenizer }, lines(), options, (turn) => said.push(turn));
  expect(turns).toEqual([
    { person: 1, text: 'Is it so?' },
    { person: 2, text: 'yes' },
    { person: 1, text: 'Really?' },
    { person: 2, text: 'yes' },
  ]);
  expect(said.length).toBe(2);
  expect(model.prompts).toEqual([
    'Person 1: Is it so?\nPerson 2:',
    'Person 1: Is it so?\nPerson 2: yes\nPerson 1: Really?\nPerson 2:',
  ]);
});

test('the oldest turns are forgotten where the context ends, and a line too long is refused', async () => {
  const model = new Yes(tokenizer, 80);
  const by: TextModel = { model, tokenizer };
  const turns: Turn[] = Array.from({ length: 9 }, (_, i) => ({ person: i % 2 ? 2 : 1, text: `turn ${i}` }));
  await answer(by, turns, options);
  expect(model.prompts[0]).toMatch(/^Person \d: turn [678]\n/);
  expect(model.prompts[0]).toMatch(/turn 8\nPerson 2:$/);
  await expect(answer(by, [{ person: 1, text: 'x'.repeat(90) }], options)).rejects.toThrow(
    /^chat: expected lines of at most 64 tokens, got \d+; the context is 80/,
  );
});

test('an answer as long as the context is refused by what was asked for', async () => {
  const options = { maxTokens: 40, temperature: 0, topP: 1, seed: 0 };
  const turns: Turn[] = [{ person: 1, text: 'hi' }];
  await expect(answer({ tokenizer, model: new Yes(tokenizer, 40) }, turns, options)).rejects.toThrow(
    "chat: expected --max-tokens below the model's context of 40, got 40",
  );
});
