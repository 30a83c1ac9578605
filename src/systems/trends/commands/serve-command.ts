/** `tenfold trends serve`: the platform as a web page. */
import { blamed, isLoopback, listenOptions, serveUntil, verb } from '../../../command/index.ts';
import { Analyst } from '../desk/analyst.ts';
import { collectionName } from '../desk/exports.ts';
import { Recommender } from '../desk/recommender.ts';
import { webAddress } from '../issue/words.ts';
import { trendsServer } from '../web/server.ts';
import { embeddingOptions, searchOf, storeOption, withStore } from './collection.ts';

export const passwordVariable = 'TENFOLD_PASSWORD';

export const serveVerb = verb({
  name: 'serve',
  summary: 'the platform as a web page: search, papers, map, trends, collections, issues',
  about: `Listens on this machine only, unless --host says otherwise. Where ${passwordVariable} is set in the environment, whoever asks
must know it. A request has to come under an address, under localhost, or under a name given with --name, so that no other site can
lead a browser here. Behind a server that speaks HTTPS, give --name and --address. Runs until Ctrl-C.`,
  args: {},
  options: {
    store: storeOption,
    ...listenOptions(8400),
    name: { kind: 'text', value: 'HOST', help: 'a name under which it may be asked', many: true },
    address: { kind: 'text', value: 'URL', help: 'where published issues will be read, for the feed' },
    title: { kind: 'text', value: 'TEXT', help: 'what the collection is called on its pages' },
    ...embeddingOptions,
  },
  examples: [
    { line: 'tenfold trends serve', does: 'http://127.0.0.1:8400' },
    {
      line: `${passwordVariable}=… tenfold trends serve --host 0.0.0.0 --name papers.lab.example`,
      does: 'for a group, with a password',
    },
  ],
  run: ({ options, progress, signal }) =>
    blamed('serve', () =>
      withStore(options.store, { progress, signal }, async (store) => {
        const { host, port, name, title, address } = options;
        const home = webAddress(address);
        if (address !== undefined && home === undefined)
          throw new TypeError(`serve: expected an http or https address, got '${address}'`);
        const password = process.env[passwordVariable] || undefined;
        const isOpen = !isLoopback(host);
        if (isOpen && password === undefined)
          progress.note(
            `warning: whoever reaches ${host} reads and changes everything here; ${passwordVariable} in the environment sets a password`,
          );
        const search = await searchOf(store, { progress, signal }, options);
        const analyst = new Analyst(store);
        const recommender = new Recommender(store);
        const isMemory = store.where === ':memory:';
        const server = trendsServer(
          {
            store,
            search,
            analyst,
            recommender,
            name: title ?? collectionName(store),
            ...(home !== undefined && { address: home }),
            ...(isMemory && {
              notice: 'This collection is in memory: what you change here is gone when the command ends.',
            }),
          },
          {
            names: [...name, ...(isIpOrWildcard(host) ? [] : [host])],
            ...(password !== undefined && { password }),
            failed: (error) =>
              progress.note(`a request failed: ${error instanceof Error ? error.message : String(error)}`),
          },
        );
        try {
          return await serveUntil(server, { host, port }, { what: `shows ${collectionName(store)}`, progress, signal });
        } finally {
          await analyst.close();
          await recommender.close();
        }
      }),
    ),
  text: () => '',
});

function isIpOrWildcard(host: string): boolean {
  return /^[\d.:a-f]+$/i.test(host);
}
