/** `tenfold trends export` and `restore`: all of a collection, out and in again. */
import { extname } from 'node:path';
import { blamed, verb } from '../../../command/index.ts';
import { fileLines } from '../../../data/index.ts';
import { replaceFile } from '../../../tensor/index.ts';
import { type ExportFormat, exportFormats, exportStore } from '../store/export.ts';
import { searchOf, storeOption, withStore, withWritableStore } from './collection.ts';
import { refuseExisting } from './files.ts';

/** Longest line that is restored, in bytes. */
const longest = 2 ** 28;

const endings: Readonly<Record<string, ExportFormat>> = { '.jsonl': 'jsonl', '.bib': 'bibtex', '.csv': 'csv' };

export const exportVerb = verb({
  name: 'export',
  summary: 'write all of a collection to a file: JSON lines, BibTeX or CSV',
  about: `JSON lines hold everything – papers, readings, tags, collections, notes, drafts – and restore takes them back. BibTeX and CSV hold
the papers, with tags and signals, for reference managers and spreadsheets.`,
  args: { file: { help: 'the file to write: .jsonl, .bib or .csv' } },
  options: {
    store: storeOption,
    format: { kind: 'choice', choices: exportFormats, help: 'where the file’s ending does not say it' },
    collection: { kind: 'text', value: 'NAME', help: 'only the papers of this one; not for JSON lines' },
    overwrite: { kind: 'flag', help: 'in the place of a file that is there' },
  },
  examples: [
    { line: 'tenfold trends export backup.jsonl', does: 'everything' },
    { line: 'tenfold trends export thesis.bib --collection thesis', does: 'a bibliography' },
  ],
  run: ({ args: { file }, options: { store: where, format: given, collection, overwrite }, progress, signal }) =>
    blamed('export', async () => {
      const format = given ?? endings[extname(file).toLowerCase()];
      if (format === undefined)
        throw new RangeError(`export: expected a file that ends in .jsonl, .bib or .csv, or --format, got '${file}'`);
      if (collection !== undefined && format === 'jsonl')
        throw new RangeError(
          'export: expected BibTeX or CSV for one collection, got JSON lines, which hold everything',
        );
      await refuseExisting('export', file, overwrite);
      return withStore(where, { progress, signal }, async (store) => {
        const list =
          collection === undefined ? undefined : (await store.collections()).find(({ name }) => name === collection);
        if (collection !== undefined && !list)
          throw new RangeError(`export: expected a collection that exists, got '${collection}'`);
        let bytes = 0;
        const pieces = async function* () {
          for await (const piece of exportStore(store, format, list ? { ids: list.papers } : {})) {
            signal.throwIfAborted();
            bytes += Buffer.byteLength(piece);
            progress.update(`${(bytes / 1e6).toFixed(1)} MB written`);
            yield piece;
          }
        };
        await replaceFile(file, pieces());
        return { file, format, bytes };
      });
    }),
  text: ({ file, format, bytes }) => `${file}: ${format}, ${(bytes / 1e6).toFixed(1)} MB`,
});

export const restoreVerb = verb({
  name: 'restore',
  summary: 'make a collection of what export wrote as JSON lines',
  args: { file: { help: 'the file, .jsonl or .jsonl.gz' } },
  options: { store: storeOption },
  examples: [
    {
      line: 'tenfold trends restore backup.jsonl --store postgres://me@server/trends',
      does: 'a collection on a server',
    },
  ],
  run: ({ args: { file }, options: { store: where }, progress, signal }) =>
    blamed('restore', () =>
      withWritableStore('restore', where, async (store) => {
        await store.restore(rowsOf(file, signal));
        const search = await searchOf(store, { progress, signal });
        return { store: store.where, papers: search.about.papers };
      }),
    ),
  text: ({ store, papers }) => `${store}: ${papers} papers`,
});

async function* rowsOf(file: string, signal: AbortSignal): AsyncGenerator<unknown> {
  for await (const { number, bytes } of fileLines(file, { longest })) {
    signal.throwIfAborted();
    const where = `restore: ${file}, line ${number}`;
    if (bytes === undefined) throw new SyntaxError(`${where}: expected at most ${longest} bytes, got more`);
    if (bytes.length === 0) continue;
    const text = bytes.toString();
    let row: unknown;
    try {
      row = JSON.parse(text);
    } catch {
      throw new SyntaxError(`${where}: expected JSON, got '${text.slice(0, 40)}'`);
    }
    yield row;
  }
}
