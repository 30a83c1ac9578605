/** What the living issue claims of OPT, and how each claim is judged: fixed before anything runs. */
import { atLeast, atMost, type ClaimRule, claimRule } from '../../report/index.ts';

const system = 'opt';
const one = { quick: [1], recorded: [1] };

/** By name, in the order of the page. */
export const rules = {
  logits: claimRule({
    id: 'logits',
    system,
    statement:
      'The shipped model’s logits are those of a plain PyTorch implementation of the paper: largest difference over eight positions and all tokens.',
    paper: null,
    unit: '',
    predicate: atMost(1e-4),
    seeds: one,
    detects: 1e-4,
  }),
  counting: claimRule({
    id: 'counting',
    system,
    statement:
      'A small OPT trained by the paper’s recipe predicts held-out documents better than counting does: its bits a byte less those of Kneser–Ney 4-grams over the same tokens, mean over documents.',
    paper: null,
    unit: 'bit/byte',
    predicate: atMost(0),
    seeds: one,
    detects: 0.02,
  }),
  context: claimRule({
    id: 'context',
    system,
    statement:
      'It reads more than the last few tokens: bits saved on the same tokens by 256 tokens of context against 8; mean over held-out documents.',
    paper: null,
    unit: 'bit/token',
    predicate: atLeast(0.1),
    seeds: one,
    detects: 0.1,
  }),
  foreign: claimRule({
    id: 'foreign-context',
    system,
    statement: 'Control: the same 8 tokens behind 248 of another document save nothing.',
    paper: null,
    unit: 'bit/token',
    predicate: atMost(0.05),
    seeds: one,
    detects: 0.1,
  }),
  int8: claimRule({
    id: 'int8',
    system,
    statement: 'Weights of eight bits cost next to nothing: rise of the perplexity on held-out text.',
    paper: null,
    unit: '%',
    predicate: atMost(0.5),
    seeds: one,
    detects: 0.5,
  }),
  int4: claimRule({
    id: 'int4',
    system,
    statement: 'Weights of four bits cost little: rise of the perplexity on held-out text.',
    paper: null,
    unit: '%',
    predicate: atMost(5),
    seeds: one,
    detects: 1,
  }),
  loops: claimRule({
    id: 'loops',
    system,
    statement:
      'It gets stuck in a loop (the paper’s section 5): share of greedy continuations of 80 tokens that end by repeating themselves.',
    paper: 'tends to be repetitive and can easily get stuck in a loop',
    unit: '%',
    predicate: atLeast(50),
    seeds: one,
    detects: 10,
  }),
  sampled: claimRule({
    id: 'sampled-loops',
    system,
    statement: 'Control: drawn from the nucleus (p = 0.9), continuations of the same prompts do not.',
    paper: null,
    unit: '%',
    predicate: atMost(10),
    seeds: one,
    detects: 10,
  }),
  zeroShot: claimRule({
    id: 'zero-shot',
    system,
    statement: 'OPT-175B’s zero-shot average over five tasks is that of GPT-3 (davinci).',
    paper: '74.2 against 74.1',
    unit: '%',
    predicate: atLeast(70),
    seeds: one,
    detects: 1,
  }),
  dialogue: claimRule({
    id: 'dialogue',
    system,
    statement: 'OPT-175B converses as well as models that were taught to: perplexity on ConvAI2.',
    paper: 10.8,
    unit: '',
    predicate: atMost(10.8),
    seeds: one,
    detects: 0.5,
  }),
} as const satisfies Record<string, ClaimRule>;
