/** What the living issue claims of autoregressive search, and how each claim is judged: fixed before anything runs. */
import { atLeast, atMost, type ClaimRule, claimRule, equals, within } from '../../report/index.ts';

const system = 'search';
const one = { quick: [1], recorded: [1] };

/** By name, in the order of the page. */
export const rules = {
  frequency: claimRule({
    id: 'frequency',
    system,
    statement:
      'Weighing an n-gram against its frequency finds more than its likelihood alone does: hits@10 of LM+FM less those of LM.',
    paper: 'NQ, accuracy@20: 65.8 against 60.2',
    unit: 'points',
    predicate: atLeast(0),
    seeds: one,
    detects: 5,
  }),
  intersective: claimRule({
    id: 'intersective',
    system,
    statement:
      'N-grams that fit together find more than the best one does: hits@10 of intersective scoring less those of LM+FM.',
    paper: 'NQ, accuracy@20: 76.2 against 65.8',
    unit: 'points',
    predicate: atLeast(0),
    seeds: one,
    detects: 5,
  }),
  fusion: claimRule({
    id: 'fusion',
    system,
    statement: 'Generated n-grams add to words: hits@10 of both together less those of BM25.',
    paper: null,
    unit: 'points',
    predicate: atLeast(0),
    seeds: one,
    detects: 5,
  }),
  learned: claimRule({
    id: 'learned',
    system,
    statement:
      'Control: what the model learned counts: hits@10 of intersective scoring less those of the same with weights that learned nothing, both copying half of the time.',
    paper: null,
    unit: 'points',
    predicate: atLeast(0),
    seeds: one,
    detects: 5,
  }),
  occurs: claimRule({
    id: 'occurs',
    system,
    statement: 'Every n-gram that the constrained model writes occurs in a document.',
    paper: 'guaranteed',
    unit: '%',
    predicate: equals(100),
    seeds: one,
    detects: null,
  }),
  constraint: claimRule({
    id: 'constraint',
    system,
    statement:
      'With intersective scoring the constraint matters little: hits@10 with it less those of free generation whose unheard-of n-grams are thrown away.',
    paper: 'NQ, accuracy@20: 76.2 against 76.2',
    unit: 'points',
    predicate: within(0, 5),
    seeds: one,
    detects: 5,
  }),
  beams: claimRule({
    id: 'beams',
    system,
    statement: 'Nor do beams beyond ten: hits@10 of 15 less those of 10.',
    paper: 'NQ, accuracy@20: 76.2 against 76.4',
    unit: 'points',
    predicate: within(0, 5),
    seeds: one,
    detects: 5,
  }),
  size: claimRule({
    id: 'size',
    system,
    statement: 'The index, which holds the text, is smaller than the text: its bytes for 100 of the plain text’s.',
    paper: 65.7,
    unit: '%',
    predicate: atMost(100),
    seeds: one,
    detects: null,
  }),
  dense: claimRule({
    id: 'dense',
    system,
    statement: 'On Natural Questions with 21 million passages it finds what dense retrieval finds: accuracy@100.',
    paper: '86.3 against 86.1',
    unit: '%',
    predicate: atLeast(86.1),
    seeds: one,
    detects: 1,
  }),
} as const satisfies Record<string, ClaimRule>;
