/**
 * What is the model's and what is the query's. Half of a small model's probability copies from the query, so that leaving
 * n-grams of the query out as keys does not leave the query out. Two other models for one index tell them apart: the
 * same weights without copying, and weights that have learned nothing, which copy as much.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelFolder, openSearchModel, readWeights, Searcher, saveCoder, saveWeights } from 'tenfold/search';
import { compile, type NDArray, random, type Tensor } from 'tenfold/tensor';
import { initTransformer, languageModel, type Transformer } from 'tenfold/text';

/** The index of a folder with its own weights, which do not copy. */
export async function withoutCopying({ collection, coder }: Searcher, folder: string): Promise<Searcher> {
  const { config, params } = (await readWeights(modelFolder(folder)))!;
  return new Searcher({ collection, coder, model: languageModel(config, params) });
}

/** The index of a folder with weights as they are before any training, which copy. */
export async function untrained({ collection, coder }: Searcher, folder: string): Promise<Searcher> {
  const { config } = (await readWeights(modelFolder(folder)))!;
  const init = compile((key: Tensor) => initTransformer(key, config, { std: config.width ** -0.5 }));
  const params = (await init(random.key(1) as never)) as unknown as Transformer<NDArray>;
  await init.release();
  const scratch = await mkdtemp(join(tmpdir(), 'tenfold-untrained-'));
  try {
    await saveCoder(scratch, coder);
    await saveWeights(scratch, { config, params }, { pad: coder.tokenizer.pad ?? 1 });
    const { model } = await openSearchModel(scratch);
    return new Searcher({ collection, coder, model: model! });
  } finally {
    await rm(scratch, { recursive: true });
  }
}
