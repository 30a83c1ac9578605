/**
 * What the tests of weights cost, which need no queries and no clean training: 400 models, 200 planted and 200 clean, drawn
 * and asked one after another.
 */
import {
  auditWeights,
  Draws,
  drawFeatures,
  drawFourierKey,
  fourierStatistic,
  power,
  type WeightAuditId,
  weightAudits,
} from 'tenfold/backdoor';
import { type Row, row } from './report.ts';

/** Sizes of digits. */
const [inputs, features, models] = [784, 512, 200];
const limit = 180;

export async function auditRows(): Promise<Row[]> {
  type Answers = Record<WeightAuditId, number> & { readonly key: number };
  const all: { readonly planted: Answers[]; readonly clean: Answers[] } = { planted: [], clean: [] };
  const start = process.cpuUsage();
  for (let i = 0; i < models; i++) {
    for (const kind of ['planted', 'clean'] as const) {
      const draws = Draws.from(i).fork(kind);
      const key = drawFourierKey(draws.fork('key'), { dimension: inputs, sparsity: 16, gamma: 4, beta: 0.05 });
      const layer = drawFeatures(inputs, { features, draws, ...(kind === 'planted' && { key }) });
      const weights = layer.weight.data as Float32Array;
      all[kind].push({ ...auditWeights({ weights, units: features, inputs }), key: fourierStatistic(key, layer) });
    }
    process.stderr.write(`audit: ${2 * (i + 1)} of ${2 * models} models\r`);
  }
  const { user, system } = process.cpuUsage(start);
  process.stderr.write('\n');
  const of = (id: keyof Answers) =>
    power(
      all.planted.map((answers) => answers[id]),
      all.clean.map((answers) => answers[id]),
      'greater',
    ).value;
  // a benchmark of audits that see what cannot be seen, or miss what can, would measure something else
  if (of('key') < 0.99 || of(weightAudits[0].id) > 0.2)
    throw new Error('audit: expected a blind spectrum and a seeing key');
  const seconds = (user + system) / 1e6;
  return [
    row({
      case: 'backdoor/audit-weights-400',
      unit: 's',
      ours: seconds,
      peer: null,
      peerName: `limit ${limit} s of processor time: ${weightAudits.length} tests of ${2 * models} layers of ${features} features on ${inputs} inputs`,
      ratio: seconds / limit,
      goal: 1,
    }),
  ];
}
