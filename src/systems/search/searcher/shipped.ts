/**
 * The search model that ships with the project: trained by `scripts/train-shipped-search.mjs` on State of the Union
 * addresses, which are in the public domain. An index takes it where it is asked for: `--model shipped`.
 */
import { fileURLToPath } from 'node:url';

/** Where its files lie: what `createIndex` takes as `{ model }`. */
export const shippedSearchModel = fileURLToPath(new URL('../../../../models/search-1m', import.meta.url));
