/**
 * The command `tenfold`: the line is parsed, the verb it asks for runs, its result is printed.
 *
 * Results go to standard output, progress and errors to standard error. Exit codes: 0 done; 1 failed; 2 a bad request;
 * 130 stopped by Ctrl-C. An error is one line; its stack is printed with --debug.
 */

import { readFile } from 'node:fs/promises';
import { styleText } from 'node:util';
import { Command, CommanderError } from 'commander';
import { TerminalProgress, Unfinished, type Verb } from '../command/index.ts';
import { devicesVerb } from './devices.ts';
import { describeError, isBadRequest, trace } from './errors.ts';
import { issueVerb } from './issue.ts';
import { type Asked, subcommand } from './parse.ts';
import type { World } from './world.ts';

const EXAMPLES = `
Examples:
  # measure the papers' claims on this machine and write the page issue/index.html
  tenfold issue
  # what a system can do, and how
  tenfold bottleneck --help`;

/** Runs the command line `argv` (without node and script) and returns its exit code. */
export async function tenfold(argv: readonly string[], world: World): Promise<number> {
  let asked: Asked | undefined;
  try {
    const program = await build(argv, world, (request) => {
      asked = request;
    });
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return fail(error, argv.includes('--debug'), world);
  }
  return asked ? perform(asked, world) : 0;
}

async function perform({ verb, args, options, json, debug }: Asked, world: World): Promise<number> {
  const { stdout, stderr, signal } = world;
  const progress = new TerminalProgress(stderr);
  const print = (result: unknown) => {
    const text = json ? JSON.stringify(result, null, 2) : verb.text(result);
    if (text !== '') stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  };
  try {
    const result = await verb.run({ args, options, signal, progress });
    progress.clear();
    print(result);
    return 0;
  } catch (error) {
    progress.clear();
    if (signal.aborted) {
      stderr.write('tenfold: stopped\n');
      return 130;
    }
    if (error instanceof Unfinished) print(error.result);
    return fail(error, debug, world, verb.name);
  }
}

function fail(error: unknown, debug: boolean, { stderr }: World, op?: string): number {
  stderr.write(`tenfold: ${describeError(error, op)}\n`);
  if (debug) stderr.write(`${trace(error)}\n`);
  return isBadRequest(error) ? 2 : 1;
}

/** The whole grammar, with the verbs of the one system that the line names: no other system's code is imported. */
async function build(argv: readonly string[], world: World, ask: (asked: Asked) => void): Promise<Command> {
  const { version } = JSON.parse(await readFile(new URL('package.json', world.root), 'utf8')) as { version: string };
  const program = new Command('tenfold')
    .description('Ten research systems on one tensor engine.')
    .version(version, '--version', 'print the version')
    .addHelpText('after', EXAMPLES);
  const own: readonly Verb[] = [issueVerb(world), devicesVerb];
  for (const verb of own) program.addCommand(subcommand(verb, ask));
  const words = argv.filter((word) => !word.startsWith('-'));
  const named = words[0] === 'help' ? words[1] : words[0];
  for (const { id, title, job, load } of world.systems) {
    if (!load) continue;
    const group = program.command(id).summary(job).description(`${title}: ${job}.`);
    if (id !== named) continue;
    const { verbs } = await load.commands();
    for (const verb of verbs) group.addCommand(subcommand(verb, ask));
  }
  configure(program, world);
  return program;
}

function configure(command: Command, world: World): void {
  const { stdout, stderr } = world;
  command
    .exitOverride()
    .helpOption('-h, --help', 'print this help')
    .configureHelp({ styleTitle: (title) => styleText('bold', title, { validateStream: false }) })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      getOutHelpWidth: () => stdout.columns ?? 100,
      getErrHelpWidth: () => stderr.columns ?? 100,
      getOutHasColors: () => stdout.hasColors?.() ?? false,
      getErrHasColors: () => stderr.hasColors?.() ?? false,
      outputError: (text, write) =>
        write(
          `tenfold: ${text
            .replace(/^error: /, '')
            .trim()
            .replaceAll('\n', ' ')}\n`,
        ),
    });
  for (const sub of command.commands) configure(sub, world);
}
