import fc from 'fast-check';
import {
  constrain,
  generateText,
  type Piece,
  promptRow,
  searchText,
  streamText,
  streamTexts,
  type Tokenizer,
  trainBpe,
} from 'tenfold/text';
import { beforeAll, describe, expect, it } from 'vitest';
import { TableModel } from './table-model.ts';

let tokenizer: Tokenizer;
let by: { model: TableModel; tokenizer: Tokenizer };
beforeAll(async () => {
  tokenizer = await trainBpe(['abra cadabra, abracadabra! the end of the bra 🙂🙃'], {
    vocabulary: 290,
    special: { eos: '</s>', prefix: ['</s>'] },
    minCount: 1,
  });
  by = { model: new TableModel({ vocabulary: tokenizer.size, seed: 3, spread: 2 }), tokenizer };
});

/** A model that writes given tokens, whatever came before. */
function writes(tokens: readonly number[], prompt: string): TableModel {
  const model = new TableModel({ vocabulary: tokenizer.size });
  const before = tokenizer.encode(prompt).length;
  model.logits = (row) => {
    const next = tokens[row.length - before] ?? tokenizer.eos!;
    return Float32Array.from({ length: tokenizer.size }, (_, id) => (id === next ? 0 : -50));
  };
  return model;
}

async function streamed(stream: AsyncGenerator<Piece, { text: string }>) {
  const pieces: string[] = [];
  for (;;) {
    const next = await stream.next();
    if (next.done) return { pieces, ...next.value };
    pieces.push(next.value.text);
  }
}

describe('stop strings', () => {
  it('end a text exactly, wherever token borders fall, streamed or not', async () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'r', ' ', '🙂', 'é'), maxLength: 14 });
    const stops = fc.array(
      letters.filter((stop) => stop !== ''),
      { maxLength: 3 },
    );
    await fc.assert(
      fc.asyncProperty(letters, stops, fc.boolean(), async (text, stop, byByte) => {
        const whole = tokenizer.encode(text, { special: false });
        // The same text in other tokens: byte by byte.
        const tokens = byByte
          ? [...Buffer.from(text)].map((byte) => {
              for (let id = 1; ; id++)
                if (tokenizer.bytes(id).length === 1 && tokenizer.bytes(id)[0] === byte) return id;
            })
          : whole;
        const model = writes(tokens, 'x');
        const [[got]] = (await generateText({ model, tokenizer }, ['x'], { stop })) as unknown as [
          [{ text: string; finish: string; stop?: string }],
        ];
        // By characters: the first end of a stop string, of those that end there the longest.
        const ends = stop.flatMap((s) => (text.includes(s) ? [{ s, end: text.indexOf(s) + s.length }] : []));
        if (byByte || ends.length === 0) {
          const first = ends.sort((a, b) => a.end - b.end || b.s.length - a.s.length)[0];
          expect(got.text).toBe(first ? text.slice(0, first.end - first.s.length) : text);
          expect([got.finish, got.stop]).toEqual(first ? ['stop', first.s] : ['end', undefined]);
        }
        expect(stop.some((s) => got.text.includes(s))).toBe(false);
        const stream = await streamed(streamText({ model, tokenizer }, 'x', { stop }));
        expect(stream.text).toBe(got.text);
        expect(stream.pieces.join('')).toBe(got.text); // nothing that was shown was taken back
      }),
      { numRuns: 300 },
    );
  });

  it('keep only what may begin one waiting', async () => {
    const model = writes(tokenizer.encode('ab ra ab the', { special: false }), 'x');
    const { pieces } = await streamed(streamText({ model, tokenizer }, 'x', { stop: ' abra' }));
    expect(pieces.join('')).toBe('ab ra ab the');
    expect(pieces.filter((piece) => piece !== '').length).toBeGreaterThan(2);
  });

  it('do not count before minTokens', async () => {
    const ids = tokenizer.encode('abababab', { special: false });
    const model = writes(ids, 'x');
    const [early] = await generateText({ model, tokenizer }, ['x'], { stop: 'b' });
    expect(early![0]!.text).toBe('a');
    const [late] = await generateText({ model, tokenizer }, ['x'], { stop: 'b', minTokens: 2 });
    const first = tokenizer.decode(ids.slice(0, 2));
    expect(late![0]!.text.startsWith(first)).toBe(true);
    expect(late![0]!.finish).toBe('stop');
  });

  it('end beams, each by its own text', async () => {
    const [{ best }] = (await searchText(by, ['abra'], {
      beams: 12,
      best: 12,
      maxTokens: 6,
      stop: ['a', 'r'],
      constraint: constrain(() =>
        ['a', 'b', 'c', 'd', 'r', 'br', 'ab', 'bra'].flatMap((t) => tokenizer.id(t) ?? []).sort((x, y) => x - y),
      ),
    })) as unknown as [{ best: { text: string; finish: string; stop?: string; tokens: number[] }[] }];
    expect(best.some(({ finish }) => finish === 'stop')).toBe(true);
    for (const { text, finish, stop, tokens } of best) {
      expect(text).not.toMatch(/[ar]/);
      const all = tokenizer.decode(tokens, { special: false });
      if (finish === 'stop') expect(all.startsWith(text + stop)).toBe(true);
      else expect(text).toBe(all);
    }
  });

  it('are not empty', async () => {
    await expect(generateText(by, ['x'], { stop: '' })).rejects.toThrow('stop strings of at least one character');
  });
});

