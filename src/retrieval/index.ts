/**
 * What finding documents needs, whoever looks for them: BM25 over words, the measures of retrieval and the readers of its
 * test collections, the fusion of results, and files of typed arrays with checksums.
 * @module
 */
export { Answers } from './evaluation/answers.ts';
export { readQrels, readSmart, readSmartQrels, type SmartDocument } from './evaluation/collections.ts';
export { type Evidence, evidencePrecision, evidenceRecall } from './evaluation/evidence.ts';
export {
  averagePrecision,
  type Evaluation,
  evaluate,
  hits,
  type Judged,
  type MeanOptions,
  type Measure,
  meanOver,
  ndcg,
  type Qrels,
  ranked,
  recall,
  reciprocalRank,
  rPrecision,
  type Scored,
  usualMeasures,
} from './evaluation/measures.ts';
export { readRun, runLines } from './evaluation/runs.ts';
export { reciprocalRankFusion, weightedFusion } from './fusion.ts';
export { Best, type Hit } from './lexical/best.ts';
export {
  type Bm25Options,
  LexicalIndex,
  type LexicalSearch,
  type Statistics,
  type WordScore,
} from './lexical/lexical-index.ts';
export { type NearWord, SortedWords } from './lexical/sorted-words.ts';
export { type Form, type Term, type Tolerance, termsOf, type Vocabulary } from './lexical/terms.ts';
export { type Analyser, analysers, defaultAnalyser, type Word, wordsIn, wordsOf } from './lexical/words.ts';
export { readWhole } from './store/read-whole.ts';
export { Records, recordsFile, writtenFile } from './store/records.ts';
export { layOut, readSections, type Sections, seal } from './store/sections.ts';
