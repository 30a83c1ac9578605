/**
 * An index folder: a collection of documents, and in `model` how their texts become tokens and, once it is trained or
 * brought along, the model that searches them.
 */
import { isThere, makeFolder } from '../../../tensor/index.ts';
import { trainBpe } from '../../../text/index.ts';
import { checkFiles, noteFiles } from '../collection/checked-files.ts';
import type { StoredDocument } from '../collection/segment.ts';
import { CollectionWriter, type WriterOptions } from '../collection/writer.ts';
import { Coder, ownSpecials } from './coder.ts';
import { readCoder, readSettings, saveCoder } from './model-folder.ts';

/** Tokens of a tokenizer that is trained on documents. */
export const VOCABULARY = 4096;

/** Where an index folder keeps its model. */
export function modelFolder(folder: string): string {
  return `${folder}/model`;
}

/** Where an index folder keeps its model, whose files are as they were written. @throws SyntaxError for a damaged one */
export async function checkedModel(folder: string): Promise<string> {
  const own = modelFolder(folder);
  await checkFiles(own);
  return own;
}

/** Where the tokens of a new index come from. */
export type TokensFrom =
  /** A model's folder, whose tokenizer and weights are copied. */
  | { readonly model: string }
  /** Texts, on which a tokenizer of our own is trained. */
  | { readonly texts: Iterable<string>; readonly vocabulary?: number; readonly lowercase?: boolean };

/**
 * Makes an index folder without documents.
 * @throws RangeError for one that is there
 * @example
 * await createIndex(folder, { texts: documents.map(({ text }) => text) });
 * await using writer = await openIndexWriter(folder);
 * await writer.add(documents);
 */
export async function createIndex(folder: string, from: TokensFrom): Promise<void> {
  const own = modelFolder(folder);
  if (await isThere(`${own}/tokenizer.json`)) {
    throw new RangeError(`search: expected a new folder, got ${folder}, which is an index`);
  }
  await makeFolder(own);
  if ('model' in from) {
    const { copyFile } = await import('node:fs/promises');
    const { copy } = await readSettings(from.model);
    await saveCoder(own, await readCoder(from.model), copy);
    for (const name of ['model.safetensors', 'config.json']) {
      if (await isThere(`${from.model}/${name}`)) await copyFile(`${from.model}/${name}`, `${own}/${name}`);
    }
  } else await saveCoder(own, await trainCoder(from));
  await noteFiles(own);
}

/** A tokenizer of our own for some texts; letters are folded unless told otherwise. */
export async function trainCoder({
  texts,
  vocabulary = VOCABULARY,
  lowercase = true,
}: Extract<TokensFrom, { texts: unknown }>): Promise<Coder> {
  const tokenizer = await trainBpe(folded(texts, lowercase), {
    vocabulary,
    specialTokens: ownSpecials,
    special: { bos: '<s>', pad: '<pad>', eos: '</s>', unk: '<unk>' },
  });
  return new Coder(tokenizer, { lowercase });
}

/** Opens an index folder for adding and deleting documents. @throws Error for a folder that `createIndex` did not make */
export async function openIndexWriter<D extends StoredDocument = StoredDocument>(
  folder: string,
  options: Omit<WriterOptions<D>, 'tokenizer'> = {},
): Promise<CollectionWriter<D>> {
  return CollectionWriter.open<D>(folder, { ...options, tokenizer: await readCoder(await checkedModel(folder)) });
}

function* folded(texts: Iterable<string>, lowercase: boolean): Generator<string> {
  for (const text of texts) yield ` ${lowercase ? text.toLowerCase() : text}`;
}
