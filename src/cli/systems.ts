/**
 * The month's eleven systems: DESIGN's table, and where the code of each is.
 *
 * A system without `load` has no code yet; the help leaves it out and the living issue lists it as missing. Code is
 * imported when its system is asked for, and not before.
 */

import type { Verb } from '../command/index.ts';
import type { Experiment, SystemTitle } from '../report/index.ts';

export interface System extends SystemTitle {
  /** What a user does with it: one line, lower case. */
  readonly job: string;
  readonly load?: {
    commands(): Promise<{ readonly verbs: readonly Verb[] }>;
    experiment(): Promise<{ readonly experiment: Experiment }>;
  };
}

export const systems: readonly System[] = [
  {
    id: 'bottleneck',
    title: 'Distributed Information Bottleneck',
    citation:
      'K. A. Murphy and D. S. Bassett, “The Distributed Information Bottleneck reveals the explanatory structure of complex systems”, arXiv:2204.07576 (2022)',
    job: 'which inputs hold the information about a target, and which values of them',
    load: {
      commands: () => import('../systems/bottleneck/commands.ts'),
      experiment: () => import('../systems/bottleneck/experiment.ts'),
    },
  },
  {
    id: 'backdoor',
    title: 'Planting Undetectable Backdoors',
    citation:
      'S. Goldwasser, M. P. Kim, V. Vaikuntanathan and O. Zamir, “Planting Undetectable Backdoors in Machine Learning Models”, arXiv:2204.06974 (2022)',
    job: 'plant, activate, audit and immunize: what can hide in a model',
    load: {
      commands: () => import('../systems/backdoor/commands.ts'),
      experiment: () => import('../systems/backdoor/experiment.ts'),
    },
  },
  {
    id: 'search',
    title: 'Autoregressive Search Engines',
    citation:
      'M. Bevilacqua, G. Ottaviano, P. Lewis, W. Yih, S. Riedel and F. Petroni, “Autoregressive Search Engines: Generating Substrings as Document Identifiers”, arXiv:2204.10628 (2022)',
    job: 'index documents, search them by generated n-grams, see why each was found',
    load: {
      commands: () => import('../systems/search/commands.ts'),
      experiment: () => import('../systems/search/experiment.ts'),
    },
  },
  {
    id: 'opt',
    title: 'OPT',
    citation: 'S. Zhang et al., “OPT: Open Pre-trained Transformer Language Models”, arXiv:2205.01068 (2022)',
    job: 'load, run, evaluate and serve an OPT checkpoint',
    load: {
      commands: () => import('../systems/opt/commands.ts'),
      experiment: () => import('../systems/opt/experiment.ts'),
    },
  },
  {
    id: 'objectives',
    title: 'Architecture and Pretraining Objective',
    citation:
      'T. Wang et al., “What Language Model Architecture and Pretraining Objective Work Best for Zero-Shot Generalization?”, arXiv:2204.05832 (2022)',
    job: 'which architecture and objective to pretrain on a corpus',
    load: {
      commands: () => import('../systems/objectives/commands.ts'),
      experiment: () => import('../systems/objectives/experiment.ts'),
    },
  },
  {
    id: 'video',
    title: 'Video Diffusion Models',
    citation:
      'J. Ho, T. Salimans, A. Gritsenko, W. Chan, M. Norouzi and D. J. Fleet, “Video Diffusion Models”, arXiv:2204.03458 (2022)',
    job: 'train on clips; sample, extend, upsample',
  },
  {
    id: 'socratic',
    title: 'Socratic Models',
    citation:
      'A. Zeng et al., “Socratic Models: Composing Zero-Shot Multimodal Reasoning with Language”, arXiv:2204.00598 (2022)',
    job: 'ask questions about a video, an image, a recording',
  },
  {
    id: 'classwise',
    title: 'Class-Dependent Effects of Regularization',
    citation:
      'R. Balestriero, L. Bottou and Y. LeCun, “The Effects of Regularization and Data Augmentation are Class Dependent”, arXiv:2204.03632 (2022)',
    job: 'which classes an augmentation hurts',
  },
  {
    id: 'canopy',
    title: 'Canopy Height from Sentinel-2 and GEDI',
    citation:
      'N. Lang, W. Jetz, K. Schindler and J. D. Wegner, “A high-resolution canopy height model of the Earth”, arXiv:2204.08322 (2022)',
    job: 'a height map with its uncertainty',
  },
  {
    id: 'benchmarks',
    title: 'Winoground, KILT and the Month’s Benchmarks',
    citation:
      'T. Thrush et al., “Winoground: Probing Vision and Language Models for Visio-Linguistic Compositionality”, arXiv:2204.03162 (2022)',
    job: 'score a model as the papers do',
  },
  {
    id: 'trends',
    title: 'The Platform behind the Newsletter',
    citation: 'Zeta Alpha, “Trends in AI”, May 2022',
    job: 'ingest literature, search it, find trends, pick the ten papers, write the issue',
    load: {
      commands: () => import('../systems/trends/commands.ts'),
      experiment: () => import('../systems/trends/experiment.ts'),
    },
  },
];
