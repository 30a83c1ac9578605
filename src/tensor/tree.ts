/**
 * Pytrees: arrays and plain objects nested to any depth, with values of interest at the leaves.
 *
 * Model parameters, optimizer states and batches are pytrees, so that programs take and return them whole. A leaf's
 * path (`blocks.0.attention.weight`) is its name in printed programs and in checkpoints.
 */

/** A tree with leaves of type `L`. */
export type Tree<L> = L | readonly Tree<L>[] | { readonly [key: string]: Tree<L> };

/** The tree type `T` with each leaf of type `From` replaced by `To`. */
export type MapTree<T, From, To> = T extends From
  ? To
  : T extends readonly unknown[]
    ? { [K in keyof T]: MapTree<T[K], From, To> }
    : T extends (...args: never) => unknown
      ? T
      : T extends object
        ? { [K in keyof T]: MapTree<T[K], From, To> }
        : T;

/** Leaves in order, with their paths, and what is needed to build the same tree again. */
export interface Flat {
  readonly leaves: unknown[];
  readonly paths: string[];
  /** Equal for trees of equal structure. */
  readonly structure: string;
  /** A tree of the same structure with other leaves. */
  readonly build: (leaves: readonly unknown[]) => unknown;
}

type Branch = readonly unknown[] | { readonly [key: string]: unknown };

function isBranch(value: unknown): value is Branch {
  if (Array.isArray(value)) return true;
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Takes a tree apart. Arrays and plain objects are branches; everything else is a leaf.
 * Object keys keep their order, so two objects with the same keys in another order are different structures.
 */
export function flattenTree(tree: unknown, name = ''): Flat {
  const leaves: unknown[] = [];
  const paths: string[] = [];
  const walk = (value: unknown, path: string): { shape: string; build: (next: () => unknown) => unknown } => {
    if (!isBranch(value)) {
      leaves.push(value);
      paths.push(path);
      return { shape: '*', build: (next) => next() };
    }
    const at = (key: string | number) => (path === '' ? `${key}` : `${path}.${key}`);
    if (Array.isArray(value)) {
      const parts = value.map((item, i) => walk(item, at(i)));
      return { shape: `[${parts.map((p) => p.shape).join(',')}]`, build: (next) => parts.map((p) => p.build(next)) };
    }
    const entries = Object.entries(value).map(([key, item]) => [key, walk(item, at(key))] as const);
    return {
      shape: `{${entries.map(([key, p]) => `${JSON.stringify(key)}:${p.shape}`).join(',')}}`,
      build: (next) => Object.fromEntries(entries.map(([key, p]) => [key, p.build(next)])),
    };
  };
  const { shape, build } = walk(tree, name);
  return {
    leaves,
    paths,
    structure: shape,
    build: (values) => {
      if (values.length !== leaves.length) {
        throw new RangeError(`tree: expected ${leaves.length} leaves, got ${values.length}`);
      }
      let i = 0;
      return build(() => values[i++]);
    },
  };
}

/** Applies `fn` to every leaf of a tree. */
export function mapTree<T, From, To>(tree: T, fn: (leaf: From, path: string) => To): MapTree<T, From, To> {
  const flat = flattenTree(tree);
  return flat.build(flat.leaves.map((leaf, i) => fn(leaf as From, flat.paths[i]!))) as MapTree<T, From, To>;
}

/**
 * Applies `fn` to the corresponding leaves of trees of one structure.
 * @throws TypeError when the structures differ
 */
export function zipTrees<T, From, To>(
  trees: readonly [T, ...unknown[]],
  fn: (...leaves: From[]) => To,
): MapTree<T, From, To> {
  const flats = trees.map((tree) => flattenTree(tree));
  const [first] = flats as [Flat, ...Flat[]];
  for (const flat of flats) {
    if (flat.structure !== first.structure) {
      throw new TypeError(`tree: expected structure ${first.structure}, got ${flat.structure}`);
    }
  }
  return first.build(first.leaves.map((_, i) => fn(...flats.map((flat) => flat.leaves[i] as From)))) as MapTree<
    T,
    From,
    To
  >;
}

/** The leaves of a tree keyed by path. */
export function leavesByPath<L>(tree: unknown): Map<string, L> {
  const { leaves, paths } = flattenTree(tree);
  return new Map(paths.map((path, i) => [path, leaves[i] as L]));
}
