/** `tenfold search add`: more documents for an index. */
import { blamed, verb } from '../../../command/index.ts';
import type { Format } from '../readers/formats.ts';
import { openIndexWriter } from '../searcher/index-folder.ts';
import { requireIndex } from './folder.ts';
import { ingest, ingestedText } from './ingest.ts';
import { fieldOptions, fieldsOf, formatOption } from './options.ts';

export const addVerb = verb({
  name: 'add',
  summary: 'add documents to an index, or replace those of the same ids',
  about: `A document whose id is there already takes its place; one that is there the same in all fields is passed over, so that an
“index” or “add” that was stopped goes on when its files are given again. Whoever searches meanwhile goes on searching.`,
  args: {
    index: { help: 'the folder of an index' },
    files: { help: 'files of documents, or folders: of texts, or in BEIR’s layout', many: true },
  },
  options: { format: formatOption, ...fieldOptions },
  examples: [{ line: 'tenfold search add papers more.jsonl --text-field abstract', does: 'more papers' }],
  run: ({ args: { index, files }, options, signal, progress }) =>
    blamed('add', async () => {
      await requireIndex('add', index);
      await using writer = await openIndexWriter(index, { signal });
      const { format } = options;
      const read = { ...(format && { format: format as Format }), fields: fieldsOf(options) };
      return await ingest(writer, files, read, { progress, signal });
    }),
  text: ingestedText,
});
