/**
 * Sizes that follow from open ones, told by example.
 *
 * A size inside a program of open axes is a polynomial in them: `past + tokens`, `12*batch`, `batch*tokens`. Nobody
 * writes it down: the function computes with plain numbers. But traced at several sizes, each such number has one value
 * an example, and the polynomial of fewest terms that gives them all is found by trying. The examples are primes in
 * general position, and there are more examples than a polynomial has coefficients, so that the rest verify it.
 */

/** A size for every open axis, by name. */
export type Sizes = Readonly<Record<string, number>>;

/** factor · Π names; without names, the factor itself. */
export interface Term {
  readonly factor: number;
  readonly names: readonly string[];
}

/** A sum of terms. */
export type Size = readonly Term[];

/** Most names in a product: attention's batch · tokens · (past + tokens) has three. */
const mostNames = 3;

/** Most terms in a sum. */
const mostTerms = 3;

/** Examples that a solver needs: two more than a sum has terms. */
export const examplesNeeded = mostTerms + 2;

/**
 * Example sizes: primes between `least` and some six times that, scattered, different ones in an example, and for a
 * name in all examples. Sizes that occur anyway, `taken`, are avoided by every size, sum and product of two, so that
 * nothing looks equal that is not.
 */
export function exampleSizes(names: readonly string[], taken: ReadonlySet<number>, count: number, least = 5): Sizes[] {
  const used = names.map(() => new Set<number>());
  let state = 1;
  return Array.from({ length: count }, () => {
    const chosen: number[] = [];
    for (let tries = 0; chosen.length < names.length; tries++) {
      state = (state * 48271) % 2147483647;
      const p = least + (state % (least * 5 + tries));
      const fits = [p, ...chosen.flatMap((q) => [p + q, p * q])].every((n) => !taken.has(n));
      if (!isPrime(p) || !fits || chosen.includes(p) || used[chosen.length]!.has(p)) continue;
      used[chosen.length]!.add(p);
      chosen.push(p);
    }
    return Object.fromEntries(names.map((name, i) => [name, chosen[i]!]));
  });
}

function isPrime(n: number): boolean {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return true;
}

/** The value of a size. */
export function valueOf(size: Size, sizes: Sizes): number {
  return size.reduce(
    (sum, { factor, names }) => sum + names.reduce((product, name) => product * sizes[name]!, factor),
    0,
  );
}

/** `past + tokens`, `12*batch`, `tokens + 1`. */
export function formatSize(size: Size): string {
  const terms = [...size].sort((a, b) => b.names.length - a.names.length);
  const text = terms.map(({ factor, names }, i) => {
    const magnitude = Math.abs(factor);
    const product = [...(magnitude === 1 && names.length > 0 ? [] : [magnitude]), ...names].join('*');
    return `${factor < 0 ? '-' : i > 0 ? '+' : ''}${product}`;
  });
  return text.join('').replace(/(?<=.)([+-])/g, ' $1 ');
}

interface Product {
  readonly names: readonly string[];
  /** Its value at each example. */
  readonly values: readonly number[];
}

/** Finds sizes from their values at the examples. */
export class SizeSolver {
  /** Of no names, of one, of two, … */
  readonly #products: readonly Product[];
  readonly #solved = new Map<string, Size | undefined>();

  constructor(examples: readonly Sizes[]) {
    const names = Object.keys(examples[0]!);
    const all: string[][] = [[]];
    let longest: string[][] = [[]];
    for (let length = 1; length <= mostNames; length++) {
      longest = longest.flatMap((product) =>
        names.slice(Math.max(0, names.indexOf(product.at(-1) ?? ''))).map((name) => [...product, name]),
      );
      all.push(...longest);
    }
    this.#products = all.map((product) => ({
      names: product,
      values: examples.map((sizes) => valueOf([{ factor: 1, names: product }], sizes)),
    }));
  }

  /** The size that has these values, one an example; undefined when no short sum of products has. */
  solve(values: readonly number[]): Size | undefined {
    const key = values.join();
    if (!this.#solved.has(key)) this.#solved.set(key, this.#search(values));
    return this.#solved.get(key);
  }

  #search(values: readonly number[]): Size | undefined {
    for (let terms = 1; terms <= mostTerms; terms++) {
      for (const products of choices(this.#products, terms)) {
        const factors = factorsOf(products, values);
        if (factors) return products.map(({ names }, i) => ({ factor: factors[i]!, names }));
      }
    }
    return undefined;
  }
}

/** Every choice of `count` entries of a list, in its order. */
function* choices<T>(list: readonly T[], count: number): Generator<T[]> {
  if (count === 0) yield [];
  else
    for (const [i, first] of list.entries())
      for (const rest of choices(list.slice(i + 1), count - 1)) yield [first, ...rest];
}

/** Whole factors other than 0 with which the products sum to `values` at every example. */
function factorsOf(products: readonly Product[], values: readonly number[]): number[] | undefined {
  const n = products.length;
  // of every example: the first few may not tell the products apart
  const rows = values.map((v, e) => [...products.map((product) => product.values[e]!), v]);
  for (let i = 0; i < n; i++) {
    const below = rows.slice(i).map((row) => Math.abs(row[i]!));
    const pivot = i + below.indexOf(Math.max(...below));
    if (rows[pivot]![i] === 0) return undefined;
    [rows[i], rows[pivot]] = [rows[pivot]!, rows[i]!];
    for (const [e, row] of rows.entries()) {
      if (e === i) continue;
      const ratio = row[i]! / rows[i]![i]!;
      for (let k = i; k <= n; k++) row[k] = row[k]! - ratio * rows[i]![k]!;
    }
  }
  const factors = products.map((_, i) => Math.round(rows[i]![n]! / rows[i]![i]!));
  const fits = values.every(
    (v, e) => v === factors.reduce((sum, factor, i) => sum + factor * products[i]!.values[e]!, 0),
  );
  return fits && !factors.includes(0) ? factors : undefined;
}
