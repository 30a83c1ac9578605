/** The system's verbs. */
import type { Verb } from '../../command/index.ts';
import { fitVerb } from './fit-command.ts';
import { plotVerb } from './plot-command.ts';

export const verbs: readonly Verb[] = [fitVerb, plotVerb];
