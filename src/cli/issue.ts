/** `tenfold issue`: what may be asked, and what is answered. The run itself is issue-run.ts. */

import { resolve } from 'node:path';
import { verb } from '../command/index.ts';
import type { Tier } from '../report/index.ts';
import type { IssueResult, Task } from './issue-run.ts';
import type { System } from './systems.ts';
import type { World } from './world.ts';

export function issueVerb({ systems, root }: World) {
  return verb({
    name: 'issue',
    summary: 'measure the papers’ claims on this machine and write the living issue',
    about: `Runs each system's quick experiment (at most 40 seconds a system on 2 cores), judges its claims by rules that were fixed
before the run, and writes a page for people, index.html, and the same for machines, issue.json. The page is written
after every system, so Ctrl-C loses nothing. Results of longer runs that are recorded in the repository stand beside
the quick ones.`,
    args: {
      systems: { help: 'which systems to run; by default all that have an experiment', optional: true, many: true },
    },
    options: {
      recorded: {
        kind: 'text',
        value: 'SYSTEM',
        help: 'make this system’s long run, and record it in the repository with date, commit and machine',
        many: true,
      },
      out: { kind: 'text', value: 'DIR', help: 'the folder to write', default: 'issue' },
    },
    examples: [
      { line: 'tenfold issue', does: 'every system' },
      { line: 'tenfold issue bottleneck --out /tmp/issue', does: 'one system, into a folder of its own' },
      { line: 'tenfold issue --recorded bottleneck', does: 'the long run of one, to be committed' },
    ],
    async run({ args, options, signal, progress }) {
      const tasks = await plan(systems, args.systems, options.recorded);
      const { runIssue } = await import('./issue-run.ts');
      return runIssue(tasks, { systems, root, folder: resolve(options.out), signal, progress });
    },
    text: ({ page }: IssueResult) => page,
  });
}

/** The runs asked for, in the registry's order. @throws RangeError for a name that is not a system with an experiment */
async function plan(
  systems: readonly System[],
  quick: readonly string[],
  recorded: readonly string[],
): Promise<Task[]> {
  const ready = systems.filter((system) => system.load);
  const unknown = [...quick, ...recorded].find((id) => !ready.some((system) => system.id === id));
  if (unknown !== undefined) throw await refusal(unknown, systems, ready);
  const all = quick.length === 0 && recorded.length === 0;
  return ready.flatMap((system) => {
    const tiers: Tier[] = [];
    if (all || quick.includes(system.id)) tiers.push('quick');
    if (recorded.includes(system.id)) tiers.push('recorded');
    return tiers.map((tier) => ({ system, tier }));
  });
}

async function refusal(id: string, systems: readonly System[], ready: readonly System[]): Promise<RangeError> {
  if (systems.some((system) => system.id === id)) return new RangeError(`issue: '${id}' has no experiment yet`);
  const { nearest } = await import('../data/index.ts');
  const names = ready.map((system) => system.id);
  const [meant] = nearest(id, names);
  const hint = meant === undefined ? `the systems are ${names.join(', ')}` : `did you mean ${meant}?`;
  return new RangeError(`issue: expected a system, got '${id}'; ${hint}`);
}
