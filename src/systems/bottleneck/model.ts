/**
 * The Distributed Information Bottleneck (Murphy and Bassett 2022, arXiv 2204.07576).
 *
 * Every feature X_i passes through a noisy channel of its own to U_i, and a network integrates all U_i into a prediction
 * of Y. Training minimises
 *
 *     task loss + β Σ_i E KL( p(u_i|x_i) ‖ N(0, I) ),
 *
 * whose second part is an upper bound of β Σ I(U_i;X_i). While β rises, the model gives up information where it is worth
 * least: what each channel still carries says where in the inputs the information about Y lies. With one encoder for all
 * features together it is the (variational) information bottleneck.
 *
 * Losses are in nats. Reports are in bits.
 */
import { klToStandardNormal, type Loss, type Schedule } from '../../nn/index.ts';
import { add, mean, mul, random, reshape, sum, type Tensor, transpose } from '../../tensor/index.ts';
import { type Channel, send } from './channel.ts';
import type { Encoders } from './encoders.ts';
import type { Inputs } from './inputs.ts';
import { initMlp, type Mlp, mlp } from './mlp.ts';
import type { Task } from './task.ts';

/** Parameters of a {@link Bottleneck}. */
export interface BottleneckParams<E> {
  readonly encoders: E;
  /** The integration network. */
  readonly integrator: Mlp;
  readonly task: Mlp;
}

/** What a model is made of. */
export interface BottleneckOptions<X, E> {
  readonly inputs: Inputs<X>;
  readonly encoders: Encoders<E>;
  /** Hidden widths of the integration network, and its activation. */
  readonly hidden: readonly number[];
  readonly activation: (x: Tensor) => Tensor;
  readonly task: Task;
}

/** A batch: features and targets. */
export interface Example<X> {
  readonly x: X;
  readonly y: Tensor;
}

/** What one pass through the model shows. */
export interface Pass {
  /** [features, batch, latent] */
  readonly channel: Channel;
  /** What the integration network puts out: [batch, outputs]. */
  readonly output: Tensor;
  /** The task's losses: [batch], or [1] where the rows judge each other. */
  readonly losses: Tensor;
  /** Their mean, a scalar. */
  readonly taskLoss: Tensor;
  /** KL of each feature's channel in nats, averaged over the batch: [features]. */
  readonly kl: Tensor;
}

/** A model as traced functions. */
export interface Bottleneck<X, P> {
  readonly features: number;
  readonly latent: number;
  init(key: Tensor): P;
  /** The Gaussians that a batch is sent as. */
  channel(params: P, x: X): Channel;
  /** One pass, with noise [features, batch, latent] that is standard normal. */
  pass(params: P, example: Example<X>, noise: Tensor): Pass;
}

/** The model of these parts. */
export function bottleneck<X, E>(options: BottleneckOptions<X, E>): Bottleneck<X, BottleneckParams<E>> {
  const { inputs, encoders, hidden, activation, task } = options;
  const { count } = inputs;
  const { latent } = encoders;
  const channel = (params: BottleneckParams<E>, x: X) => encoders.encode(params.encoders, inputs.read(x));
  return {
    features: count,
    latent,
    init(key) {
      const [forEncoders, forIntegrator, forTask] = random.split(key, 3) as [Tensor, Tensor, Tensor];
      return {
        encoders: encoders.init(forEncoders),
        integrator: initMlp(forIntegrator, { widths: [count * latent, ...hidden, task.outputs] }),
        task: task.init(forTask),
      };
    },
    channel,
    pass(params, { x, y }, noise) {
      const sent = channel(params, x);
      const u = transpose(send(sent, noise), [1, 0, 2]);
      const output = mlp(params.integrator, reshape(u, [u.shape[0]!, count * latent]), activation);
      const losses = task.losses(params.task, output, y);
      return {
        channel: sent,
        output,
        losses,
        taskLoss: mean(losses),
        kl: mean(klToStandardNormal(sent), -1),
      };
    },
  };
}

/** The loss that β(step) weighs, as `fit` takes it; records the task's loss and the sum of the KLs, in nats. */
export function annealedLoss<X, P>(model: Bottleneck<X, P>, beta: Schedule): Loss<P, Example<X>, Record<never, never>> {
  return (params, example, { key, step }) => {
    const batch = example.y.shape[0]!;
    const noise = random.normal(key, [model.features, batch, model.latent]);
    const { taskLoss, kl } = model.pass(params, example, noise);
    const total = sum(kl);
    return { loss: add(taskLoss, mul(beta(step), total)), metrics: { task: taskLoss, kl: total } };
  };
}
