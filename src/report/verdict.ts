import type { Claim, Verdict } from './claim.ts';
import { type Html, html } from './html.ts';

/** What stands beside each verdict, so that colour is not its only sign; in the order in which they are counted. */
export const VERDICTS: Readonly<Record<Verdict, { sign: string; style: string }>> = {
  holds: { sign: '✓', style: 'holds' },
  'does not hold': { sign: '✕', style: 'fails' },
  'not testable at this scale': { sign: '?', style: 'untestable' },
};

/** A badge: the verdict's sign and its words. */
export function renderVerdict(verdict: Verdict, words: string = verdict): Html {
  const { sign, style } = VERDICTS[verdict];
  return html`<span class="verdict ${style}" data-sign="${sign}">${words}</span>`;
}

/** How many claims got each verdict, without those that none got. */
export function countVerdicts(claims: readonly Claim[]): (readonly [Verdict, number])[] {
  return (Object.keys(VERDICTS) as Verdict[])
    .map((verdict) => [verdict, claims.filter((claim) => claim.verdict === verdict).length] as const)
    .filter(([, count]) => count > 0);
}

/** `5 hold, 1 does not hold`; `no claims` of none. */
export function describeVerdicts(claims: readonly Claim[]): string {
  return (
    countVerdicts(claims)
      .map(([verdict, count]) => inNumber(verdict, count))
      .join(', ') || 'no claims'
  );
}

/** `1 holds`, `3 hold`. */
export function inNumber(verdict: Verdict, count: number): string {
  const plural = { holds: 'hold', 'does not hold': 'do not hold', 'not testable at this scale': verdict }[verdict];
  return `${count} ${count === 1 ? verdict : plural}`;
}
