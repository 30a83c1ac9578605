/** The topics of a collection as they are kept in it: their ids and the names that users gave them outlive every update. */
import type { Store } from '../store/store.ts';
import { nameTopic, type Topics } from '../topics/topics.ts';

const key = 'topics';

/** The topics that were last found; undefined where none were yet. */
export async function keptTopics(store: Store): Promise<Topics | undefined> {
  return (await store.value(key)) as Topics | undefined;
}

/** Keeps topics that were found, under the names that users have given meanwhile. */
export async function keepTopics(store: Store, topics: Topics): Promise<Topics> {
  const named = withNames(topics, await keptTopics(store));
  await store.setValue(key, named);
  return named;
}

/** Gives a topic a name; an empty one takes it away. @throws RangeError for a topic that there is not */
export async function renameTopic(store: Store, id: string, name: string): Promise<Topics> {
  const topics = await keptTopics(store);
  if (!topics) throw new RangeError(`topics: expected topics in the collection, got none: make a map first`);
  const named = nameTopic(topics, id, name);
  await store.setValue(key, named);
  return named;
}

/** Topics under the names that another set gives the same ids. */
export function withNames(topics: Topics, names: Topics | undefined): Topics {
  const nameOf = new Map(names?.topics.map(({ id, name }) => [id, name]));
  return {
    ...topics,
    topics: topics.topics.map(({ name: own, ...topic }) => {
      const name = nameOf.has(topic.id) ? nameOf.get(topic.id) : own;
      return { ...topic, ...(name !== undefined && { name }) };
    }),
  };
}
