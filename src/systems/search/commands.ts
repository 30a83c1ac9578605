/** The system's verbs. */
import type { Verb } from '../../command/index.ts';
import { addVerb } from './commands/add-command.ts';
import { deleteVerb } from './commands/delete-command.ts';
import { evalVerb } from './commands/eval-command.ts';
import { importVerb } from './commands/import-command.ts';
import { indexVerb } from './commands/index-command.ts';
import { queryVerb } from './commands/query-command.ts';
import { serveVerb } from './commands/serve-command.ts';
import { trainVerb } from './commands/train-command.ts';

export const verbs: readonly Verb[] = [
  indexVerb,
  addVerb,
  deleteVerb,
  trainVerb,
  queryVerb,
  serveVerb,
  evalVerb,
  importVerb,
];
