/**
 * A hub of models, asked over HTTP: what files a model has, with their sizes and hashes, and their bytes from any place on.
 *
 * Any server that answers as the hub's does: a tree listing at `api/models/ID/tree/REVISION`, files at
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
  const url = new URL(`api/models/${model.id}/tree/${encodeURIComponent(model.revision)}?recursive=true`, model.base);
  const ask = () => fetch(url, { signal, headers: { accept: 'application/json' } });
  // a connection that was kept open may have been closed by the other side: that shows when it is used again
  const response = await ask()
    .catch((error: Error) => (reasonOf(error) === 'ECONNRESET' ? ask() : Promise.reject(error)))
    .catch((cause: Error) => {
      if (signal.aborted) throw cause;
      throw new Error(`pull: cannot reach ${url.origin}: ${reasonOf(cause)}`, { cause });
    });
  if (!response.ok) throw refusal(response.status, `${model.id} (${model.revision})`, url);
  const text = await bounded(response, maxListingBytes);
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

/**
 * The SHA-256 that a hub's ETag gives of a file whose listing has no hash.
 * @throws RangeError when it gives none
 */
export async function etagOf(model: HubModel, name: string, signal: AbortSignal): Promise<HubFile['hash']> {
  const url = fileUrl(model, name);
  const { headers } = await fetch(url, { method: 'HEAD', redirect: 'manual', signal });
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
  return fetch(fileUrl(model, name), { signal, ...(start > 0 && { headers: { range: `bytes=${start}-` } }) });
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
    if (size > most) throw new RangeError(`pull: expected a listing of at most ${most} bytes, got more`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
