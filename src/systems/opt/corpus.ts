/**
 * The text that the shipped model learned from: the State of the Union addresses of 1790 to 2021 and Moby-Dick, which two
 * packages carry. 12 MB of English, in the public domain.
 *
 * Every twenty-fifth address is held out. What is said of the model is said on those.
 */
import { type Corpus, mobyDick, splitCorpus, unionAddresses } from '../../data/index.ts';

/** All documents, in an order that does not depend on the machine. */
export async function publicDomainCorpus(): Promise<Corpus> {
  return splitCorpus([...(await unionAddresses()), await mobyDick()]);
}
