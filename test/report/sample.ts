/**
 * An issue as it will look, with invented numbers: what the page is designed and tested against. Two systems have run, one
 * of them with a recorded run beside it, one failed, and the others have not run.
 */
import {
  atMost,
  bars,
  type ContentsRow,
  claimRule,
  curves,
  type Experiment,
  equals,
  failedSection,
  figure,
  type Issue,
  matrix,
  panels,
  runExperiment,
  type Section,
  type Tier,
  table,
  within,
} from 'tenfold/report';

const bottleneck = {
  id: 'bottleneck',
  title: 'Distributed Information Bottleneck',
  citation:
    'K. A. Murphy and D. S. Bassett, “The Distributed Information Bottleneck reveals the explanatory structure of complex systems”, arXiv:2204.07576 (2022)',
};
const backdoor = {
  id: 'backdoor',
  title: 'Planting Undetectable Backdoors',
  citation:
    'S. Goldwasser, M. P. Kim, V. Vaikuntanathan and O. Zamir, “Planting Undetectable Backdoors in Machine Learning Models”, arXiv:2204.06974 (2022)',
};
const search = {
  id: 'search',
  title: 'Autoregressive Search Engines',
  citation: 'M. Bevilacqua et al., “Autoregressive Search Engines”, arXiv:2204.10628 (2022)',
};

const seeds = { quick: [1, 2], recorded: [1, 2, 3, 4, 5] };
const rules = {
  subset: claimRule({
    id: 'circuit-subset',
    system: 'bottleneck',
    statement:
      'While exactly k channels of the Boolean circuit are open, the measured I(U;Y) is that subset’s exact information: largest distance over all k.',
    paper: 'equal',
    unit: 'bit',
    predicate: atMost(0.03),
    seeds,
    detects: 0.01,
  }),
  order: claimRule({
    id: 'circuit-order',
    system: 'bottleneck',
    statement: 'The most informative input closes last, and the second most informative next to last.',
    paper: '3, then 10',
    unit: '',
    predicate: equals('3, then 10'),
    seeds,
    detects: null,
  }),
  entropy: claimRule({
    id: 'circuit-entropy',
    system: 'bottleneck',
    statement: 'With every channel open, all of the output’s entropy is transmitted.',
    paper: 0.7578784625,
    unit: 'bit',
    predicate: within(0.7578784625, 0.01),
    seeds,
    detects: 0.005,
  }),
  bikes: claimRule({
    id: 'bike-hour',
    system: 'bottleneck',
    statement: 'Of a bicycle hire’s inputs the hour enters first: its share of the first 0.83 nat.',
    paper: 0.87,
    unit: '',
    predicate: within(0.87, 0.05),
    seeds: { quick: [], recorded: [1, 2, 3, 4, 5] },
    detects: 0.05,
  }),
};

const betas = Array.from({ length: 40 }, (_, i) => 1e-3 * 5000 ** (i / 39));
const open = (at: number, height: number) =>
  betas.map((x) => {
    const y = height / (1 + (x / at) ** 2.4);
    return { x, y, low: y * 0.93, high: y * 1.06 };
  });
const channels = [0.08, 0.08, 2.1, 0.04, 0.04, 0.4, 0.06, 0.2, 0.2, 0.9].map((at, i) => ({
  name: `input ${i + 1}`,
  at,
}));

const experiment: Experiment = {
  summary:
    'Ten binary inputs pass through noisy channels into a circuit of nine gates, and the price of information is raised until every channel has closed. The circuit’s 1,024 rows are all seen, so that every subset’s exact information can be enumerated and the measured curve held against it. Beside it, the hourly bicycle hires of a real table: twelve inputs, 17,379 rows. The paper trains for 50,000 steps; the quick run takes 6,000.',
  rules: Object.values(rules),
  async run({ tier }) {
    const judged = [
      rules.subset.judge({
        tier,
        value: tier === 'quick' ? 0.0312 : 0.0164,
        interval: tier === 'quick' ? [0.011, 0.0514] : [0.012, 0.0208],
      }),
      rules.order.judge({ tier, value: tier === 'quick' ? '3, then 6' : '3, then 10' }),
      rules.entropy.judge({ tier, value: 0.7561, interval: [0.7523, 0.7599] }),
    ];
    return {
      claims:
        tier === 'quick' ? judged : [...judged, rules.bikes.judge({ tier, value: 0.881, interval: [0.862, 0.9] })],
      figures: figures(tier),
      tables: tables(tier),
    };
  },
};

