/** The search page: what stands still of it. Documents come as data, and only ever become text (client/page.ts). */

/** What the page may load and ask: this service, and nothing else. */
export const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export const pageHtml = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>Search</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css">
<script type="module" src="/server/client/page.js"></script>
</head>
<body>
<header>
<form id="form" role="search">
<label for="query" class="unseen">Search</label>
<input id="query" type="search" placeholder="Search" autocomplete="off" autocapitalize="off" spellcheck="false" enterkeyhint="search" autofocus>
<button class="unseen" tabindex="-1">Search</button>
<div class="options">
<fieldset id="rank" hidden>
<legend class="unseen">Rank by</legend>
<label><input type="radio" name="rank" value="both" checked><span>both</span></label>
<label><input type="radio" name="rank" value="ngrams"><span>n-grams</span></label>
<label><input type="radio" name="rank" value="words"><span>words</span></label>
</fieldset>
<ul id="filters" aria-label="Filters"></ul>
<label for="filter" class="unseen">Add a filter on a field</label>
<input id="filter" type="text" placeholder="filter, as year>=2021" autocomplete="off" autocapitalize="off" spellcheck="false">
</div>
</form>
<p id="status" role="status"></p>
</header>
<main>
<ol id="results" aria-label="Documents found"></ol>
<button id="more" type="button" hidden>More</button>
</main>
<footer><kbd>/</kbd> search <kbd>↑</kbd> <kbd>↓</kbd> documents <kbd>Enter</kbd> why and the whole text <kbd>Esc</kbd> back</footer>
<noscript>This page needs scripts; POST /search answers without.</noscript>
</body>
</html>
`;
