/**
 * The platform as a web page: made on the server, with small scripts for what a page cannot do without.
 *
 * Every page works without its scripts but the moving map, whose papers stand below it as a list.
 */
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { html } from '../../../report/index.ts';
import { aboutPages } from './about-page.ts';
import type { Desk } from './desk.ts';
import { page } from './frame.ts';
import { headers, knownHost, sameOrigin } from './guard.ts';
import { issuePages } from './issue-pages.ts';
import { loginPages, open } from './login-page.ts';
import { mapPages } from './map-page.ts';
import { paperPages } from './paper-page.ts';
import { recommendedPages } from './recommended.ts';
import { searchPages } from './search-page.ts';
import { Sessions } from './session.ts';
import { shelfPages } from './shelf-page.ts';
import { pageCss } from './style.ts';
import { trendsPages } from './trends-page.ts';

export interface PageServerOptions {
  /** Names under which it may be asked, besides addresses and `localhost`. */
  readonly names?: readonly string[];
  /** What whoever asks must know; undefined: nothing. */
  readonly password?: string;
  /** Hears of what went wrong inside. */
  readonly failed?: (error: unknown) => void;
}

/** Bytes of one request: an issue with all its sentences is a tenth of it. */
const mostBytes = 2 ** 20;
const mostConnections = 256;
/** An index is looked at no more often than that. */
const reloadMilliseconds = 2000;

/** The modules that pages load. */
const scripts = ['keys', 'map'] as const;

/** The service, not yet listening. */
export function trendsServer(desk: Desk, { names = [], password, failed }: PageServerOptions = {}): Server {
  const app = new Hono();
  app.use(headers());
  app.use(knownHost(names));
  app.use(sameOrigin());
  app.use(
    bodyLimit({
      maxSize: mostBytes,
      onError: () => {
        throw new HTTPException(413, { message: `expected at most ${mostBytes} bytes, got more` });
      },
    }),
  );
  if (password !== undefined) {
    const sessions = new Sessions(password);
    app.use(sessions.guard(open));
    loginPages(app, desk, sessions);
  }
  assets(app);
  app.use(fresh(desk));
  searchPages(app, desk);
  paperPages(app, desk);
  trendsPages(app, desk);
  mapPages(app, desk);
  shelfPages(app, desk);
  recommendedPages(app, desk);
  issuePages(app, desk);
  aboutPages(app, desk, password !== undefined);
  const refused = (status: number, message: string) =>
    page(desk, {
      title: String(status),
      main: html`<h1>${status === 404 ? 'Not found' : status >= 500 ? 'That failed' : 'That cannot be done'}</h1><p class="error" role="alert">${message}</p><p><a href="/">To the search</a></p>`,
    });
  app.notFound((c) => c.html(refused(404, 'There is no such page.'), 404));
  app.onError((error, c) => {
    // what was not read of the request would be taken for the next one
    if (error instanceof HTTPException && error.status === 413) c.header('connection', 'close');
    if (error instanceof HTTPException) return c.html(refused(error.status, error.message), error.status);
    // what the house throws of a bad request names what was expected; what JavaScript throws is a mistake of ours
    const isBad =
      [RangeError, SyntaxError, TypeError].some((kind) => error instanceof kind) && /expected /.test(error.message);
    if (isBad) return c.html(refused(400, error.message), 400);
    failed?.(error);
    return c.html(refused(500, 'Something went wrong inside.'), 500);
  });
  const server = createAdaptorServer({
    fetch: app.fetch,
    overrideGlobalObjects: false,
    serverOptions: { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 5000 },
  }) as Server;
  server.maxConnections = mostConnections;
  return server;
}

/** Takes over what another process ingested, before a page is made. */
function fresh({ search }: Desk): MiddlewareHandler {
  let last = performance.now();
  return async (_, next) => {
    if (performance.now() - last > reloadMilliseconds) {
      last = performance.now();
      await search.reload();
    }
    await next();
  };
}

function assets(app: Hono): void {
  app.get('/favicon.ico', (c) => c.body(null, 204));
  app.get('/assets/page.css', (c) => c.body(pageCss, 200, { 'content-type': 'text/css; charset=utf-8' }));
  for (const name of scripts) {
    const file = new URL(`./client/${name}.js`, import.meta.url);
    app.get(`/assets/client/${name}.js`, async (c) =>
      c.body(await readFile(file, 'utf8'), 200, { 'content-type': 'text/javascript; charset=utf-8' }),
    );
  }
}