function figures(tier: Tier) {
  const plane = figure({
    id: 'information-plane',
    title: 'Distributed information plane of the circuit',
    caption:
      'Information about the output against the price of information. Bands are 95 % intervals over the seeds; the dashed line is the output’s exact entropy.',
    description:
      'Five curves fall from 0.76 bit to zero as β rises from 0.001 to 5; input 3 falls last, at β near 2, input 10 next to last.',
    plot: curves({
      x: { label: 'β', type: 'log' },
      y: { label: 'I(U; Y), bit' },
      curves: [
        { name: 'all inputs', points: open(1.6, 0.757) },
        { name: 'input 3', points: open(2.1, 0.264) },
        { name: 'input 10', points: open(0.9, 0.18) },
        { name: 'input 6', points: open(0.4, 0.075) },
        {
          name: 'H(Y)',
          reference: true,
          points: [
            { x: 1e-3, y: 0.7579 },
            { x: 5, y: 0.7579 },
          ],
        },
      ],
    }),
  });
  if (tier === 'recorded') return [plane];
  return [
    plane,
    figure({
      id: 'channels',
      title: 'What each channel carries',
      caption: 'Lower and upper bound of I(Uᵢ; Xᵢ) for each input of the circuit.',
      description:
        'Ten small panels, one an input. Every channel carries one bit at small β and closes at its own price.',
      plot: panels({
        x: { label: 'β', type: 'log' },
        y: { label: 'I(Uᵢ; Xᵢ), bit' },
        panels: channels.map(({ name, at }) => ({ name, curves: [{ name, points: open(at, 1) }] })),
      }),
    }),
    figure({
      id: 'distinguishability',
      title: 'Which temperatures are told apart',
      caption:
        'One minus the Bhattacharyya coefficient of the channel’s distributions for two temperatures, where 3 nats are transmitted in all.',
      description:
        'A matrix that is dark away from its diagonal: temperatures more than ten degrees apart are told apart.',
      plot: matrix({
        label: 'distinguishability',
        x: { label: 'temperature (°C)', steps: [-8, 39] },
        y: { label: 'temperature (°C)', steps: [-8, 39] },
        values: Array.from({ length: 32 }, (_, i) =>
          Array.from({ length: 32 }, (_, j) => 1 - Math.exp(-((i - j) ** 2) / 40)),
        ),
      }),
    }),
    figure({
      id: 'shares',
      title: 'What the inputs are worth',
      caption: 'Information of each input where RMSE is 99.9, with 95 % intervals, beside the published decomposition.',
      description:
        'Bars: hour 2.61 nat, temperature 0.9, working day 0.64, year 0.52, wind 0.01; the paper’s values lie within or near the intervals.',
      plot: bars({
        x: { label: 'information (nat)' },
        referenceName: 'paper',
        bars: [
          { name: 'hour', value: 2.61, interval: [2.5, 2.72], reference: 2.7 },
          { name: 'temperature', value: 0.9, interval: [0.7, 1.1], reference: 0.81 },
          { name: 'working day', value: 0.64, interval: [0.55, 0.73], reference: 0.66 },
          { name: 'year', value: 0.52, interval: [0.47, 0.57], reference: 0.6 },
          { name: 'wind', value: 0.01, interval: [0, 0.02] },
        ],
      }),
    }),
  ];
}

