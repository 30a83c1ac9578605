/** The map: every paper a dot near those that are like it, to be moved about, searched, and read as a list of topics. */
import type { Hono } from 'hono';
import { type Html, html, raw } from '../../../report/index.ts';
import { papersById, vosViewer } from '../desk/exports.ts';
import type { Answers } from '../desk/questions.ts';
import { keptTopics, renameTopic, withNames } from '../desk/topics.ts';
import { mapFigure } from '../map/figure.ts';
import type { Paper } from '../paper.ts';
import { topicLabel, topicOfPapers } from '../topics/topics.ts';
import type { Desk } from './desk.ts';
import { backTo, formOf } from './forms.ts';
import { page } from './frame.ts';
import { counted, paperPath, signalMeaning, signalNames } from './parts.ts';
import { whenReady } from './waiting.ts';

/** Papers of a topic that are listed. */
const listed = 50;
/** Papers that a search in the map marks. */
const mostFound = 2000;

/** What the map's script draws; lists have the papers' order. */
export interface MapData {
  readonly ids: readonly string[];
  readonly titles: readonly string[];
  readonly dates: readonly string[];
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Number of the topic, or −1. */
  readonly topic: readonly number[];
  readonly topics: readonly {
    readonly id: string;
    readonly label: string;
    /** What stands on the map. */
    readonly short: string;
    readonly papers: number;
  }[];
  /** `1 + log2(x)` of each signal that is known of any paper; 0 where it is unknown. */
  readonly weights: Readonly<Record<string, readonly number[]>>;
}

export function mapPages(app: Hono, desk: Desk): void {
  const { store, search, analyst } = desk;
  app.get('/map', async (c) => {
    if ((await store.size()) === 0) {
      const main = html`<h1>Map</h1><p>The collection has no papers yet.</p>`;
      return c.html(page(desk, { title: 'Map', at: 'map', main }));
    }
    return whenReady(c, desk, analyst.ask('map', {}), { title: 'Map', at: 'map' }, async (answer) =>
      page(desk, {
        title: 'Map',
        at: 'map',
        wide: true,
        scripts: ['map'],
        main: await mapMain(desk, answer, c.req.query('topic')),
      }),
    );
  });
  app.get('/map.json', async (c) => c.json(await mapData(desk, await analyst.ask('map', {}))));
  app.get('/map/near', async (c) => {
    const { ids, map } = await analyst.ask('map', {});
    const i = ids.indexOf(c.req.query('id') ?? '');
    const { starts, ends } = map.graph;
    return c.json(i < 0 ? [] : Array.from(ends.subarray(starts[i], starts[i + 1])));
  });
  app.get('/map/found', async (c) => {
    // by meaning every paper is like a question, more or less; in an order of its own a search finds what has every word
    const { hits } = await search.search(c.req.query('q') ?? '', { limit: mostFound, sort: 'date' });
    return c.json(hits.map(({ paper }) => paper.id));
  });
  app.get('/map.svg', async (c) => {
    const { map, topics } = await named(desk, await analyst.ask('map', {}));
    const { svg } = mapFigure(map, topics, { id: 'map', title: desk.name, caption: '' });
    c.header('content-disposition', 'attachment; filename="map.svg"');
    return c.body(svg, 200, { 'content-type': 'image/svg+xml; charset=utf-8' });
  });
  app.get('/map/vosviewer.json', async (c) => {
    c.header('content-disposition', 'attachment; filename="map.json"');
    return c.json(await vosViewer(store, await analyst.ask('map', {}), desk.name));
  });
  app.post('/topic/name', async (c) => {
    const form = await formOf(c);
    await renameTopic(store, form.get('id') ?? '', form.get('name') ?? '');
    return c.redirect(backTo(form, '/map'), 303);
  });
}

async function named({ store }: Pick<Desk, 'store'>, { map, topics, ids }: Answers['map']): Promise<Answers['map']> {
  return { map, ids, topics: withNames(topics, await keptTopics(store)) };
}

