/** `tenfold backdoor serve`: a model behind HTTP. */
import { blamed, listenOptions, serveUntil, verb } from '../../command/index.ts';
import { openDevice } from '../../tensor/index.ts';
import { openModel } from './folder.ts';
import { modelService } from './serve.ts';

export const serveVerb = verb({
  name: 'serve',
  summary: 'answer queries to a model over HTTP, and nothing else',
  about: `GET / tells what the model takes; POST /classify {"inputs": [[…], …]} answers {"classes": […]}. Scores, weights and the
verifier stay inside, so that whoever asks has black-box access and no more. Runs until it is stopped with Ctrl-C.`,
  args: { model: { help: 'the folder of a model' } },
  options: listenOptions(8380),
  examples: [{ line: 'tenfold backdoor serve models/digits', does: 'http://127.0.0.1:8380' }],
  run: ({ args, options: { port, host }, signal, progress }) =>
    blamed('serve', async () => {
      // a run of the engine would keep the service from answering others
      const device = await openDevice('cpu', { worker: true });
      try {
        const opened = await openModel(args.model, { device });
        try {
          return await serveUntil(
            modelService(opened),
            { host, port },
            { what: `answers for ${args.model}`, progress, signal },
          );
        } finally {
          await opened.release();
        }
      } finally {
        await device.close();
      }
    }),
  text: () => '',
});
