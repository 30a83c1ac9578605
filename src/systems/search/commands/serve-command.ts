/** `tenfold search serve`: an index behind HTTP, with a page. */
import { blamed, isLoopback, listenOptions, serveUntil, verb } from '../../../command/index.ts';
import { openDevice } from '../../../tensor/index.ts';
import { LiveSearcher } from '../server/live.ts';
import { searchService } from '../server/service.ts';
import { requireIndex } from './folder.ts';

export const serveVerb = verb({
  name: 'serve',
  summary: 'a search page and a JSON interface for an index',
  about: `GET / is the page. POST /search {"query": "…", "limit": 10, "rank": "both", "filters": ["year>=2021"], "prefix": true,
"fuzzy": 2} answers with hits, each with its document, its reasons and where they stand; all but the query may be left out,
and prefix and fuzzy are off then. POST /exact {"text": "…"} counts a text word for word; GET /status and
GET /document/ID tell of the index and of one document. Documents that are added or deleted meanwhile are seen at once.

Only this machine is answered, and only under its own name, unless --host says otherwise: then whoever reaches that address
reads the documents. Runs until it is stopped with Ctrl-C.`,
  args: { index: { help: 'the folder of an index' } },
  options: listenOptions(8390),
  examples: [
    { line: 'tenfold search serve papers', does: 'http://127.0.0.1:8390' },
    {
      line: `curl -d '{"query": "diffusion models", "limit": 3}' http://127.0.0.1:8390/search`,
      does: 'three hits as JSON',
    },
  ],
  run: ({ args: { index }, options: { port, host }, signal, progress }) =>
    blamed('serve', async () => {
      await requireIndex('serve', index);
      // a run of the engine would keep the service from answering others
      const device = await openDevice('cpu', { worker: true });
      let live: LiveSearcher | undefined;
      try {
        progress.update('opening the index');
        live = await LiveSearcher.open(index, { device });
        // the first query compiles the model's programs and puts the words in order: not while someone waits for it
        await (await live.current()).search('a first query', { limit: 1, prefix: true, fuzzy: 2, signal });
        const failed = (error: unknown) => progress.note(`a request failed: ${(error as Error).message}`);
        const server = searchService(live, { anyHost: !isLoopback(host), failed });
        return await serveUntil(server, { host, port }, { what: `searches ${index}`, progress, signal });
      } finally {
        await live?.release();
        await device.close();
      }
    }),
  text: () => '',
});
