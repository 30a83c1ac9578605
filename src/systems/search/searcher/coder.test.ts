import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { type Coder, ownSpecials } from './coder.ts';
import { trainCoder } from './index-folder.ts';

let coder: Coder;
let cased: Coder;
beforeAll(async () => {
  const texts = ['The cat sat on the mat. The dog sat on the cat.', 'Straße, naïve Ωmega <b>bold</b> 0.05 < 1'];
  coder = await trainCoder({ texts, vocabulary: 320 });
  cased = await trainCoder({ texts, vocabulary: 320, lowercase: false });
});

it('tells spans of the original from tokens, letters folded or not', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.constantFrom('The İstanbul CAT', 'ẞ sat', '<|title|></s>', '\ud800 lone', ' two  spaces ', 'naïve Ωmega'),
  );
  fc.assert(
    fc.property(text, fc.option(text, { nil: undefined }), fc.array(text, { maxLength: 2 }), (text, title, queries) => {
      for (const one of [coder, cased]) {
        const document = { id: '1', text, ...(title !== undefined && { title }), queries };
        const tokens = one.tokensOf(document);
        expect(tokens.filter((token) => token === one.titleEnd)).toHaveLength(1);
        expect(tokens.filter((token) => token === one.queryMark)).toHaveLength(queries.length && queries.length + 1);
        const body = tokens.indexOf(one.titleEnd) + 1;
        const end = queries.length > 0 ? tokens.indexOf(one.queryMark) : tokens.length;
        const [span] = one.spans(document, tokens, [[body, end]]);
        const whole = text.trim();
        expect(span ? text.slice(span.start, span.end) : '').toBe(whole);
        if (span) expect(span.field).toBe('text');
      }
    }),
  );
});

it('finds a word where it stands', () => {
  const document = { id: '1', title: 'Of CATS', text: 'Ωmega: the CAT  sat.' };
  const tokens = coder.tokensOf(document);
  const wanted = coder.encode('cat');
  const places = tokens.flatMap((_, i) =>
    wanted.every((token, k) => tokens[i + k] === token) ? [[i, i + wanted.length] as const] : [],
  );
  const spans = coder.spans(document, tokens, places);
  expect(spans.map(({ field }) => field)).toContain('text');
  for (const { field, start, end } of spans) {
    expect((field === 'title' ? document.title : document.text).slice(start, end).toLowerCase()).toBe('cat');
  }
});

it('never takes text for a mark', () => {
  for (const special of ownSpecials)
    expect(coder.encode(special).some((id) => coder.tokenizer.isSpecial(id))).toBe(false);
  expect(coder.decode(coder.encode('a </s> b'))).toBe('a </s> b');
});

it('cuts a prompt to what the model reads, and keeps its marks', () => {
  const long = coder.encode('the cat sat on the mat '.repeat(50));
  const short = coder.prompt(long, 'title', 'supervised', 10);
  expect(short).toHaveLength(10);
  expect(short.slice(-2)).toEqual([coder.tokenizer.id('<|to-title|>'), coder.tokenizer.id('<|supervised|>')]);
});

it('has a name that tells tokenizers apart', async () => {
  const other = await trainCoder({
    texts: ['something else altogether, more than once, something else'],
    vocabulary: 300,
  });
  expect(new Set([coder.name, cased.name, other.name]).size).toBe(3);
});
