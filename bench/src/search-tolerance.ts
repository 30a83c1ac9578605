/**
 * Queries as people type them, on SciFact against MiniSearch: every claim with a slip in each word of four letters and more,
 * and its first words with the last of them half typed. What is found, and what a query costs, in processor time.
 */
import MiniSearch from 'minisearch';
import { LexicalIndex, type LexicalSearch, meanOver, ndcg, type Qrels, wordsOf } from 'tenfold/retrieval';
import { alternate } from './alternate.ts';
import { type Row, row } from './report.ts';

const LIMIT = 10;
const ROUNDS = 3;
/** Words of a claim that is being typed. */
const TYPED = 4;

export interface Claims {
  readonly ids: readonly string[];
  readonly texts: readonly string[];
  /** By id. */
  readonly queries: ReadonlyMap<string, string>;
  readonly judged: Qrels;
}

type Search = (query: string) => { readonly id: string; readonly score: number }[];

/** @param cpu seconds of processor time that work takes */
export async function tolerance(claims: Claims, cpu: (work: () => unknown) => Promise<number>): Promise<Row[]> {
  const { ids, texts, queries, judged } = claims;
  const index = LexicalIndex.build(texts, { analyser: 'ascii' });
  const ours =
    (options: LexicalSearch): Search =>
    (query) =>
      index.search(query, { limit: LIMIT, ...options }).map(({ document, score }) => ({ id: ids[document]!, score }));
  const mini = new MiniSearch({
    fields: ['text'],
    tokenize: (text) => wordsOf(text, 'ascii'),
    processTerm: (word) => word,
  });
  mini.addAll(texts.map((text, id) => ({ id, text })));
  const theirs =
    (options: Parameters<typeof mini.search>[1]): Search =>
    (query) =>
      mini
        .search(query, options)
        .slice(0, LIMIT)
        .map(({ id, score }) => ({ id: ids[id as number]!, score }));
  const draw = draws();
  const asked = (written: (text: string) => string) =>
    new Map(Array.from(queries, ([id, text]) => [id, written(text)]));
  const isLast = (_: string, i: number, all: readonly string[]) => i === all.length - 1;
  const cases = [
    ['slips', asked((text) => misspelt(text, draw)), { fuzzy: 2 }, { fuzzy: 0.2 }],
    ['typing', asked(halfTyped), { prefix: true }, { prefix: isLast }],
    ['as-written', queries, { fuzzy: 2, prefix: true }, { fuzzy: 0.2, prefix: isLast }],
  ] as const;
  const rows: Row[] = [];
  for (const [name, written, own, other] of cases) {
    const found = (search: Search) =>
      meanOver(judged, new Map(Array.from(written, ([id, text]) => [id, search(text)])), (ranking, grades) =>
        ndcg(ranking, grades, LIMIT),
      );
    const plain = found(ours({}));
    const [a, b] = [found(ours(own)), found(theirs(other))];
    const told = (options: object) => JSON.stringify(options, (_, value) => (value === isLast ? 'last word' : value));
    rows.push(
      row({
        case: `lexical/${name}-ndcg@10`,
        unit: 'value',
        ours: a,
        peer: b,
        peerName: `MiniSearch 7.2.0 with ${told(other)}; ours with ${told(own)}, without ${plain.toFixed(4)}`,
        ratio: b / a,
        goal: 1,
      }),
    );
    const runner = (title: string, search: Search) => ({
      name: title,
      once: async () => (await cpu(() => [...written.values()].map(search))) / written.size,
    });
    const [result] = await alternate(runner('tenfold', ours(own)), [runner('MiniSearch 7.2.0', theirs(other))], {
      rounds: ROUNDS,
      warmups: 1,
    });
    rows.push(
      row({
        case: `lexical/${name}/minisearch`,
        unit: 'ms',
        ours: result!.ours.median * 1e3,
        peer: result!.peer.median * 1e3,
        peerName: `${result!.peerName}, processor time, ${written.size} claims`,
        ratio: result!.ratio,
        spread: result!.spread,
        goal: 1,
      }),
    );
  }
  return rows;
}

/** Numbers from 0 to below 1, the same in every run. */
function draws(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A slip behind the first letter of every word of four letters and more: one left out, put in, replaced, or two changed over. */
function misspelt(text: string, draw: () => number): string {
  const words = wordsOf(text, 'ascii').map((word) => {
    if (word.length < 4 || /\d/.test(word)) return word;
    const at = 1 + Math.floor(draw() * (word.length - 2));
    const letter = String.fromCharCode(97 + Math.floor(draw() * 26));
    const [before, after] = [word.slice(0, at), word.slice(at + 1)];
    switch (Math.floor(draw() * 4)) {
      case 0:
        return before + after;
      case 1:
        return before + letter + word.slice(at);
      case 2:
        return before + letter + after;
      default:
        return before + after[0]! + word[at]! + after.slice(1);
    }
  });
  return words.join(' ');
}

function halfTyped(text: string): string {
  const words = wordsOf(text, 'ascii').slice(0, TYPED);
  const last = words.at(-1)!;
  return [...words.slice(0, -1), last.slice(0, Math.ceil(last.length / 2))].join(' ');
}
