/**
 * Texts that repeat themselves: whether a row of tokens ends in a loop.
 *
 * The paper names it as a limitation (section 5) without measuring it; here a loop is a piece of at most a quarter of the
 * row that stands at its end three times in succession.
 */

/** Whether the row's end is one piece, three times over. */
export function endsInLoop(tokens: readonly number[]): boolean {
  for (let period = 1; period <= tokens.length / 4; period++) {
    const from = tokens.length - 3 * period;
    if (from < 0) return false;
    let same = true;
    for (let i = from; same && i < tokens.length - period; i++) same = tokens[i] === tokens[i + period];
    if (same) return true;
  }
  return false;
}
