/** What every page is: one HTML file with its style in it, that needs no script, no network and no other file. */

import { type Html, html, raw } from './html.ts';
import { PAGE_CSS } from './page-style.ts';

/** A whole page. */
export function renderFrame(title: string, body: Html): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${raw(PAGE_CSS)}</style>
</head>
<body>
${body}
</body>
</html>
`;
  return page.html;
}
