/**
 * A hub of models, asked over HTTP: what files a model has, with their sizes and hashes, and their bytes from any place on.
 *
 * Any server that answers as the hub's does: a tree listing at `api/models/ID/tree/REVISION`, perhaps in pages, files at
 * `ID/resolve/REVISION/FILE`, perhaps by redirection. Large files have their SHA-256 in the listing, small ones git's
 * hash of a blob; where a listing has neither, the ETag of the file must be one.
 */

/** One file of a model, as the listing has it. */
export interface HubFile {
  readonly name: string;
  readonly size: number;
  /** What its bytes hash to: SHA-256, or git's SHA-1 of a blob. */
  readonly hash: { readonly kind: 'sha256' | 'git'; readonly hex: string };
}

/** A model at a hub. */
export interface HubModel {
  /** The hub's address. */
  readonly base: URL;
  /** `name` or `owner/name` */
  readonly id: string;
  /** A branch, tag or commit. */
  readonly revision: string;
}

/** Longer listings are no model's. */
const maxListingBytes = 2 ** 24;
/** What a page counts at least. */
const leastPageBytes = 2 ** 14;

/**
 * A model by what a person typed.
 * @throws RangeError for an address, a name or a revision that is none
 */
export function hubModel(address: string, id: string, revision: string): HubModel {
  const base = URL.canParse(address) ? new URL(address.endsWith('/') ? address : `${address}/`) : undefined;
  if (base?.protocol !== 'http:' && base?.protocol !== 'https:') {
    throw new RangeError(`pull: expected the address of a hub, as https://…, got '${address}'`);
  }
  const part = '[A-Za-z0-9_][A-Za-z0-9_.-]*';
  if (!new RegExp(`^${part}(/${part})?$`).test(id)) {
    throw new RangeError(`pull: expected a model's name, as owner/name, got '${id}'`);
  }
  if (!/^[A-Za-z0-9_][A-Za-z0-9_./-]*$/.test(revision) || revision.includes('..')) {
    throw new RangeError(`pull: expected a branch, a tag or a commit, got '${revision}'`);
  }
  return { base, id, revision };
}

/**
 * The files of a model.
 * @throws RangeError for a model that the hub does not have or does not give; SyntaxError for another answer than a listing
 */
export async function listFiles(model: HubModel, signal: AbortSignal): Promise<HubFile[]> {
  const path = `api/models/${model.id}/tree/${encodeURIComponent(model.revision)}?recursive=true`;
  const files: HubFile[] = [];
  let left = maxListingBytes;
  for (let page: URL | undefined = new URL(path, model.base); page !== undefined; ) {
    const url: URL = page;
    const response = await requestPage(url, signal);
    if (!response.ok) throw refusal(response.status, `${model.id} (${model.revision})`, url);
    const text = await bounded(response, left);
    left -= Math.max(leastPageBytes, text.length); // pages that lead in a circle end too
    files.push(...filesIn(text, url));
    const next = /<([^>]+)>\s*;\s*rel="?next\b/i.exec(response.headers.get('link') ?? '')?.[1];
    page = next === undefined ? undefined : redirected(url, next);
  }
  return files;
}

async function requestPage(url: URL, signal: AbortSignal): Promise<Response> {
  const ask = () => request(url, { signal, headers: { accept: 'application/json' } });
  // a connection that was kept open may have been closed by the other side: that shows when it is used again
  return ask()
    .catch((error: Error) => (reasonOf(error) === 'ECONNRESET' ? ask() : Promise.reject(error)))
    .catch((cause: Error) => {
      if (signal.aborted || cause instanceof RangeError) throw cause;
      throw new Error(`pull: cannot reach ${url.origin}: ${reasonOf(cause)}`, { cause });
    });
}

/** The files on a page of a listing. @throws SyntaxError for another answer */
function filesIn(text: string, url: URL): HubFile[] {
  let listing: unknown;
  try {
    listing = JSON.parse(text);
  } catch {
    listing = undefined;
  }
  if (!Array.isArray(listing))
    throw new SyntaxError(`pull: expected a listing of files from ${url}, got something else`);
  const files: HubFile[] = [];
  for (const entry of listing as readonly Record<string, unknown>[]) {
    if (entry?.type !== 'file' || typeof entry.path !== 'string') continue;
    const large = entry.lfs as { oid?: unknown; size?: unknown } | undefined;
    const size = large?.size ?? entry.size;
    if (!Number.isSafeInteger(size) || (size as number) < 0) {
      throw new SyntaxError(
        `pull: expected the size of ${JSON.stringify(entry.path)} from ${url}, got ${String(size)}`,
      );
    }
    const hash = hashOf(large?.oid ?? entry.oid);
    // what is not asked for by a plain name is never written
    files.push({ name: entry.path, size: size as number, hash: hash ?? { kind: 'sha256', hex: '' } });
  }
  return files;
}

