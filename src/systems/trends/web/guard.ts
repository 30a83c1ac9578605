/**
 * What every request passes before a page sees it.
 *
 * A page of another site that a browser here has open may name its own host after this machine (DNS rebinding), so a
 * request must be made under an address, `localhost`, or a name that was given; that leaves no name to rebind. And it may
 * send forms here: what writes must come from a page of this origin, as the browser itself says. Answers may load and run
 * nothing but this service's own style sheet and scripts, so that text which should ever get past the escaping stays text.
 */
import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import type { MiddlewareHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { html, renderFrame } from '../../../report/index.ts';

/** The frame's own style, by its digest. */
const frameStyle = /<style>([\s\S]*?)<\/style>/.exec(renderFrame('', html``))![1]!;

export const policy = [
  "default-src 'none'",
  "script-src 'self'",
  `style-src 'self' 'sha256-${createHash('sha256').update(frameStyle).digest('base64')}'`,
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** For files that the service hands out, which are whole pages of their own: they may show themselves and nothing else. */
export const filePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox allow-popups";

/** Headers of every answer. The origin of a form is only told where the referrer is. */
export function headers(): MiddlewareHandler {
  return async (c, next) => {
    await next();
    c.header('x-content-type-options', 'nosniff');
    c.header('referrer-policy', 'same-origin');
    c.header('cross-origin-opener-policy', 'same-origin');
    c.header('cross-origin-resource-policy', 'same-origin');
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store');
    if (!c.res.headers.has('content-security-policy')) c.header('content-security-policy', policy);
  };
}

/** Refuses names that were not given. @param names host names, without ports */
export function knownHost(names: readonly string[]): MiddlewareHandler {
  const known = new Set(['localhost', ...names.map((name) => name.toLowerCase())]);
  return async (c, next) => {
    const host = hostName(c.req.header('host') ?? '');
    if (!isIP(host) && !known.has(host))
      throw new HTTPException(403, {
        message: 'expected to be asked under an address, localhost or a name given with --name, got another host',
      });
    await next();
  };
}

/** Refuses what writes and was not sent by a page of this origin. */
export function sameOrigin(): MiddlewareHandler {
  return async (c, next) => {
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD') {
      const site = c.req.header('sec-fetch-site');
      const origin = c.req.header('origin');
      // browsers tell the site only where the connection is trusted, and the origin always
      const own =
        site === undefined ? origin !== undefined && hostOf(origin) === c.req.header('host') : site === 'same-origin';
      if (!own)
        throw new HTTPException(403, {
          message: 'expected a request from a page of this service, got one from elsewhere',
        });
    }
    await next();
  };
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

/** The name in a Host header: without port, and without the brackets of IPv6. */
function hostName(header: string): string {
  return header
    .toLowerCase()
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1');
}
