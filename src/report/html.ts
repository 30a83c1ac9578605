/** HTML from templates: whatever is put in is escaped, unless it is HTML already. */

/** A piece of HTML that may be put into another. */
export interface Html {
  readonly html: string;
}

type Part = Html | string | number | false | null | undefined | readonly Part[];

/** html`<p>${text}</p>`: strings are escaped, lists are joined, false, null and undefined leave nothing. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { html: strings.reduce((all, text, i) => all + render(parts[i - 1]) + text) };
}

/** Text that is HTML already, such as a figure's SVG. */
export function raw(text: string): Html {
  return { html: text };
}

/** For content and for quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.codePointAt(0)};`);
}

function render(part: Part): string {
  if (part === false || part === null || part === undefined) return '';
  if (typeof part === 'string') return escapeHtml(part);
  if (typeof part === 'number') return String(part);
  return 'html' in part ? part.html : part.map(render).join('');
}
