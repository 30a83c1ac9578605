/** Elements of the page, made of text: nothing here reads markup. Runs in browsers. */

type Child = Node | string | undefined;

/** An element with properties and children; a string becomes text. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

/** What the page's HTML has under an id. */
export function part<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}
