/** `tenfold objectives masks`: what each cell reads, sees and tells. */
import { verb } from '../../command/index.ts';
import { cellId, cells } from './cells.ts';
import { drawPicture, pictureOfText } from './masks.ts';

export const masksVerb = verb({
  name: 'masks',
  summary: 'draw what each cell reads, sees and is trained to tell',
  about: `Draws a row of each of the six cells, made by the code that training gets its rows from: a line for every token, with the
token that it is to tell next, whether that counts in the loss, and which tokens it sees.`,
  args: { cells: { help: `which of ${cells.map(cellId).join(', ')}; by default all`, optional: true, many: true } },
  options: {
    text: {
      kind: 'text',
      value: 'TEXT',
      help: 'the text, whose words are the tokens',
      default: 'Thank you for inviting me to your party last week .',
    },
    seed: {
      kind: 'number',
      value: 'N',
      help: 'of the prefix and the spans',
      integer: true,
      min: 0,
      max: 1e9,
      default: 0,
    },
  },
  examples: [
    { line: 'tenfold objectives masks', does: 'all six' },
    {
      line: 'tenfold objectives masks nd-mlm --text "the cat sat on the mat today"',
      does: 'one, for a text of your own',
    },
  ],
  async run({ args, options: { text, seed } }) {
    const unknown = args.cells.find((name) => !cells.some((cell) => cellId(cell) === name));
    if (unknown !== undefined)
      throw new RangeError(`masks: expected cells among ${cells.map(cellId).join(', ')}, got ${unknown}`);
    const chosen = cells.filter((cell) => args.cells.length === 0 || args.cells.includes(cellId(cell)));
    return { pictures: chosen.map((cell) => pictureOfText(cell, text, seed)) };
  },
  text: ({ pictures }) => pictures.map(drawPicture).join('\n\n'),
});
