/**
 * What the living issue claims of architecture and objective, and how each claim is judged: fixed before anything runs.
 *
 * Differences are of mean accuracies over the held-out tasks, in points, as the paper's tables have them; each is judged by
 * its interval over seeds. One that straddles zero tells nothing, unless it is narrower than half of the paper's smallest
 * difference.
 */
import { atLeast, atMost, type ClaimRule, claimRule, equals } from '../../report/index.ts';

const system = 'objectives';
const five = [1, 2, 3, 4, 5];
const once = { quick: [1], recorded: [1] };
const points = { system, unit: 'points', detects: 0.3, predicate: atLeast(0) } as const;
/** Too long for a quick run. */
const recordedOnly = { quick: [], recorded: five };

/** Seeds of each tier. */
export const seedsOf = { quick: [1, 2, 3], recorded: five } as const;

/** By name, in the order of the page. */
export const rules = {
  converged: claimRule({
    id: 'all-cells-learn',
    system,
    statement:
      'All six cells learn: at the end each predicts the tokens of held-out text that are its targets (sentinels and ends left out) better than counting its training targets does; the cell that gains least.',
    paper: null,
    unit: 'nat/token',
    predicate: atLeast(0.3),
    seeds: recordedOnly,
    detects: 0.1,
  }),
  causalFirst: claimRule({
    ...points,
    id: 'pretrained-causal-first',
    statement:
      'After pretraining only, a causal decoder with full language modelling answers best zero-shot: CD:FLM over the best of the other five cells (the paper’s: ND:PLM).',
    paper: 0.7,
    seeds: seedsOf,
  }),
  prefixOverEncoder: claimRule({
    ...points,
    id: 'pretrained-encoder-last',
    statement: 'After pretraining only, of the language models an encoder–decoder answers worst: ND:PLM over ED:PLM.',
    paper: 3.6,
    seeds: seedsOf,
  }),
  languageOverSpans: claimRule({
    ...points,
    id: 'pretrained-language-modelling',
    statement:
      'After pretraining only, language modelling is ahead of span corruption: FLM or PLM over MLM, mean of the three architectures (the paper’s at half its tokens).',
    paper: 4.7,
    seeds: seedsOf,
  }),
  languageOverAskedSpans: claimRule({
    ...points,
    id: 'pretrained-asked-by-sentinel',
    statement:
      'Control: it stays ahead where the models of span corruption are asked as they were taught, the answer being the span of a sentinel behind the prompt.',
    paper: null,
    seeds: seedsOf,
  }),
  finetuningGain: claimRule({
    ...points,
    id: 'finetuning-gain',
    statement: 'Multitask finetuning on other tasks lifts CD:FLM on held-out ones: after it over before.',
    paper: 9,
    seeds: recordedOnly,
  }),
  slowFinetuningGain: claimRule({
    ...points,
    id: 'finetuning-gain-slow',
    statement: 'Control: it does so at the paper’s own rate of finetuning, too (here a tenth of what the others have).',
    paper: 9,
    seeds: recordedOnly,
  }),
  practiceGain: claimRule({
    ...points,
    id: 'finetuning-teaches',
    statement:
      'Control: finetuning teaches what it is made of: questions of its own tasks that it left out, after it over before, mean of the six cells.',
    paper: null,
    seeds: recordedOnly,
  }),
  rateOverLower: claimRule({
    ...points,
    id: 'finetuning-rate',
    statement:
      'Control: its rate is not too high: on those questions, over the better of a third and a tenth of it, mean of CD:FLM and ED:MLM.',
    paper: null,
    seeds: recordedOnly,
  }),
  encoderFirst: claimRule({
    ...points,
    id: 'finetuned-encoder-first',
    statement:
      'After multitask finetuning, an encoder–decoder with span corruption is best: ED:MLM over the best of the other five cells (the paper’s: ND:MLM).',
    paper: 5.4,
    seeds: recordedOnly,
  }),
  prefixSecond: claimRule({
    ...points,
    id: 'finetuned-prefix-second',
    statement:
      'After multitask finetuning, a non-causal decoder with span corruption is second: ND:MLM over the best of the other four (the paper’s: ND:PLM).',
    paper: 1.2,
    seeds: recordedOnly,
  }),
  encoderSpansOverPrefix: claimRule({
    ...points,
    id: 'finetuned-encoder-spans',
    statement:
      'After multitask finetuning, span corruption is the better start for an encoder–decoder: ED:MLM over ED:PLM.',
    paper: 14.8,
    seeds: recordedOnly,
  }),
  bothSidesOverOne: claimRule({
    ...points,
    id: 'finetuned-both-sides',
    statement:
      'After multitask finetuning, an input that is seen from both sides is the better one: ND:MLM over CD:MLM.',
    paper: 4.9,
    seeds: recordedOnly,
  }),
  languageAdaptation: claimRule({
    id: 'language-adaptation',
    system,
    statement:
      'LM-A: ND:MLM continued as CD:FLM reaches the held-out loss of CD:FLM from scratch in fewer tokens: times fewer.',
    paper: 1.6,
    unit: '×',
    predicate: atLeast(1.1),
    seeds: recordedOnly,
    detects: 0.2,
  }),
  nonCausalAdaptation: claimRule({
    id: 'non-causal-adaptation',
    system,
    statement:
      'NC-A: CD:FLM continued as ND:MLM reaches the held-out loss of ND:MLM from scratch in fewer tokens: times fewer.',
    paper: 3.3,
    unit: '×',
    predicate: atLeast(1.1),
    seeds: recordedOnly,
    detects: 0.2,
  }),
  nonCausalOverCausal: claimRule({
    id: 'non-causal-over-causal',
    system,
    statement: 'NC-A reaches the held-out loss of CD:MLM from scratch in fewer tokens still: times fewer.',
    paper: 9.1,
    unit: '×',
    predicate: atLeast(1.1),
    seeds: recordedOnly,
    detects: 0.2,
  }),
  adaptedOverLong: claimRule({
    ...points,
    id: 'adapted-and-finetuned',
    statement:
      'One causal model serves both uses: CD:FLM, adapted by NC-A and finetuned, over CD:FLM trained on for as many tokens and finetuned.',
    paper: 2.8,
    seeds: recordedOnly,
  }),
  counting: claimRule({
    id: 'counting-is-guessing',
    system,
    statement:
      'Control: the held-out tasks cannot be answered by counting: the choice of the most frequent tokens, mean normalised score (0 is guessing).',
    paper: null,
    unit: '%',
    predicate: atMost(5),
    seeds: once,
    detects: 5,
  }),
  packing: claimRule({
    id: 'packing-waste',
    system,
    statement:
      'Packed rows waste next to nothing: places without a token while finetuning, the worst of all cells (rows of pretraining are full).',
    paper: null,
    unit: '%',
    predicate: atMost(2),
    seeds: once,
    detects: 1,
  }),
  compute: claimRule({
    id: 'equal-compute',
    system,
    statement:
      'Steps of all cells cost about the same, though an encoder–decoder has twice the parameters: the largest ratio between a cell’s operations and CD:FLM’s, either way.',
    paper: 1.1,
    unit: '×',
    predicate: atMost(1.2),
    seeds: once,
    detects: 0.05,
  }),
  conversion: claimRule({
    id: 'conversion-changes-no-weight',
    system,
    statement:
      'A causal decoder becomes a non-causal one by its mask alone: weights that differ after the conversion, while its predictions behind an input do.',
    paper: 'the mask only',
    unit: 'weights',
    predicate: equals(0),
    seeds: once,
    detects: null,
  }),
} as const satisfies Record<string, ClaimRule>;
