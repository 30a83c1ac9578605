/** A name or value from a file, safe to print on one line of a terminal: in quotes, shortened, no control characters. */
export function quote(value: unknown): string {
  const text = (JSON.stringify(value) ?? 'nothing').replace(/\p{Cc}/gu, '?');
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
