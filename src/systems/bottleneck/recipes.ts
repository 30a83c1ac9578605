/**
 * How the living issue's models are trained: in half a minute for the quick run, and as the authors do for the recorded
 * one.
 */
import type { Tier } from '../../report/index.ts';
import type { CircuitRecipe } from './circuit-run.ts';
import type { TableRecipe } from './table-run.ts';

/** The circuit of ten inputs. Recorded: the authors' notebook. */
export const circuitRecipes: Readonly<Record<Tier, CircuitRecipe>> = {
  quick: {
    hidden: [64, 64, 64],
    annealing: { from: 5e-3, to: 0.5, pretraining: 300, steps: 1400 },
    rate: 6e-3,
    batch: 512,
    every: 50,
    learnt: 300,
  },
  recorded: {
    hidden: [256, 256, 256],
    annealing: { from: 1e-3, to: 5, pretraining: 0, steps: 50_000 },
    rate: 1e-3,
    batch: 512,
    every: 250,
    learnt: 2500,
  },
};

/** The circuits of three and five inputs, whose channels close at a higher price. */
export const smallCircuitRecipes: Readonly<Record<Tier, CircuitRecipe>> = {
  quick: {
    hidden: [32, 32],
    annealing: { from: 5e-3, to: 1.5, pretraining: 200, steps: 650 },
    rate: 6e-3,
    batch: 256,
    every: 50,
    learnt: 200,
  },
  // fewer steps: truth tables of 8 and 32 rows are learnt in a few hundred
  recorded: {
    ...circuitRecipes.recorded,
    annealing: { from: 1e-3, to: 1.5, pretraining: 0, steps: 3000 },
    every: 30,
    learnt: 500,
  },
};

/** Tables. Recorded: the authors’ widths, rates and prices, in a tenth of the steps. */
export const tableRecipes: Readonly<Record<Tier, TableRecipe>> = {
  quick: {
    encoder: [32, 32],
    latent: 2,
    integrator: [64, 64],
    loss: 'squared',
    joint: false,
    annealing: { from: 3e-4, to: 2, pretraining: 300, steps: 1500 },
    rate: 3e-3,
    batch: 128,
    every: 60,
  },
  recorded: {
    encoder: [128, 128],
    latent: 32,
    integrator: [256, 256],
    loss: 'squared',
    joint: false,
    annealing: { from: 1e-4, to: 3, pretraining: 1000, steps: 10_000 },
    rate: 3e-4,
    batch: 128,
    every: 250,
  },
};
