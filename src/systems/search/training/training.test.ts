import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { languageModel } from '../../../text/index.ts';
import { dsiPairs, dsiSearch, Numbers } from '../dsi/dsi.ts';
import type { Coder } from '../searcher/coder.ts';
import { COPY } from '../searcher/copying.ts';
import { createIndex, openIndexWriter, trainCoder } from '../searcher/index-folder.ts';
import { Searcher } from '../searcher/searcher.ts';
import { Draws } from './draws.ts';
import { trainingPairs } from './pairs.ts';
import { mineRanks, trainRanks } from './rank.ts';
import { isStopWord, Letters, SPAN_WORDS, spanAt, spansNear, wordsIn } from './spans.ts';
import { smallRecipe, trainModel } from './train.ts';
import { trainIndex } from './train-index.ts';

const colours = ['red', 'green', 'blue', 'black', 'white', 'amber'];
const documents = colours.map((colour, i) => ({
  id: colour,
  title: `On ${colour}`,
  text: `Some say that ${colour} is the colour of ${['fire', 'grass', 'water', 'night', 'snow', 'honey'][i]}, others that it is not at all so simple as one would like.`,
}));
const queries = colours.map((colour) => ({ text: `what is ${colour} the colour of`, relevant: [colour] }));
const recipe = {
  ...smallRecipe,
  width: 32,
  hidden: 64,
  layers: 1,
  heads: 2,
  batch: 16,
  warmUp: 10,
  steps: 40,
  rate: 5e-3,
  target: 12,
};

let coder: Coder;
let folder: string;
beforeAll(async () => {
  coder = await trainCoder({ texts: documents.map(({ text }) => text), vocabulary: 330 });
  folder = await mkdtemp(join(tmpdir(), 'tenfold-training-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('spans', () => {
  const words = wordsIn('  one two three,  four five six seven eight nine ten eleven twelve ');

  it('are ten words, as the text has them', () => {
    expect(spanAt(words, 2)).toBe('three,  four five six seven eight nine ten eleven twelve');
    expect(spanAt(words, 9)).toBe('ten eleven twelve');
    expect(spansNear(wordsIn('anything'), wordsIn(''), 3, new Draws(1))).toEqual([]);
  });

  it('are drawn near what the query says', () => {
    const padding = 'other words stand here and there in it '.repeat(4);
    const passage = wordsIn(`${padding} the quick brown fox jumps over it ${padding}`);
    const drawn = spansNear(wordsIn('the quick brown fox jumps over the lazy dog'), passage, 300, new Draws(1));
    expect(drawn).toHaveLength(300);
    expect(drawn.every((span) => span.split(/\s+/).length === SPAN_WORDS)).toBe(true);
    const near = drawn.filter((span) => /^(quick|brown|fox|jumps)/.test(span)).length;
    const beginnings = passage.places.length - SPAN_WORDS + 1;
    expect(near / 300).toBeGreaterThan((2 * 4) / beginnings);
    expect(drawn.some((span) => /^(the|and|in|it)\b/.test(span))).toBe(true); // softmax: unlikely, not impossible
  });

  it('keep apart from where the query stands', () => {
    const passage = wordsIn(
      'one two three four five six seven eight nine ten eleven twelve thirteen '.repeat(2).trim(),
    );
    const [from, to] = [passage.places[11]![0], passage.places[13]![1]];
    const drawn = spansNear(wordsIn('eleven twelve'), passage, 200, new Draws(1), [from, to]);
    expect(drawn).toHaveLength(200);
    expect(drawn.some((span) => span.includes('twelve thirteen one'))).toBe(false);
    expect(spansNear(wordsIn('one'), wordsIn('one two'), 1, new Draws(1), [0, 7])).toEqual([]);
  });

  it('likeness is one for the same, zero for nothing in common', () => {
    const likeness = (a: string, b: string) => new Letters(a).likeness(b);
    expect(likeness('', '')).toBe(1);
    expect(likeness('abc', 'abc')).toBe(1);
    expect(likeness('abc', 'xyz')).toBe(0);
    expect(likeness('abcd', 'abxd')).toBeCloseTo(0.75, 12);
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 75 });
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        let row: number[] = new Array(b.length + 1).fill(0);
        for (const letter of a) {
          const before = row;
          row = [0];
          for (let j = 0; j < b.length; j++) {
            row.push(letter === b[j] ? before[j]! + 1 : Math.max(before[j + 1]!, row[j]!));
          }
        }
        expect(likeness(a, b)).toBe(a.length + b.length === 0 ? 1 : (2 * row.at(-1)!) / (a.length + b.length));
      }),
    );
    expect(isStopWord('the')).toBe(true);
    expect(isStopWord('--')).toBe(true);
    expect(isStopWord('fox')).toBe(false);
  });
});

it('draws are the same for a seed, and spread as their weights say', () => {
  const [a, b] = [new Draws(7), new Draws(7)];
  expect(Array.from({ length: 3000 }, () => a.unit())).toEqual(Array.from({ length: 3000 }, () => b.unit()));
  const counts = [0, 0, 0];
  for (let i = 0; i < 4000; i++) counts[a.weighted([1, 0, 3])]!++;
  expect(counts[1]).toBe(0);
  expect(counts[2]! / counts[0]!).toBeGreaterThan(2.5);
  expect(counts[2]! / counts[0]!).toBeLessThan(3.6);
});

