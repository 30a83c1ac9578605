/**
 * A figure: an Observable Plot drawing as one SVG string that stands by itself.
 *
 * Plot draws into a document that linkedom keeps in memory, so no browser is needed. Afterwards the drawing is made fit
 * for a page: ids are renamed after the figure (Plot numbers them from one counter for the whole process, which would
 * make the same drawing differ from run to run and clash between figures), coordinates are rounded, and a title, a
 * description and the palette (palette.ts) go in, so that it reads aloud and follows light and dark wherever it is put.
 */

import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { FONT, paletteCss } from './palette.ts';

/** As issue.json holds it. */
export interface Figure {
  /** Stable, unique in its system: `information-plane`. */
  readonly id: string;
  readonly title: string;
  /** What to see in it, and how it was made. */
  readonly caption: string;
  /** A whole `<svg>` element. */
  readonly svg: string;
}

export interface FigureOptions {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  /** What the drawing shows, for someone who does not see it: the axes, the course, the numbers that matter. */
  readonly description: string;
  /** Observable Plot's options. Colours: those of palette.ts. Without legends, which are HTML: label the marks. */
  readonly plot: Plot.PlotOptions;
}

const CSS = `${paletteCss('.tenfold-figure')}.tenfold-figure{max-width:100%;height:auto;color:var(--ink);background:var(--paper)}`;

/** Draws. The same options give the same string. @throws TypeError for a plot that is not one SVG element */
export function figure({ id, title, caption, description, plot }: FigureOptions): Figure {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const drawn = Plot.plot({
    ...plot,
    document: document as unknown as Document,
    className: 'plot',
    style: { fontFamily: FONT, fontSize: '12px', ...(plot.style as Partial<CSSStyleDeclaration>) },
  });
  if (drawn.tagName.toLowerCase() !== 'svg') {
    throw new TypeError(
      `figure ${id}: expected one SVG element, got <${drawn.tagName}>; draw without title and legends`,
    );
  }
  return { id, title, caption, svg: finish(drawn, id, title, description) };
}

function finish(svg: Element, id: string, title: string, description: string): string {
  const { ownerDocument: document } = svg;
  const element = (tag: string, text: string) => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
    made.textContent = text;
    return made;
  };
  tidyAttributes(svg, id);
  for (const style of svg.querySelectorAll('style')) style.remove();
  const name = element('title', title);
  const about = element('desc', description);
  name.setAttribute('id', `${id}-title`);
  about.setAttribute('id', `${id}-desc`);
  svg.prepend(name, about, element('style', CSS));
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  svg.setAttribute('class', 'tenfold-figure');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-labelledby', `${id}-title ${id}-desc`);
  return svg.outerHTML;
}

/**
 * ids become `${id}-1`, `${id}-2`, … and references follow; coordinates are rounded to a hundredth of a pixel, which
 * takes a third of the size away and the last bits that differ between machines.
 */
function tidyAttributes(svg: Element, id: string): void {
  const names = new Map([...svg.querySelectorAll('[id]')].map((element, i) => [element.id, `${id}-${i + 1}`]));
  for (const element of svg.querySelectorAll('*')) {
    for (const { name, value } of [...element.attributes]) {
      if (name.startsWith('aria-')) continue;
      const tidy =
        name === 'id'
          ? names.get(value)!
          : value
              .replace(/(?<=^#|url\(#)[^)]+/, (old) => names.get(old) ?? old)
              .replace(/-?\d+\.\d{3,}/g, (number) => String(Number(Number(number).toFixed(2))));
      if (tidy !== value) element.setAttribute(name, tidy);
    }
  }
}
