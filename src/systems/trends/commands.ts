/** The system's verbs. */
import type { Verb } from '../../command/index.ts';
import { exportVerb, restoreVerb } from './commands/export-command.ts';
import { ingestVerb } from './commands/ingest-command.ts';
import { issueVerb } from './commands/issue-command.ts';
import { mapVerb } from './commands/map-command.ts';
import { pickVerb } from './commands/pick-command.ts';
import { recommendVerb } from './commands/recommend-command.ts';
import { searchVerb, similarVerb } from './commands/search-command.ts';
import { serveVerb } from './commands/serve-command.ts';
import { collectVerb, tagVerb } from './commands/shelf-commands.ts';
import { burstsVerb, risingVerb, topicsVerb } from './commands/trend-commands.ts';

export const verbs: readonly Verb[] = [
  ingestVerb,
  searchVerb,
  similarVerb,
  tagVerb,
  collectVerb,
  recommendVerb,
  risingVerb,
  burstsVerb,
  topicsVerb,
  mapVerb,
  pickVerb,
  issueVerb,
  serveVerb,
  exportVerb,
  restoreVerb,
];
