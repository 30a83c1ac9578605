/** Papers that a reader has not read, by what was collected, with the reasons. */
import { type Html, html } from '../../../report/index.ts';
import type { Desk } from './desk.ts';
import { paperItem } from './parts.ts';

const shown = 10;
/** Papers of a collection that others are compared with, the last ones put in. */
const seeds = 50;
/** Words that are told as reasons. */
const toldWords = 6;

/** @param collection of which to recommend; undefined: of all collections */
export async function recommendedList(desk: Desk, collection: string | undefined): Promise<Html> {
  const { store, search } = desk;
  const collections = (await store.collections()).filter(({ name }) => collection === undefined || name === collection);
  const known = new Set(collections.flatMap(({ papers }) => papers));
  const from = [...known].slice(-seeds);
  if (from.length === 0)
    return html`<p class="quiet">Papers that were collected are what others are recommended by: there are none yet.</p>`;
  const { hits } = await search.similar(from, { limit: shown + known.size, filter: { read: false } });
  const fresh = hits.filter(({ paper }) => !known.has(paper.id)).slice(0, shown);
  const shelves = await store.shelves(fresh.map(({ paper }) => paper.id));
  return html`<ol class="hits plain">${fresh.map(({ paper, signals, words, parts }, i) => {
    const told = words
      .filter(({ occurrences }) => occurrences > 0)
      .sort((a, b) => b.score - a.score)
      .slice(0, toldWords);
    return paperItem({
      paper,
      signals,
      shelf: shelves[i]!,
      reason: html`Because of ${told.map(({ word, score }, i) => `${i > 0 ? ', ' : ''}${word} ${score.toFixed(1)}`)}${parts.semantic !== undefined && `; cosine to the middle of them ${parts.semantic.toFixed(2)}`}`,
    });
  })}</ol>`;
}
