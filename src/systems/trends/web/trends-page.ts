/** What rises, what bursts, how topics change, and lines of phrases that a reader asks for. */
import type { Hono } from 'hono';
import { type Figure, type Html, html } from '../../../report/index.ts';
import { burstTimeline } from '../bursts/figure.ts';
import type { Timeline } from '../calendar.ts';
import type { Answers } from '../desk/questions.ts';
import { keptTopics, withNames } from '../desk/topics.ts';
import { type Window, windowOf } from '../desk/windows.ts';
import { dayBefore } from '../issue/words.ts';
import { risingFigure } from '../rising/figure.ts';
import type { Rising } from '../rising/rising.ts';
import { topicRiver } from '../topics/figures.ts';
import { topicLabel } from '../topics/topics.ts';
import type { Desk } from './desk.ts';
import { listed, typed, whole } from './forms.ts';
import { drawing, page } from './frame.ts';
import { lineFigure } from './line-figure.ts';
import { checkbox, counted, field, number, searchPath, select } from './parts.ts';
import { whenReady } from './waiting.ts';

const bins = ['week', 'month', 'quarter', 'year'] as const;
const rates = ['0.01', '0.05', '0.1'] as const;
const burstsShown = 24;
/** Bins of time that a usual rate needs. */
const fewestBins = 5;
const phrasesShown = 60;
/** Lines that can be told apart. */
const mostLines = 6;

interface Asked {
  readonly window: Window;
  readonly rate: number;
  readonly phrases: readonly string[];
}

export function trendsPages(app: Hono, desk: Desk): void {
  app.get('/trends', async (c) => {
    const given = new URL(c.req.url).searchParams;
    const window = await windowOf(desk.store, typed(given, 'at'));
    if (!window) {
      const main = html`<h1>Trends</h1><p>The collection has no papers yet.</p>`;
      return c.html(page(desk, { title: 'Trends', at: 'trends', main }));
    }
    const asked = askedIn(given, window);
    const { analyst } = desk;
    const { at, recent, before, bin, byVenue } = asked.window;
    const work = Promise.all([
      analyst.ask('rising', {
        at,
        recent,
        before,
        rate: asked.rate,
        byVenue,
        watch: asked.phrases.map((name) => ({ name, spellings: [name] })),
      }),
      analyst.ask('bursts', { bin, count: burstsShown }),
      analyst.ask('river', { bin }),
      asked.phrases.length > 0 ? analyst.ask('lines', { bin, phrases: asked.phrases }) : undefined,
    ]);
    return whenReady(c, desk, work, { title: 'Trends', at: 'trends' }, async ([risen, bursts, river, lines]) =>
      page(desk, {
        title: 'Trends',
        at: 'trends',
        main: html`<h1>Trends</h1>
${windowForm(asked)}
${risingPart(risen)}
${oddPart(river)}
${lines && linesPart(lines, risen)}
${burstsPart(bursts)}
${riverPart({ ...river, topics: withNames(river.topics, await keptTopics(desk.store)) })}`,
      }),
    );
  });
}

function askedIn(given: URLSearchParams, usual: Window): Asked {
  return {
    window: {
      at: usual.at,
      recent: whole(given, 'recent', usual.recent, [1, 1200]),
      before: whole(given, 'before', usual.before, [1, 2400]),
      bin: bins.find((bin) => bin === given.get('bin')) ?? usual.bin,
      byVenue: given.size === 0 ? usual.byVenue : given.get('venue') === '1',
    },
    rate: Number(rates.find((rate) => rate === given.get('rate')) ?? '0.05'),
    phrases: listed(given, 'phrases').slice(0, mostLines),
  };
}

function windowForm({ window, rate, phrases }: Asked): Html {
  return html`<form method="get" class="fields small">
${field('at', 'Up to', window.at, { type: 'date' })}
${field('recent', 'Months', window.recent, { type: 'number', min: 1, max: 1200 })}
${field('before', 'against months before', window.before, { type: 'number', min: 1, max: 2400 })}
${select('bin', 'Counted by', bins, window.bin)}
${select('rate', 'False discoveries', rates, String(rate), { '0.01': '1 %', '0.05': '5 %', '0.1': '10 %' })}
${checkbox('venue', 'each venue with itself', window.byVenue)}
${field('phrases', 'Lines of', phrases.join(', '), { placeholder: 'diffusion model, transformer', wide: true })}
<button class="main">Show</button></form>`;
}

