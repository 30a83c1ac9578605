/**
 * The method on a Boolean circuit, beside what can be counted there.
 *
 * At every reading three numbers answer one question, how much the channels tell about the output:
 * - what the integration network gets out of them, H(Y) minus its cross-entropy on fresh noise: what the method measures;
 * - what a perfect receiver would get out of these channels, by Bayes' rule through the gates, on the same noise: no
 *   network can do better, and the gap between the two is the network's;
 * - what the open inputs would tell without noise, counted in the truth table: no channel can do better, and the gap
 *   between the last two is what the channels' noise costs.
 */
import type { Progress } from '../../command/index.ts';
import { dataset, shuffled, takeRows } from '../../data/index.ts';
import { type Arrays, adam, averaged, type MetricsRecord, type OptimizerState } from '../../nn/index.ts';
import {
  array,
  at,
  compile,
  equal,
  exp,
  iota,
  leakyRelu,
  log,
  maximum,
  mean,
  mul,
  neg,
  random,
  scan,
  softplus,
  stack,
  type Tensor,
  toFloats,
  valueAndGrad,
  where,
} from '../../tensor/index.ts';
import { type Annealing, anneal, fromRecord, listIn, numbersIn, type Reading } from './anneal.ts';
import { binaryChannelInformation, send, toBits } from './channel.ts';
import {
  type Belief,
  type Circuit,
  outputBelief,
  outputEntropy,
  signedInputs,
  subsetOf,
  truthTable,
} from './circuits.ts';
import { type SimpleEncoders, simpleEncoders, startLogVariance } from './encoders.ts';
import { bitInputs } from './inputs.ts';
import type { Mlp } from './mlp.ts';
import { type Bottleneck, type BottleneckParams, bottleneck, type Example } from './model.ts';
import { classTask } from './task.ts';

/** How a circuit's model is trained. */
export interface CircuitRecipe {
  /** Hidden widths of the integration network. */
  readonly hidden: readonly number[];
  readonly annealing: Annealing;
  readonly rate: number;
  readonly batch: number;
  /** Steps between readings. */
  readonly every: number;
  /** Readings before this step are left out: the network is still learning the circuit. */
  readonly learnt: number;
}

/** A reading of a circuit's model. All in bits. */
export interface CircuitReading extends Reading {
  /** I(U_i;X_i), exact. */
  readonly information: readonly number[];
  /** Inputs whose channel carries more than a tenth of a bit, as a subset. */
  readonly open: number;
  /** I(U;Y) as the network shows it: H(Y) minus its cross-entropy. */
  readonly measured: number;
  /** I(U;Y), with the perfect receiver's cross-entropy on the same samples. */
  readonly possible: number;
}

/** A channel counts as open above this many bits (the authors' threshold). */
export const openAbove = 0.1;

type Params = BottleneckParams<SimpleEncoders>;

/** Samples of all channels that I(U;Y) is measured on. */
const samples = 4096;
/** Rows that the bounds are taken on. */
const sampled = 256;
/** Steps for which the network learns to read channels that were opened again. */
const reopenSteps = 200;

/** What annealing a circuit's model shows. */
export interface CircuitRun {
  readonly readings: readonly CircuitReading[];
  /** For every set of channels that was open at a reading, I(U;Y) in bits when they are opened wide and the others shut. */
  readonly reopened: ReadonlyMap<number, number>;
}

/**
 * Anneals one model of a circuit.
 * @param options.reopen also measure every set of open channels wide open
 * @param options.folder keeps the run, which goes on there when it was stopped
 */
export async function runCircuit(
  circuit: Circuit,
  recipe: CircuitRecipe,
  options: {
    readonly seed: number;
    readonly reopen?: boolean;
    readonly folder?: string;
    readonly progress?: Progress;
    readonly signal?: AbortSignal;
  },
): Promise<CircuitRun> {
  const { reopen: reopening = false, ...rest } = options;
  const model = circuitModel(circuit, recipe.hidden);
  const whole = outputEntropy(circuit);
  // every row of the truth table, often enough to make a batch
  const rows = repeated(circuit, Math.max(1, recipe.batch >> circuit.inputs));
  const receive = compile((params: Params, key: Tensor, example: Example<Tensor>) =>
    receiverLosses(model, circuit, params, key, example),
  );
  const refit = compile((params: Params, open: Tensor, key: Tensor, example: Example<Tensor>) =>
    reopen(model, recipe.rate, params, open, key, example),
  );
  const seen = new Set<number>();
  const opened = async (params: Arrays<Params>, open: number) => {
    seen.add(open);
    const mask = Float32Array.from({ length: circuit.inputs }, (_, i) => (open >> i) & 1);
    const key = random.key(options.seed);
    const wide = await refit(params, array(mask, { shape: [mask.length, 1, 1] }), key, rows);
    return whole - toBits((await receive(wide, key, rows)).network.item());
  };
  try {
    const { records } = await anneal({
      model,
      train: dataset(rows),
      held: [rows],
      draws: 1,
      sample: takeRows(rows.x, shuffled(random.key(0), rows.y.size).subarray(0, sampled)),
      ...recipe,
      ...rest,
      async onReading(reading, params) {
        if (reading.step < recipe.learnt) return undefined;
        const { network, perfect } = await receive(params, random.key(reading.step), rows);
        const information = channelInformation(params);
        const open = subsetOf(information.flatMap((bits, i) => (bits > openAbove ? [i] : [])));
        return {
          measured: whole - toBits(network.item()),
          possible: whole - toBits(perfect.item()),
          open,
          ...Object.fromEntries(information.map((bits, i) => [`information.${i}`, bits])),
          ...(reopening && open > 0 && !seen.has(open) && { wide: await opened(params, open) }),
        };
      },
    });
    return runOf(records.filter((record) => 'open' in numbersIn(record)));
  } finally {
    await Promise.all([receive.release(), refit.release()]);
  }
}

