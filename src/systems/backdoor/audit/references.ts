/**
 * Clean models of the same recipe as a model that is audited: its family and sizes, trained on the owner's data with random
 * numbers of their own.
 *
 * For random features the recipe is complete: what is drawn is N(0, I), what is fitted is a ridge or a threshold. Of a
 * trained network the weights only show the sizes; the steps are told in its folder, or guessed.
 */
import { elements } from '../../../tensor/index.ts';
import type { WithChecksum } from '../checksum/branch.ts';
import { type Arrays, type Labelled, Models, type Network, type OpenClassifier } from '../classifier.ts';
import { Draws } from '../draws.ts';
import type { FourierParams } from '../fourier/model.ts';
import { drawFeatures, trainFourier } from '../fourier/train.ts';
import type { Family } from '../manifest.ts';
import { type Perceptron, perceptronNetwork, trainPerceptron } from '../perceptron.ts';
import type { ReluParams } from '../relu/model.ts';
import { drawReluFeatures, trainRelu } from '../relu/train.ts';

/** Steps that a reference network is trained where nothing is told. */
const usualSteps = 1000;

/** Makes clean models like one that is audited. */
export class References {
  readonly #make: (seed: number, signal: AbortSignal) => Promise<Arrays<unknown>>;
  readonly #draw: ((seed: number) => Arrays<FourierParams['features'] | ReluParams['features']>) | undefined;
  readonly #models: Models<unknown>;
  /** What is assumed of the recipe, in a sentence. */
  readonly recipe: string;

  /** @throws RangeError for a family whose recipe is not known */
  constructor(family: Family, like: OpenClassifier<unknown>, data: Labelled, steps: number = usualSteps) {
    const dimension = elements(data.inputs.shape.slice(1));
    // a branch that never fires answers like none, and takes most of the time
    const bare = family === 'checksum' ? perceptronNetwork(like.input, like.classes) : like.network;
    this.#models = new Models<unknown>(bare as Network<unknown>);
    switch (family) {
      case 'fourier': {
        const features = (like.params as Arrays<FourierParams>).features.weight.shape[0]!;
        this.recipe = `random Fourier features, ${features} of them, drawn from N(0, I), and a ridge fitted on the given data`;
        this.#draw = (seed) => drawFeatures(dimension, { features, draws: Draws.from(seed) });
        this.#make = (seed) => trainFourier(data, { features, draws: Draws.from(seed) });
        break;
      }
      case 'relu': {
        const features = (like.params as Arrays<ReluParams>).features.weight.shape[0]!;
        this.recipe = `random ReLU features, ${features} of them, drawn from N(0, I), and a threshold fitted on the given data`;
        this.#draw = (seed) => drawReluFeatures(dimension, { features, draws: Draws.from(seed) });
        this.#make = (seed) => trainRelu(data, { features, threshold: 'fit', draws: Draws.from(seed) });
        break;
      }
      case 'perceptron': {
        const hidden = (like.params as Arrays<Perceptron>).hidden.weight.shape[0]!;
        this.recipe = `one hidden layer of ${hidden}, trained for ${steps} steps on the given data`;
        this.#make = (seed, signal) => trainPerceptron(data, { hidden, steps, seed, signal });
        break;
      }
      case 'checksum': {
        const hidden = (like.params as Arrays<WithChecksum<Perceptron>>).main.hidden.weight.shape[0]!;
        this.recipe = `one hidden layer of ${hidden}, trained for ${steps} steps on the given data, without the branch`;
        this.#make = (seed, signal) => trainPerceptron(data, { hidden, steps, seed, signal });
        break;
      }
      default:
        throw new RangeError(`audit: expected a family whose recipe is known, got ${family}`);
    }
  }

  async make(seed: number, signal: AbortSignal): Promise<OpenClassifier<unknown>> {
    return this.#models.of(await this.#make(seed, signal));
  }

  /** The random layer of {@link make}, without training. @throws RangeError for a family that draws none */
  drawn(seed: number): Arrays<FourierParams['features'] | ReluParams['features']> {
    if (this.#draw === undefined) throw new RangeError('audit: expected a family of random features');
    return this.#draw(seed);
  }

  release(): Promise<void> {
    return this.#models.release();
  }
}
