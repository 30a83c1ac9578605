import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as library from '@huggingface/tokenizers';
import fc from 'fast-check';
import { Tokenizer, trainBpe } from 'tenfold/text';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const corpus = [
  'The quick brown fox jumps over the lazy dog; the dog sleeps, and the fox is quick.',
  "It's what they've said: we'll see, I'd say. 12 + 30 = 42\n\n\tdef f(x):\n        return x\n",
  'Größe, naïve café, 東京は日本の首都です, Привет мир, 🙂🙃👩‍👩‍👧 مرحبا',
];

let folder: string;
let tokenizer: Tokenizer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tokenizer-'));
  tokenizer = await trainBpe(corpus, {
    vocabulary: 400,
    specialTokens: ['<s>', '<pad>', '</s>'],
    special: { bos: '</s>', eos: '</s>', pad: '<pad>', prefix: ['</s>'] },
    minCount: 1,
  });
  await tokenizer.save(folder);
});
afterAll(() => rm(folder, { recursive: true }));

/** Any text that UTF-16 can hold, well-formed: every Unicode scalar value, and the neighbourhoods that cut words. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({
    unit: fc.constantFrom(' ', '\n', '\t', 'a', "'", 's', '1', '.', '\u0085', '\ufeff', '\u00a0'),
    maxLength: 60,
  }),
);

describe('a byte-level tokenizer', () => {
  it('reads back any Unicode text exactly, whole and piece by piece', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const ids = tokenizer.encode(text, { special: false });
        expect(tokenizer.decode(ids)).toBe(text);
        const stream = tokenizer.stream();
        const pieces = ids.map((id) => stream.push(id));
        expect(stream.end()).toBe('');
        expect(pieces.join('')).toBe(text);
        expect(pieces.some((piece) => piece.includes('\ufffd')) && !text.includes('\ufffd')).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('reads random bytes back as the text that they are: U+FFFD for what is no UTF-8', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
        const byByte = [...bytes].map((byte) => {
          for (let id = 0; id < tokenizer.size; id++) {
            const own = tokenizer.isSpecial(id) ? undefined : tokenizer.bytes(id);
            if (own?.length === 1 && own[0] === byte) return id;
          }
          throw new Error(`no token for byte ${byte}`);
        });
        expect(tokenizer.decode(byByte)).toBe(text);
        const stream = tokenizer.stream();
        let pieces = '';
        for (const id of byByte) pieces += stream.push(id);
        expect(pieces + stream.end()).toBe(text);
      }),
      { numRuns: 200 },
    );
    expect(tokenizer.decode(tokenizer.encode('\ud800', { special: false }))).toBe('\ufffd'); // no UTF-8 has it
  });

  it('shows no half of a character, and a fork goes its own way', () => {
    const ids = tokenizer.encode('𐍈', { special: false }); // four bytes that the corpus never joined
    expect(ids.length).toBe(4);
    const stream = tokenizer.stream();
    expect(ids.slice(0, 3).map((id) => stream.push(id))).toEqual(['', '', '']);
    const other = stream.fork();
    expect(stream.push(ids[3]!)).toBe('𐍈');
    expect(other.end()).toBe('\ufffd');
    expect(stream.end()).toBe('');
  });

  it('gives the bytes that each token stands for', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { ids, tokens, offsets } = tokenizer.encodeWithOffsets(text);
        const bytes = Buffer.from(text);
        expect(ids).toEqual(tokenizer.encode(text));
        expect(offsets[0]).toEqual([0, 0]);
        let at = 0;
        offsets.slice(1).forEach(([start, end], i) => {
          expect(start).toBe(at);
          expect([...tokenizer.bytes(ids[i + 1]!)]).toEqual([...bytes.subarray(start, end)]);
          expect(tokenizer.id(tokens[i + 1]!)).toBe(ids[i + 1]);
          at = end;
        });
        expect(at).toBe(bytes.length);
      }),
      { numRuns: 100 },
    );
  });

  it('puts special tokens before a text once, finds them in it, and leaves them out on request', () => {
    const end = tokenizer.eos!;
    expect(tokenizer.prefix).toEqual([end]);
    expect(tokenizer.encode('fox').filter((id) => id === end)).toEqual([end]);
    expect(tokenizer.encode('')).toEqual([end]);
    expect(tokenizer.encode('', { special: false })).toEqual([]);
    const ids = tokenizer.encode('fox</s>dog', { special: false });
    expect(ids.filter((id) => id === end).length).toBe(1);
    expect(tokenizer.decode(ids)).toBe('fox</s>dog');
    expect(tokenizer.decode(ids, { special: false })).toBe('foxdog');
    expect(tokenizer.encodeBatch(['fox', 'dog'])).toEqual([tokenizer.encode('fox'), tokenizer.encode('dog')]);
    expect(tokenizer.decode([tokenizer.size + 3])).toBe('\ufffd'); // a model's vocabulary may be padded
    expect(() => tokenizer.decode([-1])).toThrow('tokenizer: expected ids of at least 0, got -1');
  });

  it('is opened again, by us and by the library, as it was saved', async () => {
    const again = await Tokenizer.open(folder);
    const json = JSON.parse(await readFile(join(folder, 'tokenizer.json'), 'utf8'));
    const theirs = new library.Tokenizer(json, {});
    expect([again.bos, again.eos, again.pad, again.prefix]).toEqual([2, 2, 1, [2]]);
    fc.assert(
      fc.property(fc.oneof(anyText, fc.constantFrom(...corpus, 'a</s>b <pad>')), (text) => {
        expect(again.encode(text)).toEqual(tokenizer.encode(text));
        expect(tokenizer.encode(text)).toEqual(theirs.encode(text).ids);
      }),
      { numRuns: 200 },
    );
  });

  it('opens vocab.json with merges.txt, told of special tokens by the caller or a tokenizer_config.json', async () => {
    const { model } = JSON.parse(await readFile(join(folder, 'tokenizer.json'), 'utf8'));
    const gpt2 = await mkdtemp(join(tmpdir(), 'gpt2-'));
    await writeFile(join(gpt2, 'vocab.json'), JSON.stringify(model.vocab));
    await writeFile(join(gpt2, 'merges.txt'), `#version: 0.2\n${model.merges.join('\n')}\n`);
    const special = { bos: '</s>', eos: '</s>', pad: '<pad>', prefix: ['</s>'] };
    for (const text of corpus) {
      expect((await Tokenizer.open(gpt2, special)).encode(text)).toEqual(tokenizer.encode(text));
      expect((await Tokenizer.open(gpt2)).encode(text)).toEqual(tokenizer.encode(text, { special: false }));
    }
    // As the hub's OPT says it.
    const config = { bos_token: { content: '</s>' }, eos_token: { content: '</s>' }, add_bos_token: true };
    await writeFile(join(gpt2, 'tokenizer_config.json'), JSON.stringify(config));
    expect((await Tokenizer.open(gpt2)).encode('fox')).toEqual(tokenizer.encode('fox'));
    await writeFile(join(gpt2, 'tokenizer_config.json'), '{"add_prefix_space": true}');
    expect((await Tokenizer.open(gpt2)).encode('fox')).toEqual(tokenizer.encode(' fox', { special: false }));
    await expect(Tokenizer.open(gpt2, { eos: '<end>' })).rejects.toThrow('expected special tokens of');
    await writeFile(join(gpt2, 'merges.txt'), `#version: 0.2\n${model.merges[0]}\nx yz\n`);
    await expect(Tokenizer.open(gpt2)).rejects.toThrow(/merges\.txt: line 3: expected tokens of the vocabulary/);
    await writeFile(join(gpt2, 'merges.txt'), 'x\n');
    await expect(Tokenizer.open(gpt2)).rejects.toThrow(/merges\.txt: line 1: expected two tokens, got "x"/);
    await rm(join(gpt2, 'merges.txt'));
    await expect(Tokenizer.open(gpt2)).rejects.toThrow('expected tokenizer.json, or vocab.json and merges.txt');
    await writeFile(join(gpt2, 'tokenizer.json'), '{"a":');
    await expect(Tokenizer.open(gpt2)).rejects.toThrow(/tokenizer\.json: expected JSON/);
    await writeFile(join(gpt2, 'tokenizer.json'), '{"model": {"type": "BPE", "vocab": {"a": -1}, "merges": []}}');
    await expect(Tokenizer.open(gpt2)).rejects.toThrow('expected ids in [0, 2^24), got -1 for "a"');
    await writeFile(join(gpt2, 'tokenizer.json'), '{"model": {"type": "BPE"}, "pre_tokenizer": {"type": "Odd"}}');
    await expect(Tokenizer.open(gpt2)).rejects.toThrow(`${gpt2}: tokenizer: expected a tokenizer.json, got`);
    await rm(gpt2, { recursive: true });
  });

  it('leaves tokens that take spaces beside them to the library', async () => {
    const json = JSON.parse(await readFile(join(folder, 'tokenizer.json'), 'utf8'));
    // as BART's <mask>
    const mask = { ...json.added_tokens[0], content: '<mask>', id: 400, lstrip: true };
    const bart = new Tokenizer({ ...json, added_tokens: [...json.added_tokens, mask] });
    const theirs = new library.Tokenizer({ ...json, added_tokens: [...json.added_tokens, mask] }, {});
    for (const text of ['the <mask> dog', 'the dog', '<mask>', 'a </s> b <mask>'])
      expect(bart.encode(text)).toEqual(theirs.encode(text).ids);
    expect(bart.decode(bart.encode('the <mask> dog', { special: false }))).toBe('the<mask> dog');
  });

  it('obeys a configuration that adds what the file does not, and no more than once', async () => {
    const json = JSON.parse(await readFile(join(folder, 'tokenizer.json'), 'utf8'));
    const names = { bos_token: '</s>', eos_token: '</s>' };
    const bare = { ...json, post_processor: null };
    expect(new Tokenizer(bare, names).prefix).toEqual([]);
    expect(new Tokenizer(bare, { ...names, add_bos_token: true }).prefix).toEqual([2]);
    expect(new Tokenizer(json, { ...names, add_bos_token: true }).prefix).toEqual([2]);
    expect(new Tokenizer(json, { ...names, add_bos_token: false }).prefix).toEqual([]);
    expect(new Tokenizer(bare, { ...names, add_eos_token: true }).suffix).toEqual([2]);
  });
});

describe('a tokenizer that is not byte-level', () => {
  // Metaspace marks spaces; a byte without a token of its own is written as <0xNN>.
  const bytes = Object.fromEntries(Array.from({ length: 256 }, (_, b) => [hex(b), b + 1]));
  const vocab = { '<unk>': 0, ...bytes, '▁': 257, h: 258, i: 259, hi: 260, '▁hi': 261, '▁t': 262, t: 263 };
  const json = {
    added_tokens: [],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    },
    pre_tokenizer: null,
    post_processor: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: {
      type: 'BPE',
      vocab,
      merges: ['h i', '▁ hi', '▁ t'],
      unk_token: '<unk>',
      byte_fallback: true,
      fuse_unk: true,
    },
  };
  const other = new Tokenizer(json);

  it('encodes, decodes and streams, spaces and split characters included', () => {
    const text = 'hi hi thi 🙂 hi';
    const ids = other.encode(text);
    expect(ids.slice(0, 2)).toEqual([261, 261]);
    expect(other.decode(ids)).toBe(text);
    const stream = other.stream();
    const pieces = ids.map((id) => stream.push(id));
    expect(pieces.join('') + stream.end()).toBe(text);
    expect(pieces.filter((piece) => piece.includes('🙂')).length).toBe(1);
    expect(() => other.bytes(5)).toThrow('expected a byte-level one');
  });
});

function hex(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}

const shared = new URL('../../../shared/data/', import.meta.url);
describe.skipIf(!existsSync(shared))("OPT's tokenizer (skipped without ../shared/data)", () => {
  it('gives the ids of the library on 1 MB of mixed text, and reads it back', async () => {
    const path = (name: string) => fileURLToPath(new URL(name, shared));
    const opt = await Tokenizer.open(path('tokenizers/opt'), {
      bos: '</s>',
      eos: '</s>',
      pad: '<pad>',
      unk: '</s>',
      prefix: ['</s>'],
    });
    expect(opt.size).toBe(50265);
    expect(opt.encode('Hello world')).toEqual([2, 31414, 232]);

    const read = async (name: string, bytes: number) => (await readFile(path(name), 'utf8')).slice(0, bytes);
    const parts = [
      await read('text/wikitext2.test.txt', 500_000),
      await read('text/tinyshakespeare.txt', 300_000),
      await readFile(new URL('../../src/text/tokenizer.ts', import.meta.url), 'utf8'),
      await readFile(new URL('../../package-lock.json', import.meta.url), 'utf8'),
      ...fc.sample(fc.string({ unit: 'binary', maxLength: 400 }), { numRuns: 100, seed: 1 }),
      ...fc.sample(anyText, { numRuns: 1000, seed: 2 }),
      'Wörter, 東京は日本の首都です。 Привет, мир! 🙂🙃👩‍👩‍👧 مرحبا\r\n'.repeat(2000),
    ];
    expect(Buffer.byteLength(parts.join(''))).toBeGreaterThan(1_000_000);

    const vocab = JSON.parse(await readFile(path('tokenizers/opt/vocab.json'), 'utf8'));
    const merges = (await readFile(path('tokenizers/opt/merges.txt'), 'utf8')).split('\n').slice(1, -1);
    const theirs = new library.Tokenizer(
      {
        added_tokens: [1, 2].map((id) => ({ id, content: ['<pad>', '</s>'][id - 1], special: true })),
        normalizer: null,
        pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false },
        post_processor: null,
        decoder: { type: 'ByteLevel' },
        model: { type: 'BPE', vocab, merges },
      },
      {},
    );
    for (const part of parts) {
      const ids = opt.encode(part);
      const same = theirs.encode(part).ids as number[];
      expect([ids[0], ids.length]).toEqual([2, same.length + 1]);
      expect(same.findIndex((id, i) => id !== ids[i + 1])).toBe(-1);
      expect(opt.decode(ids.slice(1))).toBe(part);
    }
  });
});
