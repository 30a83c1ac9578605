import type { Verdict } from './claim.ts';
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