function risingPart(risen: Rising): Html {
  const { phrases, recent, before, recentFrom, beforeFrom, at, tested, rate, discoveries } = risen;
  const heading = html`<h2 id="rising">What rises</h2>
<p class="small quiet">${counted(recent, 'paper')} from ${recentFrom} to before ${at}, against ${number(before)} from ${beforeFrom} on. ${counted(tested, 'phrase')} tested${discoveries > 0 ? `; of the ${counted(discoveries, 'discovery', 'discoveries')} at most ${100 * rate} % are expected to be false` : ` at a false discovery rate of ${100 * rate} %`}. Papers of ${at} and later are not read.</p>`;
  if (phrases.length === 0) return html`<section>${heading}<p>Nothing rises surely enough.</p></section>`;
  return html`<section>${heading}
${drawing(
  risingFigure(risen, {
    id: 'rising-figure',
    title: 'Rising phrases',
    caption: 'The share of the papers with each phrase before, and now; the surest rises.',
  }),
)}
<div class="scroll" tabindex="0" role="group" aria-label="Rising phrases"><table class="data">
<thead><tr><th scope="col">Phrase</th><th scope="col" class="number">Now</th><th scope="col" class="number">Before</th><th scope="col" class="number">Growth</th><th scope="col" class="number">p</th><th scope="col" class="number">q</th><th scope="col">Also</th></tr></thead>
<tbody>${phrases
    .slice(0, phrasesShown)
    .map(
      (row) =>
        html`<tr><td><a href="${searchPath(`"${row.phrase}" date:${recentFrom}..${dayBefore(at)}`)}">${row.phrase}</a></td><td class="number">${number(row.recent)}</td><td class="number">${number(row.before)}</td><td class="number">×${row.growth.toFixed(1)}</td><td class="number">${small(row.p)}</td><td class="number">${small(row.q)}</td><td class="text quiet">${row.also.slice(0, 4).join(', ')}</td></tr>`,
    )}</tbody></table></div>
${phrases.length > phrasesShown && html`<p class="small quiet">And ${number(phrases.length - phrasesShown)} more.</p>`}</section>`;
}

function small(p: number): string {
  return p >= 0.001 ? p.toFixed(3) : p.toExponential(0).replace('-', '−');
}

function burstsPart({ timeline, bursts }: Answers['bursts']): Html {
  if (timeline.starts.length < fewestBins)
    return html`<section><h2 id="bursts">Bursts</h2><p>Over ${counted(timeline.starts.length, timeline.bin)} there is no usual rate to burst from.</p></section>`;
  if (bursts.length === 0) return html`<section><h2 id="bursts">Bursts</h2><p>Nothing bursts.</p></section>`;
  const inTime = [...bursts].sort((a, b) => a.peak.first - b.peak.first || a.peak.last - b.peak.last);
  const { starts } = timeline;
  return html`<section><h2 id="bursts">Bursts</h2>
${drawing(
  burstTimeline({
    id: 'burst-figure',
    title: 'The heaviest bursts',
    caption:
      'Kleinberg’s automaton over all of the collection’s time: a bar is twice the usual share of papers, a darker one inside four times, eight times and so on.',
    bursts: inTime,
    timeline,
  }),
)}
<details class="small"><summary>As a table</summary><div class="scroll" tabindex="0" role="group" aria-label="Bursts"><table class="data">
<thead><tr><th scope="col">Phrase</th><th scope="col">From</th><th scope="col">To</th><th scope="col" class="number">Weight (nat)</th><th scope="col" class="number">Papers</th></tr></thead>
<tbody>${bursts.map(
    ({ phrase, peak, papers, of }) =>
      html`<tr><td><a href="${searchPath(`"${phrase}"`)}">${phrase}</a></td><td>${starts[peak.first]}</td><td>${starts[peak.last]}</td><td class="number">${peak.weight.toFixed(1)}</td><td class="number">${number(papers)} of ${number(of)}</td></tr>`,
  )}</tbody></table></div></details></section>`;
}

