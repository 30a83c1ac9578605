/** What a collection is called outside, and its map as others open it. */
import { basename } from 'node:path';
import { type VosViewerFile, vosViewerFile } from '../map/literature-map.ts';
import type { Paper } from '../paper.ts';
import type { Store } from '../store/store.ts';
import type { Answers } from './questions.ts';
import { keptTopics, withNames } from './topics.ts';

/** What a collection is called where nobody named it: its file, or what is in it. */
export function collectionName({ where }: Pick<Store, 'where'>): string {
  if (where === ':memory:') return 'State of the Union';
  return basename(where).replace(/\.\w{1,6}$/, '') || where;
}

/** The map as VOSviewer opens it, with every signal that is known. */
export async function vosViewer(
  store: Store,
  { map, topics, ids }: Answers['map'],
  title = collectionName(store),
): Promise<VosViewerFile> {
  const papers = await papersById(store, ids);
  const signals = await store.signals(ids);
  const signalsOf = new Map(ids.map((id, i) => [id, signals[i]!]));
  return vosViewerFile(papers, map, withNames(topics, await keptTopics(store)), {
    title,
    description: `${papers.length} papers of ${store.where}, near each other where they share phrases.`,
    signals: ({ id }) => signalsOf.get(id),
  });
}

/** Papers by their ids; one that was taken away meanwhile under its id alone, so that the order stays. */
export async function papersById(store: Store, ids: readonly string[]): Promise<Paper[]> {
  const papers = await store.get(ids);
  return papers.map(
    (paper, i) => paper ?? { id: ids[i]!, title: ids[i]!, abstract: '', authors: [], date: '1970-01-01' },
  );
}
