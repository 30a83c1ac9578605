/**
 * The literature: ingesting it, searching it, what rises in it, and the issue about it.
 * @module
 */
export type { Burst } from './bursts/automaton.ts';
export { type BurstTimelineOptions, burstTimeline } from './bursts/figure.ts';
export { countsOf, type PhraseBurst, phraseBursts } from './bursts/phrase-bursts.ts';
export { type BurstOptions, type Bursts, batchedBursts, gapBursts } from './bursts/streams.ts';
export { addMonths, type Bin, type Timeline, timelineOf } from './calendar.ts';
export { Analyst } from './desk/analyst.ts';
export type { Answers, Line, PickQuestion, QuestionName, Questions } from './desk/questions.ts';
export { Recommender, type Wish } from './desk/recommender.ts';
export { type ArxivQuery, arxivReader, type OaiOptions, oaiReader, type ServerOptions } from './ingest/arxiv.ts';
export { feedReader } from './ingest/feed.ts';
export { bibtexReader, csvReader, jsonLinesReader } from './ingest/files.ts';
export { type FolderOptions, folderReader } from './ingest/folder.ts';
export { FetchError, type Patience } from './ingest/http.ts';
export { type IngestOptions, type IngestResult, ingest } from './ingest/ingest.ts';
export type { Batch, Reader } from './ingest/reader.ts';
export {
  gitHub,
  hackerNews,
  openAlex,
  readSignals,
  type SignalResult,
  type SignalSource,
  semanticScholar,
} from './ingest/signals.ts';
export { checkIssue, settleIssue } from './issue/check.ts';
export { draftIssue, type Writer, writerOf } from './issue/draft.ts';
export { issueFile, readIssue } from './issue/draft-file.ts';
export { type FeedOptions, issueFeed } from './issue/feed.ts';
export type { Issue, IssuePick, PaperEntry, SentenceSource, Statement } from './issue/issue.ts';
export { issueMail, type Mail } from './issue/mail.ts';
export { issueMarkdown } from './issue/markdown.ts';
export { issuePage } from './issue/page.ts';
export { type Support, supportOf } from './issue/support.ts';
export { type WriteOptions, writeIssue } from './issue/write.ts';
export {
  type Interest,
  type Reason,
  type Recommendation,
  type Recommendations,
  type RecommendOptions,
  recommend,
} from './library/recommend.ts';
export { mapFigure } from './map/figure.ts';
export { type LayoutOptions, layout } from './map/layout.ts';
export {
  type LiteratureMap,
  literatureMap,
  type VosViewerFile,
  type VosViewerOptions,
  vosViewerFile,
} from './map/literature-map.ts';
export type { Paper, SignalReading, Signals } from './paper.ts';
export { documentsOf, type PhraseOptions, type PhraseTable, phrasesOf, textOf } from './phrases/phrases.ts';
export { sentencesOf, splitSentences } from './phrases/sentences.ts';
export { type BackTest, backTest } from './pick/back-test.ts';
export { type PartName, partMeaning, partNames, type Readings } from './pick/evidence.ts';
export { type OutcomeTest, outcomeTest } from './pick/outcome-test.ts';
export { defaultWeights, type Part, type Pick, type PickOptions, type Picks, pickPapers } from './pick/pick.ts';
export { expectedBelow, qValues } from './rising/discovery.ts';
export { risingFigure } from './rising/figure.ts';
export {
  type Rising,
  type RisingOptions,
  type RisingPhrase,
  rising,
  type Standing,
  shuffledRising,
  type Watched,
} from './rising/rising.ts';
export type { Embedder } from './search/embedder.ts';
export { type EmbeddingEndpoint, embeddingEndpoint } from './search/endpoint.ts';
export { parseQuery } from './search/query.ts';
export {
  type Method,
  methods,
  Search,
  type SearchFilter,
  type SearchHit,
  type SearchOptions,
  type SearchResult,
} from './search/search.ts';
export { sotuPassages } from './sotu.ts';
export { type ExportFormat, exportFormats, exportStore } from './store/export.ts';
export { openStore } from './store/open.ts';
export type {
  Collection,
  Entry,
  PaperData,
  Provenance,
  PutResult,
  RunState,
  Shelf,
  SortKey,
  SourceRecord,
  Store,
  StoreFilter,
} from './store/store.ts';
export { type Study, type StudyOptions, studyOf } from './study.ts';
export { type TopicsOverTime, topicRiver } from './topics/figures.ts';
export { topicTerms } from './topics/labels.ts';
export { type LeidenOptions, leiden, modularity } from './topics/leiden.ts';
export {
  type Graph,
  graphOf,
  type Neighbours,
  phraseNeighbours,
  similarityGraph,
  vectorNeighbours,
} from './topics/neighbours.ts';
export {
  nameTopic,
  type Topic,
  type TopicOptions,
  type Topics,
  topicCounts,
  topicLabel,
  topicOfPapers,
  topicsOf,
} from './topics/topics.ts';
export type { Desk } from './web/desk.ts';
export { type PageServerOptions, trendsServer } from './web/server.ts';
