/** What a system offers to a command line, and what it is given: verbs and progress, as plain typed data; and services. */
export { blamed } from './blamed.ts';
export { isLoopback, listenOptions } from './listen.ts';
export { type Progress, silent } from './progress.ts';
export { isPassing, pause, shown, TimeLimit } from './remote.ts';
export { type Served, servedAt, serviceOf } from './served.ts';
export { type Asked, Content, type Events, jsonService, Refusal, type ServiceOptions, serveUntil } from './service.ts';
export { isSuppressed } from './suppressed.ts';
export { type Output, printable, stderrProgress, TerminalProgress } from './terminal.ts';
export { Unfinished } from './unfinished.ts';
export {
  type Argument,
  type ArgumentValue,
  type ChoiceOption,
  type Example,
  type FlagOption,
  type NumberOption,
  type Option,
  type OptionValue,
  type Request,
  type TextOption,
  type Verb,
  verb,
} from './verb.ts';
