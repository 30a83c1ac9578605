/**
 * Training an OPT model: the paper's recipe, and its way with loss spikes.
 *
 * The steps are nn's training loop; around it stands what the paper's authors did by hand. A spike ends the loop, is
 * written into the logbook with what is done about it, and the loop begins again from a checkpoint. Whatever happens to
 * the process, the folder leads on: checkpoint, metrics and logbook determine how training continues.
 */
import { link, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Progress } from '../../command/index.ts';
import { batches, type Position } from '../../data/index.ts';
import { type BatchStream, crossEntropyLoss, fit, type MetricsRecord, NotFiniteError } from '../../nn/index.ts';
import { compile, makeFolder, type NDArray, random, type Tensor } from '../../tensor/index.ts';
import { type Transformer, transformer } from '../../text/index.ts';
import { architecture, initialParameters } from './architecture.ts';
import type { OptConfig } from './config.ts';
import { Logbook } from './logbook.ts';
import { optimizerOf, type Recipe } from './recipe.ts';
import { mostInterventions, remedy, SpikeWatch } from './spikes.ts';
import { type TokenBatch, tokenWindows } from './token-windows.ts';

/** What to train on what. */
export interface TrainOptions {
  readonly config: OptConfig;
  readonly recipe: Recipe;
  /** Tokens to learn from, and tokens that the model is judged on. */
  readonly tokens: { readonly train: Int32Array; readonly held: Int32Array };
  /** Where checkpoint, metrics and logbook are kept; a run that is there goes on. */
  readonly folder: string;
  /** Steps between two looks at the held-out tokens. Default 200. */
  readonly every?: number;
  readonly onRecord?: (record: MetricsRecord) => void;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

/** What training ends with. */
export interface TrainedModel {
  readonly params: Transformer<NDArray>;
  readonly steps: number;
  /** Cross-entropy of the last step and of the held-out windows, in nats a token. */
  readonly loss: number;
  readonly held: number;
}

/** Held-out windows that are looked at while training. */
const heldWindows = 16;
/** Steps between two looks at whether training is calm. */
const calmEvery = 50;

class Spike extends Error {
  readonly step: number;
  readonly loss: number;

