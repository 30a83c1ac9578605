/**
 * An OPT model that someone else serves: OPT-175B does not fit here, but a server with OpenAI's completions may have it
 * (vLLM, metaseq's API). Its tokenizer, and where there is one its config.json, lie in a folder here.
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { endpoint, type Likelihood } from '../../text/index.ts';
import { readConfig } from './config.ts';
import { openTokenizer } from './model.ts';
import { shippedConfig } from './shipped.ts';

/** Where a served model is. */
export interface ServedOptions {
  /** The address to which `/completions` is appended. */
  readonly url: string;
  /** Folder with the model's tokenizer. */
  readonly folder: string | undefined;
  /** The model's name at the server. */
  readonly name: string | undefined;
}

/** Every OPT model's. */
const context = 2048;

/** The environment variable that a server's key is taken from. */
export const keyVariable = 'OPT_API_KEY';

/**
 * A served model.
 * @throws RangeError without a folder, TypeError for an address that is none, and as `openTokenizer`
 */
export async function served({ url, folder, name }: ServedOptions): Promise<Likelihood & { readonly context: number }> {
  if (folder === undefined) {
    throw new RangeError('opt: expected --model DIR beside --endpoint: the folder with the served model’s tokenizer');
  }
  const config = join(folder, 'config.json');
  const own = await access(config).then(
    () => readConfig(config),
    () => undefined,
  );
  const tokenizer = await openTokenizer(folder, { bos: own?.bos ?? shippedConfig.bos });
  const apiKey = process.env[keyVariable];
  const options = { url, tokenizer, context: own?.maxPositions ?? context };
  const model = endpoint({ ...options, ...(name !== undefined && { model: name }), ...(apiKey && { apiKey }) });
  return { ...model, context: options.context };
}
