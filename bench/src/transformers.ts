/**
 * Whether transformers.js writes the same: the model that ships with Tenfold, exported, and 20 prompts continued by 200
 * greedy tokens on both sides, each with its own tokenizer. What counts is the text.
 */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadOpt, openCheckpoint, readParameters, saveOnnxModel, shippedModel } from 'tenfold/opt';
import { generateText } from 'tenfold/text';
import { Peer } from './peer.ts';
import { type BenchReport, row } from './report.ts';

const tokens = 200;
const prompts = [
  'Fellow citizens of the Senate and House of Representatives:',
  'The whale',
  'Our relations with Spain',
  'Call me',
  'I have the honor to',
  'The revenue of the year ending June 30,',
  'It was a clear steel-blue day.',
  'We must not forget',
  'The treaty with Great Britain has been',
  '"Captain," said Starbuck,',
  'My fellow Americans,',
  'In the city of New York there are',
  'Upwards of $12,000,000 were',
  'The Indian tribes within our borders',
  'Queequeg looked at me and',
  'Peace, commerce – and honest friendship with all nations;',
  'Tonight I ask the Congress',
  'the sea, the sea\nand the sky',
  'Naïve façades, 字 and 😀',
  'No. 7.  The Army and the Navy',
];

interface Continued {
  readonly text: string;
  readonly tokens: number;
}

export async function run(): Promise<BenchReport> {
  const scratch = await mkdtemp(join(tmpdir(), 'tenfold-transformers-'));
  try {
    const folder = join(scratch, 'shipped');
    const theirs = await peerTexts(folder);
    const by = await loadOpt(shippedModel);
    const ours = await generateText(by, prompts, { maxTokens: tokens, temperature: 0 });
    await by.model.release();
    let different = 0;
    for (const [i, [own]] of ours.entries()) {
      if (own!.text === theirs[i]!.text) continue;
      different++;
      const told = { prompt: prompts[i], ours: own!.text, theirs: theirs[i]!.text };
      process.stderr.write(`transformers: ${JSON.stringify(told)}\n`);
    }
    const written = ours.reduce((sum, [own]) => sum + own!.tokens.length, 0);
    const peerWrote = theirs.reduce((sum, { tokens }) => sum + tokens, 0);
    const peerName = 'transformers.js, generate on the exported model';
    return {
      rows: [
        row({
          case: 'transformers/different-texts',
          unit: 'texts',
          ours: different,
          peer: null,
          peerName: `limit 0 of ${prompts.length}`,
          ratio: different / prompts.length,
          goal: 0,
        }),
        row({
          case: 'transformers/tokens',
          unit: 'tokens',
          ours: written,
          peer: peerWrote,
          peerName,
          ratio: written / peerWrote,
          goal: null,
        }),
      ],
      skipped: [],
    };
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** Exports the shipped model into `folder`, and asks transformers.js there. */
async function peerTexts(folder: string): Promise<Continued[]> {
  {
    await using checkpoint = await openCheckpoint(shippedModel);
    await saveOnnxModel(folder, checkpoint.config, await readParameters(checkpoint), 'float32');
  }
  for (const file of ['config.json', 'tokenizer.json', 'tokenizer_config.json'])
    await copyFile(join(shippedModel, file), join(folder, file));
  await using peer = new Peer(process.execPath, [fileURLToPath(new URL('generate-transformers.js', import.meta.url))]);
  await peer.ask({ do: 'load', folder });
  return await peer.ask<Continued[]>({ do: 'texts', folder, prompts, steps: tokens });
}
