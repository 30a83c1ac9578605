/** The system's verbs. */
import type { Verb } from '../../command/index.ts';
import { masksVerb } from './masks-command.ts';
import { runVerb } from './run-command.ts';
import { showVerb } from './show-command.ts';
import { tasksVerb } from './tasks-command.ts';

export const verbs: readonly Verb[] = [runVerb, showVerb, masksVerb, tasksVerb];
