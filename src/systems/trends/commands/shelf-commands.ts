/** `tenfold trends tag` and `collect`: what a reader does with papers, from the terminal. */
import { blamed, verb } from '../../../command/index.ts';
import { storeOption, withOwnStore } from './collection.ts';

export const tagVerb = verb({
  name: 'tag',
  summary: 'give papers tags, take them away, mark as read; without ids, list the tags',
  args: { ids: { help: 'ids of papers, as search shows them', many: true, optional: true } },
  options: {
    store: storeOption,
    add: { kind: 'text', value: 'TAG', help: 'a tag to give', many: true },
    remove: { kind: 'text', value: 'TAG', help: 'a tag to take away', many: true },
    read: { kind: 'flag', help: 'mark as read' },
    unread: { kind: 'flag', help: 'take the mark away' },
    note: { kind: 'text', value: 'TEXT', help: 'a note, in the place of the one that is there' },
  },
  examples: [
    { line: 'tenfold trends tag arxiv:2204.10628 --add retrieval --read', does: 'a tag and a mark' },
    { line: 'tenfold trends tag', does: 'all tags' },
  ],
  run: ({ args, options: { store: where, add, remove, read, unread, note }, progress: _ }) =>
    blamed('tag', () =>
      withOwnStore('tag', where, async (store) => {
        const ids = args.ids ?? [];
        const changes = add.length + remove.length + Number(read) + Number(unread) + Number(note !== undefined);
        if (ids.length === 0 && changes > 0) throw new RangeError('tag: expected ids of papers, got none');
        if (ids.length > 0 && changes === 0)
          throw new RangeError('tag: expected --add, --remove, --read, --unread or --note, got none');
        if (read && unread) throw new RangeError('tag: expected --read or --unread, got both');
        for (const tag of add) await store.tag(ids, tag);
        for (const tag of remove) await store.untag(ids, tag);
        if (read || unread) await store.markRead(ids, read);
        if (note !== undefined) for (const id of ids) await store.setNote(id, note);
        return { tags: await store.tags() };
      }),
    ),
  text: ({ tags }) => (tags.length === 0 ? 'no tags' : tags.map(({ tag, papers }) => `${tag}  ${papers}`).join('\n')),
});

export const collectVerb = verb({
  name: 'collect',
  summary: 'put papers into a collection of yours, or take them out; without a name, list the collections',
  args: { ids: { help: 'ids of papers', many: true, optional: true } },
  options: {
    store: storeOption,
    into: { kind: 'text', value: 'NAME', help: 'the collection to put them into; made where there is none' },
    outOf: { kind: 'text', value: 'NAME', help: 'the collection to take them out of' },
    about: { kind: 'text', value: 'TEXT', help: 'what the collection is for' },
  },
  examples: [{ line: 'tenfold trends collect arxiv:2204.10628 --into "to read"', does: 'one paper into a collection' }],
  run: ({ args, options: { store: where, into, outOf, about } }) =>
    blamed('collect', () =>
      withOwnStore('collect', where, async (store) => {
        const ids = args.ids ?? [];
        if (into !== undefined) {
          const isThere = (await store.collections()).some(({ name }) => name === into);
          if (!isThere || about !== undefined) await store.makeCollection(into, about ?? '');
          await store.collect(into, ids);
        }
        if (outOf !== undefined) await store.uncollect(outOf, ids);
        if (ids.length > 0 && into === undefined && outOf === undefined)
          throw new RangeError('collect: expected --into or --out-of, got neither');
        return { collections: await store.collections() };
      }),
    ),
  text: ({ collections }) =>
    collections.length === 0
      ? 'no collections'
      : collections
          .map(({ name, about, papers }) => `${name}  ${papers.length} papers${about === '' ? '' : `  ${about}`}`)
          .join('\n'),
});
