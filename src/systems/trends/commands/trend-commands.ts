/** `tenfold trends rising`, `bursts` and `topics`: what changes in a collection. */
import { blamed, verb } from '../../../command/index.ts';
import { renameTopic } from '../desk/topics.ts';
import type { Standing, Watched } from '../rising/rising.ts';
import { topicLabel } from '../topics/topics.ts';
import { storeOption, withAnalyst, withOwnStore, withStore } from './collection.ts';
import { columns } from './lines.ts';
import { windowIn, windowOptions } from './options.ts';

const limitOption = {
  kind: 'number',
  value: 'N',
  help: 'how many to show',
  integer: true,
  min: 1,
  max: 10_000,
  default: 25,
} as const;
const binChoices = ['week', 'month', 'quarter', 'year'] as const;

export const risingVerb = verb({
  name: 'rising',
  summary: 'phrases that are in a larger share of the papers than before, by more than chance',
  about: `Every phrase that is in enough papers of both windows is tested exactly, given how many papers each window has, so that a
collection that grows makes nothing rise; of what is shown at most --rate is expected to be false. Papers of --at and later are not
read: no answer knows the future.`,
  args: {},
  options: {
    store: storeOption,
    ...windowOptions,
    rate: {
      kind: 'number',
      value: 'R',
      help: 'share of the discoveries that may be false',
      min: 0.0001,
      max: 0.5,
      default: 0.05,
    },
    byVenue: {
      kind: 'flag',
      help: 'compare each venue only with itself; so unless given where only the years of papers are known',
    },
    watch: {
      kind: 'text',
      value: 'PHRASES',
      help: 'how this stands, risen or not; spellings of one thing with | between them. What is watched is tested among itself',
      many: true,
    },
    limit: limitOption,
  },
  examples: [
    {
      line: 'tenfold trends rising --watch "diffusion model|denoising diffusion" --watch prompting',
      does: 'and how two things stand that you expect to rise',
    },
    {
      line: 'tenfold trends rising --at 2022-05-01 --recent 1 --before 12',
      does: 'April 2022 against the year before',
    },
    { line: 'tenfold trends rising --store sotu --at 1971-01-01', does: 'the addresses of the 1960s' },
  ],
  run: ({ args: _, options: { store: where, rate, byVenue, watch, limit, ...given }, progress, signal }) =>
    blamed('rising', () =>
      withStore(where, { progress, signal }, async (store) => {
        const { at, recent, before, byVenue: usual } = await windowIn(store, given);
        const risen = await withAnalyst(store, { progress, signal }, (analyst) =>
          analyst.ask('rising', { at, recent, before, rate, byVenue: byVenue || usual, watch: watch.map(watchedIn) }),
        );
        return { ...risen, found: risen.phrases.length, phrases: risen.phrases.slice(0, limit) };
      }),
    ),
  text: ({ phrases, watched, found, recent, before, recentFrom, beforeFrom, at, tested, rate }) =>
    [
      `${recent} papers from ${recentFrom} to before ${at}, against ${before} from ${beforeFrom} on; ${tested} phrases tested, false discovery rate ${rate}`,
      phrases.length === 0 ? 'Nothing rises surely enough.' : standings('phrase', phrases),
      ...(found > phrases.length ? [`and ${found - phrases.length} more`] : []),
      ...(watched.length > 0 ? [standings('watched', watched)] : []),
    ].join('\n'),
});

function standings(heading: string, rows: readonly Standing[]): string {
  return columns([
    [heading, 'now', 'before', 'growth', 'q'],
    ...rows.map(({ phrase, recent, before, growth, q }) => [
      phrase,
      String(recent),
      String(before),
      `×${growth.toFixed(1)}`,
      q.toPrecision(2),
    ]),
  ]);
}

/** `a|b`: a thing with two spellings. */
function watchedIn(text: string): Watched {
  const spellings = text.split('|').flatMap((part) => part.trim() || []);
  if (spellings.length === 0) throw new RangeError(`rising: expected phrases to watch, got '${text}'`);
  return { name: spellings[0]!, spellings };
}

