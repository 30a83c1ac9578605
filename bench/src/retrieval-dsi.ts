/** The baseline that has no index: SciFact's documents in the weights, numbers instead of n-grams. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Scored } from 'tenfold/retrieval';
import { type Coder, dsiPairs, dsiSearch, readWeights, saveWeights, smallRecipe, trainModel } from 'tenfold/search';
import { languageModel } from 'tenfold/text';
import type { Scifact } from './retrieval-collections.ts';

/** Documents have numbers of four digits. */
const recipe = { ...smallRecipe, target: 4, steps: 2000 };

/** Trains it, or takes what is there. @returns the search */
export async function trainedDsi(
  coder: Coder,
  { documents, train }: Scifact,
  folder: string,
  progress: { update(what: string, share: number): void; note(line: string): void; clear(): void },
): Promise<(query: string) => Promise<Scored[]>> {
  const { tokenizer } = coder;
  if (!existsSync(join(folder, 'config.json'))) {
    const pairs = dsiPairs({ coder, documents, queries: train, context: recipe.context });
    const vocabulary = { vocabulary: tokenizer.size, start: tokenizer.eos! };
    const weights = await trainModel({ pairs, recipe, ...vocabulary, folder: join(folder, 'training'), progress });
    await saveWeights(folder, weights, { pad: tokenizer.pad! });
  }
  const { config, params } = (await readWeights(folder))!;
  const model = languageModel(config, params);
  const by = { model, coder, documents: documents.length };
  return async (query) => {
    const found = await dsiSearch(by, query, { limit: 10 });
    return found.map(({ number, score }) => ({ id: documents[number]!.id, score }));
  };
}
