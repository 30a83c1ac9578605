/**
 * JSON from a stranger: headers and indexes of files, read strictly.
 */
import { quote } from './quote.ts';

/**
 * The object in JSON bytes of at most three levels, refusing what JSON.parse lets pass or what could hurt: text that is
 * not UTF-8, keys that occur twice (of which it keeps the last), deep nesting.
 * @throws SyntaxError starting with `what`
 */
export function parseObject(bytes: Uint8Array, what: string): Record<string, unknown> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new SyntaxError(`${what}: expected UTF-8 text, got bytes that are not`);
  }
  if (!text.startsWith('{'))
    throw new SyntaxError(`${what}: expected JSON beginning with "{", got ${quote(text.slice(0, 8))}`);
  const keys: { literal: string; scope: Set<string> }[] = [];
  const scopes: Set<string>[] = [];
  let literal = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '"') {
      const end = closingQuote(text, i);
      if (end < 0) throw new SyntaxError(`${what}: expected JSON, got a string without end at character ${i}`);
      literal = text.slice(i, end + 1);
      i = end;
    } else if (char === '{' || char === '[') {
      if (scopes.push(new Set()) > 3) throw new SyntaxError(`${what}: expected at most 3 levels of JSON, got more`);
    } else if (char === '}' || char === ']') {
      scopes.pop();
    } else if (char === ':') {
      keys.push({ literal, scope: scopes.at(-1) ?? new Set() });
    }
  }
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new SyntaxError(`${what}: expected JSON: ${(error as Error).message.replace(/\p{Cc}+/gu, ' ')}`);
  }
  for (const { literal, scope } of keys) {
    const key = JSON.parse(literal) as string; // "a" and "\u0061" are one key
    if (scope.has(key)) throw new SyntaxError(`${what}: expected every key once, got ${quote(key)} twice`);
    scope.add(key);
  }
  return value;
}

function closingQuote(text: string, open: number): number {
  for (let end = text.indexOf('"', open + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return end;
  }
  return -1;
}
