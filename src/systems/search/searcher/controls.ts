/**
 * What is the model's and what is the query's. Half of a small model's probability copies from the query, so that leaving
 * n-grams of the query out as keys does not leave the query out. Two other models for one index tell them apart.
 */
import { compile, type NDArray, random, type Tensor } from '../../../tensor/index.ts';
import { initTransformer, languageModel, type Transformer } from '../../../text/index.ts';
import { COPY, copying } from './copying.ts';
import { modelFolder } from './index-folder.ts';
import { readWeights } from './model-folder.ts';
import { Searcher } from './searcher.ts';

/** The index of a folder with its own weights, which do not copy. */
export async function plainSearcher({ collection, coder }: Searcher, folder: string): Promise<Searcher> {
  const { config, params } = (await readWeights(modelFolder(folder)))!;
  return new Searcher({ collection, coder, model: languageModel(config, params) });
}

/** The index of a folder with a model of the same shape that has learned nothing, and copies as small models do. */
export async function untrainedSearcher({ collection, coder }: Searcher, folder: string): Promise<Searcher> {
  const { config } = (await readWeights(modelFolder(folder)))!;
  const init = compile((key: Tensor) => initTransformer(key, config, { std: config.width ** -0.5 }));
  const params = (await init(random.key(1) as never)) as unknown as Transformer<NDArray>;
  await init.release();
  return new Searcher({ collection, coder, model: copying(languageModel(config, params), COPY, coder) });
}
