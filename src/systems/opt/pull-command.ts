/** `tenfold opt pull`: a model from a hub. */
import { join } from 'node:path';
import { verb } from '../../command/index.ts';
import { hubModel } from './hub.ts';
import { inBytes, pull } from './pull.ts';

export const pullVerb = verb({
  name: 'pull',
  summary: 'fetch a model from a hub, or what is missing of it',
  about: `Fetches configuration, tokenizer and weights (safetensors where the hub has them, else PyTorch's) into models/ID, and
nothing else. Each file is checked against the hash that the hub gives of it. Stopped with Ctrl-C, killed or cut off, it
goes on where it was when the same command is given again.

The hub is any server that answers as the Hugging Face hub does; its address comes from --hub or the environment variable
HF_ENDPOINT. No address is built in.`,
  args: { id: { help: 'the model’s name at the hub, as owner/name' } },
  options: {
    hub: { kind: 'text', value: 'URL', help: 'the hub’s address; by default that in HF_ENDPOINT' },
    revision: { kind: 'text', value: 'NAME', help: 'a branch, a tag or a commit', default: 'main' },
    out: { kind: 'text', value: 'DIR', help: 'where the files go; by default models/ID' },
  },
  examples: [
    { line: 'tenfold opt pull facebook/opt-125m --hub https://hub.example', does: 'fetch OPT-125M' },
    { line: 'tenfold opt generate --model models/facebook/opt-125m "Once upon a time"', does: 'and run it' },
  ],
  async run({ args: { id }, options, signal, progress }) {
    const address = options.hub ?? process.env.HF_ENDPOINT;
    if (!address) {
      throw new RangeError('pull: expected the address of a hub, got none; give --hub URL, or set HF_ENDPOINT');
    }
    const model = hubModel(address, id, options.revision);
    return pull(model, { folder: options.out ?? join('models', ...id.split('/')), progress, signal });
  },
  text({ folder, files, fetched }) {
    const total = files.reduce((sum, { size }) => sum + size, 0);
    const now = fetched === total ? '' : `, ${fetched === 0 ? 'nothing' : inBytes(fetched)} of it fetched now`;
    return `${folder}: ${files.length} files, ${inBytes(total)}${now}, hashes right\ntenfold opt generate --model ${folder}`;
  },
});
