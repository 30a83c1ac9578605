/** A verb as a sub-command of commander: its arguments and options declared, its help written. */

import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import type { Option as Declared, NumberOption, Request, Verb } from '../command/index.ts';

/** What the line asked for: a verb with its values, how to print the result, and whether stacks are wanted. */
export interface Asked {
  readonly verb: Verb;
  readonly args: Request<Verb['args'], Verb['options']>['args'];
  readonly options: Request<Verb['args'], Verb['options']>['options'];
  readonly json: boolean;
  readonly debug: boolean;
}

/** The sub-command of `verb`, which calls `ask` when the line is well-formed. */
export function subcommand(verb: Verb, ask: (asked: Asked) => void): Command {
  const command = new Command(verb.name)
    .summary(verb.summary)
    .description(verb.about?.replace(/(?<!\n)\n(?!\n)/g, ' ') ?? `${verb.summary}.`);
  for (const [name, { help, optional, many }] of Object.entries(verb.args)) {
    const shown = many ? `${name}...` : name;
    command.addArgument(new Argument(optional ? `[${shown}]` : `<${shown}>`, help));
  }
  for (const [name, option] of Object.entries(verb.options)) command.addOption(declare(name, option));
  return command
    .option('--json', 'print the result as JSON')
    .option('--debug', 'print the stack of an error')
    .addHelpText('after', `\nExamples:\n${verb.examples.map(({ line, does }) => `  # ${does}\n  ${line}`).join('\n')}`)
    .action((...parsed: unknown[]) => {
      const names = Object.keys(verb.args);
      const values = parsed[names.length] as Record<string, unknown>;
      // Commander's own check comes before the one for unknown options, and would hide that `--tagret` is misspelt.
      for (const [name, option] of Object.entries(verb.options)) {
        const missing = option.kind !== 'flag' && option.required && values[name] === undefined;
        if (missing) command.error(`required option '${declare(name, option).flags}' not specified`);
      }
      const args = Object.fromEntries(names.map((name, i) => [name, parsed[i]]));
      const options = Object.fromEntries(
        Object.entries(verb.options).map(([name, option]) => [name, values[name] ?? absent(option)]),
      );
      ask({ verb, args, options, json: values.json === true, debug: values.debug === true } as Asked);
    });
}

function declare(name: string, option: Declared): Option {
  const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  if (option.kind === 'flag') return new Option(flag, option.help);
  const value = option.kind === 'choice' ? option.choices.join('|') : option.value;
  const many = option.kind === 'text' && option.many;
  const declared = new Option(
    `${flag} <${value}>`,
    `${option.help}${many ? ' (may be repeated)' : ''}${option.required ? ' (required)' : ''}`,
  );
  if (option.default !== undefined) declared.default(option.default);
  if (option.kind === 'choice') declared.choices(option.choices);
  if (option.kind === 'number') declared.argParser((text) => number(option, text));
  if (many) declared.argParser((text, before: string[] = []) => [...before, text]);
  return declared;
}

/** What an option is where the line does not have it. */
function absent(option: Declared): unknown {
  if (option.kind === 'flag') return false;
  return option.kind === 'text' && option.many ? [] : undefined;
}

function number({ integer, min = -Infinity, max = Infinity }: NumberOption, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value) && (!integer || Number.isInteger(value)) && value >= min && value <= max) return value;
  const bounds = [min > -Infinity && `at least ${min}`, max < Infinity && `at most ${max}`]
    .filter(Boolean)
    .join(' and ');
  throw new InvalidArgumentError(`expected a ${integer ? 'whole ' : ''}number${bounds && `, ${bounds}`}`);
}