/** What a server would compress could not be continued from the middle, nor counted. */
const asStored = { 'accept-encoding': 'identity' };

/** Redirections in a row, after which they are taken for a circle. */
const maxRedirects = 10;

/**
 * Asks, wherever it leads.
 * @throws RangeError as `redirected`, and for redirections without end
 */
async function request(url: URL, { signal, headers }: { signal: AbortSignal; headers: Record<string, string> }) {
  let at = url;
  for (let count = 0; count <= maxRedirects; count++) {
    const response = await fetch(at, {
      signal,
      headers: { ...asStored, ...headers },
      redirect: 'manual',
    });
    const location = response.headers.get('location');
    if (location === null || ![301, 302, 303, 307, 308].includes(response.status)) return response;
    await response.body?.cancel();
    at = redirected(at, location);
  }
  throw new RangeError(`pull: expected ${url.origin} to lead to a file, got more than ${maxRedirects} redirections`);
}

/**
 * Where a server sends on to.
 * @throws RangeError for what is no address of the web, or leaves https
 */
export function redirected(from: URL, location: string): URL {
  const to = URL.canParse(location, from) ? new URL(location, from) : undefined;
  if (to?.protocol === 'https:' || (to?.protocol === 'http:' && from.protocol === 'http:')) return to;
  throw new RangeError(
    `pull: expected ${from.origin} to send on to ${from.protocol === 'https:' ? 'https' : 'http or https'}, got ${to?.origin ?? 'no address'}`,
  );
}

/**
 * The SHA-256 that a hub's ETag gives of a file whose listing has no hash.
 * @throws RangeError when it gives none
 */
export async function etagOf(model: HubModel, name: string, signal: AbortSignal): Promise<HubFile['hash']> {
  const url = fileUrl(model, name);
  const { headers } = await fetch(url, { method: 'HEAD', redirect: 'manual', headers: asStored, signal });
  const hash = hashOf((headers.get('x-linked-etag') ?? headers.get('etag'))?.replace(/^(W\/)?"|"$/g, ''));
  if (hash?.kind === 'sha256') return hash;
  throw new RangeError(`pull: expected a hash of ${name} from ${url.origin}, got none: it could not be checked`);
}

/** The bytes of a file from `start` on; the answer may ignore `start` (status 200). */
export async function requestFile(
  model: HubModel,
  name: string,
  start: number,
  signal: AbortSignal,
): Promise<Response> {
  return request(fileUrl(model, name), { signal, headers: start > 0 ? { range: `bytes=${start}-` } : {} });
}

/** What an answer other than the file means. */
export function refusal(status: number, what: string, url: URL): Error {
  const why =
    status === 404
      ? 'which it does not have'
      : status === 401 || status === 403
        ? 'which it does not give to everyone'
        : '';
  if (why !== '')
    return new RangeError(`pull: asked ${url.origin} for ${what}: expected it, got status ${status}, ${why}`);
  return new Error(`pull: asked ${url.origin} for ${what}, got status ${status}`);
}

/** Why a request failed, in a few words. */
export function reasonOf(error: Error): string {
  const cause = error.cause as (Error & { code?: string }) | undefined;
  return cause?.code ?? cause?.message ?? error.message;
}

export function fileUrl({ id, revision, base }: HubModel, name: string): URL {
  return new URL(`${id}/resolve/${encodeURIComponent(revision)}/${encodeURIComponent(name)}`, base);
}

function hashOf(hex: unknown): HubFile['hash'] | undefined {
  if (typeof hex !== 'string' || !/^[0-9a-f]+$/.test(hex)) return undefined;
  return hex.length === 64 ? { kind: 'sha256', hex } : hex.length === 40 ? { kind: 'git', hex } : undefined;
}

async function bounded(response: Response, most: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > most) throw new RangeError(`pull: expected a listing of at most ${maxListingBytes} bytes, got more`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
