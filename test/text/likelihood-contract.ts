/**
 * What every Likelihood owes, whoever computes it. The oracle knows ln p of any token after any row.
 */
import type { Likelihood, Tokenizer } from 'tenfold/text';
import { expect, it } from 'vitest';

export interface Subject {
  readonly likelihood: Likelihood;
  /** ln p of every token after a row, [vocabulary]. */
  readonly next: (row: readonly number[]) => Promise<Float64Array>;
  /** Most tokens of a prompt with what is written after it. */
  readonly context: number;
  /** Most tokens of a pair that is scored. */
  readonly window: number;
  /** Whether it says truly why a completion ended. */
  readonly plain: boolean;
}

const words = ['the', ' issue', ' runs', ' again', ' likely', ', what', ' it', ' 🙂', ' naïve', ' month', '\n', ' a'];
const phrase = (seed: number, length: number) =>
  Array.from({ length }, (_, i) => words[(seed * 7 + i * i * 5 + i * seed) % words.length]).join('');

export function likelihoodContract(subject: () => Subject): void {
  const bare = (tokenizer: Tokenizer, text: string) => tokenizer.encode(text, { special: false });
  /** The likelihood of ids after a row, by the definition. */
  async function scored(row: readonly number[], ids: readonly number[]) {
    const { next } = subject();
    let total = 0;
    let greedy = true;
    for (const [t, id] of ids.entries()) {
      const logs = await next([...row, ...ids.slice(0, t)]);
      total += logs[id]!;
      greedy &&= logs.indexOf(Math.max(...logs)) === id;
    }
    return { total, greedy };
  }

  it('scores a continuation as the sum of its tokens, tokenized with its context', async () => {
    const { likelihood } = subject();
    const { tokenizer } = likelihood;
    const requests = [
      ...Array.from({ length: 6 }, (_, i) => ({
        context: phrase(i, 1 + i).trimEnd(),
        continuation: ` ${phrase(i + 3, 1)}`,
      })),
      { context: 'th', continuation: 'e issue' }, // a token across the border
      { context: 'x', continuation: '\n\n' },
    ].filter(({ context, continuation }) => {
      return bare(tokenizer, context + continuation).length > bare(tokenizer, context).length;
    });
    expect(requests.length).toBeGreaterThan(5);
    let done = 0;
    const got = await likelihood.loglikelihood(requests, {
      done: (pairs) => {
        done = pairs;
      },
    });
    expect(done).toBe(requests.length);
    for (const [i, { context, continuation }] of requests.entries()) {
      const whole = [...tokenizer.prefix, ...bare(tokenizer, context + continuation)];
      const split = tokenizer.prefix.length + bare(tokenizer, context).length;
      // the context as it is tokenized alone, what follows as it is tokenized with it
      const want = await scored([...tokenizer.prefix, ...bare(tokenizer, context)], whole.slice(split));
      expect(got[i]!.logProbability).toBeCloseTo(want.total, 3);
      expect(got[i]!.isGreedy).toBe(want.greedy);
      expect(got[i]!.tokens.map(({ id }) => id)).toEqual(whole.slice(split));
      expect(got[i]!.truncated).toBe(0);
    }
  });

  it('finds the greedy continuation greedy, and no other', async () => {
    const { likelihood, next } = subject();
    const { tokenizer } = likelihood;
    const row = [...tokenizer.prefix, ...bare(tokenizer, 'the issue')];
    const letters = new Set([...'abcdefghijklmnopqrstuvwxyz'].flatMap((letter) => tokenizer.id(letter) ?? []));
    for (const prompt of ['the issue', ...Array.from({ length: 60 }, (_, i) => `the issue ${i}`)]) {
      const logs = await next([...tokenizer.prefix, ...bare(tokenizer, prompt)]);
      const best = logs.indexOf(Math.max(...logs));
      const text = tokenizer.decode([best]);
      // a token that stays itself after its context
      const whole = bare(tokenizer, prompt + text);
      if (tokenizer.isSpecial(best) || whole.at(-1) !== best || whole.length !== bare(tokenizer, prompt).length + 1)
        continue;
      const other = letters.has(best) ? 'zz' : 'q';
      const [one, two] = await likelihood.loglikelihood([
        { context: prompt, continuation: text },
        { context: prompt, continuation: other },
      ]);
      expect([one!.isGreedy, two!.isGreedy]).toEqual([true, false]);
      return;
    }
    expect.fail(`no prompt whose best token can be written after it (${row})`);
  });

  it('moves spaces at the end of the context to the continuation', async () => {
    const { likelihood } = subject();
    const [one, two, three] = await likelihood.loglikelihood([
      { context: 'the issue ', continuation: 'runs' },
      { context: 'the issue', continuation: ' runs' },
      { context: 'the issue \n ', continuation: 'runs' },
    ]);
    expect(one!.tokens).toEqual(two!.tokens);
    expect(likelihood.tokenizer.decode(three!.tokens.map(({ id }) => id))).toBe(' \n runs');
  });

  it('takes what rows begin with for an empty context', async () => {
    const { likelihood } = subject();
    const { tokenizer } = likelihood;
    const requests = ['the issue', '</s>the issue', ' again'].map((continuation) => ({ context: '', continuation }));
    const [plain, begun, again] = await likelihood.loglikelihood(requests);
    const want = await scored([tokenizer.eos!], bare(tokenizer, 'the issue'));
    expect(plain!.logProbability).toBeCloseTo(want.total, 3);
    expect(begun!.logProbability).toBeCloseTo(want.total, 3);
    expect(
      (await likelihood.loglikelihood([{ context: '  ', continuation: 'again' }]))[0]!.tokens.length,
    ).toBeGreaterThan(again!.tokens.length - 1);
    expect(
      (await likelihood.loglikelihood([{ context: '</s>the', continuation: ' issue' }]))[0]!.logProbability,
    ).toBeCloseTo((await likelihood.loglikelihood([{ context: 'the', continuation: ' issue' }]))[0]!.logProbability, 3);
  });

  it('answers in the order of the requests', async () => {
    const { likelihood } = subject();
    const requests = Array.from({ length: 12 }, (_, i) => ({
      context: phrase(i, 1 + ((i * 5) % 7)),
      continuation: ' it',
    }));
    const order = requests.map((_, i) => (i * 5) % 12);
    const straight = await likelihood.loglikelihood(requests);
    const mixed = await likelihood.loglikelihood(order.map((i) => requests[i]!));
    for (const [k, i] of order.entries()) expect(mixed[k]!.logProbability).toBeCloseTo(straight[i]!.logProbability, 3);
    expect(await likelihood.loglikelihood([])).toEqual([]);
  });

  it('leaves out the beginning of a context that is too long, and says so', async () => {
    const { likelihood, window } = subject();
    const { tokenizer } = likelihood;
    const context = phrase(1, 60);
    const [got] = await likelihood.loglikelihood([{ context, continuation: ' it' }]);
    const whole = [...tokenizer.prefix, ...bare(tokenizer, `${context} it`)];
    const length = whole.length - tokenizer.prefix.length - bare(tokenizer, context).length;
    const kept = whole.slice(-window);
    expect(got!.truncated).toBe(whole.length - window);
    expect(got!.truncated).toBeGreaterThan(0);
    const want = await scored(kept.slice(0, -length), kept.slice(-length));
    expect(got!.logProbability).toBeCloseTo(want.total, 3);
  });

  it('scores whole texts in windows, each token once, with as much before it as fits', async () => {
    const { likelihood, window } = subject();
    const { tokenizer } = likelihood;
    const texts = ['', 'the', phrase(2, 9), phrase(3, 90)];
    const got = await likelihood.loglikelihoodRolling(texts);
    expect(got.map(({ tokens }) => tokens.length)).toEqual(texts.map((text) => bare(tokenizer, text).length));
    for (const [i, text] of texts.entries()) {
      const ids = bare(tokenizer, text);
      let want = 0;
      // lm_eval.utils.get_rolling_token_windows with context_len 1, as its doc comment draws it
      const size = window - 1;
      for (let done = 0; done < ids.length; done += size) {
        const end = Math.min(done + size, ids.length);
        const row = done === 0 ? [tokenizer.eos!] : ids.slice(end - size - 1, done);
        want += (await scored(row, ids.slice(done, end))).total;
      }
      expect(got[i]!.logProbability).toBeCloseTo(want, 2);
    }
    expect(bare(tokenizer, texts[3]!).length).toBeGreaterThan(2 * window);
    expect(got[0]!.logProbability).toBe(0);
  });

  it('completes greedily until a stop string, an end token or enough tokens', async () => {
    const { likelihood, next, plain } = subject();
    const { tokenizer } = likelihood;
    const prompts = ['the issue', 'again', phrase(4, 3), 'x'];
    const maxTokens = 12;
    const free = await likelihood.generateUntil(prompts.map((prompt) => ({ prompt, maxTokens })));
    for (const [i, prompt] of prompts.entries()) {
      const row = [...tokenizer.prefix, ...bare(tokenizer, prompt)];
      const ids: number[] = [];
      while (ids.length < maxTokens && ids.at(-1) !== tokenizer.eos) {
        const logs = await next([...row, ...ids]);
        ids.push(logs.indexOf(Math.max(...logs)));
      }
      const ended = ids.at(-1) === tokenizer.eos;
      expect(free[i]!.text).toBe(tokenizer.decode(ids, { special: false }));
      if (plain) expect(free[i]!.finish).toBe(ended ? 'stop' : 'length');
      const text = free[i]!.text;
      const stop = [...text].slice(2, 4).join('');
      if (stop.length === 0) continue;
      const [cut] = await likelihood.generateUntil([{ prompt, maxTokens, stop: ['never met', stop] }]);
      expect(cut!.text).toBe(text.slice(0, text.indexOf(stop)));
      expect(cut!.finish).toBe('stop');
    }
  });

  it('gives a request the same completion in any company, and draws where it is told to', async () => {
    const { likelihood } = subject();
    const requests = Array.from({ length: 9 }, (_, i) => {
      return { prompt: phrase(i, 1 + (i % 4)), maxTokens: 6 + (i % 2), temperature: i % 3 === 0 ? 0 : 1, seed: i };
    });
    const straight = await likelihood.generateUntil(requests);
    const back = await likelihood.generateUntil([...requests].reverse());
    expect(back.reverse()).toEqual(straight);
    const drawn = await likelihood.generateUntil(
      Array.from({ length: 8 }, (_, seed) => ({ prompt: 'the', maxTokens: 6, temperature: 1, seed })),
    );
    expect(new Set(drawn.map(({ text }) => text)).size).toBeGreaterThan(3);
    expect(await likelihood.generateUntil([])).toEqual([]);
  });

  it('cuts the beginning of a prompt that leaves no room, and says so', async () => {
    const { likelihood, context } = subject();
    const { tokenizer } = likelihood;
    const prompt = phrase(5, 70);
    const [long] = await likelihood.generateUntil([{ prompt, maxTokens: 5 }]);
    expect(long!.truncated).toBe(tokenizer.encode(prompt).length - (context - 5));
    await expect(likelihood.generateUntil([{ prompt: 'a', maxTokens: context }])).rejects.toThrow(
      'expected maxTokens in',
    );
  });

  it('streams what it would return', async () => {
    const { likelihood } = subject();
    const request = { prompt: 'the issue', maxTokens: 12, temperature: 1, seed: 3 };
    const [whole] = await likelihood.generateUntil([request]);
    const stream = likelihood.stream(request);
    let text = '';
    for (;;) {
      const next = await stream.next();
      if (next.done) {
        expect(next.value).toEqual(whole);
        break;
      }
      text += next.value;
    }
    expect(text).toBe(whole!.text);
    for await (const _ of likelihood.stream(request)) break; // can be left
  });

  it('streams up to a stop string, wherever it begins, and shows nothing of it', async () => {
    const { likelihood } = subject();
    const request = { prompt: 'the issue', maxTokens: 12, temperature: 1, seed: 3 };
    const [whole] = await likelihood.generateUntil([request]);
    const letters = [...whole!.text];
    expect(letters.length).toBeGreaterThan(8);
    for (let at = 1; at < 7; at++) {
      const stop = letters.slice(at, at + 2).join('');
      const want = whole!.text.slice(0, whole!.text.indexOf(stop));
      const stream = likelihood.stream({ ...request, stop: [stop, 'never met'] });
      let text = '';
      let next = await stream.next();
      for (; !next.done; next = await stream.next()) text += next.value;
      expect(text).toBe(want);
      expect(next.value).toEqual({ text: want, finish: 'stop', truncated: 0 });
    }
  });

  it('names the request that it cannot answer, and stops when told to', async () => {
    const { likelihood } = subject();
    const good = { context: 'the', continuation: ' issue' };
    await expect(likelihood.loglikelihood([good, { context: 'the', continuation: '' }])).rejects.toThrow(
      'expected continuations of at least one token, got none in request 1',
    );
    await expect(
      likelihood.loglikelihood([good, good, { context: 'the', continuation: phrase(2, 80) }]),
    ).rejects.toThrow(/expected continuations of at most \d+ tokens, got \d+ in request 2/);
    await expect(likelihood.loglikelihood([good, { context: 'the' } as never])).rejects.toThrow(
      'expected a continuation, got undefined in request 1',
    );
    await expect(likelihood.generateUntil([{ prompt: 'a', stop: [''] }])).rejects.toThrow('stop strings');
    await expect(likelihood.generateUntil([{ prompt: 'a', topP: 0 }])).rejects.toThrow(
      'generateUntil: expected topP in (0, 1], got 0',
    );
    await expect(likelihood.stream({ prompt: 'a', temperature: -1 }).next()).rejects.toThrow(
      'expected a temperature of at least 0, got -1',
    );
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(likelihood.loglikelihood([good], { signal })).rejects.toThrow('enough');
    await expect(likelihood.generateUntil([{ prompt: 'a' }], { signal })).rejects.toThrow('enough');
  });
}