export const burstsVerb = verb({
  name: 'bursts',
  summary: 'phrases that burst: Kleinberg’s automaton over all of the collection’s time',
  about: `A burst is a stretch of time in which a phrase has twice, four times … its usual rate, by the cheapest sequence of states; its
weight, in nats, is by how much that explains the stretch better than the usual rate.`,
  args: {},
  options: {
    store: storeOption,
    bin: {
      kind: 'choice',
      choices: binChoices,
      help: 'what papers are counted in; as suits the collection unless given',
    },
    at: { kind: 'text', value: 'DAY', help: 'papers of that day and later are not read' },
    limit: limitOption,
  },
  examples: [{ line: 'tenfold trends bursts --store sotu', does: 'what burst in the State of the Union addresses' }],
  run: ({ options: { store: where, bin, at, limit }, progress, signal }) =>
    blamed('bursts', () =>
      withStore(where, { progress, signal }, async (store) => {
        const window = await windowIn(store, {});
        const { timeline, bursts } = await withAnalyst(store, { progress, signal }, (analyst) =>
          analyst.ask('bursts', { bin: bin ?? window.bin, count: limit, ...(at !== undefined && { at }) }),
        );
        const odd = timeline.of.filter((bin) => bin < 0).length;
        if (odd > 0)
          progress.note(`not counted, as they are dated far from the others: ${odd} of ${timeline.of.length} papers`);
        return bursts.map(({ phrase, peak, papers, of }) => ({
          phrase,
          from: timeline.starts[peak.first]!,
          to: timeline.starts[peak.last]!,
          weight: peak.weight,
          papers,
          of,
        }));
      }),
    ),
  text: (bursts) =>
    columns([
      ['phrase', 'from', 'to', 'weight', 'papers'],
      ...bursts.map(({ phrase, from, to, weight, papers, of }) => [
        phrase,
        from,
        to,
        weight.toFixed(1),
        `${papers} of ${of}`,
      ]),
    ]),
});

export const topicsVerb = verb({
  name: 'topics',
  summary: 'the topics of a collection, and names for them that stay',
  about: `Topics are communities of the graph of nearest papers, told by the phrases that are theirs. A topic keeps its id, and the name
that you give it, when papers come and topics are found anew.`,
  args: {},
  options: {
    store: storeOption,
    name: {
      kind: 'text',
      value: 'ID=NAME',
      help: 'call a topic so; nothing after the sign takes the name away',
      many: true,
    },
  },
  examples: [
    { line: 'tenfold trends topics', does: 'all of them, the largest first' },
    { line: 'tenfold trends topics --name "topic-3=Diffusion models"', does: 'a name that stays' },
  ],
  run: ({ options: { store: where, name }, progress, signal }) =>
    blamed('topics', async () => {
      const names = name.map((text) => {
        const [, id, label] = /^([\w-]+)=(.*)$/s.exec(text) ?? [];
        if (id === undefined)
          throw new RangeError(`topics: expected a topic and a name, as topic-3=Diffusion, got '${text}'`);
        return [id, label!] as const;
      });
      const found = (store: Parameters<Parameters<typeof withStore>[2]>[0]) =>
        withAnalyst(store, { progress, signal }, async (analyst) => (await analyst.ask('map', {})).topics);
      if (names.length === 0) return withStore(where, { progress, signal }, found);
      return withOwnStore('topics', where, async (store) => {
        let topics = await found(store);
        for (const [id, label] of names) topics = await renameTopic(store, id, label);
        return topics;
      });
    }),
  text: ({ topics, unsorted }) =>
    [
      ...topics.map(
        (topic) => `${topic.id}  ${topicLabel(topic)} (${topic.papers.length} papers): ${topic.terms.join(', ')}`,
      ),
      ...(unsorted.length > 0 ? [`${unsorted.length} papers like too few others to have a topic`] : []),
    ].join('\n'),
});
