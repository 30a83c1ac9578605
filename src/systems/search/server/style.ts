/** The search page's style: the palette of the living issue, one column, from a phone to a wide screen, light and dark. */

/** The style sheet. */
export async function pageCss(): Promise<string> {
  // the room draws figures as well, which takes a while to load
  const { FONT, paletteCss } = await import('../../../report/index.ts');
  return `${paletteCss(':root')}
:root { color-scheme: light dark; }
* { box-sizing: border-box; }
html { font: 100%/1.5 ${FONT}; -webkit-text-size-adjust: 100%; scroll-padding-top: 8.5rem; }
body { margin: 0 auto; padding: 0 1.25rem 4rem; max-width: 50rem; background: var(--paper); color: var(--ink); overflow-wrap: break-word; }
[hidden] { display: none !important; }
.unseen { position: absolute; left: 0; padding: 0; border: 0; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
:focus-visible { outline: 2px solid var(--s1); outline-offset: 2px; }
button { font: inherit; color: inherit; cursor: pointer; }
header { position: sticky; top: 0; z-index: 1; padding: 1.25rem 0 .4rem; background: var(--paper); border-bottom: 1px solid var(--faint); }
#query { width: 100%; padding: .7rem .9rem; font: inherit; font-size: 1.15rem; color: inherit; background: var(--paper);
  border: 1px solid var(--muted); border-radius: 6px; }
.options { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem .75rem; margin-top: .6rem; font-size: .85rem; }
#rank { display: inline-flex; margin: 0; padding: 0; border: 1px solid var(--muted); border-radius: 6px; overflow: hidden; }
#rank:focus-within { outline: 2px solid var(--s1); outline-offset: 2px; }
#rank input { position: absolute; opacity: 0; }
#rank span { display: block; padding: .3rem .75rem; cursor: pointer; }
#rank :checked + span { background: var(--ink); color: var(--paper); }
#filters { display: contents; list-style: none; }
#filters button, .field { padding: .15rem .55rem; border: 1px solid var(--faint); border-radius: 99px; background: none; }
#filters button { border-color: var(--muted); }
#filters button::after { content: ' ×'; color: var(--muted); }
#filter { flex: 1 1 9rem; min-width: 8rem; max-width: 16rem; padding: .3rem .6rem; font: inherit; color: inherit; background: none;
  border: 1px solid var(--faint); border-radius: 6px; }
#filter:user-invalid, #filter.wrong { border-color: var(--s2); }
#status { min-height: 1.4em; margin: .5rem 0 0; font-size: .85rem; color: var(--muted); }
#status.wrong { color: var(--s2); }
#results { list-style: none; margin: 0; padding: 0; }
#results > li { position: relative; padding: 1.1rem 0 1rem; border-bottom: 1px solid var(--faint); }
#results > li:focus { outline: none; }
#results > li:focus::before { content: ''; position: absolute; inset: 1.1rem auto 1rem -.7rem; width: 3px; background: var(--s1); }
h2 { margin: 0; font-size: 1.06rem; font-weight: 600; line-height: 1.3; }
.passage { margin: .3rem 0 .45rem; }
.fields { display: flex; flex-wrap: wrap; align-items: baseline; gap: .35rem; margin: 0 0 .35rem; font-size: .8rem; color: var(--muted); }
.field { font-size: inherit; color: inherit; max-width: 100%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
a.field { text-decoration: none; }
.field:hover { border-color: var(--muted); color: var(--ink); }
mark { color: inherit; background: color-mix(in srgb, var(--s5) calc(10% + 35% * var(--weight, 1)), transparent); border-radius: 2px; box-decoration-break: clone; -webkit-box-decoration-break: clone; }
mark.word { background: none; text-decoration: underline dotted 2px var(--s5); text-underline-offset: .18em; }
mark.lit { outline: 2px solid var(--s1); background: color-mix(in srgb, var(--s1) 25%, transparent); }
summary { font-size: .85rem; color: var(--muted); cursor: pointer; }
summary q { color: var(--ink); }
.reasons { width: 100%; margin: .7rem 0; border-collapse: collapse; font-size: .82rem; font-variant-numeric: tabular-nums; }
.reasons th { font-weight: 500; color: var(--muted); text-align: left; padding: 0 .6rem .25rem 0; border-bottom: 1px solid var(--muted); }
.reasons td { padding: .22rem .6rem .22rem 0; border-bottom: 1px solid var(--faint); vertical-align: top; }
.reasons .number { text-align: right; white-space: nowrap; }
.reasons tr.lit td { background: color-mix(in srgb, var(--s1) 10%, transparent); }
.share { display: block; height: .5em; min-width: 1px; margin-top: .45em; background: var(--s5); border-radius: 1px; }
td.bar { width: 22%; }
.rest { margin: -.3rem 0 .7rem; font-size: .8rem; color: var(--muted); }
.whole { white-space: pre-wrap; margin: .6rem 0 0; padding-left: .9rem; border-left: 2px solid var(--faint); max-height: 60vh; overflow-y: auto; }
#more { display: block; margin: 1.2rem auto; padding: .5rem 1.6rem; border: 1px solid var(--muted); border-radius: 6px; background: none; }
footer { margin-top: 2rem; font-size: .8rem; color: var(--muted); }
kbd { margin-left: .8rem; padding: .05rem .4rem; border: 1px solid var(--faint); border-radius: 4px; font: inherit; }
@media (max-width: 40rem) {
  body { padding: 0 .9rem 3rem; }
  header { padding-top: .7rem; }
  #query { font-size: 1.05rem; }
  #filter { font-size: 1rem; max-width: none; }
  .reasons .source, td.bar, .reasons th.bar { display: none; }
  .reasons .number { white-space: normal; }
  footer { display: none; }
}
`;
}