/** The run in the records of its readings. */
function runOf(records: readonly MetricsRecord[]): CircuitRun {
  const reopened = new Map<number, number>();
  const readings = records.map((record): CircuitReading => {
    const numbers = numbersIn(record);
    const { open, measured, possible, wide } = numbers as {
      open: number;
      measured: number;
      possible: number;
      wide?: number;
    };
    // a run that was stopped and taken up again opens a set once more: the first counts
    if (wide !== undefined && !reopened.has(open)) reopened.set(open, wide);
    return { ...fromRecord(record), information: listIn(numbers, 'information'), open, measured, possible };
  });
  return { readings, reopened };
}

/**
 * Traced: the model with the open channels as wide as at the start and the others shut, its network trained on. It tells
 * what the open inputs hold of the output, where the annealed channels tell only what is left of them.
 */
function reopen(
  model: Bottleneck<Tensor, Params>,
  rate: number,
  params: Params,
  open: Tensor,
  key: Tensor,
  example: Example<Tensor>,
): Params {
  const encoders = { mean: open, logVariance: mul(open, startLogVariance) };
  const optimizer = averaged(adam({ rate }), 0.97);
  const loss = (integrator: Mlp, key: Tensor) => {
    const noise = random.normal(key, [model.features, example.y.size, 1]);
    return model.pass({ ...params, encoders, integrator }, example, noise).taskLoss;
  };
  const [[, state]] = scan(
    ([integrator, state], step: Tensor) => {
      const [, gradients] = valueAndGrad(loss)(integrator, random.foldIn(key, step));
      return [optimizer.update(gradients as Mlp, state, integrator), undefined] as const;
    },
    [params.integrator, optimizer.init(params.integrator)] as [Mlp, OptimizerState<Mlp>],
    iota(reopenSteps),
  );
  return { ...params, encoders, integrator: state.moments.average! };
}

/** The model of the Boolean recipe: simple encoders and leaky relus. */
function circuitModel({ inputs }: Circuit, hidden: readonly number[]): Bottleneck<Tensor, Params> {
  return bottleneck({
    inputs: bitInputs(inputs),
    encoders: simpleEncoders(inputs),
    hidden,
    // Keras' slope
    activation: (x) => leakyRelu(x, 0.2),
    task: classTask(2),
  });
}

/** I(U_i;X_i) in bits of every channel. */
function channelInformation({ encoders }: Arrays<Params>): number[] {
  const [mu, logVariance] = [toFloats(encoders.mean), toFloats(encoders.logVariance)];
  return Array.from(mu, (m, i) => binaryChannelInformation(m, Math.exp(logVariance[i]! / 2)));
}

/** Traced: cross-entropies of network and perfect receiver in nats, on the same samples of the channels. */
function receiverLosses(
  model: Bottleneck<Tensor, Params>,
  circuit: Circuit,
  params: Params,
  key: Tensor,
  { x, y }: Example<Tensor>,
) {
  const draws = Math.max(1, Math.round(samples / y.size));
  const losses = Array.from({ length: draws }, (_, i) => {
    const noise = random.normal(random.foldIn(key, i), [model.features, y.size, 1]);
    const { channel, taskLoss } = model.pass(params, { x, y }, noise);
    // the log-odds of a bit sent as ±μ: 2μu/σ²
    const odds = mul(mul(send(channel, noise), params.encoders.mean), mul(exp(neg(params.encoders.logVariance)), 2));
    const beliefs = Array.from({ length: model.features }, (_, i): Belief => {
      const own = at(odds, i);
      return [exp(neg(softplus(own))), exp(neg(softplus(neg(own))))];
    });
    const [zero, one] = outputBelief(circuit, beliefs).map((p) => log(maximum(at(p, 0, 1), 1e-30))) as [Tensor, Tensor];
    return { network: taskLoss, perfect: neg(mean(where(equal(y, 1), one, zero))) };
  });
  const average = (name: 'network' | 'perfect') => mean(stack(losses.map((loss) => loss[name])));
  return { network: average('network'), perfect: average('perfect') };
}

function repeated(circuit: Circuit, copies: number) {
  const [x, y] = [signedInputs(circuit), truthTable(circuit)];
  const many = <A extends Float32Array | Uint8Array>(values: A) =>
    Float32Array.from({ length: copies * values.length }, (_, i) => values[i % values.length]!);
  return {
    x: array(many(x), { shape: [copies * y.length, circuit.inputs] }),
    y: array(many(y), { dtype: 'int32' }),
  };
}
