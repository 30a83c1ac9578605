/** The system's verbs. */
import type { Verb } from '../../command/index.ts';
import { activateVerb } from './activate-command.ts';
import { auditVerb } from './audit-command.ts';
import { immunizeVerb } from './immunize-command.ts';
import { plantVerb } from './plant-command.ts';
import { serveVerb } from './serve-command.ts';
import { verifyVerb } from './verify-command.ts';

export const verbs: readonly Verb[] = [plantVerb, activateVerb, verifyVerb, auditVerb, immunizeVerb, serveVerb];
