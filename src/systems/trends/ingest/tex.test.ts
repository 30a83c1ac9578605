import { expect, test } from 'vitest';
import { readableTex } from './tex.ts';

test.each([
  ['by +5.3\\% and 31\\%~37\\%', 'by +5.3% and 31%~37%'],
  ["the Fr\\'echet distance of M\\\"{o}bius and \\'{E}mile", 'the Fréchet distance of Möbius and Émile'],
  ['an \\emph{old} {\\em trick}, \\textbf{\\textit{twice}}', 'an old trick, twice'],
  ['as shown~\\cite{a,b} in Fig.~\\ref{x} at \\url{https://a.b/~c}', 'as shown in Fig. at https://a.b/~c'],
  ["rules -- at inference---or ``never''", 'rules – at inference—or “never”'],
  ['$k$-means in $O(n^2 \\log n)$ at $\\epsilon \\leq 10^{-3}$', 'k-means in O(n² log n) at ε≤10⁻³'],
  ['$2\\times$ faster, $\\ell_1$ and $90^\\circ$', '2× faster, ℓ₁ and 90°'],
  // what is not certain stays
  ['$\\sum_{i} x_i$ and C:\\dir\\new, a_b, (by ~1-2%)', '$\\sum_{i} x_i$ and C:\\dir\\new, a_b, (by ~1-2%)'],
  ['it costs $5 and then $6', 'it costs $5 and then $6'],
  ['no TeX {at all} -x, a--b', 'no TeX {at all} -x, a–b'],
])('%s', (tex, text) => {
  expect(readableTex(tex)).toBe(text);
  expect(readableTex(text)).toBe(text);
});
