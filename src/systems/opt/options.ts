/** Options that several verbs have. */
import { weightForms } from './quantized.ts';
import { usualTokens } from './request.ts';

export const modelOption = {
  kind: 'text',
  value: 'DIR',
  help: 'folder of a checkpoint with its tokenizer; by default the model that ships with tenfold',
} as const;

export const weightsOption = {
  kind: 'choice',
  choices: weightForms,
  help: 'how weights are kept: eight or four bits take a quarter or a sixth of the memory and read faster',
  default: 'float32',
} as const;

export const samplingOptions = {
  maxTokens: {
    kind: 'number',
    value: 'N',
    help: `most tokens to write; by default ${usualTokens}, or what the context has left`,
    integer: true,
    min: 1,
  },
  temperature: {
    kind: 'number',
    value: 'T',
    help: 'how freely tokens are drawn; 0 takes the likeliest',
    min: 0,
    max: 10,
    default: 0.8,
  },
  topP: {
    kind: 'number',
    value: 'P',
    help: 'draw from the likeliest tokens of this share',
    min: 0,
    max: 1,
    default: 0.95,
  },
  topK: {
    kind: 'number',
    value: 'K',
    help: 'draw from the K likeliest; 0: from all',
    integer: true,
    min: 0,
    default: 0,
  },
  stop: { kind: 'text', value: 'TEXT', help: 'end before this text', many: true },
  seed: { kind: 'number', value: 'N', help: 'of the draws', integer: true, min: 0, max: 1e9, default: 0 },
} as const;

export const endpointOptions = {
  endpoint: {
    kind: 'text',
    value: 'URL',
    help: 'run a served model instead, by its completions: http://127.0.0.1:8000/v1; --model then names the folder of its tokenizer, OPT_API_KEY in the environment its key',
  },
  served: { kind: 'text', value: 'NAME', help: 'the served model’s name, for servers with several' },
} as const;
