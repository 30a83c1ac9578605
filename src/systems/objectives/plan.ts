/**
 * What a study trains, for each seed: the six pretrainings, each finetuned; and the paper's two adaptations.
 *
 *   LM-A   ND:MLM, continued as CD:FLM
 *   NC-A   CD:FLM, continued as ND:MLM; after 51/168 of a pretraining's tokens it is finetuned as ND
 *          beside it CD:FLM trained on for as long and finetuned as CD: the same tokens, not adapted
 *
 * CD:FLM and ED:MLM are finetuned at lower rates, too: a third and a tenth of the recipe's.
 *
 * A decoder's weights go from one mask to the other as they are. Adaptations go on for a whole pretraining's tokens, so that
 * it shows when they reach what training from scratch reaches.
 *
 * Source: Wang et al. 2022, section 3 and 5; token counts of Table 2.
 */
import { type Architecture, type Cell, cellId, cells, type Objective } from './cells.ts';

/** One training: a node of the plan. */
export interface Run {
  /** Unique for its seed: `cd-flm`, `cd-flm-mtf`. */
  readonly id: string;
  readonly seed: number;
  readonly architecture: Architecture;
  /** MTF: multitask finetuning. */
  readonly objective: Objective | 'MTF';
  /** The run whose weights it begins with. */
  readonly from?: string;
  /** It is that run, gone on with: its optimizer and its place in the text, too. */
  readonly continues?: true;
  /** How many steps it has when a pretraining has one, those that it continues included. */
  readonly share: number;
  /** Whether its model answers the held-out tasks at the end. */
  readonly judged: boolean;
  /** Of a finetuning: its rate, as a share of the recipe's; 1 where it is absent. */
  readonly pace?: number;
}

/** 13 of 168 billion tokens. */
const finetuningShare = 13 / 168;
/** 51 of 168 billion tokens. */
export const adaptationShare = 51 / 168;

/** Rates at which CD:FLM and ED:MLM are finetuned, too, so that it shows whether the rate is to blame for what comes out. */
const slowerPaces = { third: 0.3, tenth: 0.1 } as const;

/**
 * The runs of some seeds, each behind the one that it needs.
 * @param finetuning the share of a pretraining's tokens that finetuning takes; the paper's is 13/168
 */
export function planOf(seeds: readonly number[], finetuning: number = finetuningShare): Run[] {
  return seeds.flatMap((seed) => {
    const pretrained = cells.map((cell) => ({ id: cellId(cell), seed, ...cell, share: 1, judged: true }));
    const tuned = (from: string, architecture: Architecture): Run => ({
      id: `${from}-mtf`,
      seed,
      architecture,
      objective: 'MTF',
      from,
      share: finetuning,
      judged: true,
    });
    const slower = ({ id, architecture }: { id: string; architecture: Architecture }): Run[] =>
      Object.entries(slowerPaces).map(([name, pace]) => ({
        ...tuned(id, architecture),
        id: `${id}-${name}-mtf`,
        pace,
      }));
    const adapted = (id: string, from: string, cell: Cell, share: number, judged: boolean): Run => ({
      id,
      seed,
      ...cell,
      from,
      share,
      judged,
    });
    const short = adapted('nc-a', 'cd-flm', { architecture: 'ND', objective: 'MLM' }, adaptationShare, false);
    const long = { ...pretrained[0]!, id: 'cd-flm-long', from: 'cd-flm', continues: true, share: 1 + adaptationShare };
    return [
      ...pretrained,
      ...pretrained.map(({ id, architecture }) => tuned(id, architecture)),
      ...pretrained.filter(({ id }) => id === 'cd-flm' || id === 'ed-mlm').flatMap(slower),
      adapted('lm-a', 'nd-mlm', { architecture: 'CD', objective: 'FLM' }, 1, true),
      short,
      tuned('nc-a', 'ND'),
      { ...short, id: 'nc-a-long', from: 'nc-a', continues: true, share: 1 },
      { ...long, continues: true } as const,
      tuned('cd-flm-long', 'CD'),
    ];
  });
}

/** Steps of a run that are its own, when a pretraining has one. */
export function ownShare({ share, from, continues }: Run, plan: readonly Run[]): number {
  const before = continues && plan.find(({ id }) => id === from);
  return share - (before ? before.share : 0);
}
