/**
 * Which segments are merged: eight of one size class, sizes a power of eight apart, so that a document is written again
 * about as often as the number of documents has digits in that base; and one that is mostly deleted. Segments that would
 * make too large a one stay as they are. As in Lucene (M. McCandless, "Visualizing Lucene's segment merges", 2011).
 */
import type { Segment, StoredDocument } from './segment.ts';

/** Segments of one size class that are merged into one. */
const MERGED_AT_ONCE = 8;

/** Most bytes of documents that are merged into one segment: they are all in memory then, and their tokens beside them. */
const LARGEST_MERGED = 2 ** 28;

/** What merging asks of a segment. */
type Sized = Pick<Segment<StoredDocument>, 'deleted' | 'bytes'> & {
  readonly entry: Pick<Segment<StoredDocument>['entry'], 'documents'>;
};

/** The segments to be merged next: eight of a size class, or one that is mostly deleted. @param segments oldest first */
export function due<S extends Sized>(segments: readonly S[]): S[] {
  const emptied = segments.find(({ entry, deleted }) => deleted.size > entry.documents / 2);
  if (emptied) return [emptied];
  const classes = new Map<number, S[]>();
  for (const segment of segments) {
    const size = Math.floor(Math.log(segment.entry.documents) / Math.log(MERGED_AT_ONCE) + 1e-9);
    const same = classes.get(size) ?? [];
    same.push(segment);
    if (same.length === MERGED_AT_ONCE && same.reduce((sum, { bytes }) => sum + bytes, 0) <= LARGEST_MERGED)
      return same;
    // of larger ones the oldest has grown enough
    classes.set(size, same.slice(1 - MERGED_AT_ONCE));
  }
  return [];
}
