/** A served model, as clients of OpenAI's interface name it: an address to which paths are appended, and perhaps a key. */
export interface Served {
  readonly base: URL;
  /** Of every request, with the key in them. */
  readonly headers: Readonly<Record<string, string>>;
  /** Never to be shown. */
  readonly secrets: readonly string[];
}

/**
 * @param op what errors begin with
 * @throws TypeError for what is no http address, or has credentials or a query in it, and for a key that no header takes
 */
export function servedAt(op: string, url: string, apiKey?: string): Served {
  if (!URL.canParse(url))
    throw new TypeError(`${op}: expected an address such as http://127.0.0.1:8000/v1, got ${JSON.stringify(url)}`);
  const base = new URL(url);
  if (!/^https?:$/.test(base.protocol) || base.username !== '' || base.password !== '' || base.search !== '')
    throw new TypeError(
      `${op}: expected an http or https address without credentials and query (a key goes into apiKey)`,
    );
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey))
    throw new TypeError(`${op}: expected an apiKey of printable ASCII without spaces, got something else`);
  const json = { 'content-type': 'application/json' };
  if (apiKey === undefined) return { base, headers: json, secrets: [] };
  return { base, headers: { ...json, authorization: `Bearer ${apiKey}` }, secrets: [apiKey] };
}

/** The address of one of its services. */
export function serviceOf({ base }: Served, path: string): string {
  return `${base.href.replace(/\/$/, '')}/${path}`;
}
