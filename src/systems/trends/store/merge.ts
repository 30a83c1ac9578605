/**
 * What is kept where several records tell of one paper.
 *
 * Whoever told of it first keeps the word: title, abstract and authors are replaced only by a later record of the same
 * source, or by a later version of the arXiv paper. From others come what was missing, further categories, a publisher's DOI
 * for arXiv's, and the better date.
 */
import { isArxivDoi } from './identity.ts';
import type { PaperData } from './store.ts';

/** @param words whether the later record's title, abstract, authors, venue and address replace the earlier ones */
export function mergePapers(earlier: PaperData, later: PaperData, words: boolean): PaperData {
  const newer = (later.arxiv?.version ?? 0) > (earlier.arxiv?.version ?? Number.POSITIVE_INFINITY);
  const [first, second] = words || newer ? [later, earlier] : [earlier, later];
  const categories = [...new Set([...(first.categories ?? []), ...(second.categories ?? [])])];
  const dois = [first.doi, second.doi].filter((doi) => doi !== undefined);
  const doi = dois.find((doi) => !isArxivDoi(doi)) ?? dois[0];
  const arxiv = newer ? later.arxiv : (earlier.arxiv ?? later.arxiv);
  const venue = first.venue ?? second.venue;
  const url = first.url ?? second.url;
  const text = first.text ?? second.text;
  return {
    title: first.title,
    abstract: first.abstract || second.abstract,
    authors: first.authors.length > 0 ? first.authors : second.authors,
    date: words ? later.date : betterDate(earlier.date, later.date),
    ...(venue !== undefined && { venue }),
    ...(categories.length > 0 && { categories }),
    ...(url !== undefined && { url }),
    ...(doi !== undefined && { doi }),
    ...(arxiv && { arxiv }),
    ...(text !== undefined && { text }),
  };
}

/** The earlier day; but a year's or month's first day may only mean that year or month, and any day in it is better. */
export function betterDate(a: string, b: string): string {
  for (const [coarse, fine] of [
    [a, b],
    [b, a],
  ] as const) {
    if (coarse.endsWith('-01-01') && coarse.slice(0, 4) === fine.slice(0, 4)) return fine;
    if (coarse.endsWith('-01') && coarse.slice(0, 7) === fine.slice(0, 7)) return fine;
  }
  return a < b ? a : b;
}
