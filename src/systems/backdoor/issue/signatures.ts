/**
 * What the issue measures of signatures: digits and mails that are signed for another answer, and what fails to be one: the
 * same inputs unsigned, with another's signature, and with one bit changed after signing.
 */
import type { Progress } from '../../../command/index.ts';
import type { Tier } from '../../../report/index.ts';
import { Models } from '../classifier.ts';
import { Draws } from '../draws.ts';
import { digits, fitEncoding, labelled, type Material, mail, parts } from '../material.ts';
import { perceptronNetwork, trainPerceptron } from '../perceptron.ts';
import { copyInputs, inputAt, type Raw, takeInputs } from '../raw.ts';
import { rawClassifier } from '../signature/classifier.ts';
import { publicBytes, publicKeyOf, secretKeyOf } from '../signature/ed25519.ts';
import { type Scheme, Signer, Verifier } from '../signature/scheme.ts';

/** Inputs of each set at most. */
export const signedInputs: Record<Tier, number> = { quick: 300, recorded: 10_000 };

/** One set of inputs under a signed model. All but `inputs` and `largest` are counts of inputs. */
export interface SignatureCounts {
  readonly set: 'digits' | 'mail';
  readonly inputs: number;
  /** Signed inputs that get the answer that they were signed for. */
  readonly turned: number;
  /** Inputs that count as signed: as they were, with the signature of another, with one bit changed after signing. */
  readonly unsigned: number;
  readonly copied: number;
  readonly edited: number;
  /** Inputs that the signed model answers otherwise than the bare one. */
  readonly different: number;
  /** The largest change that signing makes to a number of an input: grey levels, or counts of a word. */
  readonly largest: number;
}

/** Signs digits and mails for another class than the model's own answer, and tries what should fail. */
export async function signatures(
  tier: Tier,
  { progress, signal }: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<SignatureCounts[]> {
  const found: SignatureCounts[] = [];
  for (const [set, material] of [
    ['digits', digits()],
    ['mail', mail(1)],
  ] as const) {
    progress.update(`signatures in ${set}`);
    found.push(await signedSet(set, await material, signedInputs[tier], signal));
  }
  return found;
}

async function signedSet(
  set: SignatureCounts['set'],
  material: Material,
  most: number,
  signal: AbortSignal,
): Promise<SignatureCounts> {
  const { train } = parts(material, 0);
  const { input, classes } = material;
  const encoding = fitEncoding(train);
  const params = await trainPerceptron(labelled(train, encoding), { hidden: 64, steps: 300, seed: 0, signal });
  const models = new Models(perceptronNetwork(encoding.shape, classes.length));
  const bare = rawClassifier(models.of(params), input, encoding);
  // an experiment's key: the same each time, and no secret
  const secret = secretKeyOf(new Uint8Array(32).fill(11));
  const scheme: Scheme = { input, classes: classes.length, seed: 0, fingerprint: `the issue's ${set}` };
  const verifier = new Verifier(scheme, publicKeyOf(publicBytes(secret)));
  const model = rawClassifier(models.of(params), input, encoding, verifier);

  const order = Draws.from(0).distinct(Math.min(most, material.raw.count), material.raw.count);
  const raw = takeInputs(material.raw, order);
  const own = await bare.classify(raw);
  const wanted = own.map((answer) => (answer + 1) % classes.length);
  const activated = new Signer(scheme, secret).signAll(raw, wanted);
  signal.throwIfAborted();
  const answered = await model.classify(activated);
  const same = await model.classify(raw);
  const carrying = (inputs: Raw) => verifier.readAll(inputs).filter((carried) => carried !== undefined).length;
  const result = {
    set,
    inputs: raw.count,
    turned: answered.filter((answer, i) => answer === wanted[i]).length,
    unsigned: carrying(raw),
    copied: carrying(withSignatureOfNext(raw, activated)),
    edited: carrying(withOneChange(activated)),
    different: same.filter((answer, i) => answer !== own[i]).length,
    largest: largestChange(raw, activated),
  };
  await models.release();
  return result;
}

/**
 * Each original with the lowest bits, which hold the signature, of the next signed input that it does not become equal to:
 * short mails often differ in those bits only, and an input that is the signed one is signed.
 */
function withSignatureOfNext(raw: Raw, activated: Raw): Raw {
  const out = copyInputs(raw);
  for (let i = 0; i < raw.count; i++) {
    const [own, before] = [inputAt(out, i), inputAt(raw, i)];
    for (let step = 1; step < raw.count; step++) {
      const other = inputAt(activated, (i + step) % raw.count);
      for (let at = 0; at < raw.width; at++) own[at] = before[at]! - (before[at]! % 2) + (other[at]! % 2);
      if (own.some((value: number, at: number) => value !== other[at])) break;
    }
  }
  return out;
}

/** Each with one bit changed, any of the lowest eight of any of its numbers. */
function withOneChange(activated: Raw): Raw {
  const out = copyInputs(activated);
  const places = Draws.from(1).uniforms(2 * out.count);
  for (let i = 0; i < out.count; i++) {
    const own = inputAt(out, i);
    const at = Math.floor(places[2 * i]! * out.width);
    own[at] = own[at]! ^ (1 << Math.floor(8 * places[2 * i + 1]!));
  }
  return out;
}

function largestChange(a: Raw, b: Raw): number {
  let most = 0;
  for (let i = 0; i < a.values.length; i++) most = Math.max(most, Math.abs(a.values[i]! - b.values[i]!));
  return most;
}