  constructor(step: number, loss: number) {
    super(`a loss of ${loss} in step ${step}`);
    this.step = step;
    this.loss = loss;
  }
}

/**
 * Trains a model, or goes on with the run in the folder.
 * @throws RangeError for too few tokens or a folder with another run; Error when spikes do not end; the signal's reason
 */
export async function train(options: TrainOptions): Promise<TrainedModel> {
  const { config, recipe, tokens, folder, signal } = options;
  const data = tokenWindows(tokens.train, recipe.window);
  const measure = heldOut(config, tokens.held, recipe);
  await makeFolder(folder);
  const logbook = await Logbook.open(folder);
  const step = logbook.entries.at(-1)?.step ?? 0;
  if (logbook.entries.length > 0) {
    const before = logbook.recipe;
    const changed = Object.fromEntries(Object.entries(recipe).filter(([name, value]) => before[name] !== value));
    await logbook.add({ event: 'resume', step, changed });
  } else await logbook.add({ event: 'begin', step, recipe: { ...recipe, ...config } });
  const params = await initialParameters(config, recipe.seed);
  const architectureOf = architecture(config);
  const last = { step, loss: Number.NaN, held: Number.NaN };
  try {
    for (;;) {
      const watch = new SpikeWatch();
      const look = (record: MetricsRecord) => {
        const evaluation = record.evaluation as Readonly<Record<string, number>> | undefined;
        if (evaluation) last.held = evaluation.held!;
        else {
          const loss = record.loss as number;
          if (watch.isSpike(loss)) throw new Spike(record.step, loss);
          Object.assign(last, { step: record.step, loss });
        }
        options.onRecord?.(record);
      };
      let kept = Promise.resolve();
      const keepGood = (record: MetricsRecord) => {
        if (record.evaluation || record.step % calmEvery !== 0 || !watch.isCalm) return;
        kept = kept.then(() => copyOf(join(folder, 'checkpoint.safetensors'), join(folder, 'good.safetensors')));
      };
      try {
        // biome-ignore lint/suspicious/noFocusedTests: the training loop, not a test
        const trained = await fit({
          loss: (p: Transformer, { ids, next }: TokenBatch<Tensor>, { key }) =>
            crossEntropyLoss(transformer(architectureOf, p, { ids }, { residual: recipe.dropout, key }), next),
          params,
          optimizer: optimizerOf(recipe, logbook.factor),
          batches: (start?: SkippedPosition) => passingOver(data, recipe, logbook.skipped, start),
          steps: recipe.steps,
          seed: recipe.seed,
          accumulate: recipe.accumulate,
          evaluation: {
            every: options.every ?? 200,
            measure: async ({ params }) => ({ held: await measure.run(params) }),
          },
          folder,
          onRecord: (record) => {
            look(record);
            keepGood(record);
          },
          ...(options.progress && { progress: options.progress }),
          ...(signal && { signal }),
        });
        const held = Number.isNaN(last.held) ? await measure.run(trained.params) : last.held;
        await logbook.add({ event: 'end', step: trained.step, loss: last.loss, held });
        return { params: trained.params, steps: trained.step, loss: last.loss, held };
      } catch (error) {
        await kept;
        const spike = spikeOf(error);
        if (spike === undefined) throw error;
        if (logbook.interventions.length >= mostInterventions) {
          throw new Error(
            `train: gave up after ${mostInterventions} loss spikes, the last in step ${spike.step} (${join(folder, 'logbook.md')} tells of each); a lower --rate may help`,
            { cause: error },
          );
        }
        const { back, factor } = remedy(spike.step, logbook.interventions);
        const skipped = ordinalsOf(spike.step - 1, recipe.accumulate, logbook.skipped);
        if (back === 'last good checkpoint') {
          await copyOf(join(folder, 'good.safetensors'), join(folder, 'checkpoint.safetensors'));
        }
        const loss = Number.isFinite(spike.loss) ? spike.loss : String(spike.loss);
        const mean = Number.isFinite(watch.mean) ? watch.mean : last.loss;
        await logbook.add({ event: 'spike', step: spike.step, loss, mean, back, skipped, factor });
        options.progress?.note(`step ${spike.step}: a loss of ${loss}; back to the ${back}, its batch is passed over`);
      }
    }
  } catch (error) {
    const reason = signal?.aborted ? 'asked to' : (error as Error).message;
    await logbook.add({ event: 'stop', step: last.step, reason });
    throw error;
  } finally {
    await measure.release();
  }
}

function spikeOf(error: unknown): { step: number; loss: number } | undefined {
  if (error instanceof Spike) return error;
  return error instanceof NotFiniteError ? { step: error.step, loss: Number.NaN } : undefined;
}

/** Where a stream stands that passes over some of its batches. */
interface SkippedPosition {
  readonly at: Position;
  /** Batches since the first of the run, those passed over included. */
  readonly ordinal: number;
}

function passingOver(
  data: ReturnType<typeof tokenWindows>,
  { batch, seed }: Recipe,
  skipped: ReadonlySet<number>,
  start: SkippedPosition | undefined,
): BatchStream<TokenBatch, SkippedPosition> {
  const stream = batches(data, { size: batch, key: random.key(seed), ...(start && { start: start.at }) });
  let ordinal = start?.ordinal ?? 0;
  return {
    get position() {
      return { at: stream.position, ordinal };
    },
    next() {
      for (; skipped.has(ordinal); ordinal++) stream.next();
      ordinal++;
      return stream.next();
    },
  };
}

/** The batches that the step after `steps` steps takes. */
function ordinalsOf(steps: number, accumulate: number, skipped: ReadonlySet<number>): number[] {
  const taken: number[] = [];
  for (let ordinal = 0; taken.length < (steps + 1) * accumulate; ordinal++)
    if (!skipped.has(ordinal)) taken.push(ordinal);
  return taken.slice(-accumulate);
}

/** The mean cross-entropy of some held-out windows; of all where there are few. */
function heldOut(config: OptConfig, row: Int32Array, { window, batch }: Recipe) {
  const data = tokenWindows(row, window);
  const count = Math.min(heldWindows, data.size);
  const rows = Array.from({ length: count }, (_, i) => Math.floor((i * data.size) / count));
  const loss = compile((p: Transformer, { ids, next }: TokenBatch<Tensor>) =>
    crossEntropyLoss(transformer(architecture(config), p, { ids }), next),
  );
  return {
    async run(params: Transformer<NDArray>): Promise<number> {
      let total = 0;
      for (let i = 0; i < count; i += batch) {
        const some = rows.slice(i, i + batch);
        total += (await loss(params as never, data.take(Uint32Array.from(some)) as never)).item() * some.length;
      }
      return total / count;
    },
    release: () => loss.release(),
  };
}

/** Another name for a file's present content: the loop replaces files and never writes into one. */
async function copyOf(from: string, to: string): Promise<void> {
  const temporary = `${to}.new`;
  await rm(temporary, { force: true });
  try {
    await link(from, temporary);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return; // none was kept yet: the present one stays
    throw error;
  }
  await rename(temporary, to);
}
