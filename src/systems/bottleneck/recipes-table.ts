/** How the living issue's models were trained, in numbers: so that what the page says of a run is what the run was. */
import { type Tier, table } from '../../report/index.ts';
import { circuitRecipes, smallCircuitRecipes, tableRecipes } from './recipes.ts';

/** A row a recipe of the tier. */
export function recipesTable(tier: Tier) {
  const [ten, small, hours] = [circuitRecipes[tier], smallCircuitRecipes[tier], tableRecipes[tier]];
  const widths = (list: readonly number[]) => list.join('–');
  const rows = [
    { model: 'ten inputs', encoder: '±μ', integrator: ten.hidden, recipe: ten },
    { model: 'circuits b and e', encoder: '±μ', integrator: small.hidden, recipe: small },
    {
      model: 'Seattle',
      encoder: `${widths(hours.encoder)}, to ${hours.latent}`,
      integrator: hours.integrator,
      recipe: hours,
    },
  ];
  return table({
    id: 'recipes',
    title: 'How the models were trained',
    caption:
      'Hidden widths of each channel’s encoder and of the network that integrates the channels; training steps, those at the first price included; the price β of a nat; Adam’s learning rate. Readings are of a running average of the parameters. A circuit’s encoder is one μ and one σ.',
    columns: {
      model: { name: 'model', type: 'text' },
      encoder: { name: 'encoder', type: 'text' },
      integrator: { name: 'network', type: 'text' },
      steps: { name: 'steps', type: 'number' },
      beta: { name: 'β', type: 'text' },
      rate: { name: 'rate', type: 'text' },
      batch: { name: 'batch', type: 'number' },
    },
    rows: rows.map(({ model, encoder, integrator, recipe: { annealing, rate, batch } }) => ({
      model,
      encoder,
      integrator: widths(integrator),
      steps: annealing.pretraining + annealing.steps,
      beta: `${annealing.from} to ${annealing.to}`,
      rate: String(rate),
      batch,
    })),
  });
}
