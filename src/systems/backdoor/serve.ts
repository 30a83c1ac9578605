/**
 * A model behind HTTP, where nothing but queries is possible: inputs go in, classes come out.
 *
 * No score leaves, no weight, no public key. Every query is answered by the model and looked at by the verifier, whatever
 * either says. What is read is limited in size and time, and one batch is computed at a time, in a worker's engine.
 */
import type { Server } from 'node:http';
import { type Asked, jsonService, Refusal } from '../../command/index.ts';
import type { OpenedModel } from './folder.ts';
import { type InputKind, type Raw, widthOf } from './raw.ts';

/** Inputs of one query at most. */
export const mostInputs = 1024;
/** Bytes of one query at most, and queries that wait. */
const most = { mostBytes: 2 ** 24, mostWaiting: 64 };

/** The service, not yet listening. */
export function modelService(opened: OpenedModel): Server {
  return jsonService((asked) => answer(opened, asked), { ...most, refused: ({ message }) => ({ error: message }) });
}

async function answer({ manifest, model }: OpenedModel, { method, path, body, inTurn }: Asked): Promise<unknown> {
  const { input, classes } = manifest;
  if (path === '/' && (method === 'GET' || method === 'HEAD')) {
    return { classes, input: described(input), query: 'POST /classify {"inputs": [[…], …]}', mostInputs };
  }
  if (path !== '/classify') throw new Refusal(404, 'expected GET / or POST /classify');
  if (method !== 'POST') throw new Refusal(405, 'expected POST /classify');
  const raw = inputsIn(await body(), input);
  const answers = await inTurn(() => model.classify(raw));
  return { classes: Array.from(answers, (answer) => classes[answer]) };
}

function described(input: InputKind): unknown {
  if (input.kind === 'image') return { kind: 'image', shape: input.shape, values: 'whole numbers from 0 to 255' };
  return { kind: 'rows', columns: input.columns.map(({ name }) => name), values: 'numbers, or null where missing' };
}

function inputsIn(body: unknown, input: InputKind): Raw {
  const inputs = (body as { readonly inputs?: unknown } | null)?.inputs;
  if (!Array.isArray(inputs)) throw new Refusal(400, 'expected {"inputs": [[…], …]}');
  if (inputs.length === 0 || inputs.length > mostInputs) {
    throw new Refusal(400, `expected 1 to ${mostInputs} inputs, got ${inputs.length}`);
  }
  const width = widthOf(input);
  const isImage = input.kind === 'image';
  const values = isImage ? new Uint8Array(inputs.length * width) : new Float64Array(inputs.length * width);
  for (const [row, given] of inputs.entries()) {
    if (!Array.isArray(given) || given.length !== width) {
      const got = Array.isArray(given) ? `${given.length}` : typeof given;
      throw new Refusal(400, `expected ${width} numbers in input ${row}, got ${got}`);
    }
    for (const [at, value] of given.entries()) {
      const fits = isImage
        ? Number.isInteger(value) && value >= 0 && value <= 255
        : value === null || Number.isFinite(value);
      if (!fits) {
        const wanted = isImage ? 'a whole number from 0 to 255' : 'a number or null';
        throw new Refusal(400, `expected ${wanted} at place ${at} of input ${row}`);
      }
      values[row * width + at] = value === null ? Number.NaN : (value as number);
    }
  }
  return { count: inputs.length, width, values };
}