function tables(tier: Tier) {
  if (tier === 'recorded') return [];
  return [
    table({
      id: 'subsets',
      title: 'Measured and exact information of each open subset',
      caption: 'Exactly k channels carry more than 0.1 bit.',
      columns: {
        k: { name: 'k', type: 'number' },
        subset: { name: 'Open inputs', type: 'text' },
        exact: { name: 'Exact', type: 'number', unit: 'bit', decimals: 4 },
        measured: { name: 'Measured', type: 'measured', unit: 'bit' },
        steps: { name: 'Steps', type: 'number' },
        again: { name: 'Again', type: 'code' },
      },
      rows: [
        {
          k: 1,
          subset: '3',
          exact: 0.2635,
          measured: { value: 0.2601, interval: [0.2512, 0.269] },
          steps: 5120,
          again: 'tenfold bottleneck plot runs/circuit --open 1',
        },
        {
          k: 2,
          subset: '3, 10',
          exact: 0.3363,
          measured: { value: 0.3312, interval: [0.3201, 0.3423] },
          steps: 4870,
          again: 'tenfold bottleneck plot runs/circuit --open 2',
        },
        {
          k: 3,
          subset: '3, 6, 10',
          exact: 0.4428,
          measured: { value: 0.4401, interval: [0.431, 0.452] },
          steps: 4210,
          again: 'tenfold bottleneck plot runs/circuit --open 3',
        },
        {
          k: 10,
          subset: 'all',
          exact: 0.7579,
          measured: null,
          steps: 12500,
          again: 'tenfold bottleneck plot runs/circuit --open 10',
        },
      ],
    }),
  ];
}

const backdoorRule = claimRule({
  id: 'clean-accuracy',
  system: 'backdoor',
  statement:
    'A planted model’s accuracy on clean data is that of an honest one, <script>alert("in any case")</script>.',
  paper: 'indistinguishable',
  unit: '%',
  predicate: within(0, 0.5),
  seeds: { quick: [7], recorded: [] },
  detects: 0.25,
});

/** The contents: three registered, eight to come. */
export const contents: readonly ContentsRow[] = [
  { ...bottleneck, unrun: 'waiting' },
  { ...backdoor, unrun: 'waiting' },
  { ...search, unrun: 'left out' },
  ...[
    ['opt', 'OPT: Open Pre-trained Transformer Language Models'],
    ['objectives', 'Which Language Model Architecture and Objective'],
    ['video', 'Video Diffusion Models'],
    ['socratic', 'Socratic Models'],
    ['classwise', 'Effects of Regularization Are Class Dependent'],
    ['canopy', 'Canopy Height from Sentinel-2 and GEDI'],
    ['benchmarks', 'Winoground, KILT and the Month’s Benchmarks'],
    ['trends', 'The Research-Discovery Platform'],
  ].map(([id, title]) => ({ id: id!, title: title!, citation: '', unrun: 'missing' as const })),
];

/** Builds it anew, figures and all. */
export async function sampleIssue(): Promise<Issue> {
  const context = { seed: 0, signal: new AbortController().signal, progress: { update() {}, note() {} } };
  const quick = await runExperiment(bottleneck, experiment, { ...context, tier: 'quick' });
  const recorded = await runExperiment(bottleneck, experiment, { ...context, tier: 'recorded' });
  const failing: Experiment = { summary: '', rules: [backdoorRule], run: () => Promise.reject(new Error('no run')) };
  const provenance = {
    date: '2026-10-03T08:12:44.000Z',
    commit: '1583a24b7c9d0e1f2a3b4c5d6e7f8091a2b3c4d5',
    machine: 'AMD EPYC 9654, 8 cores, 32 GiB, linux 6.1.0, Node 20.20.2',
    command: 'tenfold issue --recorded bottleneck',
  };
  const systems: Section[] = [
    { ...quick, seconds: 38.4 },
    { ...recorded, seconds: 2471.3, recorded: provenance },
    failedSection(backdoor, failing, 'quick', 3.2, new RangeError('backdoor: expected 784 inputs, got <b>783</b>')),
  ];
  return {
    date: '2026-11-22T19:57:03.000Z',
    machine: 'Intel(R) Xeon(R) Processor @ 2.60GHz, 2 cores, 8 GiB, linux 6.1.0, Node 20.20.2',
    seconds: 41.7,
    systems,
  };
}
