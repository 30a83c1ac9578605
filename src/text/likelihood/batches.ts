/**
 * Requests in batches: of one kind and of like length, each batch a list of indices, so that answers find their places.
 */

/** Batches of at most `size`. @param kind requests of different kinds share no batch @param length by which to sort, longest first */
export function batchesOf<T>(
  requests: readonly T[],
  size: number,
  { kind = () => '', length }: { readonly kind?: (request: T) => string; readonly length: (request: T) => number },
): number[][] {
  const kinds = new Map<string, number[]>();
  for (const [i, request] of requests.entries()) {
    const indices = kinds.get(kind(request));
    if (indices) indices.push(i);
    else kinds.set(kind(request), [i]);
  }
  return [...kinds.values()].flatMap((indices) => {
    const sorted = indices.sort((a, b) => length(requests[b]!) - length(requests[a]!));
    return Array.from({ length: Math.ceil(sorted.length / size) }, (_, k) => sorted.slice(k * size, (k + 1) * size));
  });
}

/** Does `work` for every item, so many at once; stops at the first failure. */
export async function each<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  let failed = false;
  const worker = async () => {
    while (next < items.length && !failed) {
      try {
        await work(items[next++]!);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
}