/** What the figures below leave out. */
function oddPart({ timeline: { of, starts } }: Answers['river']): Html | false {
  const odd = of.filter((bin) => bin < 0).length;
  return (
    odd > 0 &&
    html`<p class="small quiet">Not shown below: ${counted(odd, 'paper')} dated long before ${starts[0]} or long after ${starts.at(-1)}.</p>`
  );
}

function riverPart({ timeline, topics, counts }: Answers['river']): Html {
  if (topics.topics.length === 0 || timeline.starts.length < 2)
    return html`<section><h2 id="topics">Topics</h2><p>There are too few papers for topics over time.</p></section>`;
  const over = { ...pooled(timeline, counts), topics: topics.topics };
  return html`<section><h2 id="topics">Topics</h2>
${drawing(
  topicRiver({
    id: 'river-figure',
    title: 'Topic river',
    caption: `The largest topics as streams as wide as their share of the papers${over.pooled > 1 ? `, ${over.pooled} ${timeline.bin}s together` : ''}.`,
    ...over,
  }),
)}
${drawing(
  lineFigure({
    id: 'topic-lines-figure',
    title: 'Trend lines of the topics',
    caption: 'The same shares as lines.',
    timeline: over.timeline,
    lines: over.topics.slice(0, mostLines).map((topic, i) => ({ name: topicLabel(topic), counts: over.counts[i]! })),
  }),
)}
<ol class="topics small">${topics.topics.map(
    (topic) =>
      html`<li><a href="/map?topic=${topic.id}">${topicLabel(topic)}</a> <span class="quiet">${counted(topic.papers.length, 'paper')}: ${topic.terms.join(', ')}</span></li>`,
  )}</ol></section>`;
}

/** Bins put together, so that a stream is not all teeth. */
function pooled(timeline: Timeline, counts: readonly Int32Array[]) {
  const most = 60;
  const size = Math.ceil(timeline.starts.length / most);
  const bins = Math.ceil(timeline.starts.length / size);
  const add = (values: ArrayLike<number>) => {
    const sums = new Int32Array(bins);
    for (let i = 0; i < values.length; i++) sums[Math.floor(i / size)]! += values[i]!;
    return sums;
  };
  return {
    pooled: size,
    timeline: {
      ...timeline,
      starts: Array.from({ length: bins }, (_, i) => timeline.starts[i * size]!),
      sizes: add(timeline.sizes),
    },
    counts: counts.map(add),
  };
}

function linesPart({ timeline, lines }: Answers['lines'], { watched, recentFrom }: Rising): Html {
  const known = lines.filter(({ phrase }) => phrase !== undefined);
  const unknown = lines.filter(({ phrase }) => phrase === undefined).map(({ asked }) => asked);
  return html`<section><h2 id="lines">Lines</h2>
${known.length > 0 && drawing(phraseLines(timeline, known))}
${unknown.length > 0 && html`<p class="small">In too few papers to draw: ${unknown.join(', ')}.</p>`}
<ul class="small">${watched.map(({ phrase, recent, before, growth, q }) => html`<li><b>${phrase}</b>: ${counted(recent, 'paper')} since ${recentFrom}, ${number(before)} before; its share ×${growth.toFixed(1)}, q = ${small(q)} among the lines</li>`)}</ul></section>`;
}

function phraseLines(timeline: Timeline, lines: Answers['lines']['lines']): Figure {
  const { counts, timeline: over } = pooled(
    timeline,
    lines.map((line) => line.counts),
  );
  return lineFigure({
    id: 'phrase-lines',
    title: 'Phrases over time',
    caption: `The share of the papers with each phrase, by ${timeline.bin}.`,
    timeline: over,
    lines: lines.map(({ phrase }, i) => ({ name: phrase!, counts: counts[i]! })),
  });
}
