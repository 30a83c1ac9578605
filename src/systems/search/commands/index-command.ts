/** `tenfold search index`: documents become an index folder. */
import { readdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blamed, verb } from '../../../command/index.ts';
import type { Analyser } from '../../../retrieval/index.ts';
import { ifThere, makeFolder } from '../../../tensor/index.ts';
import { wordsText } from '../collection/segment.ts';
import { type Format, type ReadItemsOptions, readItems } from '../readers/formats.ts';
import type { Problem } from '../readers/item.ts';
import { createIndex, modelFolder, openIndexWriter } from '../searcher/index-folder.ts';
import { shippedSearchModel } from '../searcher/shipped.ts';
import { type Ingested, ingest, ingestedText, noDocuments } from './ingest.ts';
import { analyserOption, fieldOptions, fieldsOf, formatOption } from './options.ts';

/** UTF-16 units of text that a tokenizer learns from: the files' first. */
const LEARNED_FROM = 2 ** 25;

export const indexVerb = verb({
  name: 'index',
  summary: 'make a searchable index of documents',
  about: `Reads documents from text and Markdown files and folders of these, JSON, JSON lines, tab-separated values, or the files of
BEIR, KILT, DPR and SQuAD, plain or gzipped, and makes a folder of them: an FM-index of their n-grams, an index of their
words, and the documents with all their fields.

Lines that are malformed are named and left out; the rest is kept. What is on disk stays when the command is stopped:
“tenfold search add” with the same files goes on.

Words can be searched at once. N-grams need a model: “tenfold search train” makes one of the documents, --model brings one
along.`,
  args: { files: { help: 'files of documents, or folders: of texts, or in BEIR’s layout', many: true } },
  options: {
    out: { kind: 'text', value: 'DIR', help: 'the folder to make', required: true },
    format: formatOption,
    ...fieldOptions,
    analyser: analyserOption,
    model: {
      kind: 'text',
      value: 'DIR',
      help: 'a search model, BART for one, whose tokens and weights the index takes, or “shipped” for the small one that comes with tenfold; by default tokens are learned from the documents',
    },
  },
  examples: [
    { line: 'tenfold search index notes --out notes-index', does: 'the texts in a folder' },
    { line: 'tenfold search index papers.jsonl.gz --text-field abstract --out papers', does: 'titles and abstracts' },
    { line: 'tenfold search index psgs_w100.tsv --format dpr --out wikipedia', does: 'DPR’s passages' },
    { line: 'tenfold search index notes.jsonl --analyser english --out notes', does: 'words cut to their stems' },
    {
      line: 'tenfold search index notes.jsonl --model shipped --out notes',
      does: 'n-grams at once, by the small model',
    },
  ],
  run: ({ args: { files }, options, signal, progress }) =>
    blamed('index', async (): Promise<Ingested & { folder: string }> => {
      const { out, format, analyser } = options;
      const model = options.model === 'shipped' ? shippedSearchModel : options.model;
      const isThere = await requireNew(out);
      const read: ReadItemsOptions = { ...(format && { format: format as Format }), fields: fieldsOf(options) };
      for (const path of [...files, ...(model === undefined ? [] : [model])]) await stat(path);
      const texts = await firstTexts(files, read, signal, model === undefined ? LEARNED_FROM : 1);
      await begin(out);
      try {
        progress.update(model === undefined ? 'learning tokens' : 'copying the model');
        await createIndex(out, model === undefined ? { texts } : { model });
        // with this it is an index
        await (await openIndexWriter(out, { analyser: analyser as Analyser })).close();
        await rm(join(out, UNFINISHED));
      } catch (error) {
        await takeAway(out);
        if (!isThere) await rmdir(out);
        throw error;
      }
      await using writer = await openIndexWriter(out, { signal });
      return { folder: out, ...(await ingest(writer, files, read, { progress, signal })) };
    }),
  text: ({ folder, ...ingested }) => `${ingestedText(ingested)}\n${folder}: tenfold search query ${folder} "…"`,
});

/** Lies in a folder that is becoming an index, with the process that makes it: who is killed leaves it behind. */
const UNFINISHED = '.unfinished';

/** Whether there is such a folder. @throws RangeError for one with anything in it but an index whose maker was killed */
async function requireNew(folder: string): Promise<boolean> {
  const found = await ifThere(readdir(folder));
  if (found === undefined) return false;
  const isIndex = found.includes('manifest');
  if (found.length === 0 || (found.includes(UNFINISHED) && !isIndex)) return true;
  const way = isIndex ? `an index; “tenfold search add ${folder} FILE” adds to it` : `one with other files`;
  throw new RangeError(`index: expected a new or empty folder, got ${folder}, ${way}`);
}

/** Takes a folder for a new index. @throws RangeError where another process makes one */
async function begin(folder: string): Promise<void> {
  await makeFolder(folder);
  const path = join(folder, UNFINISHED);
  const maker = Number(await readFile(path, 'utf8').catch(() => ''));
  if (maker > 0 && lives(maker)) {
    throw new RangeError(`index: expected nobody else at work in ${folder}, got process ${maker}`);
  }
  await writeFile(path, String(process.pid));
  await rm(modelFolder(folder), { recursive: true, force: true });
}

/** Takes away what there is of an index that came to nothing. */
async function takeAway(folder: string): Promise<void> {
  await rm(join(folder, 'manifest'), { force: true });
  await rm(modelFolder(folder), { recursive: true, force: true });
  await rm(join(folder, UNFINISHED), { force: true });
}

/** Whether another process of that id is there. */
function lives(id: number): boolean {
  if (id === process.pid) return false;
  try {
    return process.kill(id, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** The texts of the first documents, so many UTF-16 units or more. @throws RangeError when there are none */
async function firstTexts(
  files: readonly string[],
  read: ReadItemsOptions,
  signal: AbortSignal,
  wanted: number,
): Promise<string[]> {
  const texts: string[] = [];
  let units = 0;
  let first: Problem | undefined;
  for (const file of files) {
    for await (const item of readItems(file, read)) {
      signal.throwIfAborted();
      if ('problem' in item) first ??= item.problem;
      if (!('document' in item)) continue;
      const text = wordsText(item.document);
      texts.push(text);
      units += text.length;
      if (units >= wanted) return texts;
    }
  }
  if (texts.length === 0) throw noDocuments('index', files, first);
  return texts;
}
