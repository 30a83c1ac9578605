/** What the living issue claims of the method, and how each claim is judged: fixed before anything runs. */
import { atLeast, atMost, type ClaimRule, claimRule, equals } from '../../report/index.ts';

const system = 'bottleneck';
const five = [1, 2, 3, 4, 5];
const three = [1, 2, 3];
/** A recorded run is long, on few seeds; the quick one repeats the claims on more. */
const two = [1, 2];

/** The share of the variance at which the columns of a table are looked at. */
export const goodShare = 0.95;

/** By name, in the order of the page. */
export const rules = {
  order: claimRule({
    id: 'closing-order',
    system,
    statement: 'In the circuit of ten inputs, the channel of input 3 closes last and that of input 10 next to last.',
    paper: 'input 3, then input 10',
    unit: '% of seeds',
    predicate: equals(100),
    seeds: { quick: five, recorded: two },
    detects: null,
  }),
  subsets: claimRule({
    id: 'open-subsets',
    system,
    statement:
      'The inputs whose channels are open are those that together tell most about the output, of all subsets of their number.',
    paper: 'all sets that it shows',
    unit: '% of readings',
    predicate: atLeast(95),
    seeds: { quick: five, recorded: two },
    detects: 5,
  }),
  annealed: claimRule({
    id: 'annealed-information',
    system,
    statement:
      'While exactly k channels carry more than 0.1 bit, the measured I(U;Y) is what counting says of those k inputs: largest distance over all readings.',
    paper: null,
    unit: 'bit',
    predicate: atMost(0.03),
    seeds: { quick: five, recorded: two },
    detects: 0.03,
  }),
  reopened: claimRule({
    id: 'subset-information',
    system,
    statement:
      'Control: the channels that are open at a reading, opened wide with all others shut and the network trained on for a moment, tell of the output what counting says of their inputs: largest distance over all sets that these seeds showed open.',
    paper: null,
    unit: 'bit',
    predicate: atMost(0.03),
    seeds: { quick: [1], recorded: two },
    detects: 0.03,
  }),
  network: claimRule({
    id: 'network-gap',
    system,
    statement:
      'At every reading the measured I(U;Y) is what a perfect receiver gets out of the same channels, by Bayes’ rule through the gates: largest distance over all readings.',
    paper: null,
    unit: 'bit',
    predicate: atMost(0.03),
    seeds: { quick: five, recorded: two },
    detects: 0.03,
  }),
  small: claimRule({
    id: 'small-circuits',
    system,
    statement:
      'In two more circuits the inputs of the largest Shapley values close last: input 3 of b (an AND, then an XOR); input 1 of e, and before it input 3.',
    paper: null,
    unit: '% of runs',
    predicate: equals(100),
    seeds: { quick: three, recorded: [1] },
    detects: null,
  }),
  bounds: claimRule({
    id: 'bounds',
    system,
    statement:
      'The bounds of mutual information enclose the exact information of a fair bit sent as ±μ through unit noise, for μ = ¼, ½, 1, 2 and 3, within three standard errors.',
    paper: null,
    unit: 'channels of 5',
    predicate: equals(5),
    seeds: { quick: [1], recorded: [1] },
    detects: null,
  }),
  control: claimRule({
    id: 'shuffled-column',
    system,
    statement:
      'Seattle: a column of shuffled hours, which tells nothing, carries nothing at the last reading that explains 95 % of the temperature’s variance.',
    paper: null,
    unit: 'bit',
    predicate: atMost(0.05),
    seeds: { quick: two, recorded: two },
    detects: 0.05,
  }),
  redundant: claimRule({
    id: 'redundant-column',
    system,
    statement: 'Nor does the channel of the month there, which says nothing that the day of the year does not.',
    paper: null,
    unit: 'bit',
    predicate: atMost(0.1),
    seeds: { quick: two, recorded: two },
    detects: 0.1,
  }),
  joint: claimRule({
    id: 'ordinary-bottleneck',
    system,
    statement:
      'Control: for 95 % of the variance, one encoder that reads all columns together needs no more bits than a channel a column (bits saved).',
    paper: null,
    unit: 'bit',
    predicate: atLeast(0),
    seeds: { quick: [1], recorded: [1] },
    detects: 0.1,
  }),
} as const satisfies Record<string, ClaimRule>;
