/**
 * Properties look elsewhere on every run of a developer, and at the same places where a commit is judged: what a new seed
 * finds is a bug to mend, never a reason why someone else's change does not land. fast-check prints the seed that failed.
 */
import process from 'node:process';
import fc from 'fast-check';

if (process.env.CI) fc.configureGlobal({ seed: 20220501 });
