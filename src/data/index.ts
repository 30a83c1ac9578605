/**
 * Readers for the field's formats, tables, running text, splits, and batches in a reproducible order.
 * @module
 */
export { type Address, unionAddresses } from './addresses.ts';
export { type Batches, type BatchOptions, batches, type Position, sweep } from './batches.ts';
export { mnistDigits, mobyDick, seattleHours, vegaTable } from './bundled.ts';
export { type Corpus, corpusDigest, type Document, readDocuments, readText, splitCorpus } from './corpus.ts';
export { type CsvOptions, readCsv } from './csv.ts';
export { type Dataset, dataset, takeRows } from './dataset.ts';
export { indices, presence, type Scale, scaleOf, standardize } from './encode.ts';
export { readIdx } from './idx.ts';
export { type TableOptions, tableOf } from './infer.ts';
export { readJsonLines } from './json-lines.ts';
export { type Mail, spamMails } from './mail.ts';
export { editDistance, nearest } from './nearest.ts';
export { readNpy } from './npy.ts';
export { saveNpy } from './npy-save.ts';
export { type FileLine, fileLines, filePieces } from './pieces.ts';
export { shuffled } from './shuffle.ts';
export type { ReadOptions, Source } from './source.ts';
export { type SplitOptions, split } from './split.ts';
export {
  type CategoricalColumn,
  type Column,
  type ColumnSummary,
  type ContinuousColumn,
  categorical,
  continuous,
  type Kind,
  Table,
} from './table.ts';
export { countWords, frequentWords, wordsOf } from './words.ts';
