/** The papers of 2021 and 2022 that the recorded run reads: files of JSON lines, kept beside the project and not in it. */
import { join } from 'node:path';
import { readJsonLines } from '../../data/index.ts';
import type { Paper } from './paper.ts';

/** Names the folder that holds the files. */
export const papersVariable = 'TENFOLD_PAPERS';

interface Line {
  readonly id: string;
  readonly title: string;
  readonly abstract: string;
  readonly authors: readonly string[];
  readonly date?: string;
  readonly year?: number;
  readonly venue?: string;
  readonly categories?: readonly string[];
  readonly url?: string;
}

/**
 * Conference papers, of which only venue and year are known, and arXiv's, with their days.
 * @throws RangeError where the folder is not named
 */
export async function recordedPapers(): Promise<{ readonly conferences: Paper[]; readonly arxiv: Paper[] }> {
  const folder = process.env[papersVariable];
  if (folder === undefined || folder === '') {
    throw new RangeError(
      `trends: expected the folder of the papers in ${papersVariable} (conf-2021-2022.jsonl.gz and arxiv-2020-06_2022-01.jsonl.gz), got none`,
    );
  }
  return {
    conferences: await readPapers(join(folder, 'conf-2021-2022.jsonl.gz')),
    arxiv: await readPapers(join(folder, 'arxiv-2020-06_2022-01.jsonl.gz')),
  };
}

async function readPapers(path: string): Promise<Paper[]> {
  const lines = (await readJsonLines(path)) as Line[];
  return lines.map(({ id, title, abstract, authors, date, year, venue, categories, url }) => ({
    id,
    title,
    abstract,
    authors,
    date: date ?? `${year}-01-01`,
    ...(venue !== undefined && { venue }),
    ...(categories !== undefined && { categories }),
    ...(url !== undefined && { url }),
  }));
}
