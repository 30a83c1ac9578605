/** `tenfold backdoor serve`: a model behind HTTP. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { verb } from '../../command/index.ts';
import { openDevice } from '../../tensor/index.ts';
import { openModel } from './folder.ts';
import { modelService } from './serve.ts';

export const serveVerb = verb({
  name: 'serve',
  summary: 'answer queries to a model over HTTP, and nothing else',
  about: `GET / tells what the model takes; POST /classify {"inputs": [[…], …]} answers {"classes": […]}. Scores, weights and the
verifier stay inside, so that whoever asks has black-box access and no more. Runs until it is stopped with Ctrl-C.`,
  args: { model: { help: 'the folder of a model' } },
  options: {
    port: {
      kind: 'number',
      value: 'PORT',
      help: '0 for any that is free',
      integer: true,
      min: 0,
      max: 65_535,
      default: 8380,
    },
    host: {
      kind: 'text',
      value: 'ADDRESS',
      help: 'where to listen; others than this machine only if asked',
      default: '127.0.0.1',
    },
  },
  examples: [{ line: 'tenfold backdoor serve models/digits', does: 'http://127.0.0.1:8380' }],
  async run({ args, options: { port, host }, signal, progress }) {
    // a run of the engine would keep the service from answering others
    const device = await openDevice('cpu', { worker: true });
    try {
      const opened = await openModel(args.model, { device });
      const server = modelService(opened);
      server.listen(port, host);
      await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES' && error.code !== 'EADDRNOTAVAIL') throw error;
        throw new RangeError(
          `serve: expected a port to listen on, got ${host}:${port} (${error.code}); --port gives another`,
        );
      });
      const bound = server.address() as AddressInfo;
      const shown = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
      progress.note(`http://${shown}:${bound.port} answers for ${args.model}; Ctrl-C ends it`);
      if (!signal.aborted) await once(signal, 'abort');
      server.closeAllConnections();
      server.close();
      await opened.release();
      throw signal.reason;
    } finally {
      await device.close();
    }
  },
  text: () => '',
});
