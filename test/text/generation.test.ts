import fc from 'fast-check';
import { type Allowed, beamSearch, type Constraint, checkDraw, constrain, sample, sampleSteps } from 'tenfold/text';
import { describe, expect, it } from 'vitest';
import { enumerate, TableModel } from './table-model.ts';

const key = (tokens: readonly number[]) => tokens.join(' ');
const softmax = (logits: readonly number[]) => {
  const weights = logits.map((x) => Math.exp(x - Math.max(...logits)));
  return weights.map((w) => w / weights.reduce((a, b) => a + b));
};

describe('sample', () => {
  it('is greedy at temperature 0, and reports the likelihood of what it wrote', async () => {
    const model = new TableModel({ vocabulary: 50, seed: 1 });
    const prompts = [[1, 2, 3], [4], [5, 6]];
    const results = await sample(model, prompts, { maxTokens: 12, alternatives: 3 });
    for (const [i, [got]] of results.entries()) {
      const row = [...prompts[i]!];
      for (const [t, token] of got!.tokens.entries()) {
        const logits = model.logits(row);
        const order = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]!);
        expect(token).toBe(order[0]);
        expect(got!.logProbs[t]).toBeCloseTo(model.logProb(row, token), 5);
        expect(got!.alternatives[t]!.ids).toEqual(order.slice(0, 3));
        expect(got!.alternatives[t]!.logProbs[2]).toBeCloseTo(model.logProb(row, order[2]!), 5);
        row.push(token);
      }
      expect(got!.tokens.length).toBe(12);
      expect(got!.finish).toBe('length');
      expect(got!.score).toBeCloseTo(
        got!.logProbs.reduce((a, b) => a + b),
        8,
      );
    }
    expect(model.open).toBe(0);
  });

  it('gives a prompt the same samples in any batch, and other ones for another seed', async () => {
    const model = new TableModel({ vocabulary: 50, seed: 2 });
    const options = { maxTokens: 10, temperature: 1, samples: 3, seed: 7, end: 0 };
    const [one] = await sample(model, [[1]], options);
    const [first, second] = await sample(model, [[1], [2, 3]], options);
    expect(first).toEqual(one);
    expect(new Set(first!.map(({ tokens }) => key(tokens))).size).toBe(3);
    const [other] = await sample(model, [[1]], { ...options, seed: 8 });
    expect(other).not.toEqual(one);
    expect(second).not.toEqual(first);
    const alone = await sample(model, [[1]], { ...options, samples: 1 });
    expect(alone[0]![0]).toEqual(one![0]);
  });

  it('ends rows by themselves, and no longer computes those that ended', async () => {
    const model = new TableModel({ vocabulary: 4, seed: 5 });
    const results = await sample(model, [[1]], {
      maxTokens: 20,
      temperature: 1,
      samples: 40,
      end: [0, 1],
      minTokens: 2,
    });
    for (const { tokens, finish } of results[0]!) {
      const at = tokens.findIndex((token) => token <= 1);
      expect(finish).toBe(at < 0 ? 'length' : 'end');
      if (at >= 0) expect(tokens.length).toBe(at + 1);
      expect(tokens.length).toBeGreaterThan(2);
    }
    const written = results[0]!.reduce((total, { tokens }) => total + tokens.length, 0);
    expect(model.rows).toBe(1 + written - 40); // the first logits are shared, the last tokens need none
  });

  it('stops where the context is full', async () => {
    const model = new TableModel({ vocabulary: 9, context: 6 });
    const [[short], [long]] = (await sample(model, [[1], [1, 2, 3, 4]], { maxTokens: 100 })) as [[never], [never]];
    expect([short, long].map(({ tokens }: { tokens: number[] }) => tokens.length)).toEqual([5, 2]);
    await expect(sample(model, [[1, 2, 3, 4, 5, 6]])).rejects.toThrow(
      'sample: expected prompts that leave room in the context, got 6 tokens in prompt 0',
    );
  });

  it('streams what it returns, can be stopped, and closes what it opened', async () => {
    const model = new TableModel({ vocabulary: 20, seed: 3 });
    const options = { maxTokens: 8, temperature: 1, samples: 2 };
    const rows = [[], []] as number[][];
    for await (const { sample: s, token } of sampleSteps(model, [[1]], options)) rows[s]!.push(token);
    expect((await sample(model, [[1]], options))[0]!.map(({ tokens }) => tokens)).toEqual(rows);
    for await (const _ of sampleSteps(model, [[1]], options)) break;
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('enough')), 20);
    await expect(sample(model, [[1]], { maxTokens: 1e9, signal: stop.signal })).rejects.toThrow('enough');
    await expect(
      beamSearch(model, [[1]], { beams: 2, maxTokens: 1e9, signal: AbortSignal.abort(new Error('no')) }),
    ).rejects.toThrow('no');
    expect(model.open).toBe(0);
  });

  /** Probabilities of the next token by the definitions: full sorts, no shortcuts. */
  function exact(
    logits: readonly number[],
    { temperature = 1, topK = 1e9, topP = 1 }: { temperature?: number; topK?: number; topP?: number },
  ): number[] {
    const order = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]! || a - b).slice(0, topK);
    const p = softmax(order.map((id) => logits[id]! / temperature));
    let before = 0;
    const kept = p.map((x) => {
      const keep = before < topP; // metaseq: dropped when cumsum − p >= top_p
      before += x;
      return keep ? x : 0;
    });
    const total = kept.reduce((a, b) => a + b);
    return logits.map((_, id) => (order.includes(id) ? kept[order.indexOf(id)]! / total : 0));
  }

  const cases = {
    plain: { temperature: 1 },
    cool: { temperature: 0.6 },
    'top-k': { temperature: 1.3, topK: 3 },
    nucleus: { temperature: 1, topP: 0.7 },
    'nucleus of the top-k': { temperature: 2, topK: 4, topP: 0.8 },
  };
  for (const [name, options] of Object.entries(cases)) {
    it(`draws with the exact probabilities: ${name}`, async () => {
      const model = new TableModel({ vocabulary: 6, order: 1, seed: 11, spread: 1.5 });
      const n = 20_000;
      const [rows] = await sample(model, [[2]], { ...options, maxTokens: 2, samples: n, seed: 4 });
      const counts = new Map<string, number>();
      for (const { tokens } of rows!) counts.set(key(tokens), (counts.get(key(tokens)) ?? 0) + 1);
      let chi = 0;
      let cells = 0;
      for (const [a, p] of exact([...model.logits([2])], options).entries()) {
        for (const [b, q] of exact([...model.logits([2, a])], options).entries()) {
          const got = counts.get(`${a} ${b}`) ?? 0;
          if (p * q === 0) expect(got).toBe(0);
          else {
            chi += (got - n * p * q) ** 2 / (n * p * q);
            cells++;
          }
        }
      }
      // mean cells − 1, variance 2 (cells − 1): four standard deviations
      expect(chi).toBeLessThan(cells - 1 + 4 * Math.sqrt(2 * (cells - 1)));
      expect(chi).toBeGreaterThan(0);
    });
  }

  it('cuts the nucleus where metaseq does, ties and large vocabularies included', async () => {
    const vocabulary = 3000;
    const flat = (logits: (id: number) => number) =>
      Object.assign(new TableModel({ vocabulary }), {
        logits: () => Float32Array.from({ length: vocabulary }, (_, i) => logits(i)),
      });
    const drawn = async (model: TableModel, options: object) => {
      const [rows] = await sample(model, [[1]], { temperature: 1, maxTokens: 1, samples: 400, ...options });
      return [...new Set(rows!.map(({ tokens }) => tokens[0]!))].sort((a, b) => a - b);
    };
    // Four equal tokens hold everything: half of it are exactly two, those with the smaller ids.
    const four = flat((id) => (id % 700 === 0 && id < 2800 ? 0 : Number.NEGATIVE_INFINITY));
    expect(await drawn(four, { topP: 0.5 })).toEqual([0, 700]);
    expect(await drawn(four, { topP: 0.51 })).toEqual([0, 700, 1400]);
    expect(await drawn(four, { topP: 1e-9 })).toEqual([0]);
    expect(await drawn(four, { topK: 3 })).toEqual([0, 700, 1400]);
    expect(await drawn(four, { topP: 1 })).toEqual([0, 700, 1400, 2100]);
    // A nucleus of 1,500 equal tokens, far beyond those that are sorted first.
    const all = await drawn(
      flat(() => 1),
      { topP: 0.5, samples: 800 },
    );
    expect(Math.max(...all)).toBeLessThan(1500);
    expect(Math.max(...all)).toBeGreaterThan(1450);
  });

  it('says in which step the logits went wrong', async () => {
    const model = new TableModel({ vocabulary: 5 });
    const logits = model.logits.bind(model);
    for (const [bad, got] of [
      [Number.NaN, 'NaN for token 3'],
      [Number.POSITIVE_INFINITY, 'Infinity for token 3'],
    ] as const) {
      model.logits = (row) => logits(row).map((x, id) => (row.length === 3 && id === 3 ? bad : x));
      const message = `expected finite logits, got ${got} in step 3 of prompt 1`;
      await expect(sample(model, [[1, 1, 1, 1], [2]], { maxTokens: 5 })).rejects.toThrow(`sample: ${message}`);
      await expect(beamSearch(model, [[1, 1, 1, 1], [2]], { beams: 2, maxTokens: 5 })).rejects.toThrow(message);
    }
    model.logits = (row) => logits(row).map(() => Number.NEGATIVE_INFINITY);
    await expect(sample(model, [[1]])).rejects.toThrow('got only −∞ in step 1 of prompt 0');
    expect(model.open).toBe(0);
  });

  it('refuses options that make no sense', async () => {
    const model = new TableModel({ vocabulary: 5 });
    const refused = (options: object) => expect(sample(model, [[1]], options)).rejects;
    await refused({ temperature: -1 }).toThrow('sample: expected a temperature of at least 0, got -1');
    await refused({ temperature: Number.NaN }).toThrow('got NaN');
    await refused({ topP: 0 }).toThrow('sample: expected topP in (0, 1], got 0');
    await refused({ topK: 0 }).toThrow('sample: expected topK to be a whole number of at least 1, got 0');
    await refused({ topK: 2.5 }).toThrow('got 2.5 (leave it out for all)');
    expect(() => checkDraw('generate', { topP: 0 })).toThrow(
      new RangeError('generate: expected topP in (0, 1], got 0'),
    );
    checkDraw('generate', { temperature: 0.7, topK: 40, topP: 0.9 });
    await refused({ maxTokens: 0 }).toThrow('maxTokens');
    await refused({ minTokens: 300 }).toThrow('minTokens of at most maxTokens 256');
    await refused({ end: 5 }).toThrow('token ids in [0, 5), got 5');
    await refused({ repetitionPenalty: 0 }).toThrow('repetitionPenalty above 0');
    await refused({ badWords: [[]] }).toThrow('bad words of at least one token');
    await refused({ samples: 0 }).toThrow('samples of at least 1');
    expect(await sample(model, [])).toEqual([]);
  });
});

