/**
 * A study's folder: what is compared on what, how far it has come, and what came out.
 *
 *   study.json   recipe, seeds, and what was asked for
 *   tokenizer/, tokens.safetensors, tasks.json   the material
 *   runs/SEED/RUN/   checkpoint and metrics of each training, and result.json when it is done
 *
 * Everything can be made again by the same request: a study that was stopped goes on, and a request for another one in the
 * same folder is refused.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, replaceFile } from '../../tensor/index.ts';
import { type RunResult, readResult } from './perform.ts';
import { planOf, type Run } from './plan.ts';
import type { Recipe } from './recipe.ts';

/** What is compared. */
export interface Study {
  readonly recipe: Recipe;
  readonly seeds: readonly number[];
  /** What was asked for, by which a request is known again: the texts' digest, the budget, sizes; and to be shown, `texts`. */
  readonly asked: Readonly<Record<string, string | number>>;
}

const format = 'tenfold objectives 1';

/** Keeps a study in a folder that is there. */
export async function saveStudy(folder: string, study: Study): Promise<void> {
  await replaceFile(join(folder, 'study.json'), [`${JSON.stringify({ format, ...study }, null, 1)}\n`]);
}

/** The study in a folder; undefined where there is none. @throws SyntaxError for a study.json that is none */
export async function readStudy(folder: string): Promise<Study | undefined> {
  const path = join(folder, 'study.json');
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  let study: Study & { readonly format?: unknown };
  try {
    study = JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`run: expected JSON in ${path}, got ${(error as Error).message}`, { cause: error });
  }
  if (study?.format !== format)
    throw new SyntaxError(`run: expected a ${format} in ${path}, got ${String(study?.format)} (give another --out)`);
  const { recipe, seeds, asked } = study;
  return { recipe, seeds, asked };
}

/**
 * The study that a request is for: the one in the folder, or undefined where it has to be begun.
 * @throws RangeError when the folder has another
 */
export async function claimStudy(folder: string, asked: Study['asked']): Promise<Study | undefined> {
  const before = await readStudy(folder);
  if (before === undefined) {
    await makeFolder(folder);
    return undefined;
  }
  const names = new Set([...Object.keys(asked), ...Object.keys(before.asked)]);
  // which texts they are the digest knows; what they are called may change
  names.delete('texts');
  const other = [...names].filter((name) => asked[name] !== before.asked[name]);
  if (other.length === 0) return before;
  throw new RangeError(
    `run: expected the ${other.join(', ')} that the study in ${folder} began with (${other.map((name) => before.asked[name]).join(', ')}), got ${other.map((name) => asked[name]).join(', ')}; give another --out`,
  );
}

/** The plan of a study. Without finetuning it is the six pretrainings alone. */
export function planOfStudy({ seeds, recipe }: Study): Run[] {
  const plan = planOf(seeds, recipe.finetuning);
  return recipe.finetuning > 0 ? plan : plan.filter(({ from }) => from === undefined);
}

/** Results by run and seed. */
export class Results {
  readonly seeds: readonly number[];
  readonly #byRun = new Map<string, RunResult>();

  constructor(seeds: readonly number[], results: Iterable<RunResult>) {
    this.seeds = seeds;
    for (const result of results) this.#byRun.set(`${result.seed} ${result.id}`, result);
  }

  /** Those that are there of a study. */
  static async read(folder: string, study: Study): Promise<Results> {
    const found = await Promise.all(planOfStudy(study).map((run) => readResult(folder, run)));
    return new Results(
      study.seeds,
      found.filter((result) => result !== undefined),
    );
  }

  get count(): number {
    return this.#byRun.size;
  }

  of(id: string, seed: number): RunResult | undefined {
    return this.#byRun.get(`${seed} ${id}`);
  }

  /** A number of every seed that has these runs: what `fn` makes of their results, in the order of the ids. */
  each(ids: readonly string[], fn: (...results: RunResult[]) => number): number[] {
    return this.seeds.flatMap((seed) => {
      const own = ids.map((id) => this.of(id, seed));
      return own.every((result) => result !== undefined) ? [fn(...(own as RunResult[]))] : [];
    });
  }
}
