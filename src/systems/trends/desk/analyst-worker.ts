/** The thread that answers questions about a collection: started by analyst.ts, told its papers, then asked. */
import { parentPort } from 'node:worker_threads';
import type { Paper } from '../paper.ts';
import type { FromAnalyst, ToAnalyst } from './analyst.ts';
import { Answerer } from './questions.ts';

const papers: Paper[] = [];
let answerer: Answerer | undefined;
const say = (message: FromAnalyst) => parentPort!.postMessage(message);

parentPort!.on('message', (message: ToAnalyst) => {
  if ('papers' in message) papers.push(...message.papers);
  else if ('former' in message) answerer = new Answerer(papers, message.former);
  else {
    const { id, name, question } = message;
    try {
      say({ id, answer: answerer!.answer(name, question as never, (label) => say({ id, label })) });
    } catch (error) {
      say({ id, error });
    }
  }
});
