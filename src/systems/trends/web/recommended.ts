/** Papers that a reader has not read, learned from what was kept, with the words that each was chosen by. */
import type { Hono } from 'hono';
import { type Html, html } from '../../../report/index.ts';
import type { Wish } from '../desk/recommender.ts';
import type { Interest, Reason, Recommendation } from '../library/recommend.ts';
import type { Desk } from './desk.ts';
import { here, typed } from './forms.ts';
import { page } from './frame.ts';
import { collectionPath, counted, fieldQuery, paperItem, searchPath, severalBar } from './parts.ts';
import { whenReady } from './waiting.ts';

const shown = 30;
const wordsFor = 14;
const wordsAgainst = 6;

/** The page of what is recommended by one collection or tag, or by all of them. */
export function recommendedPath(by: { readonly collection?: string; readonly tag?: string } = {}): string {
  const query = new URLSearchParams(Object.entries(by)).toString();
  return `/recommended${query === '' ? '' : `?${query}`}`;
}

export function recommendedPages(app: Hono, desk: Desk): void {
  const { store, recommender } = desk;
  app.get('/recommended', async (c) => {
    const asked = new URL(c.req.url).searchParams;
    const [tag, collection, from] = [typed(asked, 'tag'), typed(asked, 'collection'), typed(asked, 'from')];
    const wish: Wish = {
      limit: shown,
      ...(tag !== undefined && { tags: [tag] }),
      ...(collection !== undefined && { collections: [collection] }),
      ...(from !== undefined && { from }),
    };
    const by = collection ?? tag ?? 'all that you keep';
    const title = `Recommended by ${by}`;
    return whenReady(
      c,
      desk,
      recommender.ask(wish),
      { title, at: 'shelf', doing: () => recommender.doing },
      async ({ papers, interests }) => {
        const [shelves, signals, collections, tags] = await Promise.all([
          store.shelves(papers.map(({ paper }) => paper.id)),
          store.signals(papers.map(({ paper }) => paper.id)),
          store.collections(),
          store.tags(),
        ]);
        const main = html`<h1>${title}</h1>
<form method="get" class="fields small">${tag !== undefined && html`<input type="hidden" name="tag" value="${tag}">`}${collection !== undefined && html`<input type="hidden" name="collection" value="${collection}">`}
<label><span>Only papers since</span> <input type="date" name="from" value="${from ?? ''}"></label><button>Show</button></form>
${
  papers.length === 0
    ? html`<p class="quiet">Nothing is left to recommend.</p>`
    : html`<form method="post" class="list"><ol class="hits">${papers.map((recommendation, i) =>
        paperItem({
          paper: recommendation.paper,
          signals: signals[i]!,
          shelf: shelves[i]!,
          reason: reasonOf(recommendation, interests.length > 1),
        }),
      )}</ol>${severalBar(
        collections.map(({ name }) => name),
        tags.map((one) => one.tag),
        here(c),
      )}</form>`
}
<h2>What they are chosen by</h2>
<p class="small quiet">A linear model of each tag, collection and of what was read: words that speak for a paper, and against it.</p>
<ul class="small plain">${interests.map(interestItem)}</ul>`;
        return page(desk, { title, at: 'shelf', main });
      },
    );
  });
}

function reasonOf({ score, interest, reasons }: Recommendation, several: boolean): Html {
  return html`score ${score.toFixed(2)}${several && html`, by ${interestLink(interest)}`}, because of ${terms(reasons)}`;
}

function interestItem({ name, papers, for: speakFor, against }: Interest): Html {
  return html`<li><b>${interestLink(name)}</b> <span class="quiet">${counted(papers, 'paper')}</span> – for: ${terms(speakFor.slice(0, wordsFor))}; against: ${terms(against.slice(0, wordsAgainst))}</li>`;
}

function terms(reasons: readonly Reason[]): Html {
  return html`${reasons.map(({ term, weight }, i) => `${i > 0 ? ', ' : ''}${term} ${weight > 0 ? '+' : '−'}${Math.abs(weight).toFixed(2)}`)}`;
}

/** `tag:x`, `collection:x` or `read`, as the recommendations name them. */
function interestLink(name: string): Html {
  const [, kind, value] = /^(tag|collection):(.*)$/s.exec(name) ?? [];
  if (kind === 'tag') return html`<a href="${searchPath(fieldQuery('tag', value!))}">${value}</a>`;
  if (kind === 'collection') return html`<a href="${collectionPath(value!)}">${value}</a>`;
  return html`what you read`;
}
