/**
 * Checkpoints: one safetensors file with everything that a run needs to go on.
 *
 * Tensors are named by their paths in the tree (`params.blocks.0.norm.weight`), so that other programs can read the
 * weights; what is not a tensor is JSON in the file's metadata. One file that takes its name only when it is complete
 * cannot be half-written: whatever happens, the name leads to the last good checkpoint.
 */
import { flattenTree, formatType, type NDArray, openSafetensors, saveSafetensors, toHost } from '../tensor/index.ts';

/** Where to go on, besides tensors. Plain JSON. */
export interface Progressed {
  /** Steps made. */
  readonly step: number;
  /** Where the batches stand. */
  readonly position: unknown;
  /** Evaluations since the best one, and the best value. */
  readonly best?: { readonly step: number; readonly value: number };
}

const format = 'tenfold checkpoint 1';

/**
 * Writes a tree of arrays with what goes beside it, replacing the file in one step.
 * @throws RangeError when two arrays have one path, as 'a.b' and b inside a
 */
export async function saveCheckpoint(path: string, tree: unknown, progressed: Progressed): Promise<void> {
  const { leaves, paths } = flattenTree(await toHost(tree));
  const seen = new Set<string>();
  const twice = paths.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined) {
    throw new RangeError(`saveCheckpoint: expected a path for each array, got two at ${twice} (use keys without dots)`);
  }
  const tensors = Object.fromEntries(paths.map((name, i) => [name, leaves[i] as NDArray]));
  await saveSafetensors(path, tensors, { metadata: { format, progress: JSON.stringify(progressed) } });
}

/** The tensors of a checkpoint by name, and what lies beside them. */
export interface Checkpoint {
  readonly tensors: Readonly<Record<string, NDArray>>;
  readonly progress: Progressed;
}

/**
 * Reads a checkpoint.
 * @throws SyntaxError or RangeError, naming the file, when it is none
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  await using file = await openSafetensors(path);
  if (file.metadata.format !== format) {
    throw new RangeError(`${path}: expected a ${format}, got ${file.metadata.format ?? 'other safetensors'}`);
  }
  const progress = JSON.parse(file.metadata.progress ?? 'null') as Progressed | null;
  if (!Number.isSafeInteger(progress?.step)) throw new RangeError(`${path}: expected its progress, got none`);
  return { tensors: await file.readAll(), progress: progress! };
}

/**
 * The tree `like` with each leaf replaced by the array of its path, as a checkpoint or PyTorch's state dict names it.
 * Names that the tree does not have are left out.
 * @param like what `init` gives: a tree of arrays, which tell the expected types
 * @param options.prefix what comes before every path, such as `params.`
 * @param options.from what errors call the source
 * @throws RangeError for an array that is missing or of another type
 * @example
 * await using file = await openSafetensors('model.safetensors');
 * const params = fillTree(like, await file.readAll());
 */
export function fillTree<T>(
  like: T,
  tensors: Readonly<Record<string, NDArray>>,
  { prefix = '', from = 'fillTree' }: { readonly prefix?: string; readonly from?: string } = {},
): T {
  const flat = flattenTree(like);
  const filled = flat.leaves.map((leaf, i) => {
    const name = prefix + flat.paths[i]!;
    const found = Object.hasOwn(tensors, name) ? tensors[name]! : undefined;
    const expected = formatType(leaf as NDArray);
    if (found === undefined || formatType(found) !== expected) {
      const got = found === undefined ? 'nothing' : formatType(found);
      throw new RangeError(`${from}: expected ${name} of type ${expected}, got ${got} (is it of another model?)`);
    }
    return found;
  });
  return flat.build(filled) as T;
}
