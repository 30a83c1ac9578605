/**
 * What constraints and beams add to a step of generation, on OPT-125M's shape with random weights: a constraint that
 * allows 1 to 50,000 tokens against none, and 15 beams against a batch of 15 rows. In processor time of this process,
 * from when the prompts are read, because the wall clock of a machine with other work tells little.
 */
import { compile, openDevice, random, type Tensor } from 'tenfold/tensor';
import {
  type Allowed,
  beamSearch,
  constrain,
  initTransformer,
  type LanguageModel,
  languageModel,
  sample,
  styles,
  type TransformerConfig,
} from 'tenfold/text';
import { alternate, type Runner } from './alternate.ts';
import { type BenchReport, comparedRow, type Row } from './report.ts';

const config: TransformerConfig = {
  ...styles.opt,
  ...{ vocabulary: 50272, width: 768, layers: 12, heads: 12, hidden: 3072 },
  positions: { kind: 'learned', count: 2048, offset: 2 },
};
const threads = 2;
const rounds = 7;
/** New tokens of a round. */
const tokens = 12;
const prompt = Array.from({ length: 32 }, (_, i) => 100 + 7 * i);
const batch = Array.from({ length: 15 }, (_, i) => [...prompt.slice(0, -1), 1000 + i]);

export async function run(): Promise<BenchReport> {
  const device = await openDevice('cpu', { threads });
  const init = compile((key: Tensor) => initTransformer(key, config, { std: 0.02 }));
  const model = languageModel(config, await init(random.key(1)), { device });
  await init.release();
  const runner = (name: string, generate: (model: LanguageModel) => Promise<unknown>): Runner => ({
    name,
    once: () => timed(model, generate),
  });
  const rows: Row[] = [];
  const compare = async (id: string, ours: Runner, peer: Runner, goal: number) => {
    const [found] = await alternate(ours, [peer], { rounds, warmups: 1 });
    rows.push(comparedRow(found!, { case: id, unit: 'ms', goal }));
  };

  const free = runner('one row, unconstrained', (by) => sample(by, [prompt], { maxTokens: tokens }));
  for (const [name, allowed] of Object.entries(allowances())) {
    const constraint = constrain(() => allowed);
    const held = runner(name, (by) => sample(by, [prompt], { maxTokens: tokens, constraint }));
    await compare(`constraint/${name}`, held, free, 1.1);
  }
  const together = runner('15 rows in a batch', (by) => sample(by, batch, { maxTokens: tokens }));
  const beams = { beams: 15, maxTokens: tokens, history: true };
  await compare(
    'beam/15',
    runner('15 beams', (by) => beamSearch(by, [prompt], beams)),
    together,
    1.5,
  );
  const every = allowances()['50000-ids']!;
  const constraint = constrain(() => every);
  const held = runner('15 beams, constrained', (by) => beamSearch(by, [prompt], { ...beams, constraint }));
  await compare('beam/15-constrained', held, together, 1.5);
  await model.release();
  await device.close();
  return { rows, skipped: [] };
}

/** Tokens spread evenly over the vocabulary, as ids and as a bitmap. */
function allowances(): Readonly<Record<string, Allowed>> {
  const ids = (count: number) =>
    Int32Array.from({ length: count }, (_, i) => Math.floor((i * config.vocabulary) / count));
  const bitmap = new Uint32Array(Math.ceil(config.vocabulary / 32));
  for (const id of ids(50_000)) bitmap[id >> 5]! |= 1 << (id & 31);
  return { '1-id': ids(1), '1000-ids': ids(1000), '50000-ids': ids(50_000), '50000-bits': { bitmap } };
}

/** Processor time of the steps after the prompts, in milliseconds a step. */
async function timed(model: LanguageModel, generate: (model: LanguageModel) => Promise<unknown>): Promise<number> {
  let start: NodeJS.CpuUsage | undefined;
  await generate({
    vocabulary: model.vocabulary,
    context: model.context,
    score: (pairs, watch) => model.score(pairs, watch),
    async begin(prompts) {
      const decoding = await model.begin(prompts);
      start = process.cpuUsage();
      return decoding;
    },
  });
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000 / tokens;
}
