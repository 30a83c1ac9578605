/** What the pages work on. */
import type { Analyst } from '../desk/analyst.ts';
import type { Recommender } from '../desk/recommender.ts';
import type { Search } from '../search/search.ts';
import type { Store } from '../store/store.ts';

export interface Desk {
  readonly store: Store;
  readonly search: Search;
  readonly analyst: Analyst;
  readonly recommender: Recommender;
  /** What the collection is called on its pages. */
  readonly name: string;
  /** Where published issues will be read, an http or https address; the page's own where it is not given. */
  readonly address?: string;
  /** What a reader of every page should know, such as that nothing is kept. */
  readonly notice?: string;
}
