/** Discoveries that name the same thing, as one: `diffusion`, `diffusion models` and `denoising diffusion` of the same papers. */
import { wordsOfName } from '../phrases/phrases.ts';

/** A phrase that was found to rise. */
export interface Found {
  readonly phrase: string;
  readonly words: number;
  /** Its recent papers. */
  readonly recent: readonly number[];
  readonly before: number;
  readonly growth: number;
  readonly p: number;
  readonly q: number;
}

/** Of the recent papers of two phrases, the share of the rarer one's that both have, from which they name the same thing. */
const sameThing = 0.6;
/** A longer name is taken where it has at least this share of the recent papers of the surest phrase of its group. */
const goodName = 0.5;

/**
 * Groups by p: a phrase joins the first group whose surest phrase shares a word and most papers with it. The group goes by
 * its longest phrase that is in enough of the papers.
 */
export function grouped(found: readonly Found[]): (Found & { readonly also: readonly string[] })[] {
  const groups: { readonly members: Found[]; readonly papers: Set<number>; readonly words: Set<string> }[] = [];
  for (const one of [...found].sort((a, b) => a.p - b.p || b.words - a.words || (a.phrase < b.phrase ? -1 : 1))) {
    const words = wordsOfName(one.phrase).map(stem);
    const home = groups.find(({ members, papers, words: own }) => {
      if (!words.some((word) => own.has(word))) return false;
      const both = one.recent.reduce((sum, paper) => sum + (papers.has(paper) ? 1 : 0), 0);
      return both >= sameThing * Math.min(one.recent.length, members[0]!.recent.length);
    });
    if (home) home.members.push(one);
    else groups.push({ members: [one], papers: new Set(one.recent), words: new Set(words) });
  }
  return groups.map(({ members }) => {
    const enough = goodName * members[0]!.recent.length;
    const [name] = members
      .filter(({ recent }) => recent.length >= enough)
      .sort((a, b) => b.words - a.words || b.recent.length - a.recent.length);
    return { ...name!, also: members.filter((member) => member !== name).map(({ phrase }) => phrase) };
  });
}

/** Enough to see that `diffusion model` and `diffusion models` share their words. */
function stem(word: string): string {
  return word.replace(/(?:ies|es|s)$/, '');
}
