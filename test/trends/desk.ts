/** A small collection behind the platform's page: forty papers a subject of words that tell it from the others. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import {
  Analyst,
  type Desk,
  openStore,
  type PageServerOptions,
  Recommender,
  Search,
  type SourceRecord,
  trendsServer,
} from 'tenfold/trends';

/** What a source may call a paper. */
export const hostileTitle =
  '<script>globalThis.broken = 1</script><img src=x onerror="globalThis.broken=1"> & "quotes" \u202e';

const subjects = [
  { name: 'diffusion models', words: 'denoising noise schedules score samples', category: 'cs.LG' },
  { name: 'graph networks', words: 'nodes edges messages molecules neighbours', category: 'cs.SI' },
  { name: 'speech codecs', words: 'audio waveforms vocoders bitrates speakers', category: 'cs.SD' },
  { name: 'robot grasping', words: 'grippers objects contact forces manipulation', category: 'cs.RO' },
  { name: 'question answering', words: 'passages retrieval answers readers evidence', category: 'cs.CL' },
] as const;
const methods = [
  'contrastive',
  'recurrent',
  'variational',
  'hierarchical',
  'sparse',
  'bayesian',
  'adversarial',
  'causal',
];

/** Papers of 2021 and 2022; diffusion models come up in 2022. */
export function records(): SourceRecord[] {
  const all: SourceRecord[] = [];
  for (const [s, { name, words, category }] of subjects.entries()) {
    const terms = words.split(' ');
    for (let i = 0; i < 40; i++) {
      const method = methods[(i + s) % methods.length]!;
      const late = s === 0 ? i >= 8 : i >= 26;
      const month = late ? 1 + (i % 5) : 1 + (i % 12);
      const [a, b, c] = [terms[i % 5]!, terms[(i + 2) % 5]!, terms[(i + 3) % 5]!];
      all.push({
        source: 'test',
        record: `${s}-${i}`,
        paper: {
          title: `${method[0]!.toUpperCase()}${method.slice(1)} ${name} for ${a}, part ${i}`,
          abstract: `Work on ${name} has become important in recent years. We propose a ${method} method of ${name} that treats ${a} and ${b} together. Experiments show that ${a} improve by ${i + 3} % over earlier ${name}. We release a new benchmark of ${c} with ${100 + i} cases for ${name}.`,
          authors: [`Ada Writer${s}`, `Ben Second${i % 7}`],
          date: `${late ? 2022 : 2021}-${String(month).padStart(2, '0')}-${String(1 + (i % 27)).padStart(2, '0')}`,
          categories: [category],
          venue: i % 2 === 0 ? 'Conference of Tests' : 'Workshop of Tests',
          arxiv: {
            id: `${late ? 22 : 21}${String(month).padStart(2, '0')}.${String(1000 * (s + 1) + i).padStart(5, '0')}`,
            version: 1,
          },
          url: `https://example.org/${s}/${i}`,
        },
        ...(i % 2 === 0 && {
          signals: { at: '2022-05-20', source: 'test', citations: (i * 7 + s) % 50, ...(i % 4 === 0 && { code: i }) },
        }),
      });
    }
  }
  all.push({
    source: 'test',
    record: 'hostile',
    paper: {
      title: hostileTitle,
      abstract:
        'We study </textarea><script>globalThis.broken = 1</script> in abstracts of hostile papers, which must stay text wherever they are shown.',
      authors: ['<b onclick="globalThis.broken=1">Mallory</b>'],
      date: '2022-05-03',
      url: 'javascript:globalThis.broken=1',
    },
  });
  return all;
}

export interface Served {
  readonly desk: Desk;
  readonly base: string;
  /** What went wrong inside. */
  readonly failures: unknown[];
  close(): Promise<void>;
}

/** The collection, searched, served on a free port. */
export async function serveDesk(options: PageServerOptions = {}): Promise<Served> {
  const store = await openStore(':memory:');
  await store.put(records());
  const search = await Search.open(store);
  await search.update();
  const desk: Desk = { store, search, analyst: new Analyst(store), recommender: new Recommender(store), name: 'Tests' };
  const failures: unknown[] = [];
  const server = trendsServer(desk, { failed: (error) => failures.push(error), ...options });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    desk,
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    failures,
    async close() {
      server.closeAllConnections();
      server.close();
      await desk.analyst.close();
      await desk.recommender.close();
      await store.close();
    },
  };
}
