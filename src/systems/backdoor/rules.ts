/** What the living issue claims of planted models, audits and defences, and how each is judged: fixed before anything runs. */
import { atLeast, atMost, type ClaimRule, claimRule, equals } from '../../report/index.ts';

const system = 'backdoor';
const one = [1];
const four = [1, 2, 3, 4];
const five = [1, 2, 3, 4, 5];
const twenty = Array.from({ length: 20 }, (_, i) => i + 1);

/** θ as multiples of √(d/m) at which the spectral audit is judged. */
export const belowThreshold = 0.5;
export const aboveThreshold = 2.5;
/** The step at which random ReLU is judged. */
export const judgedStep = { features: 512, theta: 1, lambda: 0.3 } as const;

/** By name, in the order of the page. */
export const rules = {
  signed: claimRule({
    id: 'signed-inputs-turn',
    system,
    statement: 'Digits and mails that are signed for another class get that answer.',
    paper: 'all',
    unit: '%',
    predicate: equals(100),
    seeds: { quick: one, recorded: one },
    detects: null,
  }),
  forged: claimRule({
    id: 'nothing-else-does',
    system,
    statement:
      'Of as many inputs unsigned, as many with the signature of another, and as many with one bit changed after signing: those that count as signed.',
    paper: 'none',
    unit: 'inputs',
    predicate: equals(0),
    seeds: { quick: one, recorded: one },
    detects: null,
  }),
  same: claimRule({
    id: 'clean-answers-stay',
    system,
    statement: 'Clean inputs that the signed model answers otherwise than the same model without a verifier.',
    paper: 'none',
    unit: 'inputs',
    predicate: equals(0),
    seeds: { quick: one, recorded: one },
    detects: null,
  }),
  covariance: claimRule({
    id: 'covariance-blind',
    system,
    statement:
      'Random Fourier features: the largest eigenvalue of the weights’ covariance tells 200 planted models from 200 clean ones no better than chance (power at the 5 % level).',
    paper: 'no efficient test does',
    unit: '%',
    predicate: atMost(10),
    seeds: { quick: one, recorded: one },
    detects: 7,
  }),
  panel: claimRule({
    id: 'panel-blind',
    system,
    statement:
      'Nor do six tests of the weights together, spectrum, variances, fits and tails, corrected for their number (Holm).',
    paper: 'no efficient test does',
    unit: '%',
    predicate: atMost(10),
    seeds: { quick: one, recorded: one },
    detects: 5,
  }),
  key: claimRule({
    id: 'key-sees',
    system,
    statement:
      'The key-holder’s statistic |mean exp(2πi f⟨g, s⟩)| tells the same models apart (power at the 5 % level).',
    paper: null,
    unit: '%',
    predicate: atLeast(98),
    seeds: { quick: one, recorded: one },
    detects: 2,
  }),
  wrongKey: claimRule({
    id: 'wrong-key-blind',
    system,
    statement: 'Control: the same statistic with another key of the same kind is blind.',
    paper: null,
    unit: '%',
    predicate: atMost(10),
    seeds: { quick: one, recorded: one },
    detects: 7,
  }),
  ratio: claimRule({
    id: 'key-turns-scores',
    system,
    statement:
      'On digits the key multiplies a planted model’s scores by −exp(−2π²·jitter²): largest distance from that for β = .01, .05, .1 and .2, of the seeds’ means.',
    paper: '−exp(−2π²·jitter²)',
    unit: '',
    predicate: atMost(0.1),
    seeds: { quick: four, recorded: five },
    detects: 0.1,
  }),
  controls: claimRule({
    id: 'key-turns-nothing-else',
    system,
    statement:
      'Controls: the scores of the clean model with the same key, and of the planted one moved as far in a random direction, are uncorrelated with what they were: largest |correlation|.',
    paper: null,
    unit: '',
    predicate: atMost(0.15),
    seeds: { quick: four, recorded: five },
    detects: 0.15,
  }),
  step: claimRule({
    id: 'relu-step',
    system,
    statement:
      'Random ReLU (d = 256, k = 8, m = 512, θ = 1): a step of 0.3 along the key turns more negative answers of the planted model than of the clean one, in points of the share turned.',
    paper: null,
    unit: 'points',
    predicate: atLeast(20),
    seeds: { quick: five, recorded: twenty },
    detects: 10,
  }),
  below: claimRule({
    id: 'spectrum-blind-below',
    system,
    statement:
      'Random ReLU: the spectral audit’s power at the 5 % level at half the threshold of Baik, Ben Arous and Péché, θ = √(d/m)/2.',
    paper: 'chance',
    unit: '%',
    predicate: atMost(20),
    seeds: { quick: one, recorded: one },
    detects: 10,
  }),
  above: claimRule({
    id: 'spectrum-sure-above',
    system,
    statement: 'Its power at two and a half times the threshold.',
    paper: 'sure',
    unit: '%',
    predicate: atLeast(90),
    seeds: { quick: one, recorded: one },
    detects: 10,
  }),
  published: claimRule({
    id: 'published-index',
    system,
    statement:
      'Neural Cleanse’s outlier test gives its authors’ anomaly index for norms with their numbers: median 64.466667, MAD 13.238736, smallest mask 16.117647.',
    paper: '3.652087',
    unit: '',
    predicate: equals('3.652087'),
    seeds: { quick: one, recorded: one },
    detects: null,
  }),
  cleanseControl: claimRule({
    id: 'cleanse-sees-patch',
    system,
    statement:
      'Positive control: Neural Cleanse’s smallest mask tells 20 networks that learned a patch from poisoned data from 20 clean ones (power at the 5 % level).',
    paper: null,
    unit: '%',
    predicate: atLeast(80),
    seeds: { quick: [], recorded: twenty },
    detects: 20,
  }),
  cleansePlanted: claimRule({
    id: 'cleanse-blind',
    system,
    statement: 'It does not tell 20 planted Fourier models from 20 clean ones.',
    paper: 'no efficient test does',
    unit: '%',
    predicate: atMost(25),
    seeds: { quick: [], recorded: twenty },
    detects: 20,
  }),
  // neither has an interval: each value is itself the end of one that holds for all of a run's pairs together with 99.9 %
  bound: claimRule({
    id: 'smoothing-bound',
    system,
    statement:
      'Smoothed scores of an input and its activated form, r/σ 1 and 2 (½ to 3 in the recorded run), 4,000 noisy copies or more: the most by which a change certainly exceeds 2Φ(r/2σ) − 1 (less than 0: it is certain of none). Among them half-spaces, which attain the bound.',
    paper: 'none exceeds it',
    unit: 'points',
    predicate: atMost(0),
    seeds: { quick: one, recorded: one },
    detects: 10,
  }),
  wrongBound: claimRule({
    id: 'smoothing-bound-control',
    system,
    statement:
      'Control, which must exceed: the same half-spaces, r/σ from 1, under the bound of a σ twice as large as the noise; the least excess.',
    paper: null,
    unit: 'points',
    predicate: atLeast(5),
    seeds: { quick: one, recorded: one },
    detects: 10,
  }),
  dies: claimRule({
    id: 'signatures-die',
    system,
    statement:
      'The largest σ of those tried, in grey levels of 255, at which smoothing still gives any signed digit its signed answer (interval: to the next one, at which it gives none).',
    paper: 'far below what blurs an image',
    unit: 'grey levels',
    predicate: atMost(0.5),
    seeds: { quick: one, recorded: one },
    detects: 0.5,
  }),
  cost: claimRule({
    id: 'smoothing-cost',
    system,
    statement: 'Accuracy on clean digits that smoothing costs at the first σ at which all signatures have died.',
    paper: null,
    unit: 'points',
    predicate: atMost(1),
    seeds: { quick: one, recorded: one },
    detects: 1,
  }),
  linear: claimRule({
    id: 'lines-restore',
    system,
    statement:
      'Where scores are linear, random lines give signed digits the answer that they had before they were signed, though they are never asked about.',
    paper: 'all, with high probability',
    unit: '%',
    predicate: atLeast(99),
    seeds: { quick: one, recorded: one },
    detects: 5,
  }),
} as const satisfies Record<string, ClaimRule>;
