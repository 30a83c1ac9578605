/**
 * A verb: one thing that a system can be asked to do, as data.
 *
 * A system's commands.ts exports `verbs`, a list of these. The command line makes `tenfold SYSTEM VERB` of each: it
 * parses and checks arguments and options as declared here, teaches them in `--help`, shows progress, turns Ctrl-C into
 * the abort signal, and prints the result: as `text` writes it, or as JSON when asked with `--json`. So a verb computes
 * and returns; it never prints, parses, or exits.
 */

import type { Progress } from './progress.ts';

/** A positional argument: a string; with `many` the rest of the line (the last argument only). */
export interface Argument {
  readonly help: string;
  readonly optional?: true;
  readonly many?: true;
}

/** An option; its key in camelCase is the flag in kebab-case (`maxSteps` is `--max-steps`). */
export type Option = FlagOption | TextOption | NumberOption | ChoiceOption;

/** Present or absent: `--overwrite`. */
export interface FlagOption {
  readonly kind: 'flag';
  readonly help: string;
}

/** Free text: a path, a column's name. `many` may be repeated (`--skip a --skip b`). */
export interface TextOption {
  readonly kind: 'text';
  /** What stands for the value in help: `COLUMN`. */
  readonly value: string;
  readonly help: string;
  readonly required?: true;
  readonly many?: true;
  readonly default?: string;
}

/** A finite number in [min, max]; a whole one with `integer`. */
export interface NumberOption {
  readonly kind: 'number';
  readonly value: string;
  readonly help: string;
  readonly integer?: true;
  readonly min?: number;
  readonly max?: number;
  readonly required?: true;
  readonly default?: number;
}

/** One of a few words. */
export interface ChoiceOption {
  readonly kind: 'choice';
  readonly choices: readonly string[];
  readonly help: string;
  readonly required?: true;
  readonly default?: string;
}

/** The value an argument arrives as. */
export type ArgumentValue<A extends Argument> = A extends { many: true }
  ? readonly string[]
  : A extends { optional: true }
    ? string | undefined
    : string;

/** The value an option arrives as: always there when it is required or has a default. */
export type OptionValue<O extends Option> = O extends { kind: 'flag' }
  ? boolean
  : O extends { many: true }
    ? readonly string[]
    : O extends { required: true } | { default: string | number }
      ? Present<O>
      : Present<O> | undefined;

type Present<O extends Option> = O extends { kind: 'number' }
  ? number
  : O extends { kind: 'choice'; choices: readonly (infer C)[] }
    ? C
    : string;

type Arguments = Readonly<Record<string, Argument>>;
type Options = Readonly<Record<string, Option>>;

/** What a verb gets when it runs. */
export interface Request<A extends Arguments, O extends Options> {
  readonly args: { readonly [K in keyof A]: ArgumentValue<A[K]> };
  readonly options: { readonly [K in keyof O]: OptionValue<O[K]> };
  /** Aborted by Ctrl-C. Stop at the next safe point by throwing its reason: `signal.throwIfAborted()`. */
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

export interface Example {
  /** The whole line as typed: `tenfold bottleneck fit wine.csv --target quality`. */
  readonly line: string;
  /** What it does, in a few words. */
  readonly does: string;
}

export interface Verb<A extends Arguments = Arguments, O extends Options = Options, R = unknown> {
  readonly name: string;
  /** One line, lower case, no full stop: it stands in lists. */
  readonly summary: string;
  /**
   * Paragraphs that teach: what goes in, what comes out, what to look at. Shown above the options in help, wrapped to the
   * terminal; an empty line parts paragraphs.
   */
  readonly about?: string;
  readonly args: A;
  readonly options: O;
  /** At least one. */
  readonly examples: readonly Example[];
  /**
   * Does it and returns a JSON-ready result. For a mistake of the user's throw TypeError, RangeError or SyntaxError with a
   * message that opens with the operation's name in lower case (`fit: expected a column, got 'qualty'`): the command
   * prints it as one line and exits 2. Anything else that is thrown counts as a failure and exits 1; an `Unfinished` prints
   * its result first.
   */
  run(request: Request<A, O>): Promise<R>;
  /** The result as lines for a person. */
  text(result: R): string;
}

/** Declares a verb; the types of `run`'s request follow from `args` and `options`. */
export function verb<const A extends Arguments, const O extends Options, R>(declared: Verb<A, O, R>): Verb<A, O, R> {
  return Object.freeze(declared);
}
