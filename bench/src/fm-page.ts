/** The page's side of fm-browser.ts. */
import { FmIndex } from 'tenfold/search';
import { located, type Measured, measureCount, measureLocate, measureNext, readQueries } from './fm-queries.ts';

const bytes = async (name: string): Promise<Uint8Array> => new Uint8Array(await (await fetch(name)).arrayBuffer());
const queries = async (name: string) => readQueries(new Int32Array((await bytes(name)).buffer as ArrayBuffer));

const index = FmIndex.open(await bytes('/ours.fm'));
const counted = await queries('/count.bin');
const next = (await queries('/next.bin')).map((ngram) => index.find(ngram));
const places = located(index, await queries('/locate.bin'));
const work = {
  count: () => measureCount(index, counted),
  next: () => measureNext(index, next),
  locate: () => measureLocate(index, places),
};

Object.assign(globalThis, {
  ask(request: keyof typeof work): Measured {
    const from = performance.now();
    const result = work[request]();
    return { ...result, cpu: 0, wall: (performance.now() - from) / 1000 };
  },
});
