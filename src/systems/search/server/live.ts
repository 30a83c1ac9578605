/** A searcher that follows its index: what is added or deleted while it serves is seen by the next query. */
import type { Device } from '../../../tensor/index.ts';
import { Collection } from '../collection/collection.ts';
import type { StoredDocument } from '../collection/segment.ts';
import { checkedModel } from '../searcher/index-folder.ts';
import { openSearchModel } from '../searcher/model-folder.ts';
import { Searcher } from '../searcher/searcher.ts';

export class LiveSearcher<D extends StoredDocument = StoredDocument> {
  readonly #model: Awaited<ReturnType<typeof openSearchModel>>;
  #searcher: Searcher<D>;
  /** Who asks waits for who asked before: what is new is read once, and not by all at the same time. */
  #before: Promise<unknown> = Promise.resolve();

  private constructor(model: Awaited<ReturnType<typeof openSearchModel>>, collection: Collection<D>) {
    this.#model = model;
    this.#searcher = new Searcher({ collection, ...model });
  }

  /**
   * @param options where the model runs: a device in a worker leaves this thread to answer others
   * @throws what `Searcher.open` throws
   */
  static async open<D extends StoredDocument = StoredDocument>(
    folder: string,
    options: { readonly device?: Device } = {},
  ): Promise<LiveSearcher<D>> {
    const collection = await Collection.open<D>(folder);
    return new LiveSearcher<D>(await openSearchModel(await checkedModel(folder), options), collection);
  }

  /** The documents as they are now: reads what has changed, and nothing else. */
  current(): Promise<Searcher<D>> {
    const following = this.#before.then(() => this.#follow());
    this.#before = following.catch(() => undefined);
    return following;
  }

  async #follow(): Promise<Searcher<D>> {
    const { collection } = this.#searcher;
    const now = await collection.reopen();
    if (now !== collection) this.#searcher = new Searcher({ collection: now, ...this.#model });
    return this.#searcher;
  }

  async release(): Promise<void> {
    await this.#searcher.release();
  }
}
