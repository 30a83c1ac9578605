import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskPicture, type Sight, type TokenRow } from './masks.ts';

/** Two packed sequences, the first with two tokens of input, and padding. */
const row: TokenRow = {
  segment: [1, 1, 1, 1, 2, 2, 2, 0],
  input: [true, true, false, false, true, true, false, false],
};

describe('masks', () => {
  it.each([
    ['both', ['xxxx....', 'xxxx....', 'xxxx....', 'xxxx....', '....xxx.', '....xxx.', '....xxx.', '.......x']],
    ['causal', ['x.......', 'xx......', 'xxx.....', 'xxxx....', '....x...', '....xx..', '....xxx.', '.......x']],
    ['prefix', ['xx......', 'xx......', 'xxx.....', 'xxxx....', '....xx..', '....xx..', '....xxx.', '.......x']],
  ] as const)('%s: two sequences and padding', (sight, picture) => {
    expect(maskPicture(sight, row).split('\n')).toEqual(picture);
  });

  it('of a decoder on its encoder: tokens of the same segment', () => {
    const picture = maskPicture('both', { segment: [1, 1, 2, 0] }, { segment: [1, 1, 1, 2, 0, 0] });
    expect(picture.split('\n')).toEqual(['xxx...', 'xxx...', '...x..', '....xx']);
  });

  it('of new tokens on a cache: the filled places', () => {
    const picture = maskPicture(
      'causal',
      { segment: [1, 1], place: [3, 4] },
      { segment: [1, 1, 1, 0], place: [0, 1, 2, 3] },
    );
    expect(picture.split('\n')).toEqual(['xxx.', 'xxx.']);
  });

  it('hold position by position, whatever the row', () => {
    const token = fc.record({ segment: fc.nat(2), input: fc.boolean() });
    const rows = fc.array(token, { minLength: 1, maxLength: 7 });
    fc.assert(
      fc.property(rows, fc.constantFrom<Sight>('both', 'causal', 'prefix'), (tokens, sight) => {
        const segment = tokens.map((t) => t.segment).toSorted();
        const input = tokens.map((t) => t.input);
        const lines = maskPicture(sight, { segment, input }).split('\n');
        for (const [q, line] of lines.entries()) {
          for (const [k, mark] of [...line].entries()) {
            const allowed = sight === 'both' || k <= q || (sight === 'prefix' && input[k]!);
            expect(mark).toBe(segment[q] === segment[k] && allowed ? 'x' : '.');
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