describe('generateText', () => {
  it('begins every row once with what rows begin with, and ends it with the end token', async () => {
    const model = writes([tokenizer.id('a')!], 'x');
    for (const prompt of ['x', '</s>x']) {
      const [got] = await generateText({ model, tokenizer }, [prompt]);
      expect([got![0]!.text, got![0]!.finish]).toEqual(['a', 'end']);
    }
  });

  it('streams what it returns, and nothing is lost where a constraint ends it', async () => {
    const options = { temperature: 1, seed: 5, maxTokens: 30 };
    const [got] = await generateText(by, ['abra'], options);
    expect((await streamed(streamText(by, 'abra', options))).pieces.join('')).toBe(got![0]!.text);
    const constraint = constrain((tokens) => (tokens.length < 3 ? [tokenizer.id('a')!] : []));
    const held = await streamed(streamText(by, 'abra', { constraint, stop: 'aaaaaa' }));
    expect([held.text, held.pieces.join('')]).toEqual(['aaa', 'aaa']);
    for await (const _ of streamText(by, 'abra')) break;
    expect(by.model.open).toBe(0);
  });

  it('streams several texts at once, from text or from ids, with the likeliest tokens of each place', async () => {
    const prompts = ['abra', promptRow(tokenizer, 'the end')];
    const options = { temperature: 1, seed: 5, maxTokens: 9, samples: 2, alternatives: 2 };
    const whole = await generateText(by, ['abra', 'the end'], options);
    const pieces = whole.map((samples) => samples.map(() => ''));
    const stream = streamTexts(by, prompts, options);
    let next = await stream.next();
    for (; !next.done; next = await stream.next()) {
      const { prompt, sample, text, logProb, alternatives } = next.value;
      pieces[prompt]![sample] += text;
      expect(alternatives!.ids).toHaveLength(2);
      expect(alternatives!.logProbs[0]).toBeGreaterThanOrEqual(logProb - 1e-9);
    }
    expect(next.value).toEqual(whole);
    expect(pieces).toEqual(whole.map((samples) => samples.map(({ text }) => text)));
  });

  it('never writes a bad word', async () => {
    const [rows] = await generateText(by, ['abra'], {
      temperature: 1,
      samples: 50,
      maxTokens: 20,
      badWords: ['a', 'bra'],
    });
    for (const { tokens } of rows!) {
      expect(tokens).not.toContain(tokenizer.id('a'));
      expect(tokens).not.toContain(tokenizer.id('bra'));
    }
  });
});
