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
import { dataset } from '../../data/index.ts';
import type { Arrays } from '../../nn/index.ts';
import {
  array,
  at,
  compile,
  exp,
  leakyRelu,
  log,
  maximum,
  mean,
  mul,
  neg,
  random,
  softplus,
  stack,
  type Tensor,
  toFloats,
  where,
  equal,
} from '../../tensor/index.ts';
import { type Annealing, anneal, type Reading } from './anneal.ts';
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
import { type SimpleEncoders, simpleEncoders } from './encoders.ts';
import { bitInputs } from './inputs.ts';
import { type Bottleneck, type BottleneckParams, bottleneck } from './model.ts';
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

/** Anneals one model of a circuit and returns its readings. */
export async function runCircuit(
  circuit: Circuit,
  recipe: CircuitRecipe,
  options: { readonly seed: number; readonly progress?: Progress; readonly signal?: AbortSignal },
): Promise<CircuitReading[]> {
  const model = circuitModel(circuit, recipe.hidden);
  const whole = outputEntropy(circuit);
  // every row of the truth table, often enough to make a batch
  const copies = Math.max(1, Math.ceil(recipe.batch >> circuit.inputs));
  const rows = repeated(circuit, copies);
  const draws = Math.ceil(8192 / rows.y.size);
  const receive = compile((params: Params, key: Tensor, x: Tensor, y: Tensor) =>
    receiverLosses(model, circuit, draws, params, key, x, y),
  );
  const readings: CircuitReading[] = [];
  try {
    await anneal({
      model,
      train: dataset(rows),
      held: rows,
      sample: rows.x,
      draws: 1,
      ...recipe,
      ...options,
      async onReading(reading, params) {
        const { network, perfect } = await receive(params, random.key(reading.step), rows.x, rows.y);
        const information = channelInformation(params);
        readings.push({
          ...reading,
          information,
          open: subsetOf(information.flatMap((bits, i) => (bits > openAbove ? [i] : []))),
          measured: whole - toBits(network.item()),
          possible: whole - toBits(perfect.item()),
        });
        return undefined;
      },
    });
  } finally {
    await receive.release();
  }
  return readings;
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
  draws: number,
  params: Params,
  key: Tensor,
  x: Tensor,
  y: Tensor,
) {
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
