/** Forms: what was sent, and where to go afterwards. */
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';

/** What a form sent. @throws HTTPException for anything else */
export async function formOf(c: Context): Promise<URLSearchParams> {
  const type = c.req.header('content-type') ?? '';
  if (!/^application\/x-www-form-urlencoded(;|$)/i.test(type))
    throw new HTTPException(415, { message: 'expected a form' });
  return new URLSearchParams(await c.req.text());
}

/** The page that a form was on, or another of ours: never one of somebody else's. */
export function backTo(form: URLSearchParams, otherwise: string): string {
  return ownPath(form.get('back')) ?? otherwise;
}

/** A path of this service, or undefined. */
export function ownPath(path: string | null | undefined): string | undefined {
  if (!path || !/^\/(?![/\\])/.test(path) || !URL.canParse(path, 'http://localhost')) return undefined;
  const url = new URL(path, 'http://localhost');
  return url.origin === 'http://localhost' ? `${url.pathname}${url.search}` : undefined;
}

/** Where a page is, with its question, to come back to. */
export function here(c: Context): string {
  const { pathname, search } = new URL(c.req.url);
  return `${pathname}${search}`;
}

/** What a person typed into a field, or undefined for nothing. */
export function typed(values: URLSearchParams, name: string): string | undefined {
  const value = values.get(name)?.trim();
  return value ? value : undefined;
}

/** What was typed, comma by comma; a name with commas in quotes, as `listedName` writes it. */
export function listed(values: URLSearchParams, name: string): string[] {
  return values
    .getAll(name)
    .flatMap((value) => value.match(/\s*"[^"]*"\s*(?=,|$)|[^,]+/g) ?? [])
    .map((value) =>
      value
        .trim()
        .replace(/^"([^"]*)"$/, '$1')
        .trim(),
    )
    .filter((value) => value !== '');
}

/** A name as it stands in a field of several. */
export function listedName(name: string): string {
  return name.includes(',') ? `"${name.replaceAll('"', ' ')}"` : name;
}

/** A whole number, or the usual one where none, or none in range, was typed. */
export function whole(
  values: URLSearchParams,
  name: string,
  usual: number,
  [least, most]: readonly [number, number],
): number {
  const text = values.get(name)?.trim() ?? '';
  const value = text === '' ? usual : Number(text);
  if (!Number.isInteger(value) || value < least || value > most)
    throw new RangeError(`${name}: expected a whole number from ${least} to ${most}, got '${text.slice(0, 40)}'`);
  return value;
}
