/**
 * A training run in a process of its own, to be killed, starved of disk, or watched: `fit-worker.js JSON`. It trains a
 * small perceptron on made-up data in a folder and prints its resident memory, in bytes, at every evaluation. An error
 * is one line on stderr and exit status 1.
 */
import { batches, dataset, type Position } from 'tenfold/data';
import { adamW, averaged, crossEntropyLoss, dropout, fit, initLinear, type LossContext, linear } from 'tenfold/nn';
import { array, compile, random, relu, type Tensor } from 'tenfold/tensor';

/** What a worker is told. */
export interface WorkerRequest {
  readonly folder: string;
  readonly steps: number;
  /** Steps between evaluations, where a run of the program ends. */
  readonly every: number;
  readonly checkpointSeconds: number;
  /** Width of the hidden layer. */
  readonly width: number;
}

const [inputs, classes, rows] = [32, 10, 500];

function init(key: Tensor, width: number) {
  const [a, b] = random.split(key) as [Tensor, Tensor];
  return { hidden: initLinear(a, { in: inputs, out: width }), out: initLinear(b, { in: width, out: classes }) };
}

interface Batch {
  readonly x: Tensor;
  readonly y: Tensor;
}

function loss(p: ReturnType<typeof init>, { x, y }: Batch, { key }: LossContext<unknown>): Tensor {
  return crossEntropyLoss(linear(p.out, dropout(relu(linear(p.hidden, x)), 0.1, key)), y);
}

async function main({ folder, steps, every, checkpointSeconds, width }: WorkerRequest): Promise<void> {
  const x = Float32Array.from({ length: rows * inputs }, (_, i) => Math.sin(i * i));
  const y = Int32Array.from({ length: rows }, (_, i) => (i * 7) % classes);
  const data = dataset({ x: array(x, { shape: [rows, inputs] }), y: array(y, { dtype: 'int32' }) });
  await fit({
    loss,
    params: await compile((key: Tensor) => init(key, width))(random.key(1)),
    optimizer: averaged(adamW({ rate: 1e-3 }), 0.99),
    batches: (start?: Position) => batches(data, { size: 32, key: random.key(2), ...(start && { start }) }),
    steps,
    folder,
    checkpointSeconds,
    evaluation: {
      every,
      measure: () => {
        process.stdout.write(`${process.memoryUsage.rss()}\n`);
        return {};
      },
    },
  });
}

try {
  await main(JSON.parse(process.argv[2]!) as WorkerRequest);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
