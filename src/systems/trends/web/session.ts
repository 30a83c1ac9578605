/**
 * A password before all pages, where one was set.
 *
 * It is kept as its scrypt hash only, and each try costs as much as one; tries are made one after another, and few may wait.
 * Who knows it gets a random token in a cookie that scripts cannot read and other sites cannot send.
 */
import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';

const cookie = 'tenfold_session';
const days = 30;
const mostSessions = 1000;
const mostWaiting = 8;
const longestPassword = 1024;
/** 2¹⁵ blocks: 32 MiB and about a tenth of a second a try. */
const cost = { N: 2 ** 15, r: 8, p: 1, maxmem: 2 ** 26 };

export class Sessions {
  readonly #salt = randomBytes(16);
  readonly #hash: Promise<Buffer>;
  /** When each ends, by the digest of its token. */
  readonly #ends = new Map<string, number>();
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(password: string) {
    this.#hash = this.#hashOf(password);
  }

  /** Whether it is the password; undefined when too many are being tried. */
  async opens(password: string): Promise<boolean | undefined> {
    if (password.length > longestPassword) return false;
    if (this.#waiting >= mostWaiting) return undefined;
    this.#waiting++;
    const turn = this.#last.then(async () => timingSafeEqual(await this.#hashOf(password), await this.#hash));
    this.#last = turn.catch(() => undefined);
    return turn.finally(() => this.#waiting--);
  }

  begin(c: Context): void {
    const token = randomBytes(32).toString('base64url');
    const now = Date.now();
    for (const [digest, end] of this.#ends) if (end < now) this.#ends.delete(digest);
    if (this.#ends.size >= mostSessions) this.#ends.delete(this.#ends.keys().next().value!);
    this.#ends.set(digestOf(token), now + days * 86_400_000);
    const secure = c.req.header('x-forwarded-proto') === 'https';
    setCookie(c, cookie, token, { httpOnly: true, sameSite: 'Strict', path: '/', maxAge: days * 86_400, secure });
  }

  end(c: Context): void {
    const token = getCookie(c, cookie);
    if (token !== undefined) this.#ends.delete(digestOf(token));
    deleteCookie(c, cookie, { path: '/' });
  }

  /** Lets requests of a session through, and sends the others to the door. @param open paths that need none */
  guard(open: ReadonlySet<string>): MiddlewareHandler {
    return async (c, next) => {
      if (open.has(c.req.path) || this.#knows(getCookie(c, cookie))) return next();
      if (c.req.method !== 'GET') return c.text('expected a session: sign in at /login\n', 401);
      const { pathname, search } = new URL(c.req.url);
      return c.redirect(`/login?to=${encodeURIComponent(`${pathname}${search}`)}`, 303);
    };
  }

  #knows(token: string | undefined): boolean {
    // by its digest, so that the time of the look-up tells nothing of the tokens
    const end = token === undefined ? undefined : this.#ends.get(digestOf(token));
    return end !== undefined && end > Date.now();
  }

  #hashOf(password: string): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      scrypt(password.normalize('NFKC'), this.#salt, 32, cost, (error, key) => (error ? reject(error) : resolve(key)));
    });
  }
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
