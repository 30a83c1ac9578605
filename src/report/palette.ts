/**
 * The colours of figures and page, as CSS variables, so that one SVG is right in light and in dark.
 */

export const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
export const PALETTE_CSS = '';
