/** What the frame's style sheet does not know: forms, lists of papers, the map; from a phone to a wide screen. */
import { FONT } from '../../../report/index.ts';

export const pageCss = `
.app { font-family: ${FONT}; }
body:has(.app) { max-width: 52rem; }
body:has(.wide-page) { max-width: 76rem; }
.app h1, .app .deck, .app .abstract, .hit h2, .app h2, .app h3 { font-family: Charter, 'Bitstream Charter', 'Sitka Text', Cambria, 'Liberation Serif', 'Noto Serif', serif; }
.app h1 { font-size: clamp(1.5rem, 4vw, 2.1rem); margin: 1.6rem 0 .8rem; }
.app h2 { font-size: 1.25rem; margin: 2rem 0 .6rem; }
.app h3 { font-size: 1.02rem; margin: 1.2rem 0 .4rem; }
.app h4 { font-size: .85rem; margin: .9rem 0 .3rem; }
.app main:focus { outline: none; }
.unseen { position: absolute; width: 1px; height: 1px; padding: 0; margin: 0; border: 0; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
[hidden] { display: none !important; }
.bar { display: flex; flex-wrap: wrap; align-items: baseline; gap: .3rem 1.6rem; padding-top: 1.1rem; border-bottom: 2px solid var(--ink); }
.bar .name { margin: 0; padding: 0 0 .45rem; border: 0; }
.bar ul { display: flex; flex-wrap: wrap; gap: 0 1.1rem; margin: 0; padding: 0; list-style: none; font-size: .9rem; }
.bar nav a { display: inline-block; padding: .25rem 0 .4rem; text-decoration: none; border-bottom: 3px solid transparent; margin-bottom: -2px; }
.bar nav a:hover { border-color: var(--muted); }
.bar nav a[aria-current] { font-weight: 600; border-color: var(--s1); }
.app footer.foot { margin-top: 3rem; border-top: 0; }

input, select, textarea, button, .button { font: inherit; font-size: .9rem; color: inherit; background: var(--paper); border: 1px solid var(--muted); border-radius: 5px; padding: .35rem .55rem; min-height: 2.1rem; max-width: 100%; }
input[type='checkbox'] { min-height: 0; width: 1.1rem; height: 1.1rem; margin: 0; accent-color: var(--s1); }
textarea { display: block; width: 100%; resize: vertical; line-height: 1.45; field-sizing: content; min-height: 3.6em; }
button, .button { cursor: pointer; text-decoration: none; display: inline-block; background: transparent; }
button:hover, .button:hover { border-color: currentColor; background: color-mix(in srgb, var(--faint) 45%, transparent); }
button.main { background: var(--ink); color: var(--paper); border-color: var(--ink); }
button.main:disabled { background: var(--muted); border-color: var(--muted); cursor: not-allowed; }
button.danger { color: var(--s2); border-color: var(--s2); }
button.remove { min-height: 0; padding: 0 .4rem; border-color: transparent; }
.fields { display: flex; flex-wrap: wrap; align-items: end; gap: .6rem .9rem; margin: .7rem 0; }
.fields label, .editor label.wide { display: flex; flex-direction: column; gap: .15rem; min-width: 0; }
.fields label > span, .editor label.wide > span { color: var(--muted); font-size: .8rem; }
.fields .check { flex-direction: row; align-items: center; gap: .4rem; min-height: 2.1rem; }
.fields .wide { flex: 1 1 16rem; }
.fields .wide input { width: 100%; }
.fields input[type='number'] { width: 6rem; }
fieldset.fields, fieldset.several { border: 1px solid var(--faint); border-radius: 5px; padding: .4rem .8rem .7rem; min-width: 0; }
legend { font-size: .8rem; color: var(--muted); padding: 0 .3rem; }
.pair { display: inline-flex; gap: .3rem; min-width: 0; }
.pair input { min-width: 0; width: 9rem; }
.line { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem 1rem; }
summary { cursor: pointer; padding: .3rem 0; }
.query { display: flex; gap: .5rem; margin-top: 1.3rem; }
.query input { flex: 1; min-width: 0; font-size: 1.1rem; padding: .6rem .8rem; }
.query button { font-size: 1rem; padding: 0 1.1rem; }
mark { background: color-mix(in srgb, var(--s5) 30%, transparent); color: inherit; border-radius: 2px; }
.error { border-left: 3px solid var(--s2); padding-left: .9rem; margin: 1rem 0; }
.app .notice { margin: .8rem 0 0; }

.hits { list-style: none; margin: 0; padding: 0; }
.hit { scroll-margin: 4rem; }
.hits > .hit { padding: .95rem 0; border-top: 1px solid var(--faint); }
.hits.plain > .hit { padding: .45rem 0; }
.hits > .hit:first-child { border-top: 0; }
.hit:focus { outline: none; box-shadow: -.7rem 0 0 -.45rem var(--s1); }
.hit .head { display: flex; gap: .6rem; align-items: baseline; }
.hit .head h2 { margin: 0; font-size: 1.1rem; line-height: 1.3; }
.hit .head a { text-decoration: none; }
.hit .head a:hover { text-decoration: underline; }
.hit .head input { flex: none; transform: translateY(.15rem); }
.hit p { margin: .2rem 0; }
.hit .body { font-size: .92rem; margin: .35rem 0; }
.hits > .hit.read .head a { color: var(--muted); }
.signals { display: inline-flex; flex-wrap: wrap; gap: 0 1rem; list-style: none; margin: 0; padding: 0; font-variant-numeric: tabular-nums; }
.reason { margin-top: .2rem; font-variant-numeric: tabular-nums; }
.chips { display: flex; flex-wrap: wrap; gap: .35rem; list-style: none; margin: .4rem 0; padding: 0; }
.chips li, .chips form { display: inline-flex; align-items: center; }
.chip { display: inline-block; padding: .1rem .6rem; border: 1px solid var(--muted); border-radius: 99px; text-decoration: none; font-size: .82rem; }
/* once something is chosen, what may be done with it stays in sight */
.list:has([name='id']:checked) .several { position: sticky; bottom: 0; }
.several { background: var(--paper); display: flex; flex-wrap: wrap; align-items: center; gap: .45rem .7rem; margin: 1rem 0; }
.pager { display: flex; gap: 1.2rem; margin: 1rem 0; }
ul.plain { list-style: none; padding: 0; }
ul.plain li { padding: .3rem 0; }

.columns { margin-top: 1rem; display: grid; grid-template-columns: minmax(0, 1fr) 19rem; gap: 0 2.5rem; }
.columns aside { border-left: 1px solid var(--faint); padding-left: 1.5rem; }
.columns h2:first-child { margin-top: 0; }
.abstract { font-size: 1.06rem; line-height: 1.55; white-space: pre-line; }
.paper .facts dd b { font-weight: 600; }
.bibtex { font-size: .74rem; line-height: 1.4; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 16rem; overflow: auto; border: 1px solid var(--faint); border-radius: 5px; padding: .6rem; margin: 0 0 .5rem; }
aside .pair input { flex: 1; width: auto; }
aside .pair { display: flex; }
aside form { margin: .35rem 0; }
aside textarea { margin-bottom: .4rem; }

.tenfold-figure { max-width: 100%; height: auto; color: var(--ink); background: var(--paper); font: 12px ${FONT}; }
.stage { position: relative; }
#map-canvas { display: block; width: 100%; height: min(70vh, 44rem); border: 1px solid var(--faint); border-radius: 5px; touch-action: none; cursor: grab; background: var(--paper); }
#map-canvas.dragged { cursor: grabbing; }
.card { position: absolute; left: .6rem; bottom: .6rem; max-width: min(24rem, calc(100% - 1.2rem)); padding: .7rem .9rem; background: var(--paper); border: 1px solid var(--muted); border-radius: 5px; font-size: .85rem; }
.card p { margin: 0 0 .25rem; }
.topic-list { list-style: none; padding: 0; }
.topic-list > li { border-top: 1px solid var(--faint); }
.topics li { margin-bottom: .25rem; }
.data td.text { white-space: normal; }

.sentence { margin: 0 0 .7rem; padding-left: .7rem; border-left: 3px solid transparent; }
.sentence.unsupported { border-color: var(--s2); }
.sentence p { margin: .15rem 0 0; }
.pick { margin: 1.2rem 0 0; padding-top: .8rem; border-top: 1px solid var(--faint); }
.app article.paper { margin: 0; padding: 0; border: 0; }
.app article.pick { border-top: 1px solid var(--faint); }
.sticky { position: sticky; bottom: 0; background: var(--paper); padding: .6rem 0; margin: 1rem 0; border-top: 1px solid var(--faint); }

dialog { color: var(--ink); background: var(--paper); border: 1px solid var(--muted); border-radius: 6px; max-width: 26rem; width: calc(100% - 2rem); font-family: ${FONT}; }
dialog::backdrop { background: rgb(0 0 0 / .45); }
dialog h2 { margin-top: 0; }
dialog dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; font-size: .88rem; }
dialog dd { margin: 0; }
kbd { font: inherit; font-size: .85em; padding: .05em .4em; border: 1px solid var(--muted); border-radius: 4px; }
.working::before { content: ''; display: inline-block; width: .7em; height: .7em; margin-right: .6em; border: 2px solid var(--s1); border-right-color: transparent; border-radius: 50%; animation: turn 1s linear infinite; }
@keyframes turn { to { transform: rotate(1turn); } }
@media (prefers-reduced-motion: reduce) { .working::before { animation: none; } }

@media (max-width: 46rem) {
  .columns { grid-template-columns: minmax(0, 1fr); }
  .columns aside { border-left: 0; padding-left: 0; }
  .columns aside h2:first-child { margin-top: 2rem; }
  .bar { gap: 0 1rem; }
  .bar ul { gap: 0 .85rem; font-size: .84rem; }
  .bar .name { padding-bottom: .1rem; }
  .fields label { flex: 1 1 8.5rem; }
  .fields input, .fields select { width: 100%; }
  .fields input[type='checkbox'] { width: 1.1rem; flex: none; }
  input, select, textarea { font-size: 1rem; }
  .list:has([name='id']:checked) .several { position: static; }
  #map-canvas { height: 62vh; }
}
@media print { .bar nav, form, .foot, .several { display: none; } }
`;
