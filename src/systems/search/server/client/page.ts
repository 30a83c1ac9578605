/**
 * The search page at work: what is typed is searched as soon as typing rests, the answer to what was typed last is shown,
 * and the address holds the query, so that it can be kept and gone back to. Runs in browsers.
 */
import type { AnswerHit } from '../../answer/answer.ts';
import { element, part } from './elements.ts';
import { resultItem } from './results.ts';

interface Answer {
  readonly hits: readonly AnswerHit[];
  readonly documents: number;
  readonly milliseconds: number;
}

interface Status {
  readonly documents: number;
  readonly model: boolean;
}

/** Most slips of a word: a person types. */
const SLIPS = 2;
/** Milliseconds without a key. */
const REST = 180;
const STEP = 10;
const MOST = 100;
/** Letters of a query that the address holds. */
const ADDRESS = 2000;

const query = part<HTMLInputElement>('query');
const filter = part<HTMLInputElement>('filter');
const filters = part('filters');
const rank = part<HTMLFieldSetElement>('rank');
const results = part<HTMLOListElement>('results');
const more = part<HTMLButtonElement>('more');
const status = part('status');

let conditions: readonly string[] = [];
let limit = STEP;
let resting: ReturnType<typeof setTimeout> | undefined;
let asking: AbortController | undefined;

const numbers = new Intl.NumberFormat('en');

/** Asks the service. @throws Error with what it says of a request that it refuses */
async function ask<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const response = await fetch(path, {
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    ...(signal && { signal }),
  });
  const answer = (await response.json()) as T & { readonly error?: string };
  if (!response.ok) throw new Error(answer.error ?? response.statusText);
  return answer;
}

async function search(): Promise<void> {
  clearTimeout(resting);
  asking?.abort();
  const own = new AbortController();
  asking = own;
  remember();
  if (query.value.trim() === '') {
    results.replaceChildren();
    more.hidden = true;
    await welcome();
    return;
  }
  status.classList.remove('wrong');
  try {
    // a word that nothing follows is still being typed
    const words = { prefix: !/\s$/.test(query.value), fuzzy: SLIPS };
    const how = { limit, filters: conditions, ...words, ...(rank.hidden ? {} : { rank: ranking() }) };
    show(await ask<Answer>('/search', { query: query.value, ...how }, own.signal));
  } catch (error) {
    if (own.signal.aborted) return;
    wrong(error);
  }
}

function show({ hits, documents, milliseconds }: Answer): void {
  const focused = [...results.children].indexOf(document.activeElement as Element);
  results.replaceChildren(...hits.map((hit) => resultItem(hit, addCondition)));
  if (focused >= 0) (results.children[focused] as HTMLElement | undefined)?.focus();
  more.hidden = hits.length < limit || limit >= MOST;
  const found = hits.length === 0 ? 'Nothing found' : counted(hits.length);
  status.textContent = `${found} of ${numbers.format(documents)}, ${numbers.format(Math.max(1, Math.round(milliseconds)))} ms`;
}

function counted(documents: number): string {
  return `${numbers.format(documents)} ${documents === 1 ? 'document' : 'documents'}`;
}

/** Says how many documents there are, unless something is searched for meanwhile. */
async function welcome(): Promise<void> {
  const before = asking;
  try {
    const { documents, model } = await ask<Status>('/status');
    rank.hidden = !model;
    if (asking !== before) return;
    status.classList.remove('wrong');
    status.textContent = counted(documents);
  } catch (error) {
    if (asking === before) wrong(error);
  }
}

function wrong(error: unknown): void {
  status.classList.add('wrong');
  status.textContent = error instanceof TypeError ? 'The service does not answer.' : (error as Error).message;
}

function ranking(): string {
  return rank.querySelector<HTMLInputElement>('input:checked')!.value;
}

function addCondition(condition: string): void {
  if (!conditions.includes(condition)) setConditions([...conditions, condition]);
  limit = STEP;
  void search();
}

function setConditions(wanted: readonly string[]): void {
  conditions = wanted;
  filters.replaceChildren(
    ...conditions.map((condition) => {
      const onclick = () => {
        setConditions(conditions.filter((other) => other !== condition));
        void search();
        query.focus();
      };
      const button = element('button', { type: 'button', title: 'remove this filter', onclick }, condition);
      return element('li', {}, button);
    }),
  );
}

/** Keeps the query in the address. */
function remember(): void {
  const kept = new URLSearchParams();
  if (query.value !== '' && query.value.length <= ADDRESS) kept.set('q', query.value);
  if (!rank.hidden && ranking() !== 'both') kept.set('rank', ranking());
  for (const condition of conditions) kept.append('filter', condition);
  const hash = kept.toString();
  history.replaceState(null, '', hash === '' ? location.pathname : `#${hash}`);
}

function recall(): void {
  const kept = new URLSearchParams(location.hash.slice(1));
  query.value = kept.get('q') ?? '';
  setConditions(kept.getAll('filter'));
  const wanted = kept.get('rank') ?? 'both';
  for (const input of rank.querySelectorAll<HTMLInputElement>('input')) input.checked = input.value === wanted;
}

/** Moves between the query and the documents. */
function move(step: number): void {
  const items = [...results.children] as HTMLElement[];
  const at = items.findIndex((item) => item.contains(document.activeElement));
  if (at + step < 0) query.focus();
  else items[Math.min(items.length - 1, at + step)]?.focus();
}

/** To the query; from there, to an empty one. */
function back(): void {
  if (document.activeElement === query && query.value !== '') {
    query.value = '';
    void search();
  } else query.focus();
}

document.addEventListener('keydown', (event) => {
  const typing = event.target instanceof HTMLInputElement && event.target.type !== 'radio';
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === 'ArrowDown' && !(event.target instanceof HTMLInputElement && event.target.type === 'radio'))
    move(1);
  else if (event.key === 'ArrowUp' && !(event.target instanceof HTMLInputElement)) move(-1);
  else if (event.key === '/' && !typing) query.focus();
  else if (event.key === 'Escape') back();
  else if (event.key === 'Enter' && (event.target as Element).parentElement === results) {
    const details = (event.target as Element).querySelector('details')!;
    details.open = !details.open;
  } else return;
  event.preventDefault();
});
query.addEventListener('input', () => {
  limit = STEP;
  clearTimeout(resting);
  resting = setTimeout(search, REST);
});
part<HTMLFormElement>('form').addEventListener('submit', (event) => {
  event.preventDefault();
  if (document.activeElement === filter) {
    if (filter.value.trim() !== '') addCondition(filter.value.trim());
    filter.value = '';
  } else void search();
});
rank.addEventListener('change', search);
more.addEventListener('click', () => {
  limit = Math.min(MOST, limit + STEP);
  void search();
});
window.addEventListener('hashchange', () => {
  recall();
  void search();
});

recall();
await welcome();
if (query.value !== '') await search();
