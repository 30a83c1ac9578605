/** The system's verbs. */
import type { Verb } from '../../command/index.ts';
import { chatVerb } from './chat-command.ts';
import { convertVerb } from './convert-command.ts';
import { generateVerb } from './generate-command.ts';
import { perplexityVerb } from './perplexity-command.ts';
import { pullVerb } from './pull-command.ts';
import { serveVerb } from './serve-command.ts';
import { trainVerb } from './train-command.ts';

export const verbs: readonly Verb[] = [
  generateVerb,
  chatVerb,
  perplexityVerb,
  pullVerb,
  convertVerb,
  trainVerb,
  serveVerb,
];