describe('rules', () => {
  const model = new TableModel({ vocabulary: 6, order: 1, seed: 3 });

  it('penalizes by the definitions', async () => {
    const options = { repetitionPenalty: 1.7, presencePenalty: 0.4, frequencyPenalty: 0.3 };
    const prompt = [0, 1];
    const [[got]] = (await sample(model, [prompt], { ...options, maxTokens: 12 })) as [[never]];
    const { tokens, logProbs } = got as { tokens: number[]; logProbs: number[] };
    for (let t = 0; t < tokens.length; t++) {
      const written = tokens.slice(0, t);
      const row = [...prompt, ...written];
      const logits = [...model.logits(row)].map((logit, id) => {
        const l = row.includes(id) ? (logit > 0 ? logit / 1.7 : logit * 1.7) : logit;
        const count = written.filter((token) => token === id).length;
        return l - 0.3 * count - (count > 0 ? 0.4 : 0);
      });
      expect(tokens[t]).toBe(logits.indexOf(Math.max(...logits)));
      expect(logProbs[t]).toBeCloseTo(model.logProb(row, tokens[t]!), 5); // the model's own
    }
  });

  it('never repeats an n-gram, and never writes a bad word', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 99 }), async (n, seed) => {
        const options = { noRepeatNgram: n, badWords: [[4], [2, 3]], temperature: 1, seed, maxTokens: 30 };
        const [rows] = await sample(model, [[1, 2, 1]], { ...options, samples: 3 });
        const [{ best }] = (await beamSearch(model, [[1, 2, 1]], { ...options, beams: 3, best: 3 })) as [never];
        for (const { tokens } of [...rows!, ...(best as { tokens: number[] }[])]) {
          const all = [1, 2, 1, ...tokens];
          const grams = all.slice(n - 1).map((_, i) => key(all.slice(i, i + n)));
          expect(new Set(grams).size).toBe(grams.length - (n === 1 ? 1 : 0)); // the prompt repeats a 1 itself
          expect(tokens).not.toContain(4);
          expect(` ${key(all)} `).not.toContain(' 2 3 ');
        }
      }),
      { numRuns: 20 },
    );
  });

  it('leaves the prompt out where an encoder reads it', async () => {
    const options = { repetitionPenalty: 1e9, noRepeatNgram: 1, maxTokens: 3 };
    const tokensOf = async (prompt: number[], more: object) =>
      (await sample(model, [prompt], { ...options, ...more }))[0]![0]!.tokens;
    expect(await tokensOf([0, 1, 2, 3, 4, 5], {})).toEqual([]); // every token is taken
    const order1 = new TableModel({ vocabulary: 6, order: 1, seed: 3 });
    expect((await tokensOf([0, 1, 2, 3, 4, 5], { countPrompt: false })).length).toBe(3);
    expect(await tokensOf([0, 1, 2, 3, 4, 5], { countPrompt: false })).toEqual(
      (await sample(order1, [[5]], { ...options, countPrompt: false }))[0]![0]!.tokens,
    );
  });

  it('begins with forced tokens, whatever rules and constraint say', async () => {
    const asked: (readonly number[])[] = [];
    const constraint = constrain((tokens) => {
      asked.push(tokens);
      return [1, 2];
    });
    const options = { forced: [4, 5], maxTokens: 4, badWords: [[4]], constraint };
    const [[got]] = (await sample(model, [[1]], options)) as unknown as [[{ tokens: number[]; score: number }]];
    expect(got.tokens.slice(0, 2)).toEqual([4, 5]);
    expect(asked).toEqual([[4, 5], got.tokens.slice(0, 3)]); // the constraint has seen them, and was not asked before
    const [{ best }] = (await beamSearch(model, [[1]], { ...options, beams: 2, best: 2, lengthPenalty: 0 })) as [never];
    for (const { tokens, score } of best as { tokens: number[]; score: number }[]) {
      expect(tokens.slice(0, 2)).toEqual([4, 5]);
      const sum = tokens.reduce((total, token, t) => total + model.logProb([1, ...tokens.slice(0, t)], token), 0);
      expect(score).toBeCloseTo(sum, 5);
    }
  });
});

