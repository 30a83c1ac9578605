/** `tenfold search delete`: documents out of an index. */
import { blamed, verb } from '../../../command/index.ts';
import { Collection } from '../collection/collection.ts';
import { readConditions } from '../collection/condition.ts';
import { openIndexWriter } from '../searcher/index-folder.ts';
import { requireIndex } from './folder.ts';
import { filterOption } from './options.ts';

export const deleteVerb = verb({
  name: 'delete',
  summary: 'delete documents from an index',
  about: `By their ids, or all whose fields fit every --filter. They are never found again from then on, and their space is freed
when segments are merged. Ids that are not there are passed over and counted.`,
  args: {
    index: { help: 'the folder of an index' },
    ids: { help: 'ids of documents', optional: true, many: true },
  },
  options: { filter: filterOption },
  examples: [
    { line: 'tenfold search delete papers 2204.10628 2205.01068', does: 'two documents' },
    { line: "tenfold search delete papers --filter 'year<2020'", does: 'all of before 2020' },
  ],
  run: ({ args: { index, ids }, options: { filter }, signal }) =>
    blamed('delete', async () => {
      const fits = readConditions(filter);
      if (ids.length > 0 === (fits !== undefined)) {
        throw new RangeError(`delete: expected either ids or --filter, got ${fits ? 'both' : 'neither'}`);
      }
      await requireIndex('delete', index);
      await using writer = await openIndexWriter(index, { signal });
      const wanted = fits === undefined ? ids : await matching(index, fits);
      signal.throwIfAborted();
      const deleted = await writer.delete(wanted);
      await writer.merged();
      return { deleted, absent: new Set(wanted).size - deleted, documents: writer.size };
    }),
  text: ({ deleted, absent, documents }) =>
    `${deleted} ${deleted === 1 ? 'document' : 'documents'} deleted${absent > 0 ? `, ${absent} not there` : ''}; ${documents} in all`,
});

async function matching(folder: string, fits: (document: { id: string; text: string }) => boolean): Promise<string[]> {
  const collection = await Collection.open(folder);
  return Array.from(collection.documents()).flatMap((document) => (fits(document) ? [document.id] : []));
}
