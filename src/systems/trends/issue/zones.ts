/**
 * What the sentences of an abstract are there for, told by how such sentences are written.
 *
 * An abstract says, mostly in this order, what is known, what is missing, what was done about that, and what was found (the
 * zones of S. Teufel and M. Moens, “Summarizing Scientific Articles”, Computational Linguistics 28, 2002). The turn is the
 * first sentence that says what was done.
 */

const turning =
  /\b(?:this|the present|our) (?:paper|work|article|study|letter|report|survey|thesis)\b|\b(?:we|paper|authors)\b[^.]{0,60}\b(?:propos|introduc|present|develop|design|study|studi|investigat|address|describ|explor|revisit|recommend|aim|tackl|attempt|examin|argu|formulat|devis|establish|initiat|test|compar|evaluat|analy[sz]|conduct|measur|show|demonstrat|prove|report|combin|leverag|extend|train|provid|offer|focus|seek|apply|deriv|construct|creat|build|collect|releas)/iu;

const missing =
  /\b(?:however|but\b|yet\b|unfortunately|nevertheless|despite|remains?\b|lack|limit(?:s|ed|ation)|challeng|difficult|hard(?:er)?\b|costly|expensive|prohibitive|intractab|fails?\b|failure|suffer|struggl|poor|insufficien|inefficien|rare|scarc|unclear|unknown|unexplored|underexplored|little\b|few\b|cannot|problem|issue|bottleneck|gap\b|drawback|vulnerab|degrad|degenerat|question)|\?$/iu;

const own = /\b(?:we|our|us|proposed|this (?:paper|work|study|approach|method|model)|results?|experiments?)\b/iu;

const finding =
  /\b(?:we|results?|experiments?|analys[ie]s|evaluations?|findings?)\b[^.]{0,80}\b(?:show|find|found|demonstrat|prov|observ|suggest|indicat|reveal|achiev|outperform|improv)|\boutperform|\bstate of the art\b|\b\d+(?:\.\d+)?\s?%/iu;

const topical =
  /\b(?:recent|increasing|emerg|growing|become|became|promising|success|popular|gained|attention from|interest in|rapid|advances|breakthrough)/iu;

const resource =
  /\b(?:we|paper|work|authors)\b[^.]{0,40}\b(?:introduc|present|releas|collect|construct|creat|provid|contribut|publish|curat|build|built|annotat|propose)\w*\b(?:(?!\b(?:on|using|across|from)\b)[^.]){0,60}\b(?:data ?sets?|benchmarks?(?! results)|corpus|corpora|test ?beds?|leaderboards?|test suites?)\b/iu;

/** What is missing or asked; what the paper itself did; what was found; what is new in a field; a data set that is given away. */
export const zones = { missing, own, finding, topical, resource } as const;

/** Begins in the middle of a thought, or points back. */
const leaning =
  /^(?:however|moreover|furthermore|additionally|besides|but|and|also|or|thus|therefore|hence|then|so|it|its|they|their|this(?! (?:paper|work|article|study|survey|report|tutorial|thesis|review))|these|those|that|such|both|he|she|in (?:this|that) (?:case|way)|to (?:this|that) end|to [\p{L}-]+ (?:this|these|that|it|such|so|the (?:above|gap))|specifically|concretely|in particular|in addition|in contrast|by contrast|instead|for (?:example|instance|this|the (?:first|second|third|former|latter))|as a result|as such|consequently|accordingly|(?:finally|last(?:ly)?|next|first(?:ly)?|second(?:ly)?|third(?:ly)?),|another|the (?:former|latter|key is|first|second|third)|on the other hand|meanwhile|nevertheless|nonetheless|equipped with|building (?:up)?on|we (?:also|further|then|therefore|thus|hence|instead|propose instead)|overall|in summary|(?:based on|using|with|inspired by|motivated by|unlike|given|from|under|through) (?:this|these|that|it|such)|our (?:results|experiments) also)(?![\p{L}\p{N}-])|\bsuch (?:models?|methods?|approaches|systems?|techniques?)\b|\bboth worlds\b|\b(?:these|the following) (?:two |three )?(?:issues?|reasons?|problems?|challenges?|questions?)\b|:$/iu;

/** Points back to what the paper is about, which *Why* has named. */
const pointingAtWork =
  /^(?:(?:using|with|by|through|based on|equipped with) )?(?:this|these|our|the proposed) (?:[\p{L}-]+ ){0,5}(?:methods?|approach|frameworks?|models?|techniques?|algorithms?|data ?sets?|benchmarks?|architectures?|analys[ei]s|tasks?|systems?)\b/iu;

/** Says what every paper says, or where its code is. */
const empty =
  /\b(?:extensive|comprehensive|thorough|exhaustive|experiments?|experimental|results?|evaluations?)\b[^.]{0,90}\b(?:effectiveness|superiority|efficacy|advantages?|usefulness|merits?)\b|\b(?:code|codes|models?|data|dataset|implementation|demo|video|project page|supplement\w*)\b[^.]{0,60}\b(?:(?:is|are|will be|be|made|is made|are made) (?:publicly |freely |openly )*(?:available|released|found|accessible))\b|https?:\/\//iu;

/** Whether a sentence says what was done. */
export function turns(text: string): boolean {
  return turning.test(text);
}

/** The number of the turn; −1 where no sentence says what was done. */
export function turnOf(sentences: readonly string[]): number {
  return sentences.findIndex(turns);
}

/** Whether a sentence needs the one before it. */
export function leans(text: string): boolean {
  return leaning.test(text);
}

/** Whether it points back to nothing but the work itself. */
export function pointsAtWork(text: string): boolean {
  return pointingAtWork.test(text);
}

/** Says what every paper says, or where its code is; a figure makes it tell something. */
export function isEmpty(text: string): boolean {
  return empty.test(text) && (/https?:\/\//.test(text) || !/\d/.test(text));
}

/** Neither a fragment nor a list of everything. */
export function isQuotable(text: string): boolean {
  return text.length >= 30 && text.length <= 600 && text.split(' ').length >= 6;
}