it('makes the recipe’s pairs, each a part of a document, marked by view and kind', () => {
  const counts = { others: 3, own: 0 };
  const pairs = trainingPairs({ coder, documents, queries, context: 40, counts });
  const mark = (name: string) => coder.tokenizer.id(name);
  const of = (view: string, kind: string) =>
    pairs.filter(({ source }) => source.at(-2) === mark(`<|to-${view}|>`) && source.at(-1) === mark(`<|${kind}|>`));
  expect(of('body', 'supervised')).toHaveLength(6 * 10);
  expect(of('title', 'supervised')).toHaveLength(6 * 3);
  expect(of('queries', 'unsupervised')).toHaveLength(6);
  expect(of('body', 'unsupervised').length + of('title', 'unsupervised').length).toBe(6 * (3 + 1 + 1));
  for (const { target } of of('title', 'supervised')) expect(target.at(-1)).toBe(coder.titleEnd);
  const texts = documents.map((document) => coder.decode(coder.tokensOf(document)));
  for (const { target } of of('body', 'supervised')) {
    expect(texts.some((text) => text.includes(coder.decode(target)))).toBe(true);
  }
  expect(trainingPairs({ coder, documents, queries, context: 40, counts })).toEqual(pairs);
  expect(trainingPairs({ coder, documents, queries, context: 40, counts, seed: 1 })).not.toEqual(pairs);
});

it('asks as a search does, by titles and sentences, where nobody has asked', () => {
  const mark = coder.tokenizer.id('<|supervised|>');
  const long = documents.map(({ id, title, text }) => {
    return { id, title, text: `${text} Few would call it dull who has ever seen ${id}.` };
  });
  const asked = trainingPairs({ coder, documents: long, context: 60, counts: { own: 20 } })
    .filter(({ source }) => source.at(-1) === mark)
    .map(({ source, target }) => [coder.decode(source.filter((token) => coder.isText(token))), coder.decode(target)]);
  expect(asked.length).toBeGreaterThan(6 * 20);
  for (const [query, said] of asked) {
    const { title, text } = long.find(({ title, text }) => `${title} ${text}`.toLowerCase().includes(query!))!;
    expect(`${title} ${text}`.toLowerCase()).toContain(said);
    expect(query).not.toContain(said);
  }
  expect(new Set(asked.map(([query]) => query)).size).toBe(3 * 6);
});

describe('an index', () => {
  let index: string;
  beforeAll(async () => {
    index = join(folder, 'index');
    await createIndex(index, { texts: documents.map(({ text }) => text), vocabulary: 330 });
    await using writer = await openIndexWriter(index);
    await writer.add(documents);
  });

  it('goes on where training was stopped, and refuses to with other queries or another recipe', async () => {
    const stop = new AbortController();
    const onRecord = ({ step }: { readonly step: number }) => {
      if (step >= 10) stop.abort(new Error('enough'));
    };
    const options = { folder: index, queries, recipe };
    await expect(trainIndex({ ...options, onRecord, signal: stop.signal })).rejects.toThrow('enough');
    await expect(trainIndex({ ...options, recipe: { ...recipe, seed: 3 } })).rejects.toThrow(/began with, got others/);
    const others = queries.map((query) => ({ ...query, text: `${query.text}?` }));
    await expect(trainIndex({ ...options, queries: others })).rejects.toThrow(/began with, got others/);
    let first: number | undefined;
    const { steps } = await trainIndex({ ...options, onRecord: ({ step }) => (first ??= step) });
    expect(first).toBeGreaterThan(10);
    expect(steps).toBe(40);
  });

  it('learns to rank: the right document gains on the wrong ones', async () => {
    await using searcher = await Searcher.open(index);
    const ranks = await mineRanks(searcher, queries, { context: 40 });
    expect(ranks.length).toBeGreaterThan(0);
    const { readWeights } = await import('../searcher/model-folder.ts');
    const from = (await readWeights(`${index}/model`))!;
    const pairs = trainingPairs({ coder: searcher.coder, documents, queries, context: 40 });
    const losses: number[] = [];
    await trainRanks({
      ranks,
      pairs,
      from,
      recipe,
      steps: 30,
      rate: 2e-3,
      batch: 2,
      lambda: 1,
      copier: { share: COPY, tokens: coder },
      onRecord: ({ ranking }) => losses.push(ranking as number),
    });
    const mean = (some: readonly number[]) => some.reduce((a, b) => a + b, 0) / some.length;
    expect(mean(losses.slice(-8))).toBeLessThan(mean(losses.slice(0, 8)));
  });
});

describe('a differentiable search index', () => {
  it('writes numbers that there are, and no others', () => {
    for (const count of [1, 7, 10, 11, 123]) {
      const numbers = new Numbers(coder, count);
      const written = (prefix: number[]): number[] =>
        prefix.length === numbers.length
          ? [numbers.read(prefix)]
          : numbers.next(prefix).flatMap((token) => written([...prefix, token]));
      expect(written([]).sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
      expect(numbers.read(numbers.write(count - 1))).toBe(count - 1);
    }
  });

  it('learns which document is meant', async () => {
    const pairs = dsiPairs({ coder, documents, queries, context: 40 });
    const { tokenizer } = coder;
    const { config, params } = await trainModel({
      pairs,
      recipe: { ...recipe, steps: 150 },
      vocabulary: tokenizer.size,
      start: 2,
    });
    const model = languageModel(config, params);
    const by = { model, coder, documents: documents.length };
    let right = 0;
    for (const [i, { text }] of queries.entries()) {
      const hits = await dsiSearch(by, text, { limit: 3 });
      expect(hits).toHaveLength(3);
      expect(new Set(hits.map(({ number }) => number)).size).toBe(3);
      expect(hits.every(({ number }) => number < documents.length)).toBe(true);
      if (hits[0]!.number === i) right++;
    }
    await model.release();
    expect(right).toBeGreaterThanOrEqual(5);
    expect(await dsiSearch({ ...by, documents: 0 }, 'anything')).toEqual([]);
  });
});
