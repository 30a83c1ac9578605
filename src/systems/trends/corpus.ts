/** The papers of 2021 and 2022 that the recorded run reads: files of JSON lines, kept beside the project and not in it. */
import { join } from 'node:path';
import { readJsonLines } from '../../data/index.ts';
import { readableTex } from './ingest/tex.ts';
import type { Paper } from './paper.ts';
import { titleKey } from './store/identity.ts';

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
    title: readableTex(title),
    abstract: readableTex(abstract),
    authors,
    date: date ?? `${year}-01-01`,
    ...(venue !== undefined && { venue }),
    ...(categories !== undefined && { categories }),
    ...(url !== undefined && { url }),
  }));
}

/** The month in which each conference of 2021 that the files hold began, as its site said; those of 2022 came after all papers of arXiv. */
const began2021: Readonly<Record<string, number>> = {
  wacv: 1,
  aistats: 4,
  icra: 5,
  naacl: 6,
  rss: 7,
  uai: 7,
  acl: 8,
  colt: 8,
  ijcai: 8,
  iros: 9,
  acml: 11,
  corl: 11,
};

/** For each title, as titles are compared, the first day of the month in which the last conference that had it began. */
export function acceptances(conferences: readonly Paper[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { title, venue = '', date } of conferences) {
    const year = date.slice(0, 4);
    const month = year === '2021' ? began2021[venue] : 1;
    if (month === undefined)
      throw new RangeError(`trends: expected a conference of 2021 that is known, got '${venue}'`);
    const day = `${year}-${String(month).padStart(2, '0')}-01`;
    const key = titleKey(title);
    if ((found.get(key) ?? '') < day) found.set(key, day);
  }
  return found;
}