describe('beamSearch', () => {
  it('wide enough, finds every sequence, in order', async () => {
    for (const lengthPenalty of [0, 1, -0.5]) {
      for (const seed of [1, 2, 3]) {
        const model = new TableModel({ vocabulary: 4, order: 9, seed });
        const [{ best }] = (await beamSearch(model, [[1, 2]], {
          beams: 128,
          best: 128,
          maxTokens: 4,
          end: 0,
          lengthPenalty,
        })) as unknown as [{ best: { tokens: number[]; score: number; finish: string }[] }];
        const every = enumerate(model, [1, 2], { maxTokens: 4, end: 0 })
          .map(({ tokens, score }) => ({ tokens, score: score / tokens.length ** lengthPenalty }))
          .sort((a, b) => b.score - a.score);
        expect(best.length).toBe(every.length);
        expect(best.map(({ tokens }) => key(tokens))).toEqual(every.map(({ tokens }) => key(tokens)));
        best.forEach(({ score, tokens, finish }, i) => {
          expect(score).toBeCloseTo(every[i]!.score, 5);
          expect(finish).toBe(tokens.at(-1) === 0 ? 'end' : 'length');
        });
      }
    }
  });

  /** The rules of the search, by the book: sort all candidates, never stop before the last step. */
  function naive(model: TableModel, prompt: number[], beams: number, maxTokens: number, alpha: number) {
    let rows: { tokens: number[]; score: number }[] = [{ tokens: [], score: 0 }];
    const finished: { tokens: number[]; score: number }[] = [];
    const history: string[][] = [];
    for (let step = 1; step <= maxTokens && rows.length > 0; step++) {
      const candidates = rows
        .flatMap(({ tokens, score }) =>
          Array.from({ length: model.vocabulary }, (_, token) => ({
            tokens: [...tokens, token],
            score: score + model.logProb([...prompt, ...tokens], token),
          })),
        )
        .sort((a, b) => b.score - a.score)
        .slice(0, 2 * beams);
      history.push(candidates.map(({ tokens }) => key(tokens)));
      rows = [];
      candidates.forEach((candidate, rank) => {
        if (rows.length === beams) return;
        const { tokens, score } = candidate;
        const ended = tokens.at(-1) === 0;
        if (ended && rank >= beams) return;
        if (!ended) rows.push(candidate);
        if (ended || step === maxTokens) finished.push({ tokens, score: score / tokens.length ** alpha });
      });
    }
    return { finished: finished.sort((a, b) => b.score - a.score).slice(0, beams), history };
  }

  it('is the search by the book, stopping early without losing anything, with all that it looked at', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 999 }),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom(0, 0.7, 1, 2, -1),
        async (seed, beams, alpha) => {
          const model = new TableModel({ vocabulary: 7, order: 9, seed, spread: 2 });
          const prompts = [[1], [2, 3]];
          const options = { beams, best: beams, maxTokens: 6, end: 0, lengthPenalty: alpha, history: true };
          const found = await beamSearch(model, prompts, options);
          for (const [i, { best, history }] of found.entries()) {
            const want = naive(model, prompts[i]!, beams, 6, alpha);
            expect(best.map(({ tokens }) => key(tokens))).toEqual(want.finished.map(({ tokens }) => key(tokens)));
            const seen = history.map((step) => step.map(({ prefix, token }) => key([...prefix, token])));
            expect(seen).toEqual(want.history.slice(0, seen.length));
            for (const { prefix, token, score } of history.flat()) {
              const tokens = [...prefix, token];
              const sum = tokens.reduce((s, t, j) => s + model.logProb([...prompts[i]!, ...tokens.slice(0, j)], t), 0);
              expect(score).toBeCloseTo(sum, 5);
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('stops at once when it is told to stop early', async () => {
    const model = new TableModel({ vocabulary: 5, seed: 1 });
    const options = { beams: 3, best: 3, maxTokens: 40, end: 0, lengthPenalty: 1 };
    const late = model.rows;
    await beamSearch(model, [[1]], options);
    const early = model.rows;
    const [{ best }] = (await beamSearch(model, [[1]], { ...options, early: true })) as [never];
    expect((best as unknown[]).length).toBe(3);
    expect(model.rows - early).toBeLessThan(early - late);
  });

  it('charges groups for what groups before them chose', async () => {
    const model = new TableModel({ vocabulary: 30, seed: 4 });
    const plain = { beams: 6, best: 6, maxTokens: 5 };
    const first = (results: { best: readonly { tokens: readonly number[] }[] }[]) =>
      new Set(results[0]!.best.map(({ tokens }) => tokens[0])).size;
    const [one] = await beamSearch(model, [[1]], { ...plain, beams: 2, best: 2 });
    const alike = await beamSearch(model, [[1]], { ...plain, groups: 3, diversity: 0 });
    expect(alike[0]!.best.filter((_, i) => i % 3 === 0).map(({ tokens }) => tokens)).toEqual(
      one!.best.map(({ tokens }) => tokens),
    );
    const diverse = await beamSearch(model, [[1]], { ...plain, groups: 6, diversity: 100, lengthPenalty: 0 });
    expect(first(diverse)).toBe(6);
    for (const { tokens, score } of diverse[0]!.best) {
      // what is charged is not part of the score
      const sum = tokens.reduce((total, token, t) => total + model.logProb([1, ...tokens.slice(0, t)], token), 0);
      expect(score).toBeCloseTo(sum, 4);
    }
  });

  it('refuses options that make no sense', async () => {
    const model = new TableModel({ vocabulary: 5 });
    const refused = (options: object) => expect(beamSearch(model, [[1]], { beams: 4, ...options })).rejects;
    await refused({ beams: 0 }).toThrow('beamSearch: expected beams of at least 1, got 0');
    await refused({ best: 5 }).toThrow('best of at most 4 beams');
    await refused({ groups: 3 }).toThrow('groups that divide 4 beams, got 3');
    await refused({ lengthPenalty: Number.NaN }).toThrow('finite lengthPenalty');
    await refused({ diversity: -1 }).toThrow('diversity of at least 0');
    expect(await beamSearch(model, [], { beams: 2 })).toEqual([]);
  });
});

describe('constraints', () => {
  const vocabulary = 40;
  const model = new TableModel({ vocabulary, seed: 9 });
  /** Sequences over {3, 7, 33} without two equal neighbours, ended by 0 only after an even number of tokens. */
  const rule = (tokens: readonly number[]) => [
    ...(tokens.length > 0 && tokens.length % 2 === 0 ? [0] : []),
    ...[3, 7, 33].filter((id) => id !== tokens.at(-1)),
  ];
  const bitmap = (ids: readonly number[]): Allowed => {
    const words = new Uint32Array(Math.ceil(vocabulary / 32));
    for (const id of ids) words[id >> 5]! |= 1 << (id & 31);
    return { bitmap: words };
  };
  const forms: Record<string, (ids: number[]) => Allowed | Promise<Allowed>> = {
    array: (ids) => ids,
    'typed array': (ids) => Int32Array.from(ids),
    bitmap,
    promise: async (ids) => ids,
  };
  for (const [name, form] of Object.entries(forms)) {
    it(`finds every allowed sequence and no other, without renormalising: ${name}`, async () => {
      const [{ best }] = (await beamSearch(model, [[1]], {
        beams: 256,
        best: 256,
        maxTokens: 5,
        end: 0,
        lengthPenalty: 0,
        constraint: constrain((tokens) => form(rule(tokens))),
      })) as unknown as [{ best: { tokens: number[]; score: number }[] }];
      const every = enumerate(model, [1], { maxTokens: 5, end: 0 }, rule).sort((a, b) => b.score - a.score);
      expect(best.map(({ tokens }) => key(tokens))).toEqual(every.map(({ tokens }) => key(tokens)));
      best.forEach(({ score }, i) => {
        expect(score).toBeCloseTo(every[i]!.score, 4);
      });
    });
  }

  it('carries each row its state: made once from its parent, never changed', async () => {
    let made = 0;
    const constraint: Constraint<{ readonly tokens: readonly number[] }> = {
      start: (prompt, index) => Object.freeze({ tokens: Object.freeze([...prompt, 100 + index]) }),
      allowed: ({ tokens }) => rule(tokens.slice(2)),
      next: ({ tokens }, token) => {
        made++;
        return Object.freeze({ tokens: Object.freeze([...tokens, token]) });
      },
    };
    const options = { beams: 4, best: 4, maxTokens: 5, constraint };
    const results = await beamSearch(model, [[1], [2]], options);
    const plain = await beamSearch(model, [[1], [2]], { ...options, constraint: constrain(rule) });
    expect(results.map(({ best }) => best)).toEqual(plain.map(({ best }) => best));
    expect(made).toBe(2 * (3 + 4 * 3)); // rows that go on: three after the first step, then four; none after the last
  });

  it('draws from what is allowed, with the probabilities of the rest left out', async () => {
    const [rows] = await sample(model, [[1]], {
      temperature: 1,
      maxTokens: 1,
      samples: 20_000,
      constraint: constrain(() => [3, 7, 33]),
    });
    const p = softmax([3, 7, 33].map((id) => model.logits([1])[id]!));
    [3, 7, 33].forEach((id, i) => {
      const share = rows!.filter(({ tokens }) => tokens[0] === id).length / 20_000;
      expect(Math.abs(share - p[i]!)).toBeLessThan(4 * Math.sqrt((p[i]! * (1 - p[i]!)) / 20_000));
    });
    expect(rows![0]!.logProbs[0]).toBeCloseTo(model.logProb([1], rows![0]!.tokens[0]!), 5);
  });

  it('ends a row that nothing may follow', async () => {
    const tree = new Map([
      ['', [5, 6]],
      ['5', [7]],
      ['6', []],
      ['5 7', []],
    ]);
    const constraint = constrain((tokens) => tree.get(key(tokens))!);
    const [{ best }] = (await beamSearch(model, [[1]], { beams: 3, best: 3, constraint })) as unknown as [
      { best: { tokens: number[]; finish: string }[] },
    ];
    expect(best.map(({ tokens }) => key(tokens)).sort()).toEqual(['5 7', '6']);
    expect(best.every(({ finish }) => finish === 'constraint')).toBe(true);
    const [[got]] = (await sample(model, [[1]], { constraint })) as unknown as [[{ tokens: number[]; finish: string }]];
    expect(['5 7', '6']).toContain(key(got.tokens));
    expect(got.finish).toBe('constraint');
    const [[none]] = (await sample(model, [[1]], { constraint: constrain(() => []) })) as unknown as [
      [{ tokens: number[] }],
    ];
    expect(none.tokens).toEqual([]);
    // A ban takes the only token away.
    const [banned] = await beamSearch(model, [[1]], { beams: 2, constraint: constrain(() => [9]), badWords: [[9]] });
    expect(banned!.best.map(({ tokens, finish }) => [tokens, finish])).toEqual([[[], 'constraint']]);
  });

  it('refuses ids that do not ascend, that no token has, and bitmaps of another size', async () => {
    const refused = (allowed: Allowed) =>
      expect(sample(model, [[1]], { constraint: constrain(() => allowed) })).rejects;
    await refused([3, 3]).toThrow('constraint: expected ascending ids below 40, got 3 after 3');
    const expected = "constraint: expected 'any', an array of ids or a bitmap, got ";
    await refused(undefined as never).toThrow(`${expected}undefined`);
    await refused(new Set([3, 5]) as never).toThrow(new TypeError(`${expected}[object Set]`));
    await refused({} as never).toThrow(`${expected}[object Object]`);
    await refused('all' as never).toThrow(`${expected}all`);
    await refused([1.5]).toThrow('expected ascending ids below 40, got 1.5');
    await refused([40]).toThrow('got 40');
    await refused([-1]).toThrow('got -1');
    await refused({ bitmap: new Uint32Array(3) }).toThrow('expected a bitmap of 2 words for 40 tokens, got 3');
    await refused({ bitmap: Uint32Array.of(0, 1 << 8) }).toThrow('one with bit 40');
  });
});
