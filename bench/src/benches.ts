/** The benchmarks by name. A new one is a module beside this file and a line here. */
import type { ParseArgsConfig } from 'node:util';
import type { BenchReport } from './report.ts';

/** The options given on the command line, as `node:util`'s parseArgs gives them. */
export type BenchOptions = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** What a benchmark's module exports. */
export interface Bench {
  /** The options it takes besides `--json`, as parseArgs wants them; any other is refused. */
  readonly options?: NonNullable<ParseArgsConfig['options']>;
  /** Measures. Progress goes to stderr; the report is printed and written by whoever runs it. */
  run(options: BenchOptions): Promise<BenchReport>;
}

export interface BenchEntry {
  /** One line: what is measured against what. */
  readonly about: string;
  load(): Promise<Bench>;
}

export const benches: Readonly<Record<string, BenchEntry>> = {
  gradients: {
    about: 'gradients of convolutional networks against PyTorch in float64',
    load: () => import('./gradients.ts'),
  },
  train: {
    about:
      'training steps, forward passes, memory and compile times against PyTorch eager; training steps against jax-js',
    load: () => import('./train.ts'),
  },
  generate: {
    about:
      'prompts and tokens of OPT against PyTorch with a cache; weights of fewer bits, memory, opening a checkpoint',
    load: () => import('./generate.ts'),
  },
  transformers: {
    about: 'the text that transformers.js writes with the shipped model, exported: greedy, 200 tokens, 20 prompts',
    load: () => import('./transformers.ts'),
  },
  constraints: {
    about: 'constrained tokens against free ones, and 15 beams against a batch of 15, on the shape of OPT-125M',
    load: () => import('./constraints.ts'),
  },
  faults: {
    about: 'training killed at random moments, on a full disk and in an unwritable folder',
    load: () => import('./faults.ts'),
  },
  'collection-faults': {
    about: 'a collection of documents whose writer is killed while it indexes, adds, deletes and merges',
    load: () => import('./collection-faults.ts'),
  },
  'fm-index': {
    about: 'the FM-index against sdsl-lite with SEAL’s parameters, from 1 to 100 MB of text, and in Chromium',
    load: () => import('./fm-index.ts'),
  },
  search: {
    about: 'search by words against MiniSearch and FlexSearch, BM25 against published values, latency with the model',
    load: () => import('./search.ts'),
  },
  retrieval: {
    about:
      'what generated n-grams find on SciFact, Cranfield and XQuAD, in three scorings, against BM25 and fused with it',
    load: () => import('./retrieval.ts'),
  },
  memory: {
    about: 'resident memory over 10,000 training steps',
    load: () => import('./memory.ts'),
  },
  objectives: {
    about: 'training steps of the six cells of architecture and objective against PyTorch eager',
    load: () => import('./objectives.ts'),
  },
  backdoor: {
    about: 'signing and verifying inputs against the bare library, planting against clean training',
    load: () => import('./backdoor.ts'),
  },
  trends: {
    about: 'papers ingested and indexed, search among a million records, its quality, and ingesting killed 100 times',
    load: () => import('./trends.ts'),
  },
};
