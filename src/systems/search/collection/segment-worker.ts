/** The thread that writes a segment of many documents: see write-segment.ts. */
import { answer } from '../fm-index/thread.ts';
import { writeSegment } from './write-segment.ts';

void answer(writeSegment);
