/**
 * The page's style sheet: one column of a book's measure, serif for reading and sans for figures and tables, the palette
 * of the figures, and rules for dark, narrow and paper.
 */

import { FONT, paletteCss } from './palette.ts';

const SERIF = "Charter, 'Bitstream Charter', 'Sitka Text', Cambria, 'Liberation Serif', 'Noto Serif', serif";
const MONO = "ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, 'Liberation Mono', monospace";

export const PAGE_CSS = `
${paletteCss(':root')}
:root { color-scheme: light dark; }
* { box-sizing: border-box; }
html { font-size: 106.25%; -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem; }
body {
  margin: 0 auto; padding: 0 1.25rem 4rem; max-width: 44.5rem;
  background: var(--paper); color: var(--ink);
  font-family: ${SERIF}; line-height: 1.55; font-kerning: normal; hanging-punctuation: first;
  text-wrap: pretty; overflow-wrap: break-word;
}
h1, h2, h3 { font-weight: 600; line-height: 1.15; text-wrap: balance; margin: 0; }
p { margin: 0 0 .8rem; }
a { color: inherit; text-decoration-color: var(--muted); text-decoration-thickness: 1px; text-underline-offset: .18em; }
a:hover { text-decoration-color: currentColor; }
:focus-visible { outline: 2px solid var(--s1); outline-offset: 2px; }
code { font-family: ${MONO}; font-size: .86em; }
.command { -webkit-user-select: all; user-select: all; padding: .12em .4em; border: 1px solid var(--faint); border-radius: 3px;
  display: inline-block; max-width: 100%; white-space: pre-wrap; line-height: 1.3; }
.small, .facts, .contents, .run, .claims, .data, figcaption, .tag, footer { font-family: ${FONT}; font-size: .8rem; line-height: 1.45; }
.quiet { color: var(--muted); }
.skip { position: absolute; left: -99rem; }
.skip:focus { position: static; }

.masthead { padding: 3.2rem 0 0; }
.name { margin: 0 0 1.1rem; padding-bottom: .45rem; border-bottom: 2px solid var(--ink);
  font-family: ${FONT}; font-size: .8rem; font-weight: 600; letter-spacing: .14em; text-transform: uppercase;
  display: flex; justify-content: space-between; gap: 1rem; }
.name span { font-weight: 400; letter-spacing: .02em; text-transform: none; color: var(--muted); }
h1 { font-size: clamp(2.3rem, 8vw, 3.5rem); letter-spacing: -.018em; }
.deck { margin: .7rem 0 1.4rem; font-size: 1.18rem; line-height: 1.4; font-style: italic; max-width: 36rem; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.1rem; margin: 0 0 1.2rem; }
.facts dt { color: var(--muted); }
.facts dd { margin: 0; font-variant-numeric: tabular-nums; }
.notice { border-left: 3px solid var(--s5); padding-left: .9rem; }

h2.part { margin: 2.6rem 0 .7rem; font-family: ${SERIF}; font-size: 1.3rem; }
table { border-collapse: collapse; }
th { font-weight: 600; text-align: left; vertical-align: bottom; }
td { vertical-align: top; }
.contents table { width: 100%; border-top: 1px solid var(--ink); border-bottom: 1px solid var(--ink); }
.contents td { padding: .5rem .9rem .5rem 0; border-top: 1px solid var(--faint); }
.contents tr:first-child td { border-top: 0; }
.contents td:last-child { padding-right: 0; text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.contents .title { font-family: ${SERIF}; font-size: 1.0625rem; line-height: 1.3; }
.contents .unrun .title { color: var(--muted); }
.contents td:nth-child(2) { width: 11.5rem; }

.verdict { display: inline-grid; grid-template-columns: max-content 1fr; align-items: baseline; font-weight: 600; }
.verdict::before { content: attr(data-sign); width: 1.35em; height: 1.35em; margin-right: .45em;
  border: 1.5px solid currentColor; border-radius: 50%; font-size: .82em; line-height: 1.2em; text-align: center; font-weight: 700; }
.holds { color: var(--s3); }
.fails { color: var(--s2); }
.fails::before { border-radius: 2px; }
.untestable { color: var(--muted); }
.untestable::before { border-style: dashed; }
.counts { display: flex; flex-direction: column; gap: .1rem; }
.counts .verdict { font-weight: 500; }

article { margin-top: 4.2rem; padding-top: 1rem; border-top: 2px solid var(--ink); }
article h2 { font-size: 1.85rem; letter-spacing: -.01em; }
.citation { margin: .45rem 0 .9rem; font-style: italic; color: var(--muted); line-height: 1.4; }
h3 { margin: 2.1rem 0 .7rem; font-size: 1.12rem; }
.run { margin: 0 0 1rem; }
.tag { padding: .08em .5em; border: 1px solid var(--muted); border-radius: 3px; font-weight: 600; font-size: .72rem; white-space: nowrap; }
.error { border-left: 3px solid var(--s2); padding-left: .9rem; }

.claims { width: 100%; border-bottom: 1px solid var(--ink); }
.claims th { padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--ink); color: var(--muted); font-weight: 500; }
.claims td { padding: 0 .9rem .65rem 0; font-variant-numeric: tabular-nums; }
.claims tbody + tbody { border-top: 1px solid var(--faint); }
.claims .statement { padding: .6rem 0 .35rem; border: 0; font-family: ${SERIF}; font-size: 1rem; font-weight: 400; line-height: 1.42;
  color: var(--ink); max-width: 38rem; }
.claims th:last-child, .claims td:last-child { padding-right: 0; }
.claims td + td { width: 6.8rem; }
.claims td:last-child { width: 8.1rem; }
.claims .rule { color: var(--muted); }
.label { display: none; }

figure { margin: 1.9rem 0; }
figcaption { margin-top: .5rem; max-width: 40rem; }
figcaption b { font-weight: 600; }
.scroll { overflow-x: auto; }
.scroll > svg { display: block; margin: 0 auto; }
.data { min-width: 50%; border-top: 1px solid var(--ink); border-bottom: 1px solid var(--ink); font-variant-numeric: tabular-nums; }
.data th { border-bottom: 1px solid var(--muted); }
.data th, .data td { padding: .28rem 1.3rem .28rem 0; }
.data th:last-child, .data td:last-child { padding-right: 0; }
.data td { white-space: nowrap; }
.data .text { white-space: normal; min-width: 7rem; }
.data .command { white-space: pre; }
.data tr + tr td { border-top: 1px solid var(--faint); }
.data .number, .data .measured, .data .bounds { text-align: right; }
.table figcaption { margin: 0 0 .5rem; }
footer { margin-top: 4.2rem; padding-top: .9rem; border-top: 2px solid var(--ink); }
footer dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1rem; margin: 0 0 .8rem; }
footer dd { margin: 0; }

@media (max-width: 40rem) {
  html { font-size: 100%; }
  .masthead { padding-top: 1.4rem; }
  .facts, footer dl { grid-template-columns: 1fr; gap: 0; }
  .facts dd, footer dd { margin-bottom: .45rem; }
  .contents tr, .claims tr, .claims .statement { display: block; padding: .6rem 0; }
  .claims tr, .claims .statement { padding: 0; }
  .claims tbody { display: block; padding: .7rem 0; }
  .contents tr + tr { border-top: 1px solid var(--faint); }
  .contents td, .claims td { display: block; width: auto !important; padding: 0; border: 0; }
  .contents td:last-child { text-align: left; }
  .contents td:nth-child(2) { margin-top: .3rem; }
  .counts { flex-flow: row wrap; gap: .1rem .9rem; }
  .claims thead { display: none; }
  .claims td { margin-top: .3rem; }
  .claims tr + tr + tr { margin-top: .8rem; }
  .label { display: inline; color: var(--muted); }
  .scroll > svg { margin: 0; }
  .wide > svg { min-width: 32rem; }
}
@media print {
  html { font-size: 10pt; }
  body { max-width: none; padding: 0; }
  @page { margin: 18mm 20mm; }
  .masthead { padding-top: 0; }
  figure, .claims tbody, .contents tr { break-inside: avoid; }
  h2, h3, .run { break-after: avoid; }
  article { break-before: page; margin-top: 0; }
  a { text-decoration: none; }
  .scroll { overflow: visible; }
}
`;