async function mapData(desk: Desk, answer: Answers['map']): Promise<MapData> {
  const { map, topics, ids } = await named(desk, answer);
  const papers = await papersById(desk.store, ids);
  const signals = await desk.store.signals(ids);
  const used = signalNames.filter((name) => signals.some((one) => one[name] !== undefined));
  const axis = (at: 0 | 1) => ids.map((_, i) => Number(map.places[2 * i + at]!.toFixed(3)));
  return {
    ids,
    titles: papers.map(({ title }) => title),
    dates: papers.map(({ date }) => date),
    x: axis(0),
    y: axis(1),
    topic: Array.from(map.topicOf),
    topics: topics.topics.map((topic) => ({
      id: topic.id,
      label: topicLabel(topic),
      short: topic.name ?? topic.terms[0] ?? topic.id,
      papers: topic.papers.length,
    })),
    weights: Object.fromEntries(
      used.map((name) => [
        name,
        signals.map(({ [name]: value }) =>
          value === undefined ? 0 : Number((1 + Math.log2(Math.max(1, value))).toFixed(2)),
        ),
      ]),
    ),
  };
}

async function mapMain(desk: Desk, answer: Answers['map'], open: string | undefined): Promise<Html> {
  const { topics, ids } = await named(desk, answer);
  const signals = await desk.store.signals(ids);
  const used = signalNames.filter((name) => signals.some((one) => one[name] !== undefined));
  const shown = new Map<string, Paper>();
  for (const { id, papers } of topics.topics)
    if (id === open)
      for (const paper of await papersById(desk.store, papers.slice(0, listed))) shown.set(paper.id, paper);
  const topicOf = topicOfPapers(topics);
  return html`<h1>Map</h1>
<div class="map" id="map">
<form class="fields small" id="map-form">
<label class="wide"><span>Search in the map</span> <input id="map-query" name="q" type="search" autocomplete="off" maxlength="1000"></label>
<label><span>Size by</span> <select id="map-size"><option value="">nothing</option>${used.map((name) => html`<option value="${name}">${name}: ${signalMeaning[name]}</option>`)}</select></label>
<label><span>Colour by</span> <select id="map-colour"><option value="">topic</option><option value="date">date</option></select></label>
<button class="main">Find</button>
<span class="pair"><button type="button" id="zoom-in" aria-label="Closer">+</button><button type="button" id="zoom-out" aria-label="Further away">−</button><button type="button" id="zoom-all">All</button></span>
</form>
<p class="small quiet" id="map-said" role="status">${counted(ids.length, 'paper')}, ${counted(topics.topics.length, 'topic')}.${used.length === 0 ? ' Nothing is counted about them yet, so that all dots are of one size.' : ''}</p>
<div class="stage"><canvas id="map-canvas" tabindex="0" role="application" aria-label="Map of ${counted(ids.length, 'paper')}. Arrow keys move, plus and minus zoom, n and Enter go from paper to paper and open them. The list of topics below holds the same."></canvas>
<div id="map-card" class="card" hidden></div></div>
<p class="small quiet">Near each other lie papers that share phrases; colours are topics; lines lead from the paper that you choose to those most like it. Drag or arrow keys move, wheel, pinch or + and − zoom.
<a href="/map.svg">SVG</a> · <a href="/map/vosviewer.json">VOSviewer’s JSON</a></p>
</div>
<h2 id="topics">Topics</h2>
<ul class="topic-list">${topics.topics.map((topic) => {
    const { id, papers, terms } = topic;
    const isOpen = id === open;
    return html`<li id="${id}"><details${isOpen && raw(' open')}><summary>${topicLabel(topic)} <span class="quiet small">${counted(papers.length, 'paper')}</span></summary>
<p class="small quiet">${terms.join(', ')}</p>
<form method="post" action="/topic/name" class="pair small"><input type="hidden" name="id" value="${id}"><input type="hidden" name="back" value="/map?topic=${id}"><label class="unseen" for="name-${id}">Name of the topic ${topicLabel(topic)}</label><input id="name-${id}" name="name" value="${topic.name ?? ''}" placeholder="your name for it" maxlength="200" autocomplete="off"><button>Name it</button></form>
${
  isOpen
    ? html`<ul>${papers.slice(0, listed).map((paper) => html`<li><a href="${paperPath(paper)}">${shown.get(paper)?.title ?? paper}</a></li>`)}</ul>${papers.length > listed && html`<p class="small quiet">and ${papers.length - listed} more</p>`}`
    : html`<p class="small"><a href="/map?topic=${id}#${id}">Its papers</a></p>`
}
</details></li>`;
  })}</ul>
${topics.unsorted.length > 0 && html`<p class="small quiet">${counted(ids.filter((id) => !topicOf.has(id)).length, 'paper')} like too few others to have a topic.</p>`}`;
}
