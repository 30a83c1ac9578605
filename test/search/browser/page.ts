/** What browser.test.ts asks of a page: the indexes at work in a browser. Files go as numbers, which every bridge carries. */
import { LexicalIndex } from 'tenfold/retrieval';
import { FmIndex } from 'tenfold/search';

export const page = {
  build: async (documents: readonly (readonly number[])[], where: 'page' | 'worker'): Promise<number[]> => [
    ...(where === 'page' ? FmIndex.build(documents) : await FmIndex.buildInThread(documents)).file,
  ],
  count: (file: readonly number[], ngram: readonly number[]): number =>
    FmIndex.open(Uint8Array.from(file)).count(ngram),
  refused: (documents: readonly (readonly number[])[]): Promise<string> =>
    FmIndex.buildInThread(documents).then(String, ({ name, message }: Error) => `${name} ${message}`),
  words: (texts: readonly string[], query: string): { document: number; score: number }[] =>
    LexicalIndex.build(texts).search(query),
};

Object.assign(globalThis, { page });
